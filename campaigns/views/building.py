"""The page on which an owner composes an invitation: one form that keeps what was typed, and the parts of it that renew themselves."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bookings.selectors import active_places
from campaigns import services
from campaigns.errors import BadCampaignInput
from campaigns.forms import CHANNELS, LIVES, VARIABLES, InvitationForm, place_errors, typed_from
from campaigns.kinds.invitation import SMS, SMS_WITHOUT_OFFER
from campaigns.links import campaign_link
from campaigns.models import Campaign
from campaigns.services.invitation_words import check_invitation
from campaigns.views.acting import send_invitation_test
from campaigns.views.previewing import cost_of, people_context, preview_context, reach_of, templates_context
from campaigns.views.watching import campaign_asked_for
from customers.selectors import recent_imports, tags_of_lists
from loyalty.selectors import active_offers, offer_in_words
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.clock import clock_in_words
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant, signed_in_user

PARTS = {"preview": "_preview", "audience": "_reach", "templates": "_templates", "people": "_people"}
# Where the page has a field under another id than its name.
ANCHORS = {"channel": "channel-sms", "content_sid": "templates", "__all__": ""}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show an empty invitation; on the press of a button save it as a draft."""
    if request.method == "POST":
        return _receive(request, None)
    offers = active_offers()
    list_id = request.GET.get("import", "")
    words = {"offer": offers[0].id, "message_template": SMS} if offers else {"message_template": SMS_WITHOUT_OFFER}
    blank = {"channel": "sms", "status": ["imported"], "import_batch": list_id if _is_list(list_id) else "", "when": "now", **words}
    return _page(request, InvitationForm(initial=blank), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, campaign_id: int, kind: str) -> HttpResponse:
    """Show a draft as it was typed; on the press of a button save it."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    if campaign.status != Campaign.Status.DRAFT:
        what = "Take it off the calendar first, then change it." if campaign.status == Campaign.Status.SCHEDULED else "Only a draft can be."
        messages.error(request, f"This invitation cannot be changed now. {what}")
        return redirect(campaign_link(campaign))
    if request.method == "POST":
        return _receive(request, campaign)
    return _page(request, InvitationForm(initial=typed_from(campaign)), campaign)


@require_POST
def part(request: HttpRequest, part: str) -> HttpResponse:
    """Show one part of the page anew for what is typed so far; nothing is kept of it."""
    form, shown_as = InvitationForm(request.POST), _person_asked_for(request)
    context: dict[str, Any] = {"chosen": _chosen(form)}
    if part == "people":
        context |= people_context(request, who=request.POST.get("who", ""), shown_as=shown_as)
    elif part == "templates":
        context |= templates_context(form.draft)
    else:
        context |= preview_context(form.draft, shown_as)
    if part == "preview":  # people are not counted anew for each letter: how many texts there are stands in the form
        context |= cost_of(_number(request, "texts") or 0, context["preview"].get("segments")) | {"is_beside": True}
    elif part == "audience":
        context |= reach_of(form.audience, form.draft.channel, context["preview"].get("segments"))
    return render(request, f"campaigns/{PARTS[part]}.html", context)


def _receive(request: HttpRequest, campaign: Campaign | None) -> HttpResponse:
    form, then = InvitationForm(request.POST), request.POST.get("then", "save")
    if then == "look":
        return _page(request, form, campaign)
    saved = None
    if form.is_valid():
        saved = _save(request, form, campaign)
    else:  # everything that is wrong is said at once
        place_errors(form, _other_problems(form))
    if saved is None:
        return _page(request, form, campaign, status_code=400)
    if then == "test":
        send_invitation_test(request, saved)
        return redirect(campaign_link(saved, "edit")) if saved.status == Campaign.Status.DRAFT else redirect(campaign_link(saved))
    return redirect(campaign_link(saved))


def _other_problems(form: InvitationForm) -> dict[str, str]:
    """Return what the services would object to in the fields that the form itself finds nothing wrong with."""
    try:
        check_invitation(form.cleaned_data.get("name", ""), form.draft, form.audience)
    except BadCampaignInput as error:
        return {field: sentence for field, sentence in error.details["fields"].items() if field not in form.errors and field != "audience"}
    return {}


def _save(request: HttpRequest, form: InvitationForm, campaign: Campaign | None) -> Campaign | None:
    """Save it, and put it on the calendar where that was asked for; what is objected to stands in the form, and None is returned."""
    actor, at = signed_in_user(request), form.starts_at(current_tenant().time_zone)
    if at and at <= timezone.now():
        form.add_error("day", "This time has passed already. Choose one to come.")
        return None
    typed = {"name": form.cleaned_data["name"], "draft": form.draft, "audience": form.audience}
    try:
        if campaign:
            saved = services.edit_invitation_campaign(campaign, actor=actor, **typed)
        else:
            saved = services.create_invitation_campaign(actor=actor, **typed)
    except ServiceProError as error:
        place_errors(form, error.details.get("fields") or {"": error.message})
        return None
    if at is None:
        messages.success(request, "Saved. Nobody was written to yet.")
        return saved
    try:
        services.schedule_campaign(saved, actor=actor, at=at)
    except ServiceProError as error:
        messages.error(request, f"The draft is saved, but not on the calendar. {error.message}")
    else:
        messages.success(request, "Saved and on the calendar. Nobody was written to yet.")
    return saved


def _page(request: HttpRequest, form: InvitationForm, campaign: Campaign | None, *, status_code: int = 200) -> HttpResponse:
    tenant, draft = current_tenant(), form.draft
    people = people_context(request, who=request.POST.get("who", ""), shown_as=_person_asked_for(request))
    preview = preview_context(draft, people["shown_as"])
    now = timezone.now()
    context: dict[str, Any] = {
        "campaign": campaign,
        "form": form,
        "chosen": _chosen(form),
        "problems": [(ANCHORS.get(field, field), sentence) for field, found in form.errors.items() for sentence in found],
        "channels": CHANNELS,
        "lives": LIVES,
        "variables": [(f"{{{{{name}}}}}", label) for name, label in VARIABLES],
        "offers": [(terms.id, f"{terms.name}: {offer_in_words(terms)}") for terms in active_offers()],
        "lists": [(str(batch.pk), batch.file_name) for batch in recent_imports() if batch.status == "completed"],
        "tags": _tags(campaign),
        "places": [(str(place.pk), str(place)) for place in active_places()],
        "words_with_offer": SMS,
        "words_without_offer": SMS_WITHOUT_OFFER,
        "today": now.astimezone(ZoneInfo(tenant.time_zone)).date().isoformat(),
        "zone": tenant.time_zone.replace("_", " "),
        "now_in_words": clock_in_words(now, tenant.time_zone, tenant.region),
        **people,
        **preview,
        **reach_of(form.audience, draft.channel, preview["preview"].get("segments")),
        **(templates_context(draft) if form.is_bound and draft.channel != "sms" else {}),
    }
    return admin_page(
        request, "campaigns/builder.html", campaign.name if campaign else "New invitation", status_code=status_code, **context
    )


def _chosen(form: InvitationForm) -> dict[str, Any]:
    """Return what is chosen, as the page compares and shows it."""
    plain = ("offer", "content_sid", "import_batch", "place", "last_visit_after", "last_visit_before", "when", "day", "time")
    several = {name: [str(value) for value in form[name].value() or ()] for name in ("status", "tags")}
    return {name: _as_typed(form[name].value()) for name in plain} | several | {"mapped": sorted(form.mapped.items())}


def _as_typed(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value or "")


def _tags(campaign: Campaign | None) -> tuple[str, ...]:
    """Return the tags to choose from; what a draft asks for stays among them though nobody has it any more."""
    asked = campaign.audience.get("tags", ()) if campaign else ()
    return tuple(dict.fromkeys([*tags_of_lists(), *asked]))


def _is_list(text: str) -> bool:
    return any(str(batch.pk) == text for batch in recent_imports())


def _person_asked_for(request: HttpRequest) -> int | None:
    return _number(request, "as")


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
