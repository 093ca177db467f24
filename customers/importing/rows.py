"""Rows of a list as people, each with what keeps it from being used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from customers.importing.columns import Field
from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.spreadsheet import Table


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it was understood. `problems` refuse it, `doubts` only say what was left out; both are sentences for people.

    Consent is tri-state: yes, no, or nothing said (None). `extra` holds unmatched columns, `original` all that were not blank.
    """

    number: int
    name: str
    phone: str | None
    phone_raw: str
    other_phones: tuple[str, ...] = ()
    email: str | None = None
    sms_consent: bool | None = None
    marketing_consent: bool | None = None
    opted_out: bool = False
    consent_at: datetime | None = None
    consent_source: str = ""
    birthday: date | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    original: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_rows(table: Table, fields: Sequence[Field], *, region: str, today: date) -> Iterator[ReadRow]:
    """Yield every row of `table` as read in `region` (ISO country); `fields` says what each column holds."""
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        values = dict(zip(fields, cells, strict=True))
        answer = parse_phone(values.get(Field.PHONE), region)
        yield ReadRow(
            number=number,
            name=values.get(Field.NAME, ""),
            phone=answer.e164 if isinstance(answer, Phone) else None,
            phone_raw=values.get(Field.PHONE, ""),
            email=values.get(Field.EMAIL) or None,
            original=dict(zip(table.headers, cells, strict=True)),
            problems=() if isinstance(answer, Phone) else (f"Invalid phone number format: {answer.sentence}",),
        )
