"""The outages last a real minute each: they run beside each other and beside the other drills."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

OUTAGE_SECONDS = 60


@pytest.fixture(scope="package", autouse=True)
def outages(request: pytest.FixtureRequest) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Begin both outages before the first drill, where any test asks for them.

    Not in pytest's own folders: another pytest that starts meanwhile closes them to the account the server runs under.
    """
    running: dict[str, subprocess.Popen[str]] = {}
    if not any("outages" in item.path.name for item in request.session.items if item.path.parent == Path(__file__).parent):
        yield running
        return
    folders = {server: tempfile.mkdtemp(prefix=f"sp-outage-{server}-") for server in ("postgres", "valkey")}
    for server, folder in folders.items():
        running[server] = subprocess.Popen(
            [sys.executable, "-m", "bench.outages", server, "--seconds", str(OUTAGE_SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"SERVICEPRO_STATE_DIR": folder},
        )
    yield running
    for process in running.values():
        if process.poll() is None:
            process.terminate()
            process.wait(60)
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
