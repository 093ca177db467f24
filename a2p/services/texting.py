"""The messaging service of a registration, its numbers, and the campaign itself."""

import logging
from typing import Any

from django.utils import timezone

from a2p.errors import NeedsConfirmation
from a2p.models import A2pCampaign, Attempt, AttemptEvent
from a2p.providers.registry import Registry
from a2p.providers.results import CampaignState, Problem, Refused
from a2p.services.attempts import ASKED, DONE, FINISHED, FOUND, LEFT, REFUSED, note
from a2p.services.outcomes import ReviewRefused, explained, hear_approved, hear_submitted
from a2p.services.work import Thing, Work, ensure, inbound_url, name_of
from a2p.types import CampaignFacts
from messaging.selectors import line_numbers
from servicepro.lib.phone import is_us_number
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
VERIFIED, FAILED, SUSPENDED = "VERIFIED", "FAILED", "SUSPENDED"
WAITING = {"PENDING", "IN_PROGRESS"}
REMOVAL_SECONDS = 60  # the provider takes a while to finish a removal, and refuses a new campaign until then
REMOVAL_SECONDS_MAX = 3_600
LISTED_SECONDS_MAX = 600  # a list may lag behind what was just made
REMOVAL = "campaign-removal"
ALREADY_IN, IN_ANOTHER, IS_SUSPENDED, GONE = 21710, 21712, 21729, 30904
FEE = (
    "This cannot be changed in place: the registration is removed and made anew, and the carriers' review costs its fee again"
    " (about 15 US dollars). Texts to the US rest until it is approved."
)


def ensure_service(work: Work) -> str:
    """Return the registration's own messaging service; the business's other one is left alone."""
    registry, name = work.registry, name_of(f"texts-{work.campaign.pk}")
    return ensure(
        work,
        Thing(
            "service",
            work.campaign,
            "messaging_service_sid",
            lambda: registry.service_named(name),
            lambda: registry.create_service(name, inbound_url()),
        ),
    )


def attach_free_numbers(work: Work, service: str) -> None:
    """Attach the business's numbers that nothing else uses: one whose texts go elsewhere today stays as it is."""
    if not work.enter("numbers"):
        return
    there = work.registry.numbers_of(service)
    for phone in filter(is_us_number, line_numbers()):
        number = work.registry.account_number(phone)
        if number is None or number.sid in there:
            continue
        if number.sms_url and number.sms_url != inbound_url():
            note(work.attempt, "number", LEFT, sid=number.sid)
            continue
        try:
            work.registry.attach(service, number.sid)
        except Refused as refusal:
            outcome = {ALREADY_IN: FOUND, IN_ANOTHER: LEFT}.get(refusal.code, REFUSED)
            note(work.attempt, "number", outcome, sid=number.sid, code=refusal.code)
        else:
            note(work.attempt, "number", DONE, sid=number.sid)
    work.note(DONE, sid=service)


def ensure_campaign(work: Work, service: str) -> None:
    """Register the campaign, or correct the one that was refused. Raises ReviewRefused and NeedsConfirmation."""
    campaign, registry = work.campaign, work.registry
    is_open = work.enter("campaign")
    there = registry.campaign_of(service)
    if there is None:
        if not is_open:
            _miss(work)
            return
        made = _create(work, service)
        if made is None:
            return
        there = made
        work.note(DONE, sid=service)
    elif is_open and there.status == FAILED:
        edited = _correct(work, service, there)
        if edited is None:
            return
        there = edited
        work.note(DONE, sid=service)
    elif is_open:
        work.note(FOUND, sid=service)
    campaign.twilio_brand_sid = work.brand.twilio_brand_sid
    hear_campaign(registry, campaign, work.attempt, there)


def hear_campaign(registry: Registry, campaign: A2pCampaign, attempt: Attempt | None, state: CampaignState) -> None:
    """Keep what the provider says of the campaign and its numbers. Raises ReviewRefused where it was refused."""
    campaign.twilio_campaign_sid, campaign.campaign_id = state.sid[:34], state.campaign_id[:24]
    if state.status == FAILED:
        raise ReviewRefused(state.problems, on_brand=False)
    if state.status == SUSPENDED:
        raise ReviewRefused(state.problems or (Problem(IS_SUSPENDED),), on_brand=False, word="suspended")
    service = campaign.messaging_service_sid
    campaign.numbers_total = len(registry.numbers_of(service))
    # No call tells of single numbers: the service is known to the carriers, with all that are in it, or it is not.
    campaign.numbers_provisioned = campaign.numbers_total if registry.is_registered(service) else 0
    if state.status == VERIFIED:
        hear_approved(campaign, attempt)
        return
    if state.status not in WAITING:
        logger.warning("a2p_unknown_campaign_status tenant=%s status=%s", connection.schema_name, state.status[:24])
        if campaign.status == A2pCampaign.Status.APPROVED:
            campaign.trusthub_last_checked_at = timezone.now()
            campaign.save(update_fields=["trusthub_last_checked_at", "numbers_total", "numbers_provisioned", "updated_at"])
            return
    hear_submitted(campaign)


def _correct(work: Work, service: str, there: CampaignState) -> CampaignState | None:
    """Edit a refused campaign in place, or remove it where that is not possible and the owner agreed; None while it is being removed."""
    if not _differs_in_fixed(work.what, there.fixed):
        try:
            return work.registry.update_campaign(service, there.sid, _edit(work.what))
        except Refused as refusal:
            if refusal.is_validation:
                raise
            work.note(REFUSED, sid=service, code=refusal.code)
    if not work.attempt.sent.get("confirmed_fee"):
        work.campaign.rejections = explained(there.problems)
        raise NeedsConfirmation(FEE)
    note(work.attempt, REMOVAL, ASKED, sid=service)  # before the call: its answer may be lost, and the wait begins all the same
    work.registry.delete_campaign(service, there.sid)
    hear_submitted(work.campaign)
    return None


def _miss(work: Work) -> None:
    """Wait for what this attempt made where it is not listed yet; never make another, whose fee nobody agreed to. Raises ReviewRefused."""
    made = AttemptEvent.objects.filter(attempt=work.attempt, step="campaign", outcome__in=FINISHED).order_by("pk")[0]
    if (timezone.now() - made.created_at).total_seconds() >= LISTED_SECONDS_MAX:
        raise ReviewRefused((Problem(GONE),), on_brand=False)
    hear_submitted(work.campaign)


def _create(work: Work, service: str) -> CampaignState | None:
    """Register the campaign; None where the one before it is still being removed, and the beat tries again."""
    removed = AttemptEvent.objects.filter(attempt__campaign=work.campaign, step=REMOVAL).order_by("pk").last()
    waited = (timezone.now() - removed.created_at).total_seconds() if removed else REMOVAL_SECONDS_MAX
    if waited < REMOVAL_SECONDS:
        return None
    try:
        return work.registry.create_campaign(service, _creation(work.brand.twilio_brand_sid, work.what))
    except Refused as refusal:
        if refusal.is_validation or waited >= REMOVAL_SECONDS_MAX:
            raise
        note(work.attempt, "campaign-waits", REFUSED, sid=service, code=refusal.code)
        hear_submitted(work.campaign)
        return None


def _differs_in_fixed(what: CampaignFacts, fixed: dict[str, Any]) -> bool:
    """Return whether something was changed that no edit changes; what the owner left to the provider never differs."""
    return any(value != fixed.get(name) for name, value in _fixed(what).items())


def _fixed(what: CampaignFacts) -> dict[str, Any]:
    """Return what no edit changes, without what the owner left to the provider."""
    said = {
        "us_app_to_person_usecase": what.use_case,
        "opt_in_message": what.opt_in_message,
        "opt_out_message": what.opt_out_message,
        "help_message": what.help_message,
        "opt_in_keywords": list(what.opt_in_keywords),
        "opt_out_keywords": list(what.opt_out_keywords),
        "help_keywords": list(what.help_keywords),
    }
    return {name: value for name, value in said.items() if value}


def _edit(what: CampaignFacts) -> dict[str, Any]:
    """Return every field that may be edited: the API wants all of them."""
    return {
        "description": what.description,
        "message_flow": what.message_flow,
        "message_samples": list(what.samples),
        "has_embedded_links": what.has_embedded_links,
        "has_embedded_phone": what.has_embedded_phone,
        "age_gated": what.is_age_gated,
        "direct_lending": what.is_direct_lending,
        **({"privacy_policy_url": what.privacy_url} if what.privacy_url else {}),
        **({"terms_and_conditions_url": what.terms_url} if what.terms_url else {}),
    }


def _creation(brand_sid: str, what: CampaignFacts) -> dict[str, Any]:
    return {"brand_registration_sid": brand_sid, **_edit(what), **_fixed(what)}
