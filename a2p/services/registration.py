"""Submit, resubmit and refresh a registration; the beat goes on with what waits.

One piece of work at a time for a business, over all its owners and the beat. Everything that was made is committed before the next thing
is made of it, and looked for by name before it is made, so a press of the button goes on wherever the last one stopped.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from a2p.errors import BadRegistration, NeedsConfirmation, NotNow
from a2p.linting import may_be_submitted
from a2p.linting.brands import brand_findings
from a2p.models import A2pCampaign, Attempt
from a2p.providers.pages import why_closed
from a2p.providers.registry import Registry
from a2p.providers.results import Problem, ProviderTrouble, Refused
from a2p.selectors import campaign_by_id, latest_attempt, working_campaign
from a2p.services.attempts import REFUSED, note, open_attempt
from a2p.services.brands import APPROVED, ensure_brand, hear_brand
from a2p.services.bundles import ensure_bundles
from a2p.services.drafts import campaign_row
from a2p.services.facts import brand_facts, campaign_facts, findings_for
from a2p.services.outcomes import STATE, ReviewRefused, hear_rejected, hear_submitted, hear_trouble
from a2p.services.texting import GONE, attach_free_numbers, ensure_campaign, ensure_service, hear_campaign
from a2p.services.work import Work
from a2p.types import Finding, Severity
from servicepro.lib.locks import advisory_lock
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

logger = logging.getLogger(__name__)
Status = A2pCampaign.Status
Verb = Attempt.Verb
LOCK_SPACE = 7_155  # separates these locks from any other use
APPROVED_CHECKED_EVERY = timedelta(hours=24)
_MAY = {Verb.SUBMIT: (Status.READY_TO_SUBMIT,), Verb.RESUBMIT: (Status.REJECTED, Status.ERROR)}
BY_HAND = "A person without a tax number is registered by hand: write to us, and we do it with you."


@contextmanager
def _alone() -> Iterator[None]:
    with advisory_lock(LOCK_SPACE, connection.schema_name) as is_ours:
        if not is_ours:
            raise NotNow("Somebody else is at this registration just now. Look again in a moment.")
        yield


def submit_or_update_campaign(campaign_id: int, *, actor: User | None, verb: str, confirmed_fee: bool = False) -> A2pCampaign:
    """Send a registration to Twilio as far as it goes now, and return it as it stands then.

    What waits for a review is gone on with by the beat. Raises UnknownRegistration, NotNow, BadRegistration, NeedsConfirmation (sent again
    with `confirmed_fee` it goes through), and TwilioError, which is recorded and can be resubmitted.
    """
    campaign_by_id(campaign_id)
    with _alone():
        _open_pages(campaign_by_id(campaign_id), verb)
        with transaction.atomic():
            campaign = _locked(campaign_id)
            _check(campaign, verb)
            attempt = open_attempt(campaign, verb=verb, actor=actor, confirmed_fee=confirmed_fee)
            _mark_submitted(campaign)
            record_action(actor, f"a2p_{verb}", f"a2p:{campaign.pk}", attempt=attempt.number)
        return _go_on(campaign, attempt, is_pressed=True)


def refresh_campaign_status(campaign_id: int, *, actor: User | None = None) -> A2pCampaign:
    """Ask Twilio where a registration stands, go on with what waited for it, and return it.

    Raises UnknownRegistration, NotNow where nothing was submitted, and TwilioError where there is no answer: the status stays then.
    """
    campaign_by_id(campaign_id)
    with _alone():
        campaign = campaign_by_id(campaign_id)
        attempt = latest_attempt(campaign)
        if attempt is None or campaign.status in (Status.DRAFT, Status.READY_TO_SUBMIT):
            raise NotNow("Nothing was submitted to Twilio yet.")
        if actor:
            record_action(actor, "a2p_refresh", f"a2p:{campaign.pk}")
        if campaign.status == Status.SUBMITTED:
            return _go_on(campaign, attempt, is_pressed=False)
        return _listen(campaign, attempt)


def ensure_brand_for_tenant(*, actor: User | None = None) -> str:
    """Return the business's brand, registered where it was not. Raises NotNow, BadRegistration and TwilioError."""
    campaign = campaign_row()
    if campaign.brand.twilio_brand_sid:
        return campaign.brand.twilio_brand_sid
    _check_brand(campaign)
    with _alone():
        campaign = campaign_by_id(campaign.pk)
        attempt = latest_attempt(campaign) or open_attempt(campaign, verb=Verb.SUBMIT, actor=actor, confirmed_fee=False)
        work: Work | None = None
        try:
            with Registry() as registry:
                work = _work(registry, campaign, attempt)
                ensure_bundles(work)
                ensure_brand(work)
        except ReviewRefused as refusal:
            hear_rejected(campaign, attempt, refusal)
        except ProviderTrouble as trouble:
            raise hear_trouble(campaign, attempt, trouble, step=work.step if work else "account", is_final=True) from trouble
    return campaign.brand.twilio_brand_sid


def due_since() -> datetime | None:
    """Return since when this business's registration waits to be asked after: one under review always, an approved one daily."""
    campaign = working_campaign()
    if campaign is None or campaign.status not in (Status.SUBMITTED, Status.APPROVED):
        return None
    checked = campaign.trusthub_last_checked_at or campaign.updated_at
    is_fresh = campaign.status == Status.APPROVED and timezone.now() - checked < APPROVED_CHECKED_EVERY
    return None if is_fresh else checked


def refresh_open() -> int:
    """Ask after this business's registration where it is due; return how many were asked after. Raises as a refresh does."""
    campaign = working_campaign()
    if campaign is None or due_since() is None:
        return 0
    refresh_campaign_status(campaign.pk)
    return 1


def _locked(campaign_id: int) -> A2pCampaign:
    return A2pCampaign.objects.select_for_update(of=("self", "brand")).select_related("brand").get(pk=campaign_id)


def _check_brand(campaign: A2pCampaign) -> None:
    if campaign.brand.company_type == "sole_proprietor":
        raise NotNow(BY_HAND)
    _refuse(brand_findings(brand_facts(campaign.brand)))


def _check(campaign: A2pCampaign, verb: str) -> None:
    if campaign.brand.company_type == "sole_proprietor":
        raise NotNow(BY_HAND)
    if campaign.status not in _MAY.get(Verb(verb), ()):
        raise NotNow(f"It is “{campaign.get_status_display()}”, so it cannot be sent now.")
    _refuse(findings_for(campaign))


def _open_pages(campaign: A2pCampaign, verb: str) -> None:
    """Object where a page that reviewers will open does not. Raises BadRegistration."""
    _check(campaign, verb)
    if not settings.A2P_OPENS_PAGES:
        return
    pages = {"website": campaign.brand.website, "privacy_url": campaign.privacy_url, "terms_url": campaign.terms_url}
    with ThreadPoolExecutor(len(pages)) as pool:
        found = dict(
            zip(
                pages,
                pool.map(lambda url: why_closed(url if "//" in url else f"https://{url}") if url else "", pages.values()),
                strict=True,
            )
        )
    wrong = {field: f"Reviewers open {pages[field]}, and {why}. Submit when it opens." for field, why in found.items() if why}
    if wrong:
        raise BadRegistration(next(iter(wrong.values())), fields=wrong)


def _refuse(findings: list[Finding]) -> None:
    if not may_be_submitted(findings):
        wrong = {finding.field: finding.message for finding in findings if finding.severity is Severity.BLOCKS}
        raise BadRegistration("A reviewer would refuse it as it stands.", fields=wrong)


def _mark_submitted(campaign: A2pCampaign) -> None:
    """Let it count as submitted before the first call, so that nobody changes it meanwhile and a crash is gone on from."""
    campaign.rejections = []
    campaign.submitted_at = campaign.submitted_at or timezone.now()
    campaign.brand.rejections = []
    campaign.brand.save(update_fields=["rejections", "updated_at"])
    hear_submitted(campaign)


def _work(registry: Registry, campaign: A2pCampaign, attempt: Attempt) -> Work:
    return Work(registry, campaign, attempt, brand_facts(campaign.brand), campaign_facts(campaign))


def _go_on(campaign: A2pCampaign, attempt: Attempt, *, is_pressed: bool) -> A2pCampaign:
    """Take the steps that are left. A press of a button that meets a fault ends as one; the beat tries again by itself."""
    work: Work | None = None
    try:
        with Registry() as registry:
            work = _work(registry, campaign, attempt)
            ensure_bundles(work)
            state = ensure_brand(work)
            service = ensure_service(work)
            attach_free_numbers(work, service)
            if state.status == APPROVED:
                ensure_campaign(work, service)
            else:
                hear_submitted(campaign)
    except ReviewRefused as refusal:
        hear_rejected(campaign, attempt, refusal)
    except NeedsConfirmation as question:
        _ask(campaign, attempt, question)
        raise
    except ProviderTrouble as trouble:
        is_final = is_pressed or isinstance(trouble, Refused)
        raise hear_trouble(campaign, attempt, trouble, step=work.step if work else "account", is_final=is_final) from trouble
    return campaign


def _ask(campaign: A2pCampaign, attempt: Attempt, question: NeedsConfirmation) -> None:
    """Put a registration back to where the owner can answer what it may cost."""
    campaign.status, campaign.trusthub_status, campaign.trusthub_last_error = Status.REJECTED, "rejected", question.message
    campaign.save(update_fields=STATE)
    note(attempt, "fee", REFUSED, answer={"sentence": question.message})


def _listen(campaign: A2pCampaign, attempt: Attempt) -> A2pCampaign:
    """Hear where a registration stands that was answered already; an answer can be taken back."""
    step = "account"
    try:
        with Registry() as registry:
            step = "refresh"
            if campaign.brand.twilio_brand_sid:
                hear_brand(campaign.brand, registry.brand(campaign.brand.twilio_brand_sid))
            there = registry.campaign_of(campaign.messaging_service_sid) if campaign.messaging_service_sid else None
            if there:
                hear_campaign(registry, campaign, attempt, there)
            elif campaign.status == Status.APPROVED:
                logger.warning("a2p_campaign_gone tenant=%s", connection.schema_name)
                campaign.twilio_campaign_sid = campaign.campaign_id = ""
                raise ReviewRefused((Problem(GONE),), on_brand=False)
            else:
                campaign.trusthub_last_checked_at = timezone.now()
                campaign.save(update_fields=STATE)
    except ReviewRefused as refusal:
        hear_rejected(campaign, attempt, refusal)
    except ProviderTrouble as trouble:
        raise hear_trouble(campaign, attempt, trouble, step=step, is_final=False) from trouble
    return campaign
