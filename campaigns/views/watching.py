"""What every campaign shows while and after it is sent: numbers that add up, people, and why."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.messaging_rows import messaging_by_id
from campaigns.models import Campaign, Target
from campaigns.selectors import FILTERS, campaign_by_id, campaign_counts, explain_target, invitation_stats, matching_targets
from campaigns.types import InvitationStats
from campaigns.views.message_numbers import explain_recipient, numbers_context, people_table
from campaigns.wording import reason_label
from servicepro.lib.admin_pages import get_or_404
from servicepro.lib.clock import moment_in_words
from servicepro.lib.phone import mask_phone
from tenants.selectors import current_tenant, signed_in_user
from tenants.services import record_action

PAGE_ROWS = 50
INVITATION_FILTERS = ("invited_recently", "registered_already", "not_on_whatsapp", "whatsapp_outside_window")
OPEN_STATUSES = ("running",)
REPORTS_FOR = datetime.timedelta(hours=1)  # how long after its end phones are watched for having got it
SKIP_FILTERS = (
    "opted_out_explicit",
    "address_suppressed",
    "invalid_phone_format",
    "already_sent_ok",
    "to_equals_from",
    "consent_required",
    "opted_out_provider",
    "cancelled",
)


def campaign_asked_for(request: HttpRequest, campaign_id: int, kind: str) -> Campaign:
    """Return the campaign an address names. Raises Http404 where there is none of this kind, or none that is of who asks."""
    if kind == "messaging":
        return get_or_404(messaging_by_id, campaign_id, signed_in_user(request))
    campaign = get_or_404(campaign_by_id, campaign_id)
    if campaign.kind != kind:
        raise Http404(f"Campaign {campaign_id} is of another kind.")
    return campaign


def may_act(request: HttpRequest) -> bool:
    """Tell whether who asks may do more than look."""
    return signed_in_user(request).is_owner


@require_GET
def progress(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show the numbers alone; the page asks for them every second while the campaign runs."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    # In another status other things may be done: then the buttons come along, and else they keep what is being typed.
    is_late = request.GET.get("shown", campaign.status) != campaign.status
    context = {"campaign": campaign, "is_late": is_late, "may_act": may_act(request)}
    if kind == "messaging":
        return render(request, "campaigns/_message_progress.html", {**context, **numbers_context(campaign)})
    return render(request, "campaigns/_progress.html", {**context, **progress_context(campaign)})


@require_GET
def targets(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show the table alone."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    if kind == "messaging":
        context = {"campaign": campaign, "may_act": may_act(request), **people_table(request, campaign)}
        return render(request, "campaigns/_message_people.html", context)
    return render(request, "campaigns/_targets.html", {"campaign": campaign, "filters": FILTERS, **table_context(request, campaign)})


@require_GET
def why(request: HttpRequest, campaign_id: int, target_id: int, kind: str) -> HttpResponse:
    """Say in plain words what became of one person."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    target = Target.objects.filter(campaign_id=campaign.pk, pk=target_id).first()
    if target is None:
        raise Http404
    record_action(signed_in_user(request), "recipient_explained", f"target:{target.pk}")
    explained = explain_recipient(target) if kind == "messaging" else explain_target(target)
    about = {"target": target, "why": explained, "phone": mask_phone(target.phone)}
    return render(request, "campaigns/_why.html", {"campaign": campaign, **about})


def progress_context(campaign: Campaign) -> dict[str, Any]:
    """Return the numbers of a campaign as its page shows them."""
    counts = campaign_counts(campaign.pk)
    rows = [
        (label, getattr(counts.sms, name), getattr(counts.email, name), name)
        for label, name in (
            ("Sent", "sent"),
            ("Failed", "failed"),
            ("Skipped", "skipped"),
            ("Held for decent hours", "held"),
            ("Waiting", "pending"),
            ("In doubt", "in_doubt"),
        )
    ]
    reasons = [(reason_label(reason), reason, count) for reason, count in counts.skipped_by_reason.items()]
    is_sent = campaign.kind == "invitation" and campaign.started_at is not None
    return {
        "counts": counts,
        "rows": rows,
        "people_to_confirm": counts.sms.total,
        "skip_reasons": reasons,
        "is_live": campaign.status in OPEN_STATUSES or _may_change_alone(campaign),
        "every": "1s" if campaign.status in OPEN_STATUSES else "5s",
        "starts": _moment(campaign.scheduled_at) if campaign.status == Campaign.Status.SCHEDULED and campaign.scheduled_at else "",
        "funnel": _funnel(invitation_stats(campaign)) if is_sent else None,
    }


def _moment(at: datetime.datetime) -> str:
    tenant = current_tenant()
    return moment_in_words(at, tenant.time_zone, tenant.region, today=timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date())


def _may_change_alone(campaign: Campaign) -> bool:
    """Tell whether its page has news though nothing is being sent: it starts by itself, or phones still report."""
    ended = campaign.finished_at if campaign.kind == "invitation" and campaign.status == Campaign.Status.COMPLETED else None
    return campaign.status == Campaign.Status.SCHEDULED or (ended is not None and ended > timezone.now() - REPORTS_FOR)


def _funnel(stats: InvitationStats) -> dict[str, Any]:
    """Return the steps from the people of an invitation to their first booking, each with its share of the step it is counted in."""
    steps = (
        ("People", stats.target, None),
        ("Sent", stats.sent, stats.target),
        ("Delivered", stats.delivered, stats.sent),
        ("Read", stats.read, stats.delivered),
        ("Registered", stats.registered, stats.sent),
        ("Booked", stats.booked, stats.registered),
    )
    rows = [(label, count, whole, round(100 * count / whole) if whole else None) for label, count, whole in steps]
    return {"steps": rows, "most": max(1, stats.target), "failed": stats.failed, "opted_out": stats.opted_out}


def table_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return a page of its people, filtered as asked."""
    status, reason, search = request.GET.get("status", "all"), request.GET.get("reason", ""), request.GET.get("q", "")
    found = matching_targets(campaign.pk, status=status, reason=reason, phone_text=search, region=current_tenant().region)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    people = [
        {
            "target": target,
            "phone": mask_phone(target.phone),
            "sms_reason": reason_label(target.sms_reason),
            "email_reason": reason_label(target.email_reason),
        }
        for target in page
    ]
    reasons = SKIP_FILTERS + (INVITATION_FILTERS if campaign.kind == "invitation" else ())
    choices = [(name, reason_label(name)) for name in reasons]
    return {
        "page": page,
        "people": people,
        "status": status,
        "reason": reason,
        "q": search,
        "reason_choices": choices,
    }
