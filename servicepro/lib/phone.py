"""Read phone numbers as people type them, and say in plain words why one cannot receive a text."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

SHORT_CODE_DIGITS_MAX = 6  # carriers' short codes have 5 or 6 digits, some countries 3 or 4
PHONE_DIGITS_MIN = 10  # a date has eight: what is shorter than a phone stays readable in logs
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


_NOISE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff']|^tel:", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext\.?|x|#|;ext=)\s*\d+\s*$", re.IGNORECASE)
_DIGIT_RUN = re.compile(r"(?<![\w-])\+?\d[\d\s().\-\u202f\u00a0]{8,18}\d(?![\w-])")


@lru_cache(maxsize=65_536)
def parse_phone(text: str, region: str) -> Phone | PhoneProblem:
    """Return the number behind `text` as read in `region` (ISO country), or why it cannot be texted."""
    cleaned = " ".join(_NOISE.sub("", (text or "").strip()).split())  # odd spaces become plain ones
    digits = sum(character.isdigit() for character in cleaned)
    if not cleaned or digits == 0:
        return PhoneProblem.EMPTY if not cleaned else PhoneProblem.UNREADABLE
    if _EXTENSION.search(cleaned):
        return PhoneProblem.EXTENSION
    if re.search(r"[A-Za-z]", cleaned):
        return PhoneProblem.LETTERS
    if 3 <= digits <= SHORT_CODE_DIGITS_MAX and "+" not in cleaned:
        return PhoneProblem.SHORT_CODE
    if any(not (c.isdigit() or c.isspace() or c in "+-().,/‐‑–—·") for c in cleaned):
        return PhoneProblem.UNREADABLE
    try:
        number = phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        return PhoneProblem.UNREADABLE
    if not phonenumbers.is_possible_number(number):
        return PhoneProblem.UNREADABLE
    if not phonenumbers.is_valid_number(number):
        return PhoneProblem.CHECK_NUMBER
    if phonenumbers.number_type(number) not in TEXTABLE:
        return PhoneProblem.NOT_TEXTABLE
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, phonenumbers.region_code_for_number(number))


def e164_or_none(text: str | None, region: str) -> str | None:
    """Return the E.164 form of a textable number, or None."""
    answer = parse_phone(text or "", region)
    return answer.e164 if isinstance(answer, Phone) else None


def mask_phone(e164: str | None) -> str:
    """Return "+1512•••0142" for "+15125550142"; anything short is hidden whole."""
    if not e164:
        return "none"
    return f"{e164[:5]}•••{e164[-4:]}" if len(e164) >= 11 else "•••"


def phone_for_log(text: str | None, *, is_full: bool) -> str:
    """Return a number as a log line may show it; every digit run is masked unless `is_full`."""
    if not text:
        return "none"
    if is_full:
        return text.replace(" ", "_")
    digits = re.sub(r"\D", "", text)
    return mask_phone(f"+{digits}") if len(digits) >= 10 else "•••"


def mask_phones_in(text: str) -> str:
    """Hide the phone numbers inside a text (a run of 10 digits or more, written any way)."""
    if not any(character.isdigit() for character in text):
        return text
    return _DIGIT_RUN.sub(_masked_run, text)


def _masked_run(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    return mask_phone(f"+{digits}") if len(digits) >= PHONE_DIGITS_MIN else found.group()
