"""Which column of a list holds what."""

from collections.abc import Sequence
from enum import StrEnum

from customers.errors import BadMapping


class Field(StrEnum):
    """What a column can hold; EXTRA is kept with the person as it is."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PHONE = "phone"
    EMAIL = "email"
    SMS_CONSENT = "sms_consent"
    MARKETING_CONSENT = "marketing_consent"
    OPTED_OUT = "opted_out"
    CONSENT_DATE = "consent_date"
    CONSENT_SOURCE = "consent_source"
    BIRTHDAY = "birthday"
    NOTES = "notes"
    TAGS = "tags"
    EXTRA = "extra"


SEVERAL = frozenset({Field.PHONE, Field.EMAIL, Field.NOTES, Field.TAGS, Field.EXTRA})  # more than one column may hold these


def match_columns(headers: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> tuple[Field, ...]:
    """Return what each column most likely holds, in order; `samples` are some rows, asked where a header says nothing."""
    return tuple(Field(header.casefold()) if header.casefold() in set(Field) else Field.EXTRA for header in headers)


def check_mapping(headers: Sequence[str], fields: Sequence[Field]) -> None:
    """Raise BadMapping unless people can be made of these columns."""
    if len(headers) != len(fields):
        raise BadMapping(f"The list has {len(headers)} columns, but {len(fields)} were matched.")
    if Field.PHONE not in fields:
        raise BadMapping("No column holds phone numbers. Choose the column that does.")
    if not {Field.NAME, Field.FIRST_NAME, Field.LAST_NAME} & set(fields):
        raise BadMapping("No column holds names. Choose the column that does.")
