"""Read names, phones and email addresses as they stand in the cells of a list."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from servicepro.lib.phone import Phone, parse_phone

EMAIL_CHARACTERS_MAX, EMAIL_LOCAL_CHARACTERS_MAX = 254, 64
PHONES_OF_A_CELL_MAX = 5
INVALID_PHONE = "Invalid phone number format"
NOTHING = frozenset(
    ("", *["-", "--", "—", "n/a", "na", "n.a.", "none", "null", "nil", "k.a.", "keine", "ninguno", "ninguna", "unknown", "#n/a"])
)

_DECIMAL = re.compile(r"(\+?\d{7,15})[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_EXACT_DECIMALS = 8  # a program that wrote this many did not shorten the number to fit its column
_LABELS = "mobile|mob|cell|phone|telephone|tel|home|work|whatsapp|main|preferred|handy|mobil|telefon|privat|movil|móvil|casa|trabajo"
_LABEL_BEFORE = re.compile(rf"^(?:{_LABELS}|ph|wa|cel|[mctphw])\s*[.:#]+\s*", re.IGNORECASE)
_LABEL_AFTER = re.compile(rf"\s*\(?\b(?:{_LABELS})\b\)?$", re.IGNORECASE)
_SEVERAL = re.compile(r":::|[;|\n,]|\s+/\s+|\s+(?:or|and|oder|und|o|y|ya|या)\s+", re.IGNORECASE)
_SEVERAL_EMAILS = re.compile(r":::|[;,|\s]+")
_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_LOCAL = re.compile(r"[^\s@()<>\[\],;:\"\\.]+(?:\.[^\s@()<>\[\],;:\"\\.]+)*")
_PLAIN_EMAIL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}")  # most, read at once
_DOMAIN = re.compile(r"(?:[^\W_](?:[^\W_]|-){0,62}(?<!-)\.)+[^\W\d_](?:[^\W_]|-){1,62}(?<!-)")
# Direction marks would turn the text around a name; joiners belong to names and emoji and stay.
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
_NAMELESS = re.compile(r"[\s\-_.,;:/?*#()'\"]*")


class ReadPhones(NamedTuple):
    """The first usable number and what else was found; `problem` is a sentence when none is usable."""

    chosen: str | None
    raw: str
    others: tuple[str, ...]
    problem: str | None


def name_of(*parts: str) -> str:
    """Return one name of its parts, without odd spaces and invisible marks; "" when nothing in it names anybody."""
    text = " ".join(parts)
    name = " ".join((text if text.isprintable() else _INVISIBLE.sub(" ", text)).split())
    return "" if _NAMELESS.fullmatch(name) or name.casefold() in NOTHING else name


def phones_of(cells: Iterable[str], region: str) -> ReadPhones:
    """Read the phone cells of a row, the preferred first, as written in `region` (ISO country)."""
    found: dict[str, str] = {}
    first_raw, problem = "", None
    for cell in cells:
        if cell.strip().casefold() in NOTHING:
            continue
        numbers, failure = _numbers_in(cell, region)
        if not first_raw:
            first_raw, problem = cell.strip(), failure
        for number in numbers:
            found.setdefault(number, cell.strip())
    if not found:
        return ReadPhones(None, first_raw, (), problem or f"{INVALID_PHONE}: there is no phone number.")
    chosen, *others = found
    return ReadPhones(chosen, found[chosen], tuple(others), None)


def _numbers_in(cell: str, region: str) -> tuple[list[str], str | None]:
    """Return the usable numbers of a cell, or why there is none."""
    text, problem = _as_typed(cell)
    if problem:
        return [], problem
    answer = parse_phone(text, region)
    if isinstance(answer, Phone):
        return [answer.e164], None
    pieces = [_unlabelled(piece) for piece in _SEVERAL.split(text)[:PHONES_OF_A_CELL_MAX]]
    if pieces == [text]:
        return [], _sentence(answer.sentence)
    answers = [parse_phone(_as_typed(piece)[0], region) for piece in pieces if piece]
    usable = [one.e164 for one in answers if isinstance(one, Phone)]
    return usable, None if usable else _sentence(answer.sentence)


def _as_typed(cell: str) -> tuple[str, str | None]:
    """Return the number before a spreadsheet took it for a quantity, or the sentence that its digits are lost."""
    text = cell.strip()
    if text.startswith("="):
        text = text.lstrip("= ").strip('"')
    if text.isdecimal():
        return text, None
    if found := _DECIMAL.fullmatch(text):
        return found.group(1), None
    if found := _SCIENTIFIC.fullmatch(text):
        decimals, exponent = found.group(2) or "", int(found.group(3))
        if len(decimals) < min(exponent, _EXACT_DECIMALS):
            return (
                text,
                f"{INVALID_PHONE}: a spreadsheet shortened it to {text}. Format the column as text and enter it again.",
            )
        return str(int(Decimal(text.replace(",", ".")))), None
    return text, None


def _unlabelled(piece: str) -> str:
    return _LABEL_AFTER.sub("", _LABEL_BEFORE.sub("", piece.strip())).strip()


def _sentence(reason: str) -> str:
    return INVALID_PHONE if reason.startswith(INVALID_PHONE) else f"{INVALID_PHONE}: {reason[0].lower()}{reason[1:]}"


def emails_of(cells: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Return the distinct valid addresses in order, lower case, and whether every cell that holds something held one."""
    found: dict[str, None] = {}
    is_clean = True
    for cell in cells:
        text = cell.strip().lower()
        if _PLAIN_EMAIL.fullmatch(text) and len(text) <= EMAIL_LOCAL_CHARACTERS_MAX:
            found[text] = None
            continue
        text = _INVISIBLE.sub("", text).strip()
        if text in NOTHING:
            continue
        pieces = _IN_BRACKETS.findall(text) or _SEVERAL_EMAILS.split(text)
        valid = [piece for piece in (piece.removeprefix("mailto:").strip("<>") for piece in pieces) if _is_email(piece)]
        is_clean = is_clean and bool(valid)
        found.update(dict.fromkeys(valid))
    return tuple(found), is_clean


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return (
        bool(at)
        and len(text) <= EMAIL_CHARACTERS_MAX
        and len(local) <= EMAIL_LOCAL_CHARACTERS_MAX
        and _LOCAL.fullmatch(local) is not None
        and _DOMAIN.fullmatch(domain) is not None
    )
