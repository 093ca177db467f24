"""Embedded PostgreSQL and Valkey from PyPI wheels: started when needed, on unix sockets only, so ports never collide."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from servicepro.devstack.errors import DevstackError, describe_os_error
from servicepro.devstack.sockets import answers, place_sockets, short_socket_dir, valkey_socket_path

__all__ = ["DevstackError", "Servers", "are_running", "ensure_running", "stop"]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the running servers answer."""

    database_url: str
    redis_url: str


def ensure_running(state_dir: Path) -> Servers:
    """Start what is not running in `state_dir` and say where both servers answer.

    Any number of processes may call this at once; the servers outlive them all. A connection to each socket is the
    whole cost when both are up. Raises DevstackError with one clear sentence.
    """
    known = _known(state_dir)
    if known is not None:
        return known
    state_dir = state_dir.resolve()
    try:
        with _lock(state_dir):
            return _known(state_dir) or _start(state_dir)
    except OSError as error:
        raise DevstackError(describe_os_error(error, state_dir)) from error


def are_running(state_dir: Path) -> bool:
    """Tell whether both servers of `state_dir` answer."""
    return _known(state_dir) is not None


def stop(state_dir: Path) -> None:
    """Stop both servers of `state_dir`; nothing happens where they are not running."""
    from servicepro.devstack.postgres import stop_postgres
    from servicepro.devstack.valkey import stop_valkey

    state_dir = state_dir.resolve()
    if not state_dir.is_dir():
        return
    with _lock(state_dir):
        (state_dir / "servers.json").unlink(missing_ok=True)
        stop_valkey(valkey_socket_path(state_dir))
        stop_postgres(state_dir)
        short = short_socket_dir(state_dir)
        if short.is_dir():
            for left in short.iterdir():
                left.unlink()
            short.rmdir()


def _start(state_dir: Path) -> Servers:
    """Start both and note where they answer; the note is absent while PostgreSQL recovers, so nobody comes early."""
    from servicepro.devstack.postgres import start_postgres
    from servicepro.devstack.valkey import start_valkey

    note = state_dir / "servers.json"
    note.unlink(missing_ok=True)
    postgres_dir, valkey_socket = place_sockets(state_dir)
    postgres_dir = start_postgres(state_dir, postgres_dir)
    valkey_socket = start_valkey(state_dir, valkey_socket)
    fresh = note.with_suffix(".new")
    fresh.write_text(json.dumps({"postgres_socket": str(postgres_dir / ".s.PGSQL.5432"), "valkey_socket": str(valkey_socket)}))
    fresh.replace(note)
    return _servers(postgres_dir, valkey_socket)


def _known(state_dir: Path) -> Servers | None:
    """Return where the servers answer by the note of whoever started them, None unless both do."""
    try:
        note = json.loads((state_dir / "servers.json").read_text())
        postgres_socket, valkey_socket = Path(note["postgres_socket"]), Path(note["valkey_socket"])
    except (OSError, ValueError, KeyError):
        return None
    if not (answers(postgres_socket) and answers(valkey_socket)):
        return None
    return _servers(postgres_socket.parent, valkey_socket)


def _servers(postgres_dir: Path, valkey_socket: Path) -> Servers:
    host = quote(str(postgres_dir), safe="")
    return Servers(database_url=f"postgres://servicepro@{host}/servicepro", redis_url=f"unix://{valkey_socket}?db=0")


@contextmanager
def _lock(state_dir: Path) -> Iterator[None]:
    (state_dir / "logs").mkdir(parents=True, exist_ok=True)
    with (state_dir / "servers.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        yield
