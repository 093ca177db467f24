"""Look at an OLE file before any parser sees it: it may be an old workbook, or a locked one, or something else."""

import re
from collections.abc import Iterator

from servicepro.lib.spreadsheet.types import UnreadableTable

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY_BYTES = 128  # of a directory entry, which stands at a multiple of it
_ENTRY_KINDS = (b"\x01", b"\x02", b"\x05")  # storage, stream, root
_LOCKED = "The workbook is locked with a password. Save it without one and try again."
_REFUSED = (
    ("EncryptedPackage", "encrypted", _LOCKED),
    ("_VBA_PROJECT_CUR", "macros", "The workbook contains macros, which are never run or read here. Save it as .xlsx or as CSV."),
    ("WordDocument", "document", "This is a text document. Copy the list to a spreadsheet and save it as .xlsx or CSV."),
    ("PowerPoint Document", "document", "This is a presentation. Copy the list to a spreadsheet and save it as .xlsx or CSV."),
)
_WORKBOOK_BEGINS = re.compile(rb"\x09\x08(?:\x10\x00\x00\x06|\x08\x00\x00\x05)\x05\x00")  # Excel 97 or 95: the first record and its length
_LOCK_RECORD = 0x2F  # stands among the first, before all that is locked
_FIRST_RECORDS = 5
_NOT_A_WORKBOOK = "This is not a workbook, or it was not saved completely. Open it in your spreadsheet program and save it as .xlsx or CSV."


def check_compound(content: bytes) -> None:
    """Raise UnreadableTable unless the file's directory names an unlocked workbook without macros."""
    for name, reason, sentence in _REFUSED:
        if _has_entry(content, name):
            raise UnreadableTable(reason, sentence)
    if not (_has_entry(content, "Workbook") or _has_entry(content, "Book")):
        raise UnreadableTable("damaged", _NOT_A_WORKBOOK)
    if _is_locked(content):
        raise UnreadableTable("encrypted", _LOCKED)


def _is_locked(content: bytes) -> bool:
    found = _WORKBOOK_BEGINS.search(content)
    position = found.start() if found else len(content)
    for _ in range(_FIRST_RECORDS):
        kind, length = (int.from_bytes(content[at : at + 2], "little") for at in (position, position + 2))
        if kind == _LOCK_RECORD:
            return True
        position += 4 + length
    return False


def _has_entry(content: bytes, name: str) -> bool:
    written = name.encode("utf-16-le") + b"\0\0"
    return any(
        position % _ENTRY_BYTES == 0
        and content[position + 64 : position + 66] == len(written).to_bytes(2, "little")
        and content[position + 66 : position + 67] in _ENTRY_KINDS
        for position in _places(content, written)
    )


def _places(content: bytes, written: bytes) -> Iterator[int]:
    position = content.find(written)
    while position >= 0:
        yield position
        position = content.find(written, position + 1)
