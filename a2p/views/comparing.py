"""Two values of a field side by side, with what differs between them marked."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

ALIKE = 0.4  # below this share of words in common, two texts are two texts and not one that was changed
NOTHING = "nothing"
_WORDS = re.compile(r"\s+|[^\s]+")
Part = tuple[bool, str]  # whether it differs, and the text


@dataclass(frozen=True, slots=True)
class Compared:
    """What stood there and what stands there now, in parts."""

    before: list[Part]
    now: list[Part]


def compared(before: Any, now: Any) -> Compared:
    """Compare two values as a person reads them; of lists only what is not in both."""
    if isinstance(before, list) and isinstance(now, list):
        gone, new = [each for each in before if each not in now], [each for each in now if each not in before]
        if gone or new:
            before, now = gone, new
    return _texts(_shown(before), _shown(now))


def _texts(before: str, now: str) -> Compared:
    old, new = _WORDS.findall(before), _WORDS.findall(now)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return Compared([(True, before)], [(True, now)])
    left, right = [], []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append((tag != "equal", "".join(old[i1:i2])))
        right.append((tag != "equal", "".join(new[j1:j2])))
    return Compared([part for part in left if part[1]], [part for part in right if part[1]])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value)) or NOTHING
    return str(value) if value not in (None, "") else NOTHING
