"""The rows of lists that hold them."""

import json
import re
from collections.abc import Mapping

from django.db.models import Q
from django.utils import timezone

from customers.errors import CannotErase
from customers.models import ImportBatch, ImportRow
from customers.services.imports.stored import recount
from customers.services.privacy.blanking import blank_values
from customers.services.privacy.mentions import mention_pattern
from customers.services.privacy.registry import Holder, Parts, Person

GONE = "This person was erased."
_WAITING = (ImportBatch.Status.QUEUED, ImportBatch.Status.PROCESSING)


def _row_ids(person: Person) -> list[int]:
    """Return the rows that are theirs: by customer, phone or email, or by an address anywhere in the original cells."""
    theirs = Q(customer_id__in=person.customer_ids) | Q(phone__in=person.phones) | Q(email__in=person.emails)
    found = set(ImportRow.objects.filter(theirs).values_list("pk", flat=True))
    pattern = mention_pattern(person)
    if pattern:
        search = re.compile(pattern, re.IGNORECASE)
        unmatched = ImportRow.objects.filter(customer=None).exclude(pk__in=found).values_list("pk", "original")
        found |= {pk for pk, original in unmatched.iterator() if search.search(original)}
    return sorted(found)


def _collect(person: Person) -> Parts:
    rows = ImportRow.objects.filter(pk__in=_row_ids(person)).select_related("batch").order_by("pk")
    return {
        "import_rows": [
            {
                "file": row.batch.file_name,
                "row_number": row.row_number,
                "outcome": row.outcome,
                "cells": json.loads(row.original or "[]"),
                "changes": json.loads(row.changes or "null"),
                "imported_at": row.applied_at,
                "undone_at": row.undone_at,
            }
            for row in rows
        ]
    }


def _erase(person: Person) -> Mapping[str, int]:
    ids = _row_ids(person)
    rows = ImportRow.objects.filter(pk__in=ids)
    # Held from here on: a list is not confirmed while its rows are emptied.
    batches = ImportBatch.objects.select_for_update().filter(pk__in=rows.order_by().values_list("batch_id", flat=True)).order_by("pk")
    if any(batch.status in _WAITING for batch in batches):
        raise CannotErase("A list with this person is being imported just now. Try again when it is done.")
    _refuse_waiting(ids)
    values = blank_values(ImportRow, kept={"row_number", "outcome", "reasons", "applied_at", "undone_at", "kept_reason"})
    erased = rows.update(**values | {"original": "[]", "held_for": []})
    rows.filter(applied_at__isnull=False, undone_at=None).update(undone_at=timezone.now(), kept_reason=GONE)
    return {"rows of imported lists": erased}


def _refuse_waiting(ids: list[int]) -> None:
    """Let a list that is not confirmed yet bring nobody for these rows, and its numbers follow."""
    waiting = ImportRow.objects.filter(pk__in=ids, batch__status=ImportBatch.Status.READY)
    batches = list(ImportBatch.objects.filter(rows__in=waiting).distinct())
    waiting.update(outcome=ImportRow.Outcome.REFUSED, reasons=[GONE])
    for batch in batches:
        recount(batch)
        batch.save()


HOLDER = Holder(
    name="imports",
    models=frozenset({"customers.ImportBatch", "customers.ImportRow"}),
    collect=_collect,
    erase=_erase,
    keeps={"empty rows of lists": "so that the numbers of an import still add up"},
)
