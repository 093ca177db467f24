"""Let erasing a person and writing people down take turns, so that nobody is written down again from what was read before."""

from servicepro.lib.tenancy import connection

LOCK_SPACE = 7_153  # separates this lock from any other use


def no_erasure_meanwhile() -> None:
    """Hold off erasures in this business until the transaction ends; whoever else writes people down is not held off."""
    _take("pg_advisory_xact_lock_shared")


def nobody_written_meanwhile() -> None:
    """Wait for those who hold off erasures, and hold them off until the transaction ends; one erasure at a time."""
    _take("pg_advisory_xact_lock")


def _take(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [LOCK_SPACE, connection.schema_name])
