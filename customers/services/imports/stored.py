"""Rows of a list as they stand in the table, decided again against the people as they are now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customers.models import ImportBatch, ImportRow
from customers.services.imports.roster import load_roster, unsealed
from customers.services.imports.rule import Decision, Entry, decide
from servicepro.lib.crypto import address_tags, decrypt_address, decrypt_text, encrypt_text, tag_of
from servicepro.lib.tenancy import connection

_OPEN = """
SELECT id, row_number, outcome, name, phone, email, other_phones, sms_consent, marketing_consent, opted_out, consent_at, consent_source,
       whatsapp_consent
  FROM customers_importrow
 WHERE batch_id = %s AND row_number > %s AND applied_at IS NULL AND outcome IN ('new', 'changed', 'merged', 'unchanged')
   AND row_number = ANY(coalesce(%s::int[], ARRAY[row_number]))
 ORDER BY row_number LIMIT %s
"""

# What was doubtful when the row was read stays so.
_REPLANNED = """
UPDATE customers_importrow r
   SET outcome = v.outcome, customer_id = v.customer, changes = v.changes, reasons = v.reasons, is_opted_out = v.is_out,
       doubts = r.doubts || coalesce((SELECT jsonb_agg(d) FROM jsonb_array_elements(v.doubts) d WHERE NOT r.doubts @> d), '[]')
  FROM json_to_recordset(%s::json)
       AS v(id bigint, outcome text, customer bigint, changes text, reasons jsonb, doubts jsonb, is_out boolean)
 WHERE r.id = v.id
"""


@dataclass(slots=True)
class StoredRow:
    """What deciding about a row needs; the phone stays encrypted as long as nobody is met by it."""

    pk: int
    number: int
    outcome: str
    name: str
    phone: str
    email: str | None
    other_phones: tuple[str, ...]
    tags_of_others: tuple[str, ...]
    sms_consent: bool | None
    marketing_consent: bool | None
    opted_out: bool
    consent_at: Any
    consent_source: str
    whatsapp_consent: bool | None = None

    @property
    def tag(self) -> str:
        """Return the tag of the phone."""
        return tag_of(self.phone)

    @property
    def refuses(self) -> bool:
        """Tell whether the row says that this person is not to be texted."""
        return self.opted_out or self.sms_consent is False


def open_rows(batch: ImportBatch, *, after: int = 0, limit: int | None = None, numbers: Sequence[int] | None = None) -> list[StoredRow]:
    """Return the next rows that are not applied yet, in the order of the file; with `numbers` those of them."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [batch.pk, after, numbers, limit])
        return [_stored(row) for row in cursor.fetchall()]


def _stored(row: Sequence[Any]) -> StoredRow:
    pk, number, outcome, name, phone, email, other_phones, *consents = row
    numbers = tuple(unsealed(other_phones) or ())
    return StoredRow(
        pk, number, outcome, name, phone, email, numbers, tuple(address_tags(connection.schema_name, "phone", numbers)), *consents
    )


def decide_rows(batch: ImportBatch, rows: Sequence[StoredRow], *, is_locked: bool = False) -> list[Decision]:
    """Return what each row does to the people as they are now: four statements at most, however many rows."""
    roster = load_roster(
        tags=sorted({tag for row in rows for tag in (row.tag, *row.tags_of_others)}),
        emails=sorted({row.email for row in rows if row.email}),
        is_locked=is_locked,
    )
    entries = [_entry(row) for row in rows]
    _complete({row.pk: entry for row, entry in zip(rows, entries, strict=True) if roster.meets(entry)})
    for row, entry in zip(rows, entries, strict=True):
        if entry.tag not in roster.by_tag:
            entry.phone = decrypt_address(connection.schema_name, "phone", row.phone) if roster.meets(entry) else ""
    return [decide(entry, roster, replace=batch.replace_existing, batch_id=batch.pk) for entry in entries]


def _entry(row: StoredRow) -> Entry:
    return Entry(
        name=row.name,
        phone="",
        tag=row.tag,
        email=row.email,
        other_phones=row.other_phones,
        tags_of_others=row.tags_of_others,
        sms_consent=row.sms_consent,
        marketing_consent=row.marketing_consent,
        opted_out=row.opted_out,
        whatsapp_consent=row.whatsapp_consent,
    )


def _complete(entries: Mapping[int, Entry]) -> None:
    """Add what only matters where somebody is met; `entries` are by the id of their row."""
    if not entries:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, birthday, notes, tags, extra FROM customers_importrow WHERE id = ANY(%s)", [list(entries)])
        for pk, birthday, notes, tags, extra in cursor.fetchall():
            entry = entries[pk]
            entry.birthday, entry.tags, entry.extra = birthday, tuple(tags), unsealed(extra) or {}
            entry.notes = decrypt_text(connection.schema_name, notes) if notes else ""


def replan(batch: ImportBatch, row_numbers: Sequence[int]) -> None:
    """Decide some rows of a plan again after they were changed: as many statements for one row as for all."""
    rows = open_rows(batch, numbers=list(row_numbers))
    records = [
        {
            "id": row.pk,
            "outcome": decision.outcome.value,
            "customer": decision.customer_id,
            "changes": encrypt_text(connection.schema_name, json.dumps(decision.changes, ensure_ascii=False)) if decision.changes else None,
            "reasons": list(decision.reasons),
            "doubts": list(decision.doubts),
            "is_out": decision.is_opted_out,
        }
        for row, decision in zip(rows, decide_rows(batch, rows), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_REPLANNED, [json.dumps(records)])


def recount(batch: ImportBatch) -> None:
    """Set the counts of a batch to what its rows say, so that they add up; the caller saves it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, count(*), count(*) FILTER (WHERE is_opted_out) FROM customers_importrow WHERE batch_id = %s GROUP BY 1",
            [batch.pk],
        )
        counts = {outcome: (rows, out) for outcome, rows, out in cursor.fetchall()}
    for outcome in ImportRow.Outcome.values:
        setattr(batch, f"{outcome}_count", counts.get(outcome, (0, 0))[0])
    batch.total_records = sum(rows for rows, _out in counts.values())
    batch.opted_out_count = sum(out for _rows, out in counts.values())
    batch.successful_imports = batch.new_count + batch.changed_count + batch.merged_count
    batch.duplicate_skipped = batch.unchanged_count + batch.duplicate_in_file_count
    batch.failed_imports = batch.refused_count + batch.held_count
