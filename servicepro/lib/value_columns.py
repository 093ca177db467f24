"""Hand PostgreSQL many rows as columns, a value a line: it splits them in a third of the time it takes to read an object for each row.

Only for values that cannot hold a line's end. Where a column has one value alone and that is empty, it arrives as NULL.
"""

from collections.abc import Iterable, Sequence


def columns_sql(count: int) -> str:
    """Return the SQL of a table made of so many columns, each one parameter with a value a line."""
    return "ROWS FROM (" + ", ".join(["string_to_table(%s, E'\\n')"] * count) + ")"


def as_columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the columns of these rows, a value a line."""
    return ["\n".join(column) for column in zip(*rows, strict=True)]
