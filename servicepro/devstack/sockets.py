"""Where the servers' sockets lie, and whether somebody answers there."""

import hashlib
import os
import re
import socket
import stat
from pathlib import Path

from servicepro.devstack.account import give_to_server
from servicepro.devstack.errors import DevstackError

SOCKET_PATH_BYTES_MAX = 100  # the kernel allows 107 for a unix socket's path
SHORT_ROOT = Path("/tmp")  # noqa: S108  # fixed, because TMPDIR may differ between two shells of one stack
LONGEST_NAME = "postgres/.s.PGSQL.5432"


def answers(path: Path) -> bool:
    """Tell whether a server accepts connections on the unix socket `path`."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def place_sockets(state_dir: Path) -> tuple[Path, Path]:
    """Return the folder for PostgreSQL's socket and the path of Valkey's, both reachable by their owner alone.

    They lie in the state folder; a long or oddly spelt path moves them to a short folder that depends on it alone.
    """
    if _fits(state_dir):
        return state_dir / "postgres", valkey_socket_path(state_dir)
    folder = short_socket_dir(state_dir)
    folder.mkdir(mode=0o700, exist_ok=True)
    give_to_server(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
        raise DevstackError(f"{folder} is not a private folder: remove it, the local servers' sockets belong there.")
    return folder, valkey_socket_path(state_dir)


def valkey_socket_path(state_dir: Path) -> Path:
    """Return where the Valkey of `state_dir` listens."""
    return (state_dir if _fits(state_dir) else short_socket_dir(state_dir)) / "valkey.sock"


def short_socket_dir(state_dir: Path) -> Path:
    """Return the folder outside the state folder that its sockets use when its own path is too long."""
    digest = hashlib.sha256(str(state_dir).encode()).hexdigest()[:12]
    return SHORT_ROOT / f"servicepro-{os.getuid()}-{digest}"


def _fits(state_dir: Path) -> bool:
    longest = str(state_dir / LONGEST_NAME)
    return len(longest.encode()) <= SOCKET_PATH_BYTES_MAX and re.fullmatch(r"[A-Za-z0-9_./+-]+", longest) is not None
