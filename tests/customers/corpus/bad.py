"""Files that must be refused, each with the reason's word and the sentence people read."""

from collections.abc import Callable
from typing import NamedTuple

from tests.customers.corpus.workbooks import HEAD, compound, sheet_xml, understated, xls, xlsx, zipped

PEOPLE = [["Name", "Phone"], ["Ann", "(512) 555-0142"], ["Bob", "512 555 0143"]]
CSV = b"Name,Phone\r\nAnn,(512) 555-0142\r\n"
GOOD_XLSX = xlsx(sheet_xml(PEOPLE))


class BadFile(NamedTuple):
    """A file, and how it is refused: the reason's word, the beginning of the sentence, the status."""

    content: Callable[[], bytes]
    reason: str
    sentence: str
    status: int = 422


def _cells_apart() -> bytes:
    first, last = '<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    return xlsx(sheet_xml([]).replace("</sheetData>", f"{first}{last}</sheetData>"))


def _spoilt() -> bytes:
    """Return a workbook one byte of whose packed sheet is wrong."""
    changed = bytearray(GOOD_XLSX)
    changed[changed.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    return bytes(changed)


def _long_cell(characters: int) -> bytes:
    before, after = sheet_xml([["", "5125550142"]]).split('"preserve"></t>', 1)
    return xlsx(b"".join((before.encode(), b'"preserve">', b"A" * characters, b"</t>", after.encode())))


def _copies() -> bytes:
    """Name one long text in 18,000 cells."""
    cell = '<c r="{}{}" t="s"><v>0</v></c>'
    rows = "".join(f'<row r="{n}">{cell.format("A", n)}{cell.format("B", n)}</row>' for n in range(1, 9_001))
    shared = f"{HEAD}<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>{'A' * 1_990}</t></si></sst>"
    return xlsx(sheet_xml([]).replace("</sheetData>", f"{rows}</sheetData>"), extra={"xl/sharedStrings.xml": shared})


def _with_doctype(declaration: str) -> bytes:
    return xlsx(
        sheet_xml([["Name", "Phone"], ["&who;", "5125550142"]], opening=f"{HEAD}<!DOCTYPE x [{declaration}]>").replace("&amp;who;", "&who;")
    )


_LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {longer} "{f"&{shorter};" * 10}">' for shorter, longer in zip("abcdefgh", "bcdefghi", strict=True)
)
_MACROS = "The workbook contains macros, which are never run or read here."
_LOCKED = "The workbook is locked with a password. Save it without one"
_DAMAGED = "The workbook is damaged or was not saved completely."
_BOMB = "The workbook unpacks to far more than a customer list holds."
_XML = "The workbook contains XML declarations that no spreadsheet program writes."

BAD_FILES = {
    "empty": BadFile(lambda: b"", "empty_file", "The file is empty. Choose the file that holds your customer list."),
    "only blanks": BadFile(lambda: b"\xef\xbb\xbf \r\n,,,\r\n\r\n", "empty_file", "The file is empty."),
    "header only": BadFile(lambda: b"Name,Phone\r\n", "header_only", "The list has headings but no customers below them."),
    "empty workbook": BadFile(lambda: xlsx(sheet_xml([])), "empty_file", "The workbook is empty."),
    "header only workbook": BadFile(lambda: xlsx(sheet_xml(PEOPLE[:1])), "header_only", "The list has headings but no customers"),
    "10,001 rows": BadFile(
        lambda: b"Name,Phone\n" + b"Ann,5125550142\n" * 10_001,
        "too_many_rows",
        "The list has more than 10,000 rows. Split it into files of at most 10,000 rows and import them one after another.",
        413,
    ),
    "10,001 rows in a workbook": BadFile(
        lambda: xlsx(sheet_xml([["Name", "Phone"], *([["Ann", 5125550142]] * 10_001)])),
        "too_many_rows",
        "The list has more than 10,000 rows.",
        413,
    ),
    "6 MB": BadFile(lambda: CSV + b"x" * (6 * 1024 * 1024), "file_too_large", "The file has 6.0 MB; at most 5 MB can be read.", 413),
    "51 columns": BadFile(
        lambda: ",".join(f"Column {n}" for n in range(51)).encode() + b"\n" + b"x," * 50 + b"x\n",
        "too_many_columns",
        "Row 1 of the list has 51 columns; at most 50 can be read. Delete the columns you do not need and try again.",
        413,
    ),
    "a quotation mark never closed": BadFile(
        lambda: b'Name,Phone\nAnn,5125550142\n"Bob,5125550143\nCat,5125550144\n',
        "open_quote",
        'A quotation mark (") opened in row 3 is never closed',
    ),
    "a cell of 200,000 characters": BadFile(
        lambda: b'Name,Phone\nAnn,5125550142\n"' + b"x\n" * 100_000 + b'",5125550143\n',
        "open_quote",
        'A quotation mark (") opened in row 3',
    ),
    "zip bomb": BadFile(lambda: _long_cell(68_000_000), "zip_bomb", _BOMB, 413),
    "zip bomb within the total": BadFile(lambda: _long_cell(20_000_000), "zip_bomb", _BOMB, 413),
    "zip bomb that lies about its size": BadFile(
        lambda: understated(_long_cell(20_000_000), "xl/worksheets/sheet1.xml", 900_000), "zip_bomb", _BOMB, 413
    ),
    "many copies of one text": BadFile(_copies, "too_much_text", "The list holds more than 16,000,000 characters.", 413),
    "two cells far apart": BadFile(
        _cells_apart, "workbook_too_large", "The workbook asks for more memory or time than a customer list needs; often a single cell", 413
    ),
    "two cells far apart in xls": BadFile(
        lambda: xls([["Name"], *([[None]] * 60_000), [None] * 255 + ["x"]]), "workbook_too_large", "The workbook asks for more memory", 413
    ),
    "archive in an archive": BadFile(
        lambda: zipped({"list.zip": zipped({"list.csv": CSV})}), "archive", "This is a ZIP archive. Unpack it", 415
    ),
    "archive in a workbook": BadFile(
        lambda: xlsx(sheet_xml(PEOPLE), extra={"xl/embeddings/more.xlsx": GOOD_XLSX}),
        "nested_archive",
        "The workbook contains another archive.",
    ),
    "external entity": BadFile(lambda: _with_doctype('<!ENTITY who SYSTEM "file:///etc/passwd">'), "unsafe_xml", _XML),
    "entity expansion": BadFile(lambda: _with_doctype(_LAUGHS), "unsafe_xml", _XML),
    "entity in UTF-16": BadFile(
        lambda: xlsx(sheet_xml(PEOPLE), extra={"xl/sharedStrings.xml": '<!DOCTYPE x [<!ENTITY a "b">]><sst/>'.encode("utf-16")}),
        "unsafe_xml",
        _XML,
    ),
    "macros": BadFile(lambda: xlsx(sheet_xml(PEOPLE), extra={"xl/vbaProject.bin": b"x"}), "macros", _MACROS, 415),
    "macros by content type": BadFile(
        lambda: xlsx(sheet_xml(PEOPLE), content_type="application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "macros", _MACROS, 415
    ),
    "macros in xls": BadFile(lambda: compound(b"x", storages=["_VBA_PROJECT_CUR"]), "macros", _MACROS, 415),
    "locked workbook": BadFile(lambda: compound(b"x", name="EncryptedPackage"), "encrypted", _LOCKED),
    "locked xls": BadFile(lambda: xls(PEOPLE, is_locked=True), "encrypted", _LOCKED),
    "truncated xls": BadFile(
        lambda: xls([*PEOPLE, *([["Ann", "5125550142"]] * 300)])[:9_000], "damaged", "This is not a workbook, or it was not"
    ),
    "xls of rubbish": BadFile(lambda: compound(b"\x07" * 5_000), "damaged", _DAMAGED),
    "truncated xlsx": BadFile(lambda: GOOD_XLSX[:-100], "damaged", _DAMAGED),
    "damaged xlsx": BadFile(_spoilt, "damaged", _DAMAGED),
    "binary workbook": BadFile(
        lambda: zipped({"[Content_Types].xml": "", "xl/workbook.bin": "x"}), "binary_workbook", "This is a binary workbook", 415
    ),
    "open document": BadFile(lambda: zipped({"mimetype": "x", "content.xml": "x"}), "open_document", "This is an OpenDocument file.", 415),
    "text document": BadFile(
        lambda: zipped({"[Content_Types].xml": "", "word/document.xml": "x"}), "document", "This is a text document.", 415
    ),
    "old text document": BadFile(lambda: compound(b"x", name="WordDocument"), "document", "This is a text document.", 415),
    "program": BadFile(
        lambda: b"MZ\x90\0\x03" + bytes(range(256)) * 9, "program", "This is a program, not a list, whatever its name says.", 415
    ),
    "PDF": BadFile(lambda: b"%PDF-1.7\n1 0 obj\n", "pdf", "This is a PDF, which only shows a list.", 415),
    "picture": BadFile(lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "picture", "This is a picture", 415),
    "noise": BadFile(lambda: bytes((n * 7919 + n // 256) % 256 for n in range(9_000)), "not_a_table", "The file is damaged or not a list"),
    "web page": BadFile(lambda: b"<html><body><table><tr><td>Name</td></tr></table>", "web_page", "This is a web page or XML under a", 415),
    "XML spreadsheet": BadFile(lambda: b'<?xml version="1.0"?><Workbook/>', "web_page", "This is a web page or XML under a", 415),
    "contact cards": BadFile(
        lambda: b"BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n", "contact_card", "This is a file of contact cards (vCard).", 415
    ),
}
