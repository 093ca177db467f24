"""The campaigns to customers who agreed to be written to: all of them, and one with its numbers, its words and its people."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from campaigns.models import Campaign
from campaigns.views.message_numbers import numbers_context, people_table, when_in_words
from campaigns.views.watching import campaign_asked_for, may_act
from servicepro.lib.admin_pages import admin_page

KIND = "messaging"
PAGE_ROWS = 20


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show the campaigns so far, the newest first."""
    found = Campaign.objects.filter(kind=KIND).select_related("segment").order_by("-created_at", "-pk")
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = [(campaign, when_in_words(campaign)) for campaign in page]
    return admin_page(
        request, "campaigns/messages.html", "Campaigns to customers who agreed", page=page, rows=rows, may_act=may_act(request)
    )


@require_GET
def campaign_page(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show one campaign: how far it is, what it says, and everybody on its list."""
    campaign = campaign_asked_for(campaign_id, kind)
    context: dict[str, Any] = {"campaign": campaign, "may_act": may_act(request)}
    return admin_page(
        request, "campaigns/message_campaign.html", campaign.name, **context, **numbers_context(campaign), **people_table(request, campaign)
    )
