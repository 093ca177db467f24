"""Find and stop server processes by what they are, never by a bare number out of a pid file."""

import contextlib
import importlib.util
import signal
import time
from pathlib import Path

import psutil

from servicepro.devstack.errors import DevstackError


def wheel_folder(package: str) -> Path:
    """Return where the wheel `package` is installed, without importing it: an import writes to the user's folders."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise DevstackError(f"The package {package} is not installed: run `make run` once, it installs what is needed.")
    return Path(spec.origin).parent


def running_process(pid: int | None, *, argument: str) -> psutil.Process | None:
    """Return the live process `pid` when `argument` is part of its command line, else None.

    A pid file that outlived kill -9 or a restart may name a stranger; the command line tells.
    """
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not any(argument in word for word in process.cmdline()):
            return None
    except psutil.Error:
        return None
    return process


def read_pid(path: Path) -> int | None:
    """Return the number on the first line of a pid file, None when there is no such file or number."""
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def stop_process(process: psutil.Process, number: signal.Signals, *, timeout_seconds: float) -> None:
    """Signal `process` and wait until it is gone; kill it when it outlives `timeout_seconds`."""
    deadline = time.monotonic() + timeout_seconds
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.02)
