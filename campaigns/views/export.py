"""Everybody of a campaign as a list to take along."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from campaigns.models import Campaign, Target
from campaigns.views.watching import campaign_asked_for
from servicepro.lib.spreadsheet_safety import safe_cell
from tenants.selectors import signed_in_user
from tenants.services import record_action

EXPORT_ROWS_AT_ONCE = 2_000


@require_POST
def export(request: HttpRequest, campaign_id: int, kind: str) -> StreamingHttpResponse:
    """Download everybody and what became of them; recorded, and safe to open in a spreadsheet."""
    campaign = campaign_asked_for(campaign_id, kind)
    record_action(signed_in_user(request), "campaign_exported", f"campaign:{campaign.pk}")
    response = StreamingHttpResponse(_csv_lines(campaign), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        """Hand the line back instead of keeping it."""
        return line


_COLUMNS = ("name", "phone", "email", "sms_status", "sms_reason", "email_status", "email_reason", "points_granted", "error_message")


def _csv_lines(campaign: Campaign) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(_COLUMNS)
    for target in Target.objects.filter(campaign_id=campaign.pk).order_by("id").iterator(chunk_size=EXPORT_ROWS_AT_ONCE):
        yield writer.writerow([safe_cell(getattr(target, column)) for column in _COLUMNS])
