"""The three buttons of the registration: each calls one service and says what came of it in the agreed words."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from a2p.errors import NeedsConfirmation
from a2p.models import A2pCampaign, Attempt
from a2p.selectors import working_campaign
from a2p.services import refresh_campaign_status, submit_or_update_campaign
from a2p.services.proposals import use_proposal
from a2p.views.frame import STATUS
from a2p.views.status import overview_page
from servicepro.lib.admin_pages import attempt
from servicepro.lib.errors import ServiceProError
from tenants.selectors import signed_in_user

NOTHING_YET = "Fill in your business and what you text first."
SUGGESTION_USED = "Changed as suggested. Nothing was sent to Twilio."
_FAILED = {
    Attempt.Verb.SUBMIT: "Submission failed: {}",
    Attempt.Verb.RESUBMIT: "Resubmission failed: {}",
}


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """Submit to Twilio."""
    return _send(request, Attempt.Verb.SUBMIT)


@require_POST
def resubmit(request: HttpRequest) -> HttpResponse:
    """Submit again after fixes."""
    return _send(request, Attempt.Verb.RESUBMIT)


@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Ask Twilio how it stands."""
    campaign = working_campaign()
    if campaign is None:
        return _nothing_yet(request)
    try:
        campaign = refresh_campaign_status(campaign.pk, actor=signed_in_user(request))
    except ServiceProError as error:
        messages.error(request, f"The status could not be refreshed: {error.message}")
    else:
        messages.success(request, f"Status refreshed. Current state: {campaign.get_status_display()}")
    return redirect(STATUS)


@require_POST
def use_suggestion(request: HttpRequest) -> HttpResponse:
    """Put what is suggested for a field into the form."""
    campaign = working_campaign()
    if campaign is None:
        return _nothing_yet(request)
    field = request.POST.get("field", "")
    attempt(request, lambda: use_proposal(campaign, field, actor=signed_in_user(request)), SUGGESTION_USED)
    return redirect(STATUS)


def _send(request: HttpRequest, verb: Attempt.Verb) -> HttpResponse:
    campaign = working_campaign()
    if campaign is None:
        return _nothing_yet(request)
    has_agreed = request.POST.get("fee") == "agreed"
    try:
        campaign = submit_or_update_campaign(campaign.pk, actor=signed_in_user(request), verb=verb, confirmed_fee=has_agreed)
    except NeedsConfirmation as error:
        return _ask_for_fee(request, campaign, error.message)
    except ServiceProError as error:
        messages.error(request, _FAILED[verb].format(error.message))
    else:
        messages.success(request, f"Campaign submitted to Twilio. Status: {campaign.get_status_display()}")
    return redirect(STATUS)


def _ask_for_fee(request: HttpRequest, campaign: A2pCampaign, sentence: str) -> HttpResponse:
    """Show the page with the question whether the fee may be spent; nothing was changed at Twilio."""
    campaign.refresh_from_db()
    return overview_page(request, campaign, status_code=409, fee_sentence=sentence)


def _nothing_yet(request: HttpRequest) -> HttpResponse:
    messages.error(request, NOTHING_YET)
    return redirect(STATUS)
