"""The wizard of a messaging campaign: its frame, which all six steps share, and the first three of them.

Every button but a link saves what stands on the page before it leads elsewhere, so that going back and forth loses nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from bookings.selectors import places_of
from campaigns.errors import BadCampaignInput
from campaigns.forms_messaging import CHANNELS, ChannelsForm, InfoForm, PlacesForm
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.views.watching import campaign_asked_for
from messaging.selectors import sender_for
from messaging.types import Channel
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.errors import ServiceProError
from tenants.selectors import business_settings, signed_in_user

LABELS = {
    drafts.INFO: "Name",
    drafts.PLACES: "Places",
    drafts.CHANNELS: "Channels",
    drafts.CUSTOMERS: "Customers",
    drafts.CONTENT: "Message",
    drafts.SENDING: "Sending",
}
SAVED = "Saved. Nobody was written to."
Step = Callable[[HttpRequest, Campaign], HttpResponse]


class StepForm(Protocol):
    """What a step of plain fields is made of."""

    @staticmethod
    def saved(campaign: Campaign) -> dict[str, Any]:
        """Return the fields as they are kept."""

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes."""


def step_link(campaign: Campaign, step: int) -> str:
    """Return the address of a step of the wizard."""
    return reverse(f"messages-step-{step}", args=[campaign.pk])


def of_draft(step: Step) -> Callable[..., HttpResponseBase]:
    """Show a step of the draft an address names; what is no draft any more has a page of its own to be looked at."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, campaign_id: int) -> HttpResponseBase:
        campaign = campaign_asked_for(request, campaign_id, drafts.KIND)
        if campaign.status == Campaign.Status.DRAFT:
            return step(request, campaign)
        what = "Take it off the calendar first, then change it." if campaign.status == Campaign.Status.SCHEDULED else "Only a draft can be."
        messages.error(request, f"This campaign cannot be changed now. {what}")
        return redirect("messages-campaign", campaign.pk)

    return view


def wizard_page(
    request: HttpRequest, campaign: Campaign | None, step: int, *, problems: Mapping[str, str] | None = None, **context: Any
) -> HttpResponse:
    """Render the step's template in the wizard's frame; `problems` are {id of the field on the page: what is wrong there}."""
    reached = campaign.step if campaign else drafts.INFO
    steps = [
        {"number": number, "label": label, "is_here": number == step, "is_reached": number <= reached} for number, label in LABELS.items()
    ]
    frame = {
        "campaign": campaign,
        "steps": steps,
        "step": step,
        "step_label": LABELS[step],
        "is_last": step == drafts.SENDING,
        "problems": problems or {},
    }
    title = campaign.name if campaign else "New messaging campaign"
    template = f"campaigns/wizard_{TEMPLATES[step]}.html"
    return admin_page(request, template, title, status_code=400 if problems else 200, **frame, **context)


TEMPLATES = {1: "info", 2: "places", 3: "channels", 4: "customers", 5: "content", 6: "schedule"}


def go_on(request: HttpRequest, campaign: Campaign, step: int) -> HttpResponse:
    """Lead to where the pressed button points: on, back, a step that was reached before, or the same page saved."""
    then = request.POST.get("then", "save")
    if then == "save":
        messages.success(request, SAVED)
    return redirect(step_link(campaign, asked_step(request, campaign, step)))


def asked_step(request: HttpRequest, campaign: Campaign, step: int) -> int:
    """Return which step the pressed button leads to."""
    then = request.POST.get("then", "save")
    if then == "next":
        return min(step + 1, drafts.SENDING)
    if then == "back":
        return max(step - 1, drafts.INFO)
    number = then.removeprefix("step-")
    return int(number) if number in ("1", "2", "3", "4", "5", "6") and int(number) <= campaign.step else step


def leads_away(request: HttpRequest) -> bool:
    """Tell whether the pressed button goes to another step than the next one."""
    return request.POST.get("then", "save").startswith(("back", "step-"))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the name of a new campaign; with it, it is a draft that is kept."""
    if request.method != "POST":
        return wizard_page(request, None, drafts.INFO, form=InfoForm())
    form = InfoForm(request.POST)
    if not form.is_valid():
        return wizard_page(request, None, drafts.INFO, problems=_problems_of(form), form=form)
    try:
        campaign = drafts.create_messaging_campaign(actor=signed_in_user(request), **form.chosen())
    except BadCampaignInput as error:
        return wizard_page(request, None, drafts.INFO, problems=_placed(form, error), form=form)
    return go_on(request, campaign, drafts.INFO)


@require_GET
def resume(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Lead to the step at which its owner left it."""
    campaign = campaign_asked_for(request, campaign_id, drafts.KIND)
    return redirect(step_link(campaign, max(drafts.INFO, min(campaign.step, drafts.SENDING))))


@of_draft
def info(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show and save what it is called."""
    form = InfoForm(request.POST if request.method == "POST" else None, initial=InfoForm.saved(campaign))
    return _form_step(request, campaign, drafts.INFO, form, drafts.save_info)


@of_draft
def places(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show and save whose customers can be written to."""
    found = [(place.pk, place) for place in places_of(signed_in_user(request))]
    saved = PlacesForm.saved(campaign)
    if len(found) == 1 and not saved["places"]:
        saved = {"places": [found[0][0]]}
    form = PlacesForm(request.POST if request.method == "POST" else None, initial=saved, places=[(pk, str(place)) for pk, place in found])
    chosen = {str(value) for value in form["places"].value() or ()}
    rows = [(place, str(pk) in chosen) for pk, place in found]
    return _form_step(request, campaign, drafts.PLACES, form, drafts.save_places, rows=rows)


@of_draft
def channels(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show and save how people are reached."""
    form = ChannelsForm(request.POST if request.method == "POST" else None, initial=ChannelsForm.saved(campaign))
    chosen = form["channels"].value() or ()
    ready = {name: sender_for(Channel(name)) is not None for name, _label in CHANNELS}
    rows = [(name, label, name in chosen, ready[name]) for name, label in CHANNELS]
    has_address = bool(business_settings().postal_address.strip())
    return _form_step(request, campaign, drafts.CHANNELS, form, drafts.save_channels, rows=rows, has_address=has_address)


def _form_step(
    request: HttpRequest, campaign: Campaign, step: int, form: Any, save: Callable[..., None], **context: Any
) -> HttpResponse:  # fmt: skip
    """Show the form of a step, or save it and lead on; whoever goes back and changed nothing is not held up by what is missing."""
    if not form.is_bound:
        return wizard_page(request, campaign, step, form=form, **context)
    if leads_away(request) and not form.has_changed():
        return go_on(request, campaign, step)
    if not form.is_valid():
        return wizard_page(request, campaign, step, problems=_problems_of(form), form=form, **context)
    try:
        save(campaign, actor=signed_in_user(request), **form.chosen())
    except BadCampaignInput as error:
        return wizard_page(request, campaign, step, problems=_placed(form, error), form=form, **context)
    except ServiceProError as error:
        messages.error(request, error.message)
        return redirect("messages-campaign", campaign.pk)
    return go_on(request, campaign, step)


def _placed(form: forms.Form, error: BadCampaignInput) -> dict[str, str]:
    """Put what the service objects to beside the fields it names."""
    for field, sentence in (error.details.get("fields") or {"": error.message}).items():
        form.add_error(field if field in form.fields else None, sentence)
    return _problems_of(form)


def _problems_of(form: forms.Form) -> dict[str, str]:
    return {"" if field == "__all__" else field: " ".join(map(str, found)) for field, found in form.errors.items()}
