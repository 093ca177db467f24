"""Make a table of records: find the headings, drop what is blank, keep to the limits."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from servicepro.lib.spreadsheet.types import Format, Table, TableLimits, TableTooLarge, UnreadableTable
from servicepro.lib.spreadsheet_safety import plain_cell

TITLE_ROWS_MAX = 10
HEADER_CHARACTERS_MAX = 100
_TEXT_FORMULA = re.compile(r'=\s*(?:"((?:[^"]|"")*)"|“([^“”]*)”)\s*')
_PERSONAL = re.compile(r"\s*(?:\+?(?:[\s().\-/]*\d){7,15}|[^\s@]+@[^\s@]+\.[^\s@]+)\s*")
_SPECIAL = ("'", "=")


class Record(NamedTuple):
    """A record that is not blank, with the number its owner's program shows."""

    number: int
    cells: list[str]


def assemble(records: Iterable[list[str]], *, form: Format, limits: TableLimits, notes: Sequence[str] = ()) -> Table:
    """Return the table; raises UnreadableTable when nothing is in it and TableTooLarge when too much is."""
    filled = _filled(records, limits)
    head = list(itertools.islice(filled, TITLE_ROWS_MAX + 1))
    if not head:
        raise UnreadableTable("empty_file", "The file is empty. Choose the file that holds your customer list.")
    start = _header_position(head)
    has_header = not _is_personal(head[start].cells)
    body = itertools.chain(head[start + has_header :], filled)
    kept = list(itertools.islice(body, limits.rows_max + 1))
    if len(kept) > limits.rows_max:
        raise TableTooLarge(
            "too_many_rows",
            f"The list has more than {limits.rows_max:,} rows. Split it into files of at most {limits.rows_max:,} rows"
            " and import them one after another.",
        )
    if not kept:
        raise UnreadableTable("header_only", "The list has headings but no customers below them. Add a row for each and try again.")
    named = head[start].cells if has_header else []
    width = max(len(named), max(len(record.cells) for record in kept))
    said = list(notes)
    if not has_header:
        said.append("The list has no headings; its columns are called Column 1, Column 2 and so on.")
    return Table(
        format=form,
        headers=_headers(named, width),
        rows=[_row(record.cells, width, limits.cell_characters_max) for record in kept],
        row_numbers=[record.number for record in kept],
        notes=tuple(said),
        overlong_rows=frozenset(record.number for record in kept if _longest(record.cells) > limits.cell_characters_max),
    )


def _filled(records: Iterable[list[str]], limits: TableLimits) -> Iterator[Record]:
    characters = 0
    for number, cells in enumerate(records, start=1):
        while cells and not cells[-1]:
            cells.pop()
        if not cells or not "".join(cells).strip():
            continue
        if len(cells) > limits.columns_max:
            raise TableTooLarge(
                "too_many_columns",
                f"Row {number} of the list has {len(cells):,} columns; at most {limits.columns_max} can be read."
                " Delete the columns you do not need and try again.",
                row=number,
            )
        characters += sum(map(len, cells))
        if characters > limits.characters_max:
            raise TableTooLarge(
                "too_much_text",
                f"The list holds more than {limits.characters_max:,} characters. Delete the columns you do not need, or split the list.",
            )
        yield Record(number, cells)


def _header_position(head: list[Record]) -> int:
    """Return where the headings stand: below titles, which are alone in their row while the list has more columns."""
    for position, record in enumerate(head):
        if sum(1 for cell in record.cells if cell.strip()) > 1:
            return 0 if _is_personal(record.cells) else position
    return 0


def _is_personal(cells: list[str]) -> bool:
    """Tell whether this is somebody's row already: headings are neither phones nor addresses."""
    return any(_PERSONAL.fullmatch(_meant(cell)) for cell in cells)


def _headers(named: list[str], width: int) -> tuple[str, ...]:
    headers: list[str] = []
    taken: set[str] = set()
    for position in range(width):
        name = " ".join(_meant(named[position]).split())[:HEADER_CHARACTERS_MAX] if position < len(named) else ""
        name = name or f"Column {position + 1}"
        unique = name
        for times in itertools.count(2):
            if unique.casefold() not in taken:
                break
            unique = f"{name} ({times})"
        taken.add(unique.casefold())
        headers.append(unique)
    return tuple(headers)


def _row(cells: list[str], width: int, characters_max: int) -> tuple[str, ...]:
    read = [_meant(cell) if cell.startswith(_SPECIAL) else cell for cell in cells]
    if _longest(read) > characters_max:
        read = [cell[:characters_max] for cell in read]
    read.extend([""] * (width - len(read)))
    return tuple(read)


def _longest(cells: list[str]) -> int:
    return max(map(len, cells))


def _meant(cell: str) -> str:
    """Return what a cell shows: without the apostrophe or the ="…" that only keep a spreadsheet from calculating."""
    if cell.startswith("'"):
        return plain_cell(cell)
    if found := _TEXT_FORMULA.fullmatch(cell):
        straight, curly = found.groups()
        return curly if straight is None else straight.replace('""', '"')
    return cell
