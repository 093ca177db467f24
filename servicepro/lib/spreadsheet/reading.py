"""Tell what a file is by its content, never by its name, and read its table."""

from servicepro.lib.spreadsheet.assembling import assemble
from servicepro.lib.spreadsheet.compound import COMPOUND, check_compound
from servicepro.lib.spreadsheet.delimited import records_of
from servicepro.lib.spreadsheet.packages import PACKAGE, check_package
from servicepro.lib.spreadsheet.signatures import refuse_foreign_bytes, refuse_foreign_text
from servicepro.lib.spreadsheet.text import decode_text
from servicepro.lib.spreadsheet.types import DEFAULT_LIMITS, MEGABYTE, Table, TableLimits, TableTooLarge
from servicepro.lib.spreadsheet.workbooks import read_workbook


def read_table(content: bytes, limits: TableLimits = DEFAULT_LIMITS) -> Table:
    """Return the table in `content`; raises UnreadableTable with a sentence that says what to do."""
    if len(content) > limits.bytes_max:
        raise TableTooLarge(
            "file_too_large",
            f"The file has {len(content) / MEGABYTE:.1f} MB; at most {limits.bytes_max / MEGABYTE:g} MB can be read."
            " Delete the columns you do not need, or split the list into several files.",
        )
    if content.startswith(PACKAGE):
        check_package(content, limits)
        return read_workbook(content, form="xlsx", limits=limits)
    if content.startswith(COMPOUND):
        check_compound(content)
        return read_workbook(content, form="xls", limits=limits)
    refuse_foreign_bytes(content)
    text, notes = decode_text(content)
    refuse_foreign_text(text)
    return assemble(records_of(text), form="csv", limits=limits, notes=notes)
