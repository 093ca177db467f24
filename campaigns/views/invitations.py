"""The invitations of a business: all of them, and one with its funnel, its words and its people."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns import services
from campaigns.forms import CHANNELS
from campaigns.kinds.registration import registration_problem
from campaigns.models import Campaign
from campaigns.selectors import FILTERS, invitation_campaigns, stats_of_invitations
from campaigns.types import Audience
from campaigns.views.previewing import has_people, people_context, preview_context, reach_of
from campaigns.views.watching import campaign_asked_for, may_act, progress_context, table_context
from customers.errors import UnknownImport
from customers.selectors import import_by_id
from servicepro.lib.admin_pages import View, admin_page, guarded
from servicepro.lib.clock import moment_in_words
from tenants.selectors import current_tenant

KIND = "invitation"
NOT_SENDING = (Campaign.Status.DRAFT, Campaign.Status.SCHEDULED, Campaign.Status.PAUSED)
MAY_LOOK = "campaigns.view_campaign"
PAGE_ROWS = 20
CHANNEL_LABELS = dict(CHANNELS)
LIFE_WORDS = {"imported": "not invited yet", "invited": "invited and not registered", "expired": "invited, and out of time"}


def campaigns_access(view: View) -> View:
    """Let pass whose role may look at campaigns; send strangers to the sign-in page, and tell others whose page it is."""
    return guarded(view, lambda request: request.user.has_perm(MAY_LOOK), refusal="tenants/owners_only.html")


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show the invitations so far, the newest first."""
    page = Paginator(invitation_campaigns(), PAGE_ROWS).get_page(request.GET.get("page"))
    stats = stats_of_invitations(list(page))
    rows = [(campaign, CHANNEL_LABELS[campaign.channel], stats[campaign.pk], _when(campaign)) for campaign in page]
    return admin_page(request, "campaigns/invitations.html", "Invitations", page=page, rows=rows, has_people=has_people())


@require_GET
def campaign_page(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show one invitation: how far it is, its words as somebody gets them, and everybody in it."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    tenant, now = current_tenant(), timezone.now()
    draft = services.draft_of(campaign)
    people = people_context(request, who="", shown_as=None)
    preview = preview_context(draft, people["shown_as"])
    context: dict[str, Any] = {
        "campaign": campaign,
        "channel_label": CHANNEL_LABELS[campaign.channel],
        "audience": _audience_in_words(Audience.from_json(campaign.audience)),
        "may_act": may_act(request),
        "filters": FILTERS,
        "today": now.astimezone(ZoneInfo(tenant.time_zone)).date().isoformat(),
        "zone": tenant.time_zone.replace("_", " "),
        "chosen": {"offer": campaign.offer_id},
        "has_people": people["has_people"],
        "registration": registration_problem(campaign) if campaign.status in NOT_SENDING else "",
        **preview,
        **progress_context(campaign),
        **table_context(request, campaign),
    }
    if campaign.status == Campaign.Status.DRAFT:  # its list of people is made when it starts: the ones who match now
        context |= reach_of(Audience.from_json(campaign.audience), campaign.channel, preview["preview"].get("segments"))
        context["people_to_confirm"] = context["reach"].get("people", 0)
    return admin_page(request, "campaigns/invitation.html", campaign.name, **context)


def _when(campaign: Campaign) -> str:
    """Say when it began or will begin, on the clock of the business."""
    for label, at in (("", campaign.started_at), ("starts ", campaign.scheduled_at), ("made ", campaign.created_at)):
        if at:
            tenant = current_tenant()
            today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
            return label + moment_in_words(at, tenant.time_zone, tenant.region, today=today)
    return ""


def _audience_in_words(audience: Audience) -> str:
    """Say who is invited."""
    is_everybody = len(audience.statuses) == len(LIFE_WORDS)
    parts = ["everybody who has not registered" if is_everybody else " or ".join(LIFE_WORDS[life] for life in sorted(audience.statuses))]
    if audience.import_batch_id:
        try:
            parts.append(f"from {import_by_id(audience.import_batch_id).file_name}")
        except UnknownImport:
            parts.append("from a list that is gone")
    parts += [f"tagged {' or '.join(audience.tags)}"] if audience.tags else []
    parts += ["who came to one place"] if audience.place_id else []
    parts += [f"last visit from {audience.last_visit_after:%b %-d, %Y} on"] if audience.last_visit_after else []
    parts += [f"last visit before {audience.last_visit_before:%b %-d, %Y}"] if audience.last_visit_before else []
    return "; ".join(parts)
