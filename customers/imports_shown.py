"""A list that was brought, as people and programs are shown it: phones masked, values in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from customers.importing.columns import Field
from customers.models import Customer, ImportBatch, ImportRow
from customers.types import FieldChange, PreviewRow
from servicepro.lib.phone import mask_phone, mask_phones_in

Outcome = ImportRow.Outcome
FIELD_LABELS = {
    Field.NAME: "Name",
    Field.FIRST_NAME: "First name",
    Field.LAST_NAME: "Last name",
    Field.PHONE: "Phone",
    Field.EMAIL: "Email",
    Field.SMS_CONSENT: "May be texted (yes/no)",
    Field.WHATSAPP_CONSENT: "May be written to on WhatsApp (yes/no)",
    Field.MARKETING_CONSENT: "May be sent offers (yes/no)",
    Field.OPTED_OUT: "Asked for no messages (yes/no)",
    Field.CONSENT_DATE: "Date of the permission",
    Field.CONSENT_SOURCE: "Where the permission was given",
    Field.BIRTHDAY: "Birthday",
    Field.NOTES: "Notes",
    Field.TAGS: "Tags",
    Field.EXTRA: "Keep as extra data",
}
OUTCOME_LABELS = {
    Outcome.NEW: "new",
    Outcome.CHANGED: "changed",
    Outcome.MERGED: "merged",
    Outcome.UNCHANGED: "known, nothing new",
    Outcome.DUPLICATE_IN_FILE: "twice in the file",
    Outcome.REFUSED: "refused",
    Outcome.HELD: "held for you to look at",
}
STATUS_LABELS = {
    ImportBatch.Status.READY: "waiting for your yes",
    ImportBatch.Status.QUEUED: "about to start",
    ImportBatch.Status.PROCESSING: "importing",
    ImportBatch.Status.COMPLETED: "completed",
    ImportBatch.Status.FAILED: "stopped",
    ImportBatch.Status.UNDONE: "taken back",
    ImportBatch.Status.DISCARDED: "thrown away",
}
LIFE_LABELS: dict[str, str] = {
    Customer.Life.IMPORTED: "not invited yet",
    Customer.Life.INVITED: "invited",
    Customer.Life.REGISTERED: "registered",
    Customer.Life.EXPIRED: "expired",
}
_COLUMN_LABELS = {
    "name": "Name",
    "phone": "Phone",
    "email": "Email",
    "birthday": "Birthday",
    "notes": "Notes",
    "tags": "Tags",
    "other_phones": "Other phones",
    "sms_consent": "May be texted",
    "whatsapp_consent": "May be written to on WhatsApp",
    "gdpr_marketing_consent": "May be sent offers",
    "opted_out": "Asked for no messages",
    "extra": "Extra data",
}
_WITH_ORIGINAL = (Outcome.REFUSED, Outcome.HELD, Outcome.DUPLICATE_IN_FILE)
SAMPLES = 3
LIVE = (ImportBatch.Status.QUEUED, ImportBatch.Status.PROCESSING)


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One value of somebody known, before and after."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a list. `original` has what stood in the file, where the row is not used as it is."""

    number: int
    outcome: str
    label: str
    name: str
    phone: str
    email: str
    is_opted_out: bool
    changes: list[ShownChange] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    original: dict[str, str] = field(default_factory=dict)
    kept_reason: str = ""


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """One column of the file: its heading, what it was taken for, and what stands in it."""

    header: str
    field: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class Card:
    """One number with its name."""

    label: str
    count: int
    help: str = ""
    is_good: bool = False


def shown_rows(batch: ImportBatch, rows: Sequence[PreviewRow]) -> list[ShownRow]:
    """Return rows as a list may show them."""
    return [_shown(batch, row) for row in rows]


def _shown(batch: ImportBatch, row: PreviewRow) -> ShownRow:
    return ShownRow(
        number=row.number,
        outcome=row.outcome,
        label=OUTCOME_LABELS[Outcome(row.outcome)],
        name=row.name,
        phone=mask_phone(row.phone) if row.phone else "",
        email=row.email or "",
        is_opted_out=row.is_opted_out,
        changes=[_change(change) for change in row.changes],
        reasons=list(row.reasons),
        doubts=list(row.doubts),
        original=_original(batch, row) if row.outcome in _WITH_ORIGINAL else {},
        kept_reason=row.kept_reason,
    )


def _original(batch: ImportBatch, row: PreviewRow) -> dict[str, str]:
    """Return the cells of the file. A number that can be read is masked; one that cannot is what the owner came to see."""
    taken_for = dict(zip(batch.headers, batch.mapping, strict=True))
    return {
        header: value if taken_for[header] == Field.PHONE and row.phone is None else mask_phones_in(value)
        for header, value in row.original.items()
        if value
    }


def _change(change: FieldChange) -> ShownChange:
    empty = "not known" if change.field.endswith("consent") else "nothing"
    old, new = (mask_phones_in(value) or empty for value in (change.old, change.new))
    return ShownChange(_COLUMN_LABELS.get(change.field, change.field), old, new)


def shown_columns(batch: ImportBatch, rows: Sequence[PreviewRow]) -> list[ShownColumn]:
    """Return the columns with what stands in them in the first of `rows`, phones masked."""
    return [
        ShownColumn(header, name, [mask_phones_in(row.original[header]) for row in rows if row.original.get(header)][:SAMPLES])
        for header, name in zip(batch.headers, batch.mapping, strict=True)
    ]


def cards(batch: ImportBatch) -> list[Card]:
    """Return the counts of a list: before it is confirmed what would happen, afterwards what did."""
    return [
        Card("New", batch.new_count, is_good=True),
        Card("Changed", batch.changed_count, "known by their phone", is_good=True),
        Card("Merged", batch.merged_count, "known by email or another number", is_good=True),
        Card("Twice in the file", batch.duplicate_in_file_count, "the first row counts"),
        Card("Known already", batch.unchanged_count, "the row adds nothing"),
        Card("Refused", batch.refused_count, "need fixing"),
        Card("Held", batch.held_count, "would join two people"),
        Card("Opted out", batch.opted_out_count, "stay that way"),
    ]


def outcome_choices(batch: ImportBatch) -> list[tuple[str, str, int]]:
    """Return (value, label, rows) of every way to filter the rows; the first takes all."""
    counted = [(str(outcome), label, getattr(batch, f"{outcome}_count")) for outcome, label in OUTCOME_LABELS.items()]
    return [("", "all rows", batch.total_records), *counted]
