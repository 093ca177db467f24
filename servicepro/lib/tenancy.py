"""The database connection with what the tenant-aware backend adds to it, for the type checker's sake."""

from typing import TYPE_CHECKING, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from servicepro.lib.postgresql.base import DatabaseWrapper

connection = cast("DatabaseWrapper", _connection)
"""This thread's connection; `connection.schema_name` is the current tenant's schema."""
