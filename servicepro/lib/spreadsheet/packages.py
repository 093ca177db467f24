"""Look through a zipped workbook before any parser sees it: kind, macros, real sizes, and XML that reaches outside."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from servicepro.lib.spreadsheet.types import MEGABYTE, TableLimits, TableTooLarge, UnreadableTable

PACKAGE = b"PK"
_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_END_BYTES, _COMMENT_BYTES_MAX = 22, 65_535
DIRECTORY_BYTES_MAX = 256 * 1024  # a workbook has some dozen parts
_LOCAL_HEADER = struct.Struct("<4sHHHHHLLLHH")
_CHUNK = 256 * 1024
_ENCRYPTED = 0x1
_NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_DECLARATIONS = tuple(text.encode(encoding) for text in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_OVERLAP = max(map(len, _DECLARATIONS)) - 1
_CONTENT_TYPES = "[Content_Types].xml"

_DAMAGED = "The workbook is damaged or was not saved completely. Open it in your spreadsheet program, save it again and try once more."
_BOMB = "The workbook unpacks to far more than a customer list holds. Copy the list to a new workbook and save that."
_UNSAFE = "The workbook contains XML declarations that no spreadsheet program writes. Save the list as CSV and try again."
_MACROS = "The workbook contains macros, which are never run or read here. Save it as a plain workbook (.xlsx) or as CSV."
_OTHERS = (
    ("xl/workbook.bin", "binary_workbook", "This is a binary workbook (.xlsb). Save it as .xlsx or as CSV."),
    ("content.xml", "open_document", "This is an OpenDocument file. Save it as .xlsx or as CSV."),
    ("Index/Document.iwa", "numbers", "This is a Numbers document. Export it as CSV or Excel."),
    ("Index.zip", "numbers", "This is a Numbers document. Export it as CSV or Excel."),
    ("word/document.xml", "document", "This is a text document. Copy the list to a spreadsheet and save it as .xlsx or CSV."),
    ("ppt/presentation.xml", "document", "This is a presentation. Copy the list to a spreadsheet and save it as .xlsx or CSV."),
)


def check_package(content: bytes, limits: TableLimits) -> None:
    """Raise UnreadableTable unless this is a plain workbook that unpacks, as counted here, to a size worth parsing."""
    parts = _parts(content)
    names = {part.filename for part in parts}
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise UnreadableTable("encrypted", "The file is locked with a password. Save it without one and try again.")
    if any("vbaproject" in name.lower() or name.startswith("xl/macrosheets/") for name in names):
        raise UnreadableTable("macros", _MACROS)
    for name, reason, sentence in _OTHERS:
        if name in names:
            raise UnreadableTable(reason, sentence)
    if not {_CONTENT_TYPES, "xl/workbook.xml"} <= names:
        raise UnreadableTable("archive", "This is a ZIP archive. Unpack it and choose the list inside.")
    _check_declared_sizes(parts, limits)
    room = limits.unpacked_bytes_max
    for part in parts:
        room -= _check_part(content, part, room)


def _parts(content: bytes) -> list[zipfile.ZipInfo]:
    end = content.rfind(_DIRECTORY_END, -(_DIRECTORY_END_BYTES + _COMMENT_BYTES_MAX))
    if end < 0 or len(content) < end + _DIRECTORY_END_BYTES:
        raise UnreadableTable("damaged", _DAMAGED)
    if int.from_bytes(content[end + 12 : end + 16], "little") > DIRECTORY_BYTES_MAX:
        raise TableTooLarge("zip_bomb", _BOMB)
    try:
        return zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise UnreadableTable("damaged", _DAMAGED) from error


def _check_declared_sizes(parts: list[zipfile.ZipInfo], limits: TableLimits) -> None:
    """Refuse by what the directory admits, which costs nothing; `_check_part` counts for itself."""
    if sum(part.file_size for part in parts) > limits.unpacked_bytes_max:
        raise TableTooLarge("zip_bomb", _BOMB)
    for part in parts:
        if part.file_size > MEGABYTE and part.file_size > limits.ratio_max * max(part.compress_size, 1):
            raise TableTooLarge("zip_bomb", _BOMB)


def _check_part(content: bytes, part: zipfile.ZipInfo, room: int) -> int:
    """Unpack a part without keeping it; return its real size."""
    size, tail = 0, b""
    for chunk in _unpacked(content, part):
        if not size and chunk.startswith(_NESTED):
            raise UnreadableTable("nested_archive", "The workbook contains another archive. Copy the list to a new workbook and save that.")
        size += len(chunk)
        if size > min(room, part.file_size):  # a part larger than it claims was made to deceive
            raise TableTooLarge("zip_bomb", _BOMB)
        window = tail + chunk
        if any(declaration in window for declaration in _DECLARATIONS):
            raise UnreadableTable("unsafe_xml", _UNSAFE)
        if part.filename == _CONTENT_TYPES and (b"macroEnabled" in window or b"vbaProject" in window):
            raise UnreadableTable("macros", _MACROS)
        tail = window[-_OVERLAP:]
    return size


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in chunks of bounded size, whatever sizes the archive claims."""
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise UnreadableTable("damaged", _DAMAGED)
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    start = part.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    packed = memoryview(content)[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        for offset in range(0, len(packed), _CHUNK):
            yield bytes(packed[offset : offset + _CHUNK])
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise UnreadableTable("damaged", _DAMAGED)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    pending: bytes | memoryview = packed
    try:
        while not stream.eof:
            chunk = stream.decompress(pending, _CHUNK)
            pending = stream.unconsumed_tail
            if not chunk and not pending:
                break
            yield chunk
    except zlib.error as error:
        raise UnreadableTable("damaged", _DAMAGED) from error
    if not stream.eof:
        raise UnreadableTable("damaged", _DAMAGED)
