"""Everybody of a campaign as a list to take along."""

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import xlsxwriter
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from campaigns.message_words import reason_in_words
from campaigns.models import Campaign, Target
from campaigns.views.watching import campaign_asked_for
from customers.services import record_access
from servicepro.lib.spreadsheet_safety import safe_cell
from tenants.selectors import signed_in_user
from tenants.services import record_action

EXPORT_ROWS_AT_ONCE = 2_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = ("name", "phone", "email", "sms_status", "sms_reason", "email_status", "email_reason", "points_granted", "error_message")
# Heading to column; reasons of these are said in words.
_MESSAGING_COLUMNS = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "email_status": "email_status",
    "email_because": "email_reason",
    "whatsapp_status": "sms_status",
    "whatsapp_because": "sms_reason",
    "error": "error_message",
}
_SPOKEN = {"email_reason": "email", "sms_reason": "whatsapp"}
# Rows leave for a file on disk as they are written: a workbook of a hundred thousand people takes no memory for them.
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@require_POST
def export(request: HttpRequest, campaign_id: int, kind: str) -> StreamingHttpResponse:
    """Download everybody and what became of them, as CSV or a workbook; recorded, and safe to open in a spreadsheet."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    actor, subject = signed_in_user(request), f"campaign:{campaign.pk}"
    people = Target.objects.filter(campaign_id=campaign.pk).count()
    record_access(actor=actor, action="export", how_many=people, subject=subject)
    record_action(actor, "campaign_exported", subject)
    if request.POST.get("format") == "xlsx":
        name = f"campaign-{campaign.pk}.xlsx"
        return FileResponse(write_workbook(campaign), as_attachment=True, filename=name, content_type=WORKBOOK)
    response = StreamingHttpResponse(_csv_lines(campaign), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.csv"'
    return response


def write_workbook(campaign: Campaign) -> IO[bytes]:
    """Return everybody of a campaign as a workbook, a file at its beginning that is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever sends it closes it
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        sheet, bold = book.add_worksheet("Recipients"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(_columns(campaign)), 22)
        for number, row in enumerate(_rows(campaign)):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                elif cell:
                    sheet.write_string(number, column, safe_cell(cell), bold if number == 0 else None)
    file.seek(0)
    return file


class _Echo:
    def write(self, line: str) -> str:
        """Hand the line back instead of keeping it."""
        return line


def _csv_lines(campaign: Campaign) -> Iterator[str]:
    writer, mark = csv.writer(_Echo()), "\ufeff"
    for row in _rows(campaign):
        yield mark + writer.writerow([safe_cell(cell) for cell in row])
        mark = ""


def _columns(campaign: Campaign) -> Mapping[str, str]:
    return _MESSAGING_COLUMNS if campaign.kind == "messaging" else {name: name for name in _COLUMNS}


def _rows(campaign: Campaign) -> Iterator[Sequence[object]]:
    columns = _columns(campaign)
    spoken = _SPOKEN if campaign.kind == "messaging" else {}
    yield list(columns)
    for target in Target.objects.filter(campaign_id=campaign.pk).order_by("id").iterator(chunk_size=EXPORT_ROWS_AT_ONCE):
        cells = {column: getattr(target, column) for column in columns.values()}
        cells |= {column: reason_in_words(channel, cells[column]) for column, channel in spoken.items()}
        yield [cells[column] for column in columns.values()]
