"""Locks held over several transactions; the database lets go of them by itself when a worker dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from servicepro.lib.tenancy import connection


@contextmanager
def advisory_lock(space: int, name: str) -> Iterator[bool]:
    """Hold the advisory lock `name` of `space` meanwhile, if it is free; say whether it was. Nobody is waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [space, name])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours and not connection.needs_rollback and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [space, name])
