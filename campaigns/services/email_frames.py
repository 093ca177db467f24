"""A campaign's email put together once, with tokens where people differ: what leaves for each of them is only their own few values."""

import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from messaging.types import EmailFrame
from servicepro.lib.merge_fields import Template

PREFERENCES_FIELD = "preferences_link"


@dataclass(frozen=True, slots=True)
class EmailWords:
    """What an email is made of: the owner's templates, and what no owner can leave out."""

    subject: Template
    text: Template
    page: Template
    sender: str
    limits: str = ""
    has_preferences: bool = False
    tracks_opens: bool = False


class _Field(NamedTuple):
    """A field as one token: what it is called, what stands in where somebody has no value (plain text), and whether it is in HTML."""

    token: str
    name: str
    stands_in: str
    is_html: bool


class FramedEmail:
    """The frame of a campaign's emails, and how one person's values fit into it.

    A token is made of letters drawn for this frame alone, so that nothing anybody wrote, in a text or as their name, can be one.
    """

    def __init__(self, words: EmailWords) -> None:
        self._drawn = secrets.token_hex(5)
        self._count = 0
        self._fields: dict[tuple[str, bool], _Field] = {}
        self._unsubscribe = self._token()
        self._preferences = self._token() if words.has_preferences else ""
        subject = self._frame(words.subject, escape=False)
        text = f"{self._frame(words.text, escape=False)}\n\n--\n{self._text_footer(words)}"
        page = f"{self._frame(words.page, escape=True)}<hr><p style='font-size:12px'>{self._page_footer(words)}</p>"
        self.frame = EmailFrame(subject, text, page, words.tracks_opens)

    def substitutions(self, values: Mapping[str, str], unsubscribe_url: str) -> dict[str, str]:
        """Return {token: what it stands for with one person}. Raises KeyError where a field has no value."""
        own = {}
        for token, name, stands_in, is_html in self._fields.values():
            value = values[name] or stands_in
            own[token] = html.escape(value) if is_html else value
        own[self._unsubscribe] = unsubscribe_url
        if self._preferences:
            own[self._preferences] = values[PREFERENCES_FIELD]
        return own

    def filled(self, values: Mapping[str, str], unsubscribe_url: str) -> EmailFrame:
        """Return the email as one person reads it."""
        own = self.substitutions(values, unsubscribe_url)

        def fill(text: str) -> str:
            for token, value in own.items():
                text = text.replace(token, value)
            return text

        return EmailFrame(fill(self.frame.subject), fill(self.frame.text), fill(self.frame.html), self.frame.tracks_opens)

    def _token(self) -> str:
        self._count += 1
        return f"%{self._drawn}-{self._count}%"

    def _frame(self, template: Template, *, escape: bool) -> str:
        """Return a template with a token for each of its fields; the same field, written the same way, is the same token."""
        framed = []
        for is_field, piece in template.parts:
            if is_field and (piece, escape) not in self._fields:
                name, stands_in = template.fallbacks.get(piece, (piece, ""))
                self._fields[piece, escape] = _Field(self._token(), name, html.unescape(stands_in) if escape else stands_in, escape)
            framed.append(self._fields[piece, escape].token if is_field else piece)
        return "".join(framed)

    def _text_footer(self, words: EmailWords) -> str:
        lines = [words.limits, words.sender]
        if self._preferences:
            lines.append(f"Choose what you get: {self._preferences}")
        return "\n".join([*filter(None, lines), f"Unsubscribe: {self._unsubscribe}"])

    def _page_footer(self, words: EmailWords) -> str:
        links = f"<a href='{self._preferences}'>Choose what you get</a> · " if self._preferences else ""
        lines = [html.escape(words.limits), html.escape(words.sender), f"{links}<a href='{self._unsubscribe}'>Unsubscribe</a>"]
        return "<br>".join(filter(None, lines))
