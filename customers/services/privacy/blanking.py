"""Blank a row's columns: everything but what is named as kept, so that a column added later is erased without being listed."""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

NOTHING: Mapping[type[models.Field], Any] = {
    ArrayField: [],
    models.JSONField: {},
    models.CharField: "",
    models.TextField: "",
    models.BooleanField: False,
}


def blank_values(model: type[models.Model], *, kept: Collection[str]) -> dict[str, Any]:
    """Return {column: empty value} for every column of `model` that is not kept.

    Keys, foreign keys and what the database works out by itself are left as they are.
    """
    chosen = [
        field
        for field in model._meta.local_concrete_fields
        if not (field.primary_key or field.generated or isinstance(field, models.ForeignKey) or field.name in kept)
    ]
    return {field.name: None if field.null else _nothing(field) for field in chosen}


def _nothing(field: models.Field) -> Any:
    for kind, value in NOTHING.items():
        if isinstance(field, kind):
            return value
    raise TypeError(f"{field} has no empty value: keep it, or make it nullable.")
