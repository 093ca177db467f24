"""The two forms of the registration, saved as a draft, and what a reviewer would refuse while they are typed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from a2p.errors import BadRegistration
from a2p.forms import COMPANY_TYPES, SAMPLES_SHOWN, BrandForm, CampaignForm, RegistrationForm
from a2p.linting import lint
from a2p.models import A2pCampaign
from a2p.services import brand_facts, campaign_facts, save_brand, save_campaign
from a2p.types import Finding
from a2p.views.fields import Hints, hints_by_place, of_filled_in, shown_fields
from a2p.views.frame import BUSINESS, STATUS, TEXTS, blocking, is_of_business, registration, registration_page
from servicepro.lib.errors import ServiceProError
from tenants.selectors import User, signed_in_user

SAVED = "Saved. Nothing was sent to Twilio."
SAMPLES = tuple(f"samples-{index}" for index in range(SAMPLES_SHOWN))
_TEMPLATES = {BUSINESS: "a2p/business.html", TEXTS: "a2p/texts.html"}
_BRAND_LISTS = {"company_types": COMPANY_TYPES}
Save = Callable[[User | None, dict[str, Any]], object]


@require_http_methods(["GET", "HEAD", "POST"])
def business(request: HttpRequest) -> HttpResponse:
    """Show and save who registers."""
    campaign = registration()
    form = BrandForm(request.POST if request.method == "POST" else None, initial=_saved(campaign, BUSINESS))
    return _step(request, campaign, form, here=BUSINESS, onward=TEXTS, save=save_brand)


@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: HttpRequest) -> HttpResponse:
    """Show and save what is texted."""
    campaign = registration()
    return _step(request, campaign, _texts_form(request, campaign), here=TEXTS, onward=STATUS, save=save_campaign)


@require_POST
def check_business(request: HttpRequest) -> HttpResponse:
    """Say of the business as it is typed what would be refused, without keeping it."""
    form, campaign = BrandForm(request.POST), registration()
    found = [finding for finding in lint(form.facts(), campaign_facts(campaign)) if is_of_business(finding)]
    return _checked(request, campaign, form, found)


@require_POST
def check_texts(request: HttpRequest) -> HttpResponse:
    """Say of the texts as they are typed what would be refused, without keeping them."""
    campaign = registration()
    form = _texts_form(request, campaign)
    found = [finding for finding in lint(brand_facts(campaign.brand), form.facts()) if not is_of_business(finding)]
    return _checked(request, campaign, form, found)


def _texts_form(request: HttpRequest, campaign: A2pCampaign) -> CampaignForm:
    data = request.POST if request.method == "POST" else None
    return CampaignForm(data, initial=_saved(campaign, TEXTS), is_person=brand_facts(campaign.brand).is_sole_proprietor)


def _saved(campaign: A2pCampaign, here: str) -> dict[str, Any]:
    row = campaign.brand if here == BUSINESS else campaign
    fields = (BrandForm if here == BUSINESS else CampaignForm).base_fields
    return {name: getattr(row, name) or "" for name in fields}


def _step(
    request: HttpRequest, campaign: A2pCampaign, form: RegistrationForm, *, here: str, onward: str, save: Save
) -> HttpResponse:  # fmt: skip
    if not form.is_bound:
        return _page(request, campaign, form, here=here)
    if not form.is_valid():
        return _page(request, campaign, form, here=here, problems=_problems_of(form))
    try:
        save(signed_in_user(request), _kept(form))
    except BadRegistration as error:
        for field, sentence in (error.details.get("fields") or {"": error.message}).items():
            form.add_error(field if field in form.fields else None, sentence)
        return _page(request, campaign, form, here=here, problems=_problems_of(form))
    except ServiceProError as error:
        messages.error(request, error.message)
        return redirect(STATUS)
    messages.success(request, SAVED)
    return redirect(onward if request.POST.get("then") == "next" else here)


def _kept(form: RegistrationForm) -> dict[str, Any]:
    """Return what is to be kept: gaps between samples are none."""
    values = form.typed()
    return {name: [text for text in value if text] if isinstance(value, list) else value for name, value in values.items()}


def _problems_of(form: RegistrationForm) -> dict[str, str]:
    return {"" if name == "__all__" else name: " ".join(map(str, found)) for name, found in form.errors.items()}


def _page(
    request: HttpRequest, campaign: A2pCampaign, form: RegistrationForm, *, here: str, problems: dict[str, str] | None = None
) -> HttpResponse:  # fmt: skip
    hints = _hints(form, _noticed(campaign, form, _findings(campaign, form)))
    context: dict[str, Any] = {
        "form": form,
        "fields": shown_fields(form, hints),
        "open": blocking(finding for each in hints.values() for finding in each.found),
        "is_blank": campaign.pk is None,
        **_BRAND_LISTS,
    }
    if isinstance(form, CampaignForm):
        context["samples"] = [(name, hints[name], text) for name, text in zip(SAMPLES, form.places(), strict=True)]
    return registration_page(request, _TEMPLATES[here], campaign, here=here, problems=problems, **context)


def _findings(campaign: A2pCampaign, form: RegistrationForm) -> list[Finding]:
    """Return what would be refused of what stands in the form, be it kept or not."""
    brand, texts_ = brand_facts(campaign.brand), campaign_facts(campaign)
    if form.is_bound and isinstance(form, BrandForm):
        brand = replace(brand, **form.typed())
    elif form.is_bound and isinstance(form, CampaignForm):
        texts_ = form.facts()
    return lint(brand, texts_)


def _noticed(campaign: A2pCampaign, form: RegistrationForm, findings: list[Finding]) -> list[Finding]:
    return findings if campaign.pk else of_filled_in(form, findings)


def _hints(form: RegistrationForm, findings: list[Finding]) -> dict[str, Hints]:
    return hints_by_place(form, findings, places=SAMPLES if isinstance(form, CampaignForm) else ())


def _checked(request: HttpRequest, campaign: A2pCampaign, form: RegistrationForm, findings: list[Finding]) -> HttpResponse:
    noticed = _noticed(campaign, form, findings)
    context = {"hints": _hints(form, noticed).values(), "open": blocking(noticed), "is_blank": campaign.pk is None, "is_late": True}
    return render(request, "a2p/_checked.html", context)
