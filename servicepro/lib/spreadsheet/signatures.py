"""Recognise files that are no list at all, by how they begin, and say what to do with each."""

import re

from servicepro.lib.spreadsheet.types import UnreadableTable

_SAVE_AS = "Open it in your spreadsheet program and save it as CSV or xlsx."
_KINDS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"%PDF-",), "pdf", "This is a PDF, which only shows a list. Export the list as CSV or xlsx from the program that holds it."),
    (
        (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!"),
        "program",
        "This is a program, not a list, whatever its name says. Choose your CSV or Excel file.",
    ),
    (
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\0\x18ftyp", b"\0\0\0 ftyp"),
        "picture",
        "This is a picture or a film, not a list. Export the list as CSV or xlsx from the program that holds it.",
    ),
    (
        (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
        "archive",
        "This is an archive. Unpack it and choose the list inside.",
    ),
    ((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"), "old_excel", f"This Excel file is older than 1997. {_SAVE_AS}"),
    ((b"{\\rtf",), "rtf", f"This is a text document. Copy the list to a spreadsheet. {_SAVE_AS}"),
    ((b"SQLite format 3",), "database", "This is a database file. Export the list as CSV from the program that holds it."),
)
_WEB_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|meta|table|style|div|\?xml)\b", re.IGNORECASE | re.DOTALL)
_CONTACT_CARD = re.compile(r"\s*BEGIN:VCARD\b", re.IGNORECASE)
_MAIL_ARCHIVE = re.compile(r"\s*MIME-Version:", re.IGNORECASE)
OPENING_CHARACTERS = 2_000


def refuse_foreign_bytes(content: bytes) -> None:
    """Raise UnreadableTable for a file that begins as some other kind of file does."""
    for beginnings, reason, sentence in _KINDS:
        if content.startswith(beginnings):
            raise UnreadableTable(reason, sentence)


def refuse_foreign_text(text: str) -> None:
    """Raise UnreadableTable for text that is a web page, a contact card or the like."""
    opening = text[:OPENING_CHARACTERS]
    if _WEB_PAGE.match(opening) or _MAIL_ARCHIVE.match(opening):
        raise UnreadableTable("web_page", f"This is a web page or XML under a spreadsheet's name. {_SAVE_AS}")
    if _CONTACT_CARD.match(opening):
        raise UnreadableTable("contact_card", "This is a file of contact cards (vCard). Export the contacts as CSV instead.")
