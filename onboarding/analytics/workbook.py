"""The analytics as a workbook with a sheet for each part; no cell of it is a formula, and nobody is named in it."""

import io
from collections.abc import Iterator, Sequence

import xlsxwriter

from onboarding.analytics.definitions import CAMPAIGN_DEFINITIONS, SERIES, STEP_DEFINITIONS, metrics
from onboarding.analytics.report import Analytics, CampaignLine, Period
from servicepro.lib.spreadsheet_safety import safe_cell

Cell = str | int | float | None
Sheet = tuple[str, Sequence[int], Iterator[Sequence[Cell]]]
_MINOR = 100
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(period: Period, found: Analytics, campaigns: Sequence[CampaignLine]) -> io.BytesIO:
    """Return the workbook as a file at its beginning; it has some hundred rows at most, however many people they count."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for title, widths, rows in _sheets(period, found, campaigns):
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width)
            for number, row in enumerate(rows):
                _write(sheet, number, row, bold if number == 0 else None)
    file.seek(0)
    return file


def _write(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: Sequence[Cell], style: xlsxwriter.format.Format | None) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int | float):
            sheet.write_number(number, column, cell, style)
        elif cell is not None:
            sheet.write_string(number, column, str(safe_cell(cell)), style)


def _sheets(period: Period, found: Analytics, campaigns: Sequence[CampaignLine]) -> Iterator[Sheet]:
    yield "Figures", (28, 16, 90), _figures(period, found)
    yield "Funnel", (20, 12, 20, 20, 16, 80), _funnel(found)
    yield "Course", (16, 12, 12, 12, 14), _course(found)
    yield "Campaigns", (32, 16, 12, 14, 24, *[12] * len(CAMPAIGN_DEFINITIONS)), _campaigns(found, campaigns)


def _figures(period: Period, found: Analytics) -> Iterator[Sequence[Cell]]:
    yield "Figure", "Value", "What it means"
    yield (
        "Lists from",
        period.first.isoformat() if period.first else "the beginning",
        "The first day on which these people came with a list.",
    )
    yield "Lists until", (period.last or found.today).isoformat(), "The last day on which these people came with a list."
    for metric in metrics(found):
        if metric.key == "total_discount_given":
            yield f"{metric.label} ({found.currency})", found.total_discount_given / _MINOR, metric.meaning
        else:
            yield metric.label, _rounded(metric.value), metric.meaning


def _funnel(found: Analytics) -> Iterator[Sequence[Cell]]:
    yield "Step", "People", "% of the step before", "% of imported", "Another way", "What it means"
    for stage in found.funnel:
        shares = (_rounded(stage.of_before), _rounded(stage.of_imported))
        yield stage.name, stage.people, *shares, stage.otherwise, STEP_DEFINITIONS[stage.name]


def _course(found: Analytics) -> Iterator[Sequence[Cell]]:
    yield f"{found.unit.capitalize()} from", *(name for _key, name in SERIES)
    for bucket in found.buckets:
        yield bucket.first.isoformat(), *bucket.numbers


def _campaigns(found: Analytics, campaigns: Sequence[CampaignLine]) -> Iterator[Sequence[Cell]]:
    yield "Campaign", "Channel", "Status", "Started", "Offer", *(_heading(name, found.currency) for name, _meaning in CAMPAIGN_DEFINITIONS)
    for line in campaigns:
        yield line.name, line.channel, line.status, line.started_on.isoformat(), line.offer, *_numbers(line)


def _heading(name: str, currency: str) -> str:
    if name.endswith("rate"):
        return f"{name} (%)"
    return f"{name} ({currency})" if name == "Discount given" else name


def _numbers(line: CampaignLine) -> Iterator[Cell]:
    yield from (line.people, line.sent, line.delivered, _rounded(line.delivery_rate), line.read, line.failed, line.skipped)
    yield from (line.registered, _rounded(line.conversion_rate), line.booked, line.offers_redeemed, line.discount_minor / _MINOR)


def _rounded(value: int | float | None) -> Cell:
    return round(value, 1) if isinstance(value, float) else value
