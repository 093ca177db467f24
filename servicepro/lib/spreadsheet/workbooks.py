"""Read a workbook in a child process of bounded memory and time, since a few bytes can make a parser ask for a terabyte."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

from servicepro.lib.spreadsheet.assembling import TITLE_ROWS_MAX, assemble
from servicepro.lib.spreadsheet.types import MEGABYTE, Table, TableLimits, TableTooLarge, UnreadableTable

_CHILD = Path(__file__).with_name("workbook_child.py")
BYTES_A_SECOND_MIN = 6 * MEGABYTE  # unpacked
WALL_TIMES_CPU = 3  # the machine may be busy
_MEMORY_BASE, _MEMORY_TIMES_UNPACKED = 96 * MEGABYTE, 4
_ANSWERS = {
    "locked": "The workbook is locked with a password. Save it without one and try again.",
    "empty": "The workbook is empty. Choose the file that holds your customer list.",
    "damaged": "The workbook is damaged or was not saved completely. Open it in your spreadsheet program, save it again and try once more.",
}
_TOO_MUCH = (
    "The workbook asks for more memory or time than a customer list needs; often a single cell stands far away from the list."
    " Copy the list to a new workbook and save that."
)


def read_workbook(content: bytes, *, form: Literal["xlsx", "xls"], limits: TableLimits) -> Table:
    """Return the table on the first visible sheet that holds anything; raises UnreadableTable."""
    answer = _ask_child(content, limits)
    if reason := answer.get("refused"):
        if reason == "too_much":
            raise TableTooLarge("workbook_too_large", _TOO_MUCH)
        raise UnreadableTable({"locked": "encrypted", "empty": "empty_file"}.get(reason, reason), _ANSWERS[reason])
    notes = []
    if answer["others"]:
        notes.append(f"Only the sheet “{answer['sheet']}” was read; the workbook has {answer['others']} more.")
    return assemble(answer["rows"], form=form, limits=limits, notes=notes)


def _ask_child(content: bytes, limits: TableLimits) -> dict[str, Any]:
    cpu_seconds = limits.unpacked_bytes_max // BYTES_A_SECOND_MIN + 1
    order = {
        "memory_bytes": _MEMORY_BASE + _MEMORY_TIMES_UNPACKED * limits.unpacked_bytes_max,
        "cpu_seconds": cpu_seconds,
        "rows": limits.rows_max + TITLE_ROWS_MAX + 2,
        "columns": limits.columns_max + 1,
        "cell_characters": limits.cell_characters_max + 1,
        "characters": limits.characters_max,
    }
    try:
        done = subprocess.run(  # noqa: S603  # our own script under our own interpreter
            [sys.executable, "-I", str(_CHILD), json.dumps(order)],
            input=content,
            capture_output=True,
            timeout=cpu_seconds * WALL_TIMES_CPU,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": "too_much"}
    if done.returncode:  # killed by its limits, or the parser gave up the hard way
        return {"refused": "too_much" if done.returncode < 0 else "damaged"}
    return json.loads(done.stdout)
