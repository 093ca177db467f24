"""Fill `{{fields}}` in an owner's text: an allow-list and plain replacement, never a template language."""

import html
import re
from collections.abc import Collection, Mapping
from functools import lru_cache

VALUE_CHARACTERS_MAX = 40  # a name longer than this would push a text into another segment unnoticed
_FIELD = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")
_LINK = re.compile(r"(?:https?://|www\.)\S*|\b[\w-]+\.(?:com|net|org|io|co|info|biz|test|xyz|link|ly)\b\S*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e]")


class Template:
    """A text split once into its literal parts and its fields, to be filled for many people."""

    __slots__ = ("parts",)

    def __init__(self, text: str, allowed: Collection[str]) -> None:
        pieces = _FIELD.split(text)
        # Odd pieces are field names; one that is not allowed stays in the text as it was written.
        self.parts: list[tuple[bool, str]] = [
            (True, piece) if index % 2 and piece in allowed else (False, "{{" + piece + "}}" if index % 2 else piece)
            for index, piece in enumerate(pieces)
        ]

    def render(self, values: Mapping[str, str], *, escape: bool = False) -> str:
        """Return the text with every field replaced by its value; `escape` for HTML."""
        return "".join((html.escape(values[piece]) if escape else values[piece]) if is_field else piece for is_field, piece in self.parts)


@lru_cache(maxsize=4_096)
def plain_value(value: str, fallback: str = "") -> str:
    """Return somebody's own words fit for a text: no links, no control characters, at most 40 characters."""
    cleaned = " ".join(_LINK.sub("", _CONTROL.sub(" ", value)).split())[:VALUE_CHARACTERS_MAX].strip()
    return cleaned or fallback


def unknown_fields(text: str, allowed: Collection[str]) -> list[str]:
    """Return the names in `{{…}}` that would not be filled, in the order they stand."""
    return [name for name in _FIELD.findall(text) if name not in allowed]
