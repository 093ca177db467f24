"""Lists that leave the house: what of an import needs fixing, and everybody, both ready to be brought again."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from customers.importing.columns import Field, match_columns
from customers.models import Customer, ImportBatch, ImportRow
from servicepro.lib.spreadsheet_safety import safe_cell

ROW_COLUMN, REASONS_COLUMN = "ServicePro row", "ServicePro reasons"
REPORT_COLUMNS = frozenset({ROW_COLUMN, REASONS_COLUMN})  # read by nobody: a corrected report is the list again
EXTRA_PREFIX = "Extra: "  # before a heading of an export that would be read as something else
Outcome = ImportRow.Outcome
_NOT_IMPORTED = (Outcome.REFUSED, Outcome.HELD, Outcome.DUPLICATE_IN_FILE, Outcome.UNCHANGED)
_EXPORTED = ("Name", "Phone", "Email", "SMS consent", "WhatsApp consent", "Marketing consent", "Opted out", "Birthday", "Notes", "Tags")
CHUNK_ROWS = 2_000


def error_report(batch: ImportBatch, outcomes: Sequence[str] = _NOT_IMPORTED) -> bytes:
    """Return the rows that were not imported as CSV: row number, reasons, and the original columns, ready to be fixed."""
    rows = batch.rows.filter(outcome__in=outcomes).order_by("row_number").only("row_number", "reasons", "original")
    cells = ([row.row_number, "; ".join(row.reasons), *json.loads(row.original)] for row in rows.iterator(CHUNK_ROWS))
    return _csv([ROW_COLUMN, REASONS_COLUMN, *batch.headers], cells)


def export_customers() -> bytes:
    """Return everybody as CSV; bringing it again changes nothing.

    What is left of a record that was merged into another, without a phone of its own, is not a person and left out.
    """
    everybody = Customer.objects.filter(erased_as=None).exclude(same_person_as__isnull=False, phone__isnull=True)
    extra_headers: dict[str, None] = {}
    phones = 0
    for extra, others in everybody.values_list("extra", "other_phones").iterator(CHUNK_ROWS):
        extra_headers |= dict.fromkeys(json.loads(extra) if extra else {})
        phones = max(phones, len(json.loads(others)) if others else 0)
    further = [f"Phone {number}" for number in range(2, phones + 2)]
    headers = list(extra_headers)
    people = everybody.order_by("pk").iterator(CHUNK_ROWS)
    shown = [*_EXPORTED, *further, *_told_apart(headers)]
    return _csv(shown, (_cells(customer, len(further), headers) for customer in people))


def _told_apart(headers: Sequence[str]) -> list[str]:
    """Return the headings of further data, marked where reading the list again would take them for a column of ours."""
    matched = zip(headers, match_columns(headers), strict=True)
    return [header if field is Field.EXTRA else EXTRA_PREFIX + header for header, field in matched]


def _cells(customer: Customer, further: int, headers: Sequence[str]) -> list[str]:
    others = json.loads(customer.other_phones) if customer.other_phones else []
    extra = json.loads(customer.extra) if customer.extra else {}
    refuses = customer.sms_opt_out or customer.sms_consent is False
    return [
        customer.name,
        customer.phone or customer.phone_raw or "",
        customer.email or "",
        "no" if refuses else _answer(customer.sms_consent),
        _answer(customer.whatsapp_consent),
        "no" if customer.email_opt_out else _answer(customer.gdpr_marketing_consent),
        "yes" if customer.opted_out else "no",
        customer.birthday.isoformat() if customer.birthday else "",
        customer.notes or "",
        ", ".join(customer.tags),
        *others,
        *[""] * (further - len(others)),
        *(extra.get(header, "") for header in headers),
    ]


def _answer(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _csv(headers: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe_cell(header) for header in headers])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    # The mark makes spreadsheet programs read it as UTF-8.
    return text.getvalue().encode("utf-8-sig")
