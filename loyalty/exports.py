"""The insights as files: one CSV of everything, or a workbook with a sheet for each part. No cell of either is a formula."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from loyalty.insights.report import ORIGINS, Insights
from servicepro.lib.spreadsheet_safety import safe_cell

Cell = str | int
Sheet = tuple[str, list[list[Cell]]]


def _sheets(insights: Insights) -> list[Sheet]:
    value = insights.point_value_minor
    figures: list[list[Cell]] = [
        ["Figure", "Value"],
        ["At the end of", insights.day.isoformat()],
        ["Customers with points", insights.customers_with_points],
        ["Points outstanding", insights.outstanding],
        [f"Worth ({insights.currency}, smallest unit)", insights.outstanding_minor],
        ["Points earned", insights.earned],
        ["Points redeemed", insights.redeemed],
        ["Points earned, last 30 days", insights.earned_last_30_days],
        ["Points redeemed, last 30 days", insights.redeemed_last_30_days],
    ]
    days: list[list[Cell]] = [["Day", "Opening", "Earned", "Redeemed", "Adjusted", "Reversed", "Closing"]]
    for row in (*insights.days, insights.days_total):
        day = row.day.isoformat() if row.day else "Total"
        days.append([day, row.opening, row.earned, row.redeemed, row.adjusted, row.reversed, row.closing])
    owed: list[list[Cell]] = [["Age", *(f"{origin} (points)" for origin in ORIGINS), "Total (points)", f"Worth ({insights.currency})"]]
    owed += [[row.age, *row.points, row.total, row.total * value] for row in (*insights.owed, insights.owed_total)]
    top: list[list[Cell]] = [["Customer", "Name", "Phone", "Points"]]
    top += [[customer.id, customer.name, customer.phone, customer.points] for customer in insights.top]
    many: list[list[Cell]] = [["Day", "Customer", "Name", "Phone", "Redemptions", "Of them returned", "Points"]]
    many += [
        [row.day.isoformat(), row.customer_id, row.name, row.phone, row.redemptions, row.returned, row.points]
        for row in insights.many_redemptions
    ]
    return [("Figures", figures), ("Days", days), ("Outstanding", owed), ("Top customers", top), ("Many redemptions", many)]


def as_csv(insights: Insights) -> bytes:
    """Return all parts below each other, in UTF-8 with the mark that spreadsheet programs look for."""
    written = io.StringIO()
    writer = csv.writer(written)
    for title, rows in _sheets(insights):
        writer.writerow([title])
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
        writer.writerow([])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_xlsx(insights: Insights) -> bytes:
    """Return a workbook with a sheet for each part; numbers are numbers, everything else is text."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(
        written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        bold = book.add_format({"bold": True})
        for title, rows in _sheets(insights):
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            _write(sheet, rows, bold)
            sheet.autofit()
    return written.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, rows: Sequence[Sequence[Cell]], bold: xlsxwriter.format.Format) -> None:
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            style = (bold,) if number == 0 else ()
            if isinstance(cell, int):
                sheet.write_number(number, column, cell, *style)
            else:
                sheet.write_string(number, column, safe_cell(cell), *style)
