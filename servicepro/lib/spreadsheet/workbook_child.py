"""The child process that reads one workbook from standard input and writes its first sheet's text as JSON.

It runs by its path in an isolated interpreter and imports nothing of the project.
"""

import datetime
import io
import json
import resource
import sys
from typing import Any

EXACT_INTEGER_MAX = 10**15  # spreadsheets keep fifteen digits


def main() -> None:
    """Answer {"rows", "sheet", "others"} or {"refused"}; what the limits kill answers nothing."""
    order = json.loads(sys.argv[1])
    content = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"], order["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))
    answer = json.dumps(_answer(content, order), ensure_ascii=False)
    sys.stdout.buffer.write(answer.encode("utf-8", "replace"))


def _answer(content: bytes, order: dict[str, int]) -> dict[str, Any]:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        for name in sheets:
            if rows := _rows(workbook.get_sheet_by_name(name), order):
                return {"rows": rows, "sheet": name, "others": len(sheets) - 1}
    except python_calamine.PasswordError:
        return {"refused": "locked"}
    except MemoryError:
        return {"refused": "too_much"}
    except BaseException:  # noqa: BLE001  # a parser in Rust panics with a BaseException of its own
        return {"refused": "damaged"}
    return {"refused": "empty"}


def _rows(sheet: Any, order: dict[str, int]) -> list[list[str]]:
    """Return the rows down to the last that is not blank; more than the limits allow is cut, which the parent sees."""
    rows: list[list[str]] = []
    filled, used, characters = 0, 0, 0
    for cells in sheet.iter_rows():
        while cells and cells[-1] == "":
            cells.pop()
        row = [_text(cell)[: order["cell_characters"]] for cell in cells[: order["columns"]]]
        rows.append(row)
        if row:
            filled, used = filled + 1, len(rows)
            characters += sum(map(len, row))
        if filled > order["rows"] or characters > order["characters"]:
            break
    return rows[:used]


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT_INTEGER_MAX else f"{cell:.15g}"
    if isinstance(cell, datetime.datetime):
        is_date = cell.time() == datetime.time()
        return cell.date().isoformat() if is_date else cell.replace(microsecond=0).isoformat(sep=" ")
    return str(cell)


if __name__ == "__main__":
    main()
