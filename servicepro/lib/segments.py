"""Count what a text costs: GSM-7 or UCS-2, septets or code units, and how many segments."""

import re
from dataclasses import dataclass

# 3GPP TS 23.038: the basic table costs one septet, the extension table two.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "^{}\\[~]|€\f"
_FOREIGN = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]")
_EXTENDED = re.compile(f"[{re.escape(_EXTENSION)}]")
_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u00b4\u02bc`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
    **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
    "\u2026": "...", "\u2022": "*", "\u2039": "<", "\u203a": ">", "\u2028": "\n",
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
    """What a text costs to send: its units (septets or UTF-16 code units), and how many fit in one of its segments."""

    encoding: str
    units: int
    segments: int
    per_segment: int
    offending: tuple[Offence, ...]


def count_segments(text: str) -> SegmentCount:
    """Count a text's segments as carriers bill them; a character is never split across two parts."""
    offending = tuple(Offence(found.group(), found.start(), _PLAIN.get(found.group())) for found in _FOREIGN.finditer(text))
    if offending:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return _count("UCS-2", sizes, UCS_SINGLE, UCS_PART, offending)
    if _EXTENDED.search(text):
        return _count("GSM-7", [2 if c in _EXTENSION else 1 for c in text], GSM_SINGLE, GSM_PART, ())
    units = len(text)
    is_single = units <= GSM_SINGLE
    return SegmentCount("GSM-7", units, min(units, 1) if is_single else -(-units // GSM_PART), GSM_SINGLE if is_single else GSM_PART, ())


def _count(encoding: str, sizes: list[int], single: int, part: int, offending: tuple[Offence, ...]) -> SegmentCount:
    units = sum(sizes)
    if units <= single:
        return SegmentCount(encoding, units, 1, single, offending)
    segments, used = 1, 0
    for size in sizes:
        if used + size > part:
            segments, used = segments + 1, 0
        used += size
    return SegmentCount(encoding, units, segments, part, offending)


def to_gsm(text: str) -> str:
    """Replace look-alikes (curly quotes, long dashes, odd spaces) by the plain characters that cost less."""
    if text.isascii() and "`" not in text and "\t" not in text:  # the usual text of a blast; a tenth of the cost
        return text
    return text.translate(_PLAIN_TABLE)
