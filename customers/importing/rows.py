"""Rows of a list as people, each with what keeps it from being used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime

from customers.importing.columns import Field, is_refusal
from customers.importing.contacts import ReadPhones, emails_of, name_of, phones_of
from customers.importing.fields import CONSENTS
from customers.importing.headings import FIXED_WORDS, MOBILE_WORDS, words_of
from customers.importing.values import Word, birthday_of, instant_of, permission_of, refusal_of, word_of
from servicepro.lib.phone import e164_or_none
from servicepro.lib.spreadsheet import Table

NAME_CHARACTERS_MAX = 255
CONSENT_SOURCE_CHARACTERS_MAX = 255
TAG_CHARACTERS_MAX, TAGS_MAX = 64, 50
NAME_MISSING = "Name is required"
EMAIL_INVALID = "Invalid email format"
TOO_LONG = "Row exceeds maximum length"
_GROUP_OF_EVERYBODY = frozenset({"mycontacts", "* mycontacts", "my contacts"})  # Google puts everybody in it


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it was understood. `problems` refuse it, `doubts` only say what was left out; both are sentences for people.

    Consent is tri-state: yes, no, or nothing said (None). `extra` holds columns without a field of their own and what could
    not be read, `original` every cell that was not blank; both by heading. `repeated` are the headings of `extra` under which one of
    the person's numbers stands a second time and nothing else.
    """

    number: int
    name: str
    phone: str | None
    phone_raw: str
    other_phones: tuple[str, ...] = ()
    email: str | None = None
    sms_consent: bool | None = None
    whatsapp_consent: bool | None = None
    marketing_consent: bool | None = None
    opted_out: bool = False
    consent_at: datetime | None = None
    consent_source: str = ""
    birthday: date | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    extra: dict[str, str] = attribute(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    original: dict[str, str] = attribute(default_factory=dict)
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_rows(table: Table, fields: Sequence[Field], *, region: str, today: date) -> Iterator[ReadRow]:
    """Yield every row of `table` as read in `region` (ISO country); `fields` says what each column holds."""
    reader = _RowReader(table.headers, fields, region=region, today=today)
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        yield reader.read(number, cells, is_overlong=number in table.overlong_rows)


class _RowReader:
    """Knows where everything stands in a row, so that reading one costs little."""

    def __init__(self, headers: Sequence[str], fields: Sequence[Field], *, region: str, today: date) -> None:
        self.headers, self.region, self.today = headers, region, today
        self.at = {field: [position for position, one in enumerate(fields) if one is field] for field in Field}
        self.consents = [position for one in (Field.CONSENT_DATE, *CONSENTS) for position in self.at[one]]
        self.phones = sorted(self.at[Field.PHONE], key=lambda position: _rank(headers[position]))
        self.labels = _labels_of(headers, self.phones)
        self.rivals = [position for one in (Field.PHONE, Field.EMAIL) if len(self.at[one]) > 1 for position in self.at[one]]
        self.inverted = {position for one in CONSENTS for position in self.at[one] if is_refusal(headers[position])}

    def read(self, number: int, cells: Sequence[str], *, is_overlong: bool) -> ReadRow:
        doubts: list[str] = []
        extra = {self.headers[position]: cells[position] for position in self.at[Field.EXTRA] if cells[position].strip()}
        name = self._name(cells)
        phones = phones_of((cells[position] for position in self._phone_order(cells)), self.region)
        emails, is_email_clean = emails_of(cells[position] for position in self.at[Field.EMAIL])
        problems = []
        if not name:
            problems.append(NAME_MISSING)
        if phones.problem:
            problems.append(phones.problem)
        if not is_email_clean and not emails:
            problems.append(EMAIL_INVALID)
        if is_overlong or len(name) > NAME_CHARACTERS_MAX:
            problems.append(TOO_LONG)
        self._keep_others(cells, (phones.raw, *emails[:1]), extra)
        return ReadRow(
            number=number,
            name=name,
            phone=phones.chosen,
            phone_raw=phones.raw,
            other_phones=phones.others,
            email=emails[0] if emails else None,
            sms_consent=self._consent(Field.SMS_CONSENT, cells, extra, doubts),
            whatsapp_consent=self._consent(Field.WHATSAPP_CONSENT, cells, extra, doubts),
            marketing_consent=self._consent(Field.MARKETING_CONSENT, cells, extra, doubts),
            opted_out=self._opted_out(cells, extra, doubts),
            consent_at=self._consent_at(cells, extra, doubts),
            consent_source=self._first(Field.CONSENT_SOURCE, cells)[:CONSENT_SOURCE_CHARACTERS_MAX],
            birthday=self._birthday(cells, extra, doubts),
            notes="\n".join(cells[position].strip() for position in self.at[Field.NOTES]).strip(),
            tags=self._tags(cells) if self.at[Field.TAGS] else (),
            extra=extra,
            repeated=self._repeated(extra, phones),
            original={header: cell for header, cell in zip(self.headers, cells, strict=True) if cell},
            problems=tuple(problems),
            doubts=tuple(doubts),
        )

    def _first(self, field: Field, cells: Sequence[str]) -> str:
        return next((cells[position].strip() for position in self.at[field] if cells[position].strip()), "")

    def _name(self, cells: Sequence[str]) -> str:
        whole = name_of(self._first(Field.NAME, cells))
        return whole or name_of(self._first(Field.FIRST_NAME, cells), self._first(Field.LAST_NAME, cells))

    def _phone_order(self, cells: Sequence[str]) -> list[int]:
        """Put mobile numbers first, by the heading or by the label Google keeps beside each number."""
        if not self.labels:
            return self.phones
        return sorted(self.phones, key=lambda position: _rank(cells[self.labels[position]]) if position in self.labels else 1)

    def _keep_others(self, cells: Sequence[str], used: tuple[str, ...], extra: dict[str, str]) -> None:
        """Keep what stood in a second phone or email column, so that nothing of the list is lost."""
        for position in self.rivals:
            text = cells[position].strip()
            if text and text not in used and text.lower() not in used:
                extra[self.headers[position]] = text

    def _repeated(self, extra: dict[str, str], phones: ReadPhones) -> frozenset[str]:
        if not phones.others:
            return frozenset()
        numbers = {phones.chosen, *phones.others}
        return frozenset(header for header, text in extra.items() if e164_or_none(text, self.region) in numbers)

    def _consent(self, field: Field, cells: Sequence[str], extra: dict[str, str], doubts: list[str]) -> bool | None:
        """Return the strictest of all columns that speak of this permission."""
        said: set[bool] = set()
        for position in self.at[field]:
            text = cells[position]
            if not text.strip():
                continue
            permission = self._permission(text, is_inverted=position in self.inverted)
            if permission is not None:
                said.add(permission)
            elif word_of(text) is Word.UNCLEAR:
                extra[self.headers[position]] = text
                doubts.append(f"“{self.headers[position]}” says neither yes nor no, so nothing was recorded: {text.strip()[:80]}")
        return None if not said else False not in said

    def _permission(self, text: str, *, is_inverted: bool) -> bool | None:
        if is_inverted:  # not having refused is no permission
            return False if refusal_of(text) else None
        permission = permission_of(text)
        if permission is None and instant_of(text, self.region, self.today):
            return True  # the day permission was given
        return permission

    def _opted_out(self, cells: Sequence[str], extra: dict[str, str], doubts: list[str]) -> bool:
        is_out = False
        for position in self.at[Field.OPTED_OUT]:
            text = cells[position]
            if not text.strip() or not refusal_of(text):
                continue
            is_out = True
            if word_of(text) is Word.UNCLEAR:
                extra[self.headers[position]] = text
                doubts.append(f"“{self.headers[position]}” was taken for a wish not to be written to: {text.strip()[:80]}")
        return is_out

    def _consent_at(self, cells: Sequence[str], extra: dict[str, str], doubts: list[str]) -> datetime | None:
        for position in self.consents:
            text = cells[position].strip()
            if not text or word_of(text) is not Word.UNCLEAR:
                continue
            if position not in self.inverted and (instant := instant_of(text, self.region, self.today)):
                return instant
            if position in self.at[Field.CONSENT_DATE]:
                extra[self.headers[position]] = text
                doubts.append(f"“{self.headers[position]}” is no date that can be read: {text[:80]}")
        return None

    def _birthday(self, cells: Sequence[str], extra: dict[str, str], doubts: list[str]) -> date | None:
        text = self._first(Field.BIRTHDAY, cells)
        if not text or word_of(text) is Word.NOTHING:
            return None
        day = birthday_of(text, self.region, self.today)
        if day is None:
            header = self.headers[self.at[Field.BIRTHDAY][0]]
            extra[header] = text
            doubts.append(f"“{header}” is no birthday that can be read, with day, month and year: {text[:80]}")
        return day

    def _tags(self, cells: Sequence[str]) -> tuple[str, ...]:
        text = ":::".join(cells[position] for position in self.at[Field.TAGS]).replace(";", ",").replace("|", ",").replace(":::", ",")
        tags = (" ".join(tag.split()).removeprefix("* ")[:TAG_CHARACTERS_MAX] for tag in text.split(","))
        return tuple(dict.fromkeys(tag for tag in tags if tag and tag.casefold() not in _GROUP_OF_EVERYBODY))[:TAGS_MAX]


def _rank(heading: str) -> int:
    words = set(words_of(heading))
    if words & MOBILE_WORDS:
        return 0
    return 2 if words & FIXED_WORDS else 1


def _labels_of(headers: Sequence[str], phones: Sequence[int]) -> dict[int, int]:
    """Return where the label of each phone column stands: "Phone 1 - Label" beside "Phone 1 - Value"."""
    positions = {words_of(header): position for position, header in enumerate(headers)}
    labels = {}
    for phone in phones:
        stem = words_of(headers[phone])[:-1]
        label = positions.get((*stem, "label"), positions.get((*stem, "type")))
        if stem and words_of(headers[phone])[-1] == "value" and label is not None:
            labels[phone] = label
    return labels
