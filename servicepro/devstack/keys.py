"""The secrets of a local stack: made once, kept beside its data, readable by its owner alone."""

import base64
import os
import secrets
from pathlib import Path


def local_keys(state_dir: Path) -> dict[str, str]:
    """Return SECRET_KEY, FIELD_KEYS and ADDRESS_KEY of the stack in `state_dir`, making them on first use."""
    path = state_dir / "keys.env"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(
            f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
            f"FIELD_KEYS=k1:{base64.b64encode(secrets.token_bytes(64)).decode()}\n"
            f"ADDRESS_KEY={base64.b64encode(secrets.token_bytes(32)).decode()}\n"
        )
        try:
            os.link(fresh, path)  # fails where another process was first: its keys count
        except FileExistsError:
            return local_keys(state_dir)
        finally:
            fresh.unlink()
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
