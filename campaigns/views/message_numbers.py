"""What the page of a messaging campaign counts and lists: its numbers, its people, and when it goes."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.selectors import campaign_counts, matching_targets
from servicepro.lib.clock import moment_in_words
from tenants.selectors import current_tenant

PAGE_ROWS = 50


def numbers_context(campaign: Campaign) -> dict[str, Any]:
    """Return the numbers of a campaign as its page shows them."""
    return {"counts": campaign_counts(campaign.pk)}


def people_table(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return a page of its people, filtered as asked."""
    status = request.GET.get("status", "all")
    page = Paginator(matching_targets(campaign.pk, status=status), PAGE_ROWS).get_page(request.GET.get("page"))
    return {"page": page, "status": status}


def when_in_words(campaign: Campaign) -> str:
    """Say when it began or will begin, on the clock of the business."""
    for label, at in (("", campaign.started_at), ("starts ", campaign.scheduled_at), ("made ", campaign.created_at)):
        if at:
            tenant = current_tenant()
            today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
            return label + moment_in_words(at, tenant.time_zone, tenant.region, today=today)
    return ""
