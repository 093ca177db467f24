"""PostgreSQL refuses to run as root: where we are root, it runs under an account of its own."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path

from servicepro.devstack.errors import DevstackError

ACCOUNT = "embedded_postgres"
FALLBACK_ACCOUNT = "nobody"


@cache
def server_account() -> pwd.struct_passwd | None:
    """Return the account PostgreSQL runs under when we are root, None when it runs as ourselves.

    The account is made on first use; where no useradd exists, nobody serves.
    """
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    if command := shutil.which("useradd"):
        subprocess.run([command, "--system", "--no-create-home", "--user-group", ACCOUNT], check=False, capture_output=True)
    for name in (ACCOUNT, FALLBACK_ACCOUNT):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise DevstackError("PostgreSQL refuses to run as root and no other account exists: run as a normal user.")


def run_as_server(command: list[str], *, log: Path) -> int:
    """Run `command` under the server account, its output appended to `log`; return its exit code."""
    account = server_account()
    with log.open("ab") as output:
        # A pipe would be inherited by the server that the command leaves behind, and never close.
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=[] if account else None,
        )
    return result.returncode


def give_to_server(path: Path) -> None:
    """Make the server account the owner of `path`; nothing changes where the server runs as ourselves."""
    account = server_account()
    if account is not None and path.stat().st_uid != account.pw_uid:
        os.chown(path, account.pw_uid, account.pw_gid)


def open_path_to_server(path: Path) -> None:
    """Let the server account pass through the folders above `path` (search permission only, no listing)."""
    if server_account() is None:
        return
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
