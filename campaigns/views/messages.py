"""The campaigns to customers who agreed to be written to: all of them, and one with its numbers, its words and its people."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from bookings.selectors import all_places
from campaigns.messaging_rows import messaging_campaigns
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign
from campaigns.services.messaging_words import content_of
from campaigns.types import MessagingStats, Selection
from campaigns.views.message_editor import preview_context, words_context
from campaigns.views.message_numbers import (
    CHANNELS,
    Totals,
    actions_context,
    chosen_channels,
    is_being_prepared,
    numbers_context,
    people_table,
    share,
    when_in_words,
)
from campaigns.views.watching import campaign_asked_for, may_act
from servicepro.lib.admin_pages import admin_page
from tenants.selectors import signed_in_user

KIND = "messaging"
PAGE_ROWS = 20


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show the campaigns so far, the newest first."""
    page = Paginator(messaging_campaigns(signed_in_user(request)), PAGE_ROWS).get_page(request.GET.get("page"))
    stats = messaging_stats(list(page))
    rows = [_row(campaign, stats[campaign.pk]) for campaign in page]
    return admin_page(
        request, "campaigns/messages.html", "Campaigns to customers who agreed", page=page, rows=rows, may_act=may_act(request)
    )


def _row(campaign: Campaign, stats: MessagingStats) -> dict[str, Any]:
    totals = Totals.of(stats.channels)
    return {
        "campaign": campaign,
        "when": when_in_words(campaign),
        "channels": [CHANNELS[name] for name in chosen_channels(campaign)],
        "recipients": stats.recipients,
        "totals": totals,
        "sent_share": share(totals.sent, totals.messages),
        "failed_share": share(totals.failed, totals.messages),
        "is_preparing": is_being_prepared(campaign),
    }


@require_GET
def campaign_page(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show one campaign: how far it is, what it says, everybody on its list, and what was done to it."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    context: dict[str, Any] = {
        "campaign": campaign,
        "may_act": may_act(request),
        "places": _places_in_words(campaign),
        **numbers_context(campaign),
        **people_table(request, campaign),
        **actions_context(campaign),
        **_words(request, campaign),
    }
    return admin_page(request, "campaigns/message_campaign.html", campaign.name, **context)


def _words(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return what it says, as somebody made up would get it; nothing while nothing is written."""
    content = content_of(campaign)
    if not (content.email_html or content.email_subject or content.whatsapp_text or content.content_sid):
        return {}
    return {**words_context(campaign), "preview": preview_context(request, campaign, content)["preview"]}


def _places_in_words(campaign: Campaign) -> str:
    """Say whose customers are written to."""
    names = {place.pk: place.name for place in all_places()}
    chosen = Selection.from_json(campaign.audience).place_ids
    return ", ".join(names.get(place, "a place that is gone") for place in chosen)
