"""Fill `{{fields}}` in an owner's text: an allow-list and plain replacement, never a template language."""

import html
import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache

VALUE_CHARACTERS_MAX = 40  # a name longer than this would push a text into another segment unnoticed
VALUE_CHARACTERS_READ = 200  # nobody's name needs more to fill those forty
_FIELD = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
# With what stands in where there is no value: {{first_name|there}}.
_FIELD_OR = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|([^{}|]*))?\}\}")
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")

_SIMPLE = re.compile(r"[A-Za-z]+(?:[ '-][A-Za-z]+){0,4}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Characters nobody sees, which can hide a link from these rules or turn the direction of the text around it. The two
# joiners stay between letters that need them (Devanagari, emoji), never beside a plain one.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])"
)
_LINK = re.compile(
    r"//|\bwww\d*\.|\b(?:tel|sms|mailto|javascript|data):|.@.|\b\d{1,3}(?:\.\d{1,3}){3}\b|[\w-]\.[\w.-]*[/:?#]"
    r"|[\w-]\.(?:com|net|org|io|co|info|biz|test|xyz|link|ly|me|app|shop|site|online|top)\b",
    re.IGNORECASE,
)
# A phone makes a link of anything like "word.word"; with a space it stays what it was meant to be ("St.John"; "J.R." is safe).
_DOT_BETWEEN = re.compile(r"(?<=[^\s.])\.+(?=[^\W\d_]{2})")


class Template:
    """A text split once into its literal parts and its fields, to be filled for many people.

    With `fallbacks` ({field: what stands in where its value is empty}) a field may bring its own, {{first_name|there}}; its part is then
    called "first_name|there", and `resolve` finds what it stands for.
    """

    __slots__ = ("fallbacks", "parts")

    def __init__(self, text: str, allowed: Collection[str], fallbacks: Mapping[str, str] | None = None) -> None:
        self.parts: list[tuple[bool, str]] = []
        self.fallbacks: dict[str, tuple[str, str]] = {}  # what a part is called: its field, and what stands in
        start = 0
        for found in (_FIELD if fallbacks is None else _FIELD_OR).finditer(text):
            if found.group(1) in allowed:  # any other stays in the text as it was written
                name = found.group(1) if fallbacks is None else self._note(found.group(1), found.group(2), fallbacks)
                self.parts += [(False, text[start : found.start()]), (True, name)]
                start = found.end()
        self.parts.append((False, text[start:]))

    def _note(self, field: str, own: str | None, fallbacks: Mapping[str, str]) -> str:
        name = field if own is None else f"{field}|{own.strip()}"
        stands_in = fallbacks.get(field, "") if own is None else own.strip()
        if own is not None or stands_in:
            self.fallbacks[name] = (field, stands_in)
        return name

    def resolve(self, values: Mapping[str, str], *, escape: bool = False) -> Mapping[str, str]:
        """Return the values with those of fields that have something to stand in, by what their parts are called.

        With `escape` what stands in was written as HTML and is read as such, as the value of a person never is.
        """
        found = {name: values[field] or (html.unescape(own) if escape else own) for name, (field, own) in self.fallbacks.items()}
        return {**values, **found}

    def render(self, values: Mapping[str, str], *, escape: bool = False) -> str:
        """Return the text with every field replaced by its value; `escape` for HTML.

        A value is never read again, so braces inside it stay text. Raises KeyError where a field has no value.
        """
        if self.fallbacks:
            values = self.resolve(values, escape=escape)
        return "".join((html.escape(values[piece]) if escape else values[piece]) if is_field else piece for is_field, piece in self.parts)


@lru_cache(maxsize=4_096)
def plain_value(value: str, fallback: str = "") -> str:
    """Return somebody's own words fit for a text: no word a phone would make a link of, no control characters, at most 40.

    `fallback` stands in where no letter or digit is left.
    """
    if len(value) <= VALUE_CHARACTERS_MAX and _SIMPLE.fullmatch(value):
        return value
    folded = unicodedata.normalize("NFKC", _CONTROL.sub(" ", value[:VALUE_CHARACTERS_READ])).replace("\u3002", ".")
    words = " ".join(word for word in _INVISIBLE.sub("", folded).split() if not _LINK.search(word))
    cleaned = " ".join(_DOT_BETWEEN.sub(" ", words).split())[:VALUE_CHARACTERS_MAX].rstrip(" \u200c\u200d")
    return cleaned if any(map(str.isalnum, cleaned)) else fallback


def unknown_fields(text: str, allowed: Collection[str], *, with_fallbacks: bool = False) -> list[str]:
    """Return what stands in `{{…}}` and would not be filled, whatever it is, in the order it stands."""
    if with_fallbacks:
        return [name for name in map(str.strip, _BRACES.findall(text)) if split_fallback(name)[0] not in allowed or name.count("|") > 1]
    return [name for name in map(str.strip, _BRACES.findall(text)) if name not in allowed]


def split_fallback(name: str) -> tuple[str, str | None]:
    """Return the field of "first_name|there" and what stands in where it has no value, None where nothing is said."""
    field, bar, own = name.partition("|")
    return field.strip(), own.strip() if bar else None
