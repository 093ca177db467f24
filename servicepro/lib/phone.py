"""Read phone numbers as people type them, and say in plain words why one cannot receive a text."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, REGION_CODE_FOR_NON_GEO_ENTITY, PhoneMetadata, PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonenumberutil import _number_type_helper as type_in_region  # saves two of three rounds over all patterns

SHORT_CODE_DIGITS_MIN, SHORT_CODE_DIGITS_MAX = 3, 6  # carriers' short codes have 5 or 6 digits, some countries' 3 or 4
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class PhoneProblem(StrEnum):
    """Why a number cannot be texted."""

    EMPTY = "empty"
    LETTERS = "letters"
    EXTENSION = "extension"
    SHORT_CODE = "short_code"
    UNREADABLE = "unreadable"
    CHECK_NUMBER = "check_number"
    NOT_TEXTABLE = "not_textable"

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return _SENTENCES[self]


_SENTENCES = {
    PhoneProblem.EMPTY: "There is no phone number.",
    PhoneProblem.LETTERS: "The number contains letters; write it with digits only.",
    PhoneProblem.EXTENSION: "The number has an extension, so it cannot receive texts.",
    PhoneProblem.SHORT_CODE: "This is a short code, not a person's phone.",
    PhoneProblem.UNREADABLE: "Invalid phone number format",
    PhoneProblem.CHECK_NUMBER: "This number does not exist as written; check the digits.",
    PhoneProblem.NOT_TEXTABLE: "This is a landline, toll-free or premium number that cannot receive texts.",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can receive texts."""

    e164: str
    region: str | None


EXCHANGE_CHARACTERS = len("+1512555")
TEXT_CHARACTERS_MAX = 64  # no way of writing one number is longer, and the cache shall not keep essays
# Marks that spreadsheets, phones and web pages put around a number: direction, zero width, the apostrophe of a text cell.
_NOISE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad']")
_SCHEME = re.compile(r"^(?:tel|sms):", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext\.?|x|#|;ext=)\s*\d+\s*$", re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z]")
_DIGIT = re.compile(r"\d")
# Ten digits of North America in their usual ways of writing: read without the general parser, which comes to the same.
_NORTH_AMERICAN = re.compile(r"(\+?1[ .-]?)?\(?([2-9][0-9]{2})\)?[ .-]{0,2}([2-9][0-9]{2})[ .-]?([0-9]{4})")
_NUMBER = re.compile(r"[\d\s+＋\-().,/‐‑–—·]+")


def parse_phone(text: str | None, region: str) -> Phone | PhoneProblem:
    """Return the number behind `text` as read in `region` (ISO country), or why it cannot be texted."""
    return PhoneProblem.UNREADABLE if text and len(text) > TEXT_CHARACTERS_MAX else _parsed(text or "", region)


@lru_cache(maxsize=65_536)
def _parsed(text: str, region: str) -> Phone | PhoneProblem:
    cleaned = _SCHEME.sub("", " ".join(_NOISE.sub("", text).split())).strip()  # odd spaces become plain ones
    if problem := _unlike_a_number(cleaned):
        return problem
    try:
        number = _north_american(cleaned, region) or phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        return PhoneProblem.UNREADABLE
    if number.extension:  # written with a comma, the sign phones use for a pause
        return PhoneProblem.EXTENSION
    kind, number_region = _kind_and_region(number)
    if kind == PhoneNumberType.UNKNOWN:
        return PhoneProblem.CHECK_NUMBER if phonenumbers.is_possible_number(number) else PhoneProblem.UNREADABLE
    if kind not in TEXTABLE or number_region == REGION_CODE_FOR_NON_GEO_ENTITY:  # satellites: dollars a text
        return PhoneProblem.NOT_TEXTABLE
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), number_region)


def _north_american(cleaned: str, region: str) -> phonenumbers.PhoneNumber | None:
    found = _NORTH_AMERICAN.fullmatch(cleaned)
    if not found or not (cleaned[0] == "+" or region in COUNTRY_CODE_TO_REGION_CODE[1]):
        return None
    return phonenumbers.PhoneNumber(country_code=1, national_number=int("".join(found.groups()[1:])))


def _kind_and_region(number: phonenumbers.PhoneNumber) -> tuple[int, str | None]:
    """Return `number_type` and `region_code_for_number` in one go; each alone asks every pattern of the region again."""
    country_code = number.country_code or 0
    regions = COUNTRY_CODE_TO_REGION_CODE.get(country_code, ())
    national_number = phonenumbers.national_significant_number(number)
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        if metadata is None:
            continue
        if metadata.leading_digits is None or len(regions) == 1:
            kind = type_in_region(national_number, metadata)
            if kind != PhoneNumberType.UNKNOWN or len(regions) == 1:
                return kind, region
        elif re.match(metadata.leading_digits, national_number):
            return type_in_region(national_number, metadata), region
    return PhoneNumberType.UNKNOWN, None


def _unlike_a_number(cleaned: str) -> PhoneProblem | None:
    """Name what shows without knowing any country's numbers."""
    if not cleaned:
        return PhoneProblem.EMPTY
    digits = len(_DIGIT.findall(cleaned))
    if digits == 0:
        return PhoneProblem.UNREADABLE
    if _EXTENSION.search(cleaned):
        return PhoneProblem.EXTENSION
    if _LETTER.search(cleaned):
        return PhoneProblem.LETTERS
    if SHORT_CODE_DIGITS_MIN <= digits <= SHORT_CODE_DIGITS_MAX and cleaned[0] not in "+＋":
        return PhoneProblem.SHORT_CODE
    return None if _NUMBER.fullmatch(cleaned) else PhoneProblem.UNREADABLE


def e164_or_none(text: str | None, region: str) -> str | None:
    """Return the E.164 form of a textable number, or None."""
    answer = parse_phone(text, region)
    return answer.e164 if isinstance(answer, Phone) else None


def is_us_number(e164: str) -> bool:
    """Return whether a number (E.164) belongs to the United States and not to another country behind +1."""
    if not e164.startswith("+1"):
        return False
    # An exchange of ten thousand lines lies in one country, and a business's customers share a few hundred of them.
    return _is_us_line(f"{e164[:EXCHANGE_CHARACTERS]}0000" if len(e164) == EXCHANGE_CHARACTERS + 4 else e164)


@lru_cache(maxsize=65_536)
def _is_us_line(e164: str) -> bool:
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) in (None, "US")


def mask_phone(e164: str | None) -> str:
    """Return "+1512•••0142" for "+15125550142".

    At least three digits stay hidden: a number too short for that shows its last four, anything shorter nothing.
    """
    if not e164:
        return "none"
    if len(e164) >= 12:
        return f"{e164[:5]}•••{e164[-4:]}"
    return f"•••{e164[-4:]}" if len(e164) >= 10 else "•••"


def phone_for_log(text: str | None, *, is_full: bool) -> str:
    """Return a number as one word of a log line; it is masked unless `is_full`, and can never start a line of its own."""
    if not text:
        return "none"
    if is_full:
        return "".join(c if c.isprintable() and not c.isspace() else "_" for c in text[:TEXT_CHARACTERS_MAX])
    return _mask_digits(text)


# What has many digits and is no phone (ids, instants, network addresses) is matched first and kept.
_ID = r"\b[A-Z]{2}[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-fA-F]{17,}\b"
_INSTANT = r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?|(?<![\d.])(?:0|1[6-9]\d{8})\.\d+"
_NETWORK_ADDRESS = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)"
_PHONE = r"(?P<phone>(?:\+|%2B|(?<!\d))\(?\d(?:[\s().\-/\u2010-\u2015]{0,3}\d){7,14}(?!\d))"
_DIGITS_OR_PHONE = re.compile(f"{_ID}|{_INSTANT}|{_NETWORK_ADDRESS}|{_PHONE}")
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}\d){7}")
NATIONAL_DIGITS_MIN, INTERNATIONAL_DIGITS_MIN = 10, 8  # without and with a plus; fewer digits are an amount or an id


def mask_phones_in(text: str) -> str:
    """Hide the phone numbers inside a text, written any way; dates, ids and network addresses stay readable."""
    return _DIGITS_OR_PHONE.sub(_masked, text) if _MANY_DIGITS.search(text) else text


def _masked(found: re.Match[str]) -> str:
    run = found.group().removeprefix("%2B")
    is_international = found.group().startswith(("+", "%2B"))
    digits_min = INTERNATIONAL_DIGITS_MIN if is_international else NATIONAL_DIGITS_MIN
    is_phone = found.group("phone") and sum(map(str.isdecimal, run)) >= digits_min
    return _mask_digits(run) if is_phone else found.group()


def _mask_digits(text: str) -> str:
    if text.isascii() and text.startswith("+") and text[1:].isdecimal():
        return mask_phone(text)  # E.164 already, as nearly every number in a log is
    digits = "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())
    return mask_phone(f"+{digits}")
