"""The owner's pages for the port-recovery campaign: parse, call one service, show the result."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from campaigns import services
from campaigns.kinds.registration import registration_problem
from campaigns.models import Campaign, Target
from campaigns.selectors import FILTERS, matching_targets, texts_cost
from campaigns.views.watching import campaign_asked_for, progress_context, table_context
from campaigns.wording import reason_label
from servicepro.lib.admin_pages import admin_page, attempt
from tenants.selectors import current_tenant, signed_in_user

KIND = "port_recovery"
NOT_SENDING = (Campaign.Status.DRAFT, Campaign.Status.SCHEDULED, Campaign.Status.PAUSED)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show who would be reached and why others would not, and the campaigns so far."""
    tenant = current_tenant()
    return admin_page(
        request,
        "campaigns/overview.html",
        "Port recovery",
        preview=services.preview_port_recovery(),
        reasons=reason_label,
        registration=registration_problem(),
        campaigns=Campaign.objects.filter(kind=KIND).order_by("-created_at")[:20],
        currency=tenant.currency,
    )


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Create the draft."""
    campaign = attempt(
        request,
        lambda: services.create_port_recovery_campaign(created_by=signed_in_user(request), name=request.POST.get("name", "")),
        "The draft is ready. Look at it, send yourself a test, then start.",
    )
    return redirect("port-recovery-campaign", campaign.pk) if campaign else redirect("port-recovery")


@require_GET
def campaign_page(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show one campaign: numbers, words, people."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    first = Target.objects.filter(campaign_id=campaign.pk).exclude(phone=None).order_by("id").first()
    chosen = matching_targets(campaign.pk, phone_text=request.GET.get("as", ""), region=current_tenant().region).first()
    shown_as = chosen if request.GET.get("as") and chosen else first
    rendered = services.preview_for(campaign, shown_as)
    return admin_page(
        request,
        "campaigns/campaign.html",
        campaign.name,
        campaign=campaign,
        shown_as=shown_as,
        rendered=rendered,
        cost=texts_cost(campaign, rendered.segments.segments),
        filters=FILTERS,
        may_act=True,
        registration=registration_problem(campaign) if campaign.status in NOT_SENDING else "",
        **progress_context(campaign),
        **table_context(request, campaign),
    )
