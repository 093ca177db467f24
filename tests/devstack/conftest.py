"""A state folder of its own, with everything in it stopped afterwards."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from servicepro.devstack.servers import stop


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """Give a fresh folder; its servers are gone after the test."""
    folder = tmp_path / "s"
    yield folder
    stop(folder)


@pytest.fixture(scope="module")
def shared_state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give one folder to all tests of a module."""
    folder = tmp_path_factory.mktemp("stack") / "s"
    yield folder
    stop(folder)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return every live process whose command line or environment names `folder`, but this one and its parents."""
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid in own or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), process.environ().get("SERVICEPRO_STATE_DIR", "")]
        except psutil.Error:
            continue
        if any(str(folder) in word for word in words):
            found.append(process)
    return found
