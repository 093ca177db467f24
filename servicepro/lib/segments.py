"""Count what a text costs: GSM-7 or UCS-2, septets or code units, and how many segments."""

from dataclasses import dataclass

# 3GPP TS 23.038: the basic table costs one septet, the extension table two.
_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = set("^{}\\[~]|€\f")
_PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ",
    "\u2022": "*", "\u00b4": "'", "\u200b": "", "\ufeff": "", "\u2033": '"', "\u2032": "'",
}  # fmt: skip
_PLAIN_TABLE = str.maketrans(_PLAIN)
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Offence:
    """A character that forces the dearer encoding, where it stands, and what could stand there instead."""

    character: str
    position: int
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """What a text costs to send."""

    encoding: str
    units: int
    segments: int
    offending: tuple[Offence, ...]


def count_segments(text: str) -> SegmentCount:
    """Count a text's segments as carriers bill them; a character is never split across two parts."""
    offending = tuple(
        Offence(character, position, _PLAIN.get(character))
        for position, character in enumerate(text)
        if character not in _BASIC and character not in _EXTENSION
    )
    if offending:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return _count("UCS-2", sizes, UCS_SINGLE, UCS_PART, offending)
    return _count("GSM-7", [2 if c in _EXTENSION else 1 for c in text], GSM_SINGLE, GSM_PART, offending)


def _count(encoding: str, sizes: list[int], single: int, part: int, offending: tuple[Offence, ...]) -> SegmentCount:
    units = sum(sizes)
    if units <= single:
        return SegmentCount(encoding, units, 1 if units else 0, offending)
    segments, used = 1, 0
    for size in sizes:
        if used + size > part:
            segments, used = segments + 1, 0
        used += size
    return SegmentCount(encoding, units, segments, offending)


def to_gsm(text: str) -> str:
    """Replace look-alikes (curly quotes, long dashes, odd spaces) by the plain characters that cost less."""
    return text.translate(_PLAIN_TABLE)
