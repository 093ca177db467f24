"""Tell what a file is by its content, and read its table."""

import csv
import io

from servicepro.lib.spreadsheet.types import DEFAULT_LIMITS, Table, TableLimits, UnreadableTable


def read_table(content: bytes, limits: TableLimits = DEFAULT_LIMITS) -> Table:
    """Return the table in `content`; raises UnreadableTable with a sentence that says what to do."""
    if not content.strip():
        raise UnreadableTable("empty_file", "The file is empty. Choose the file that holds your customer list.")
    records = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    rows = [tuple(record) for record in records[1:]]
    return Table("csv", tuple(records[0]), rows[: limits.rows_max], list(range(2, len(records) + 1)))
