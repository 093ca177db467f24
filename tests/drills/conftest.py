"""The outages last a real minute each: they run beside each other and beside the other drills."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OUTAGE_SECONDS = 60


@pytest.fixture(scope="package", autouse=True)
def outages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Begin both outages before the first drill, where any test asks for them."""
    running: dict[str, subprocess.Popen[str]] = {}
    if not any("outages" in item.path.name for item in request.session.items if item.path.parent == Path(__file__).parent):
        yield running
        return
    for server in ("postgres", "valkey"):
        running[server] = subprocess.Popen(
            [sys.executable, "-m", "bench.outages", server, "--seconds", str(OUTAGE_SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"SERVICEPRO_STATE_DIR": str(tmp_path_factory.mktemp(server))},
        )
    yield running
    for process in running.values():
        if process.poll() is None:
            process.terminate()
            process.wait(60)
