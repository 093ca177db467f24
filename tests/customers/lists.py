"""Customer lists for tests: made of rows, planned and written in one line, and what stands in the business in one value."""

import csv
import io
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections
from django_tenants.utils import schema_context

from customers.models import Customer, ImportBatch, Suppression
from customers.services import Upload, apply_import, confirm_import, plan_import
from customers.services.imports import applying

HEADERS = ("Name", "Phone", "Email")


def number(n: int) -> str:
    """Return a number of its own for each n, textable in the US."""
    return f"+1512{200 + n // 10_000:03d}{n % 10_000:04d}"


def as_csv(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    """Return a list as a file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().encode()


def planned(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS, **upload: object) -> ImportBatch:
    """Plan a list."""
    return plan_import(Upload(as_csv(rows, headers), "list.csv", **upload))


def written(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS, **upload: object) -> ImportBatch:
    """Plan a list and write it."""
    return apply_import(confirm_import(planned(rows, headers, **upload), None))


@contextmanager
def another_being_written(schema: str = "shop") -> Iterator[None]:
    """Be inside of while a list of the business is written elsewhere."""
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with schema_context(schema), applying.only_import():
            is_held.set()
            may_go.wait(20)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert is_held.wait(10)
        yield
    finally:
        may_go.set()
        thread.join()


def outcomes(batch: ImportBatch) -> list[str]:
    """Return what each row does, in the order of the file."""
    return list(batch.rows.order_by("row_number").values_list("outcome", flat=True))


def everybody() -> list[tuple]:
    """Return all that is known of people and of the addresses not to be written to, but for when it was written."""
    columns = [field.attname for field in Customer._meta.concrete_fields if field.attname not in ("id", "created_at", "updated_at")]
    people = [tuple(_shown(column, getattr(customer, column)) for column in columns) for customer in Customer.objects.order_by("pk")]
    suppressed = Suppression.objects.filter(lifted_at=None).order_by("channel", "address_tag").values_list("channel", "address_tag")
    return [*people, *suppressed]


def _shown(column: str, value: object) -> str:
    return str(json.loads(value)) if column in ("extra", "other_phones") and isinstance(value, str) else str(value)
