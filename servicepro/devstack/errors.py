"""What can go wrong with the local stack, told in one sentence."""

import errno
import shutil
from pathlib import Path

FREE_BYTES_MIN = 300 * 1024 * 1024  # a fresh cluster takes 40 MB, its first write-ahead log segments as much again


class DevstackError(Exception):
    """The local stack cannot do what was asked; the text is one sentence that says what to do."""


def require_free_disk(folder: Path) -> None:
    """Raise DevstackError when the disk under `folder` has less room than a database needs."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        needed = f"the local database needs {FREE_BYTES_MIN // 2**20} MB"
        raise DevstackError(f"The disk is full: {free // 2**20} MB are free under {folder}, {needed}.")


def describe_os_error(error: OSError, folder: Path) -> str:
    """Return the sentence for an operating system error met while starting servers in `folder`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: no space is left for the local servers in {folder}."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"The local servers may not write to {error.filename or folder}: change its owner or set SERVICEPRO_STATE_DIR."
    return f"The local servers could not start in {folder}: {error.strerror or error}."
