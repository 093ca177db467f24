"""An owner's formatted text made fit for an email: what may stand in it, its plain twin, and what may stand in a subject."""

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3

SUBJECT_CHARACTERS_MAX = 200
SCHEMES = frozenset({"http", "https", "mailto"})
_WORDS = frozenset({"a", "b", "br", "code", "del", "em", "i", "s", "strong", "u"})
_BLOCKS = frozenset({"blockquote", "div", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"})
TAGS = _WORDS | _BLOCKS
# A link may be one of our own, which is put in for each person; nothing else a person is called can become an address.
_OWN_LINK = re.compile(r"\{\{\s*[a-z]+(?:_[a-z]+)*_link\s*\}\}")
# Mail ends a header at the first two; the others end a line for one program or another, or hide what follows.
_BREAKS_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_WEB_ADDRESS = re.compile(r"""https?://[^\s<>{}"]+[^\s<>{}".,;:!?)']""", re.IGNORECASE)
_FIRST_NEWLINES = re.compile(r"<pre>\n+")  # a browser drops the first each time it reads it
_WHITESPACE = re.compile(r"[ \t\r\n\f]+")
_APART = _BLOCKS - {"div", "li"}  # a line is left empty around these; an editor's divs are plain lines


def sanitise(html: str) -> str:
    """Return the formatting an email needs and nothing else: no script, style, image, form or attribute but a link's address.

    An address is kept where it is http(s) or mailto with something behind it, or one whole `{{..._link}}` field.
    """
    return _FIRST_NEWLINES.sub("<pre>", _CLEANER.clean(_UNKEPT.sub("", html))).strip()


def _kept_attribute(_tag: str, _name: str, value: str) -> str | None:
    address = value.strip()
    return address if _OWN_LINK.fullmatch(address) or _is_address(address) else None


def _is_address(address: str) -> bool:
    """Tell whether it leads somewhere by itself: a mail has no page that an address without a host could be read against."""
    if _BREAKS_HEADER.search(address) or "\\" in address or " " in address:
        return False
    try:
        parts = urlsplit(address)
        if parts.scheme == "mailto":
            return "@" in parts.path
        return parts.scheme in SCHEMES and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={"script", "style", "title", "textarea", "select", "option", "noscript", "template"},
    attributes={"a": {"href"}},
    attribute_filter=_kept_attribute,
    url_schemes=set(SCHEMES),
    link_rel=None,
)


def has_words(html: str) -> bool:
    """Tell whether anything can be read in it."""
    return any(character.isprintable() and not character.isspace() for character in plain_twin(html))


def plain_twin(html: str) -> str:
    """Return what formatted text says without its formatting: lists by their marks, quotes by ">", links with their address behind."""
    reader = _Plain()
    reader.feed(html)
    reader.close()
    return reader.text()


def from_plain(text: str) -> str:
    """Return plain words as formatted text: every line a line, web addresses as links."""
    lines = _WEB_ADDRESS.sub(lambda found: f'<a href="{found.group()}">{found.group()}</a>', escape(text.strip("\n"), quote=False))
    return sanitise(f"<div>{lines.replace(chr(10), '<br>')}</div>" if lines.strip() else "")


def subject_problem(subject: str) -> str:
    """Return why it cannot be a subject, in one sentence; empty where it can. This is the one rule of what may enter a header."""
    if _BREAKS_HEADER.search(subject):
        return "The subject must be one line, without control characters. Type it anew."
    if len(subject) > SUBJECT_CHARACTERS_MAX:
        return f"The subject is too long: use at most {SUBJECT_CHARACTERS_MAX} characters."
    return ""


class _Plain(HTMLParser):
    """Reads sanitised text into lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.open: list[str] = []
        self.numbers: list[int] = []  # of each open list: the next number, or -1 for one without
        self.address, self.said = "", ""
        self.mark = ""  # what the next line of text begins with

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block on a line of its own."""
        if tag == "br":
            self._end_line(is_asked=True)
        elif tag == "a":
            self.address, self.said = dict(attrs).get("href") or "", ""
        elif tag == "hr":
            self._separate()
            self.line = "-" * 20
            self._separate()
        elif tag in _BLOCKS:
            self._separate(is_apart=tag in _APART and not (tag in ("ol", "ul") and self.numbers))
            self.open.append(tag)
            if tag in ("ol", "ul"):
                self.numbers.append(1 if tag == "ol" else -1)
            elif tag == "li":
                self._begin_item()

    def handle_endtag(self, tag: str) -> None:
        """Close a block, or say where a link leads."""
        if tag == "a":
            self._end_link()
        elif tag in _BLOCKS and tag in self.open:
            self._end_line()
            self.mark = ""
            while self.open.pop() != tag:
                pass
            if tag in ("ol", "ul") and self.numbers:
                self.numbers.pop()
            self._separate(is_apart=tag in _APART and not self.numbers)

    def handle_data(self, data: str) -> None:
        """Add words to the line; spaces count as in a browser."""
        if "pre" in self.open:
            first, *others = data.split("\n")
            self._say(first)
            for other in others:
                self._end_line(is_asked=True)
                self._say(other)
            return
        words = _WHITESPACE.sub(" ", data)
        self._say(words.lstrip(" ") if not self.line or self.line.endswith(" ") else words)

    def text(self) -> str:
        """Return the lines, at most one of them empty between two others."""
        self._end_line()
        kept: list[str] = []
        for line in self.lines:
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip("\n")

    def _say(self, words: str) -> None:
        self.line += words.replace("\u00a0", " ")
        self.said += words

    def _begin_item(self) -> None:
        number = self.numbers[-1] if self.numbers else -1
        if number > 0:
            self.numbers[-1] += 1
        indent = "  " * max(0, len(self.numbers) - 1)
        self.mark = f"{indent}{number}. " if number > 0 else f"{indent}- "

    def _end_link(self) -> None:
        address = self.address.removeprefix("mailto:")
        if address and self.said.strip() != address:
            self.line += f" ({address})" if self.said.strip() else address
        self.address = ""

    def _end_line(self, *, is_asked: bool = False) -> None:
        """Finish the line where something stands on it, or an empty one was asked for."""
        words = self.line.rstrip()
        if words or is_asked:
            quote = "> " * self.open.count("blockquote")
            self.lines.append(f"{quote}{self.mark if words else ''}{words}".rstrip())
            self.mark = " " * len(self.mark) if words else self.mark
        self.line = ""

    def _separate(self, *, is_apart: bool = True) -> None:
        self._end_line()
        if is_apart and self.lines:
            self.lines.append("")
