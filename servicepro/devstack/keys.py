"""The secrets of a local stack: made once, kept beside its data, readable by its owner alone."""

import base64
import os
import secrets
from pathlib import Path

from servicepro.devstack.errors import DevstackError, describe_os_error


def local_keys(state_dir: Path) -> dict[str, str]:
    """Return SECRET_KEY, FIELD_KEYS and ADDRESS_KEY of the stack in `state_dir`, making them on first use.

    Any number of processes may come first at once: all get the same keys. Raises DevstackError.
    """
    path = state_dir / "keys.env"
    try:
        if not path.exists():
            state_dir.mkdir(parents=True, exist_ok=True)
            _make_keys(path)
        return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    except OSError as error:
        raise DevstackError(describe_os_error(error, state_dir)) from error


def _make_keys(path: Path) -> None:
    """Write the file whole and to the disk before it appears under its name: without it the data is unreadable."""
    fresh = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as keys_file:
            keys_file.write(
                f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
                f"FIELD_KEYS=k1:{base64.b64encode(secrets.token_bytes(64)).decode()}\n"
                f"ADDRESS_KEY={base64.b64encode(secrets.token_bytes(32)).decode()}\n"
            )
            keys_file.flush()
            os.fsync(keys_file.fileno())
        os.link(fresh, path)  # fails where another process was first: its keys count
    except FileExistsError:
        return
    finally:
        fresh.unlink(missing_ok=True)
