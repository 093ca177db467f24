"""Turn the bytes of a text file into text, whatever wrote them."""

import codecs

from servicepro.lib.spreadsheet.types import UnreadableTable

SAMPLE_BYTES = 4_096
SAMPLE_CHARACTERS = 65_536
NUL_SHARE_OF_UTF16 = 0.2  # of every second byte; digits, commas and line ends alone give that in any language
CONTROL_SHARE_MAX = 0.02
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DAMAGED = (
    "The file is damaged or not a list: its text cannot be read. Open it in your spreadsheet program and save it as CSV (UTF-8) or xlsx."
)
_CONTROLS = dict.fromkeys([*range(9), *range(14, 28), 127])  # the others separate lines or values within a cell


def decode_text(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text and what is worth saying about how it was read; raises UnreadableTable for what is no text."""
    text, notes = _decoded(content)
    sample = text[:SAMPLE_CHARACTERS]
    controls = len(sample) - len(sample.translate(_CONTROLS))
    if controls > max(3, CONTROL_SHARE_MAX * len(sample)):
        raise UnreadableTable("not_a_table", _DAMAGED)
    if "\0" in text:
        text = text.replace("\0", "")
        notes = (*notes, "Zero bytes were left out.")
    return text, notes


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _wide(content[len(mark) :], encoding)
    wide = _unmarked_utf16(content[:SAMPLE_BYTES])
    return _wide(content, wide) if wide else _bytewise(content)


def _wide(content: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    if encoding == "utf-8":
        return _bytewise(content)
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        raise UnreadableTable("damaged_text", _DAMAGED) from error


def _unmarked_utf16(sample: bytes) -> str | None:
    """Tell UTF-16 without a mark by its zero bytes, which stand at every second place only."""
    pairs = len(sample) // 2
    if not pairs:
        return None
    even, odd = sample[0::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if odd > NUL_SHARE_OF_UTF16 and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > NUL_SHARE_OF_UTF16 and odd < even / 10 else None


def _bytewise(content: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass  # not UTF-8 throughout: lists glued together of several sources differ from line to line
    lines, foreign = [], 0
    for line in content.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            foreign += 1
            lines.append(_windows_1252(line))
    is_mixed = any(not line.isascii() for line in content.split(b"\n") if _is_utf8(line))
    note = f"{foreign} lines were read as Windows-1252, the others as UTF-8." if is_mixed else "The file was read as Windows-1252."
    return "\n".join(lines), (note,)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _windows_1252(line: bytes) -> str:
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing in it
        return line.decode("cp1252", errors="replace")
