"""Build xlsx and xls workbooks from nothing, so that any part of them can be wrong."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

Cell = str | int | float | bool | None
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
DATE_STYLE = 1


def sheet_xml(rows: Iterable[Sequence[Cell]], *, styles: Mapping[str, int] | None = None, opening: str = HEAD) -> str:
    """Return a sheet's XML; `styles` gives cells (by reference such as B2) a style."""
    parts = [f'{opening}<worksheet xmlns="{_MAIN}"><sheetData>']
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{_column(position)}{number}", value, styles or {}) for position, value in enumerate(row))
        parts.append(f'<row r="{number}">{cells}</row>')
    return "".join(parts) + "</sheetData></worksheet>"


def _column(position: int) -> str:
    return (_column(position // 26 - 1) if position >= 26 else "") + chr(ord("A") + position % 26)


def _cell(reference: str, value: Cell, styles: Mapping[str, int]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    style = f' s="{styles[reference]}"' if reference in styles else ""
    return f'<c r="{reference}"{style}><v>{value}</v></c>'


def xlsx(
    *sheets: str, extra: Mapping[str, bytes | str] | None = None, content_type: str = f"{_TYPE}.sheet.main+xml", hidden: int = 0
) -> bytes:
    """Return a workbook of these sheets' XML; the first `hidden` sheets are hidden, `extra` parts are added or replace others."""
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers)
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{content_type}"/>{overrides}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="Sheet {n}" sheetId="{n}" state="{"hidden" if n <= hidden else "visible"}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
        + f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
        "</cellXfs></styleSheet>",
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in zip(numbers, sheets, strict=True)},
        **(extra or {}),
    }
    return zipped(parts)


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def understated(archive: bytes, name: str, size: int) -> bytes:
    """Return the archive with a lie: the part claims to unpack to `size` bytes."""
    changed = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        offset = opened.getinfo(name).header_offset
    struct.pack_into("<I", changed, offset + 22, size)
    entry = archive.rindex(b"PK\x01\x02", 0, archive.rindex(name.encode()))
    struct.pack_into("<I", changed, entry + 24, size)
    return bytes(changed)


SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(stream: bytes, *, name: str = "Workbook", storages: Sequence[str] = ()) -> bytes:
    """Return an OLE file of one stream (and empty storages), which stands right behind the header."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    sectors = len(stream) // SECTOR
    entries = [_entry("Root Entry", 5, _END, 0, child=1), _entry(name, 2, 0, len(stream), right=2 if storages else _FREE)]
    entries += [
        _entry(storage, 1, 0, 0, right=number + 1 if number <= len(storages) else _FREE) for number, storage in enumerate(storages, start=2)
    ]
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * SECTOR, b"\0")
    directory_sectors = len(directory) // SECTOR
    chain = [*range(1, sectors), _END, *range(sectors + 1, sectors + directory_sectors), _END]
    fat_sectors = -(-(len(chain) + 8) // 128)
    chain += [_FAT] * fat_sectors
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(fat_sectors * SECTOR, b"\xff")
    first_fat = sectors + directory_sectors
    positions = [first_fat + number for number in range(fat_sectors)] + [_FREE] * (109 - fat_sectors)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, sectors, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", *positions)
    return header + stream + directory + table


def _entry(name: str, kind: int, start: int, size: int, *, child: int = _FREE, right: int = _FREE) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written), kind, 1, _FREE, right, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)


def xls(rows: Iterable[Sequence[Cell]], *, dates: frozenset[tuple[int, int]] = frozenset(), is_locked: bool = False) -> bytes:
    """Return an Excel 97 workbook of one sheet; the cells in `dates` (row, column from 0) have a date format."""
    name = b"\x07\x00Clients"
    locked = _record(0x2F, struct.pack("<HHHH", 1, 1, 1, 4) + bytes(48)) if is_locked else b""
    formats = b"".join(_record(0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 14))
    start = (
        _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6)) + locked + _record(0x42, struct.pack("<H", 1200)) + formats
    )
    sheet_offset = len(start) + 4 + 6 + len(name) + 4
    start += _record(0x85, struct.pack("<IBB", sheet_offset, 0, 0) + name) + _record(0x0A, b"")
    cells = [_record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))]
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            at = struct.pack("<HHH", row, column, int((row, column) in dates))
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells.append(_record(0x204, at + struct.pack("<HB", len(text) // 2, 1) + text))
            elif value is not None:
                cells.append(_record(0x203, at + struct.pack("<d", value)))
    return compound(start + b"".join(cells) + _record(0x0A, b""))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
