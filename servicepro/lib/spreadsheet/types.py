"""What a table from a file is, how big it may be, and how an unreadable one is refused."""

from dataclasses import dataclass
from typing import Any, Literal

from servicepro.lib.errors import InvalidInput

MEGABYTE = 1024 * 1024
Format = Literal["csv", "xlsx", "xls"]


@dataclass(frozen=True, slots=True)
class TableLimits:
    """How much of a file is read before it is refused; rows are counted without the header."""

    bytes_max: int = 5 * MEGABYTE
    rows_max: int = 10_000
    columns_max: int = 50
    cell_characters_max: int = 2_000
    characters_max: int = 16_000_000  # of the whole table: one long text may be named by a million cells
    unpacked_bytes_max: int = 64 * MEGABYTE
    ratio_max: int = 100  # unpacked to packed, of any part that unpacks to more than a megabyte


DEFAULT_LIMITS = TableLimits()


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its owner reads it: `headers` are unique and not empty, every row has as many cells as there are headers.

    `row_numbers` are those the owner's program shows (the header is row 1 unless titles stand above it); a row whose
    number is in `overlong_rows` had a cell longer than allowed, which was cut.
    """

    format: Format
    headers: tuple[str, ...]
    rows: list[tuple[str, ...]]
    row_numbers: list[int]
    notes: tuple[str, ...] = ()
    overlong_rows: frozenset[int] = frozenset()


# Whole files of a kind that is not read here at all, however good they are.
_OTHER_KINDS = frozenset(
    (
        *("archive", "binary_workbook", "contact_card", "database", "document", "macros", "numbers"),
        *("old_excel", "open_document", "pdf", "picture", "program", "rtf", "web_page"),
    )
)


class UnreadableTable(InvalidInput):
    """The file holds no table we can read; `reason` is a stable word, the sentence says what to do.

    A file of another kind is 415 (unsupported), a damaged or empty one 422 (of the right kind, and yet not to be used).
    """

    code = "UNREADABLE_TABLE"
    status = 422

    def __init__(self, reason: str, message: str, **details: Any) -> None:
        super().__init__(message, reason=reason, **details)
        self.reason = reason
        if reason in _OTHER_KINDS:
            self.status = 415


class TableTooLarge(UnreadableTable):
    """The file holds more than is read at once."""

    code = "TABLE_TOO_LARGE"
    status = 413
