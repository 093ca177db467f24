"""The owner's pages for the port-recovery campaign: parse, call one service, show the result."""

import csv
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from campaigns import services
from campaigns.models import Campaign, Target
from campaigns.selectors import FILTERS, campaign_by_id, campaign_counts, explain_target, matching_targets, texts_cost
from campaigns.tasks import drain_soon
from campaigns.wording import reason_label
from messaging.types import Outcome
from servicepro.lib.admin_pages import admin_page, attempt, get_or_404
from servicepro.lib.errors import ServiceProError
from servicepro.lib.phone import mask_phone
from servicepro.lib.spreadsheet_safety import safe_cell
from tenants.selectors import current_tenant, signed_in_user
from tenants.services import record_action

PAGE_ROWS = 50
EXPORT_ROWS_AT_ONCE = 2_000
OPEN_STATUSES = ("running",)
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
        campaigns=Campaign.objects.filter(kind="port_recovery").order_by("-created_at")[:20],
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
def campaign_page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show one campaign: numbers, words, people."""
    campaign = get_or_404(campaign_by_id, campaign_id)
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
        **_progress_context(campaign),
        **_table_context(request, campaign),
    )


@require_GET
def progress(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show the numbers alone; the page asks for them every second while the campaign runs."""
    campaign = get_or_404(campaign_by_id, campaign_id)
    # In another status other things may be done: then the buttons come along, and else they keep what is being typed.
    is_late = request.GET.get("shown", campaign.status) != campaign.status
    return render(request, "campaigns/_progress.html", {"campaign": campaign, "is_late": is_late, **_progress_context(campaign)})


@require_GET
def targets(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show the table alone."""
    campaign = get_or_404(campaign_by_id, campaign_id)
    return render(request, "campaigns/_targets.html", {"campaign": campaign, "filters": FILTERS, **_table_context(request, campaign)})


@require_GET
def why(request: HttpRequest, campaign_id: int, target_id: int) -> HttpResponse:
    """Say in plain words what became of one person."""
    target = Target.objects.filter(campaign_id=get_or_404(campaign_by_id, campaign_id).pk, pk=target_id).first()
    if target is None:
        raise Http404
    record_action(signed_in_user(request), "recipient_explained", f"target:{target.pk}")
    return render(request, "campaigns/_why.html", {"target": target, "why": explain_target(target), "phone": mask_phone(target.phone)})


def _progress_context(campaign: Campaign) -> dict[str, Any]:
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
    return {"counts": counts, "rows": rows, "skip_reasons": reasons, "is_live": campaign.status in OPEN_STATUSES}


def _table_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
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
    choices = [(name, reason_label(name)) for name in SKIP_FILTERS]
    return {"page": page, "people": people, "status": status, "reason": reason, "q": search, "reason_choices": choices}


@require_POST
def act(request: HttpRequest, campaign_id: int, action: str) -> HttpResponse:
    """Do what a button says."""
    campaign = get_or_404(campaign_by_id, campaign_id)
    actions: dict[str, Callable[[HttpRequest, Campaign], None]] = {
        "test": _send_test,
        "start": _start,
        "pause": _pause,
        "resume": _resume,
        "cancel": _cancel,
        "retry": _retry,
        "release": _release,
        "texts": _edit,
    }
    if action not in actions:
        raise Http404
    actions[action](request, campaign)
    return redirect("port-recovery-campaign", campaign.pk)


def _send_test(request: HttpRequest, campaign: Campaign) -> None:
    try:
        receipt = services.send_test(campaign, actor=signed_in_user(request))
    except ServiceProError as error:
        messages.error(request, error.message)
        return
    if receipt.outcome is Outcome.SENT:
        messages.success(request, "The test text is on its way to your phone.")
    else:
        messages.error(request, f"The test text did not go: {reason_label(str(receipt.reason))}.")


def _start(request: HttpRequest, campaign: Campaign) -> None:
    typed = request.POST.get("count", "").strip().replace(",", "")
    if not typed.isdigit():
        messages.error(request, "Type the number of people to start, for example 97.")
        return
    begun = attempt(
        request,
        lambda: services.start_campaign(campaign, actor=signed_in_user(request), confirmed_count=int(typed)),
        "Started. You can leave this page; it goes on.",
    )
    if begun:
        drain_soon(current_tenant().schema_name, campaign.pk)


def _resume(request: HttpRequest, campaign: Campaign) -> None:
    if attempt(request, lambda: services.resume_campaign(campaign, actor=signed_in_user(request)), "Going on where it stopped."):
        drain_soon(current_tenant().schema_name, campaign.pk)


def _pause(request: HttpRequest, campaign: Campaign) -> None:
    attempt(request, lambda: services.pause_campaign(campaign, actor=signed_in_user(request)), "Paused. Nothing more leaves.")


def _cancel(request: HttpRequest, campaign: Campaign) -> None:
    done = "Cancelled. Who was not reached yet stays unreached."
    attempt(request, lambda: services.cancel_campaign(campaign, actor=signed_in_user(request)), done)


def _retry(request: HttpRequest, campaign: Campaign) -> None:
    attempt(
        request,
        lambda: services.retry_failed(campaign, actor=signed_in_user(request)),
        "Everybody who failed gets another turn, nobody else.",
    )


def _release(request: HttpRequest, campaign: Campaign) -> None:
    if request.POST.get("confirm") != "yes":
        messages.error(request, "Tick the box to confirm that texts may arrive at any hour.")
        return
    attempt(
        request,
        lambda: services.release_quiet_hours(campaign, actor=signed_in_user(request)),
        "Texts of this campaign may now leave at any hour.",
    )


def _edit(request: HttpRequest, campaign: Campaign) -> None:
    words = {name: request.POST.get(name, "") for name in ("sms_text", "email_subject", "email_text", "email_html")}
    attempt(request, lambda: services.edit_texts(campaign, actor=signed_in_user(request), **words), "The words are saved.")


@require_POST
def export(request: HttpRequest, campaign_id: int) -> StreamingHttpResponse:
    """Download everybody and what became of them; recorded, and safe to open in a spreadsheet."""
    campaign = get_or_404(campaign_by_id, campaign_id)
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
