"""Load the people of a batch: a drain does it for everybody, and the model's own loading is a fifth of what an email costs."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models.base import ModelState

from campaigns.models import Target
from servicepro.lib.tenancy import connection


def load_targets(statement: str, parameters: Mapping[str, Any]) -> list[Any]:
    """Return the targets that a statement returns, in the order of their ids.

    Columns of other names become attributes; what it does not return is read when somebody asks for it, as with `raw`.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = tuple(column.name for column in cursor.description)
        rows = cursor.fetchall()
    return sorted((_target(names, row) for row in rows), key=lambda target: target.id)


def _target(names: tuple[str, ...], row: tuple[Any, ...]) -> Target:
    target = Target.__new__(Target)
    held = target.__dict__
    held.update(zip(names, row, strict=True))
    for name, convert in _conversions(names):
        held[name] = convert(held[name], None, connection)
    held["_state"] = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return target


@lru_cache
def _conversions(names: tuple[str, ...]) -> tuple[tuple[str, Callable[..., Any]], ...]:
    """Return how the columns that are not stored as they are read become what they are."""
    fields = [field for field in Target._meta.concrete_fields if field.attname in names]
    return tuple((field.attname, convert) for field in fields for convert in field.get_db_converters(connection))
