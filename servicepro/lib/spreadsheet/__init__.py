"""Read the table out of whatever file people have: CSV of any kind, xlsx, xls."""

from servicepro.lib.spreadsheet.reading import read_table
from servicepro.lib.spreadsheet.types import DEFAULT_LIMITS, Table, TableLimits, TableTooLarge, UnreadableTable

__all__ = ["DEFAULT_LIMITS", "Table", "TableLimits", "TableTooLarge", "UnreadableTable", "read_table"]
