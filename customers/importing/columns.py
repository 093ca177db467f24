"""Which column of a list holds what: by its heading, and where that says nothing by what stands in it."""

import re
from collections.abc import Callable, Sequence

from customers.errors import BadMapping
from customers.importing.fields import NAMES, SEVERAL, Field
from customers.importing.headings import (
    ABOUT_WORDS,
    BESIDE,
    CONSENT_WORDS,
    DATE_WORDS,
    EMAIL_WORDS,
    FIELD_OF,
    MARKETING_WORDS,
    OWNER_WORDS,
    PHONE_WORDS,
    REFUSAL_WORDS,
    SOURCE_WORDS,
    TEXT_WORDS,
    WHATSAPP_WORDS,
    topic_of,
)
from customers.importing.values import Word, word_of

__all__ = ["SEVERAL", "Field", "check_mapping", "is_refusal", "match_columns"]

SAMPLE_ROWS = 200
SHARE_MIN = 0.6  # of a column's filled cells that must look like it
_PHONE = re.compile(r"\s*\+?(?:[\s().\-/]*\d){7,15}(?:\.0)?\s*")
_EMAIL = re.compile(r"\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*")
_NAME = re.compile(r"\s*[^\W\d_][^\d@_/:;<>=]*\s*")


def match_columns(headers: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> tuple[Field, ...]:
    """Return what each column most likely holds, in order; `samples` are some rows, asked where a heading says nothing."""
    known = [_by_heading(header) for header in headers]
    fields = [field or Field.EXTRA for field in known]
    _correct_phones(headers, fields, samples)
    unknown = [position for position, field in enumerate(known) if field is None]
    for field, pattern in ((Field.EMAIL, _EMAIL), (Field.PHONE, _PHONE), (Field.NAME, _NAME)):
        wanted = NAMES if field is Field.NAME else {field}
        if wanted.isdisjoint(fields) and (position := _best(unknown, samples, pattern)) is not None:
            fields[position] = field
            unknown.remove(position)
    seen: set[Field] = set()
    for position, field in enumerate(fields):
        if field in seen and field not in SEVERAL:
            fields[position] = Field.EXTRA
        seen.add(field)
    return tuple(fields)


def check_mapping(headers: Sequence[str], fields: Sequence[Field]) -> None:
    """Raise BadMapping unless people can be made of these columns."""
    if len(headers) != len(fields):
        raise BadMapping(f"The list has {len(headers)} columns, but {len(fields)} were matched. Match each column once.")
    if Field.PHONE not in fields:
        raise BadMapping("No column holds phone numbers. Choose the column that does.")
    if NAMES.isdisjoint(fields):
        raise BadMapping("No column holds names. Choose the column that does.")
    for field in Field:
        if field not in SEVERAL and len(double := [h for h, f in zip(headers, fields, strict=True) if f is field]) > 1:
            names = " and ".join(f"“{header}”" for header in double)
            raise BadMapping(f"{names} were both matched to {field.replace('_', ' ')}. Only one column can hold it.")


def is_refusal(header: str) -> bool:
    """Tell whether a yes under this heading means no: "SMS opt out", "Unsubscribed"."""
    return not REFUSAL_WORDS.isdisjoint(topic_of(header))


def _by_heading(header: str) -> Field | None:
    """Return the field, EXTRA for a known column that is only kept, None when the heading says nothing."""
    words = topic_of(header)
    unnumbered = tuple(word for word in words if not word.isdecimal())
    unowned = tuple(word for word in unnumbered if word not in OWNER_WORDS)
    for spelling in (words, unnumbered, unowned):
        if spelling in FIELD_OF:
            return FIELD_OF[spelling]
        if spelling in BESIDE:
            return Field.EXTRA
    return _by_words(set(unnumbered))


def _by_words(words: set[str]) -> Field | None:
    """Return what a longer heading speaks of, by the words in it."""
    is_consent = bool(words & CONSENT_WORDS)
    is_about_sending = bool(words & (TEXT_WORDS | MARKETING_WORDS))
    if is_consent and words & DATE_WORDS:
        return Field.CONSENT_DATE
    if is_consent and words & SOURCE_WORDS:
        return Field.CONSENT_SOURCE
    if words & TEXT_WORDS and (is_consent or words & REFUSAL_WORDS or words & MARKETING_WORDS):
        return Field.SMS_CONSENT
    # "No" after WhatsApp may be a number's.
    if words & WHATSAPP_WORDS and (is_consent or words & REFUSAL_WORDS - {"no"} or words & MARKETING_WORDS - EMAIL_WORDS):
        return Field.WHATSAPP_CONSENT
    if words & MARKETING_WORDS and (is_consent or words & REFUSAL_WORDS):
        return Field.MARKETING_CONSENT
    if is_consent and words & REFUSAL_WORDS and not is_about_sending:
        return Field.OPTED_OUT
    if words & ABOUT_WORDS:
        return Field.EXTRA if words & (PHONE_WORDS | EMAIL_WORDS) else None
    if words & PHONE_WORDS:
        return Field.PHONE
    if words & EMAIL_WORDS or {"e", "mail"} <= words:
        return Field.EMAIL
    return None


def _correct_phones(headers: Sequence[str], fields: list[Field], samples: Sequence[Sequence[str]]) -> None:
    """Take back what was called a phone and holds none: "SMS: yes", or "Number: 17" beside a column that does hold phones."""
    columns = {position: [row[position] for row in samples[:SAMPLE_ROWS]] for position, field in enumerate(fields) if field is Field.PHONE}
    has_phones = any(_share(cells, _PHONE.search) > 0 for cells in columns.values())
    for position, cells in columns.items():
        if _share(cells, _is_answer) >= SHARE_MIN:
            fields[position] = _consent_of(set(topic_of(headers[position])))
        elif has_phones and any(map(str.strip, cells)) and not _share(cells, _PHONE.search):
            fields[position] = Field.EXTRA


def _consent_of(words: set[str]) -> Field:
    """Return what a column of answers under the heading of a phone is about: "SMS: yes", "WhatsApp: no"."""
    if words & TEXT_WORDS:
        return Field.SMS_CONSENT
    return Field.WHATSAPP_CONSENT if words & WHATSAPP_WORDS else Field.EXTRA


def _is_answer(cell: str) -> bool:
    return word_of(cell) in {Word.YES, Word.NO, Word.GRANTED, Word.REFUSED}


def _best(positions: Sequence[int], samples: Sequence[Sequence[str]], pattern: re.Pattern[str]) -> int | None:
    """Return the column most of whose cells look like it."""
    shares = {position: _share([row[position] for row in samples[:SAMPLE_ROWS]], pattern.fullmatch) for position in positions}
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= SHARE_MIN else None


def _share(cells: Sequence[str], looks_right: Callable[[str], object]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    return sum(1 for cell in filled if looks_right(cell)) / len(filled) if filled else 0.0
