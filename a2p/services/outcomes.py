"""What is heard of a registration becomes its state, and whether the business may text the US follows."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from a2p.errors import TwilioError
from a2p.models import A2pCampaign, Attempt
from a2p.providers.results import Account, Away, NotSetUp, Problem, ProviderTrouble, Refused, Throttled
from a2p.rejections import explain_rejection
from a2p.services.attempts import HEARD, REFUSED, UNREACHABLE, is_repeated, note
from messaging.services import set_us_texting
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
Status = A2pCampaign.Status
# What hearing something changes: what the owner types meanwhile is never written over.
STATE = (
    "status", "trusthub_status", "trusthub_last_checked_at", "trusthub_last_error", "rejections", "twilio_brand_sid", "twilio_campaign_sid",
    "campaign_id", "numbers_total", "numbers_provisioned", "submitted_at", "approved_at", "rejected_at", "updated_at",
)  # fmt: skip
AWAY = "Twilio could not be reached. Nothing was lost, and nothing is made twice: it goes on where it stopped."
BUSY = "Twilio asks us to wait a moment. Nothing was lost: try again in a minute, and it goes on where it stopped."
SET_UP = "Registering businesses is not set up on this server yet. Write to us: nothing was sent, and nothing was lost."
ACCOUNT = "Twilio does not let us in at the moment. It is nothing you can mend: we look after it, and you can try again later."


class ReviewRefused(Exception):
    """A reviewer said no; `on_brand` tells whether to the business or to what it texts."""

    def __init__(self, problems: Sequence[Problem], *, on_brand: bool, word: str = "rejected", step: str = "rejected") -> None:
        super().__init__(word)
        self.problems, self.on_brand, self.word, self.step = tuple(problems), on_brand, word, step


def explained(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return refusals in words for people, with the fields of our own forms."""
    rows = []
    for problem in problems:
        known = explain_rejection(problem.code, problem.fields)
        rows.append(
            {
                "code": problem.code,
                "meaning": known.meaning,
                "fix": known.fix,
                "fields": list(known.fields),
                "is_final": known.is_final,
                "provider_fields": list(problem.fields),
            }
        )
    return rows


def sentence_of(trouble: ProviderTrouble) -> str:
    """Return what a person is told of a call that did not come off."""
    if isinstance(trouble, Throttled):
        return BUSY
    if isinstance(trouble, NotSetUp):
        return SET_UP
    if isinstance(trouble, Account):
        return ACCOUNT
    if isinstance(trouble, Refused):
        known = explain_rejection(trouble.code, trouble.fields)
        return f"{known.meaning} {known.fix}" if known.is_known else f"{known.meaning} (Twilio {trouble.code}) {known.fix}"
    return AWAY


def hear_submitted(campaign: A2pCampaign, word: str = "submitted") -> None:
    """Write down that it is under review; one that was approved before is taken back with that."""
    if campaign.status == Status.APPROVED:
        set_us_texting(False)
    campaign.status, campaign.trusthub_status, campaign.trusthub_last_error = Status.SUBMITTED, word, None
    campaign.trusthub_last_checked_at = timezone.now()
    campaign.save(update_fields=STATE)


def hear_approved(campaign: A2pCampaign, attempt: Attempt | None) -> None:
    """Write down that it was approved, and let the business text."""
    is_news = campaign.status != Status.APPROVED
    now = timezone.now()
    with transaction.atomic():
        campaign.status, campaign.trusthub_status, campaign.trusthub_last_error = Status.APPROVED, "approved", None
        campaign.rejections, campaign.trusthub_last_checked_at = [], now
        if is_news:
            campaign.approved_at = now
        campaign.save(update_fields=STATE)
        set_us_texting(True)
        if is_news and attempt:
            note(attempt, "approved", HEARD, sid=campaign.messaging_service_sid)
    if is_news:
        logger.info("a2p_approved tenant=%s", connection.schema_name)


def hear_rejected(campaign: A2pCampaign, attempt: Attempt | None, refusal: ReviewRefused) -> None:
    """Write down why it was refused, in words for people, and stop the business's texts to the US."""
    rows, now = explained(refusal.problems), timezone.now()
    is_news = campaign.status != Status.REJECTED
    sentence = " ".join(f"{row['meaning']} {row['fix']}" for row in rows) or "It was refused without a reason."
    with transaction.atomic():
        if refusal.on_brand:
            campaign.brand.rejections = rows
            campaign.brand.save(update_fields=["rejections", "updated_at"])
        campaign.rejections = [] if refusal.on_brand else rows
        campaign.status, campaign.trusthub_status, campaign.trusthub_last_error = Status.REJECTED, refusal.word, sentence
        campaign.trusthub_last_checked_at = now
        if is_news:
            campaign.rejected_at = now
        campaign.save(update_fields=STATE)
        set_us_texting(False)
        if is_news and attempt:
            code = refusal.problems[0].code if refusal.problems else 0
            note(attempt, refusal.step, HEARD, code=code, answer={"codes": [problem.code for problem in refusal.problems]})
    if is_news:
        logger.info("a2p_rejected tenant=%s codes=%s", connection.schema_name, [row["code"] for row in rows])


def hear_trouble(campaign: A2pCampaign, attempt: Attempt | None, trouble: ProviderTrouble, *, step: str, is_final: bool) -> TwilioError:
    """Write down a call that did not come off and return what the caller raises; `is_final` makes it the registration's state."""
    sentence = sentence_of(trouble)
    with transaction.atomic():
        campaign.trusthub_last_error, campaign.trusthub_last_checked_at = sentence, timezone.now()
        if is_final:
            campaign.status, campaign.trusthub_status = Status.ERROR, "error"
            if isinstance(trouble, Refused):
                campaign.rejections = explained([Problem(trouble.code, trouble.fields)])
        campaign.save(update_fields=STATE)
        outcome = UNREACHABLE if isinstance(trouble, (Away, Throttled)) else REFUSED
        if attempt and (is_final or not is_repeated(attempt, step, outcome)):
            note(attempt, step, outcome, code=trouble.code, answer={"sentence": sentence})
    logger.warning(
        "a2p_call_failed tenant=%s step=%s trouble=%s code=%s", connection.schema_name, step, type(trouble).__name__, trouble.code
    )
    wait = {"wait_seconds": trouble.wait_seconds} if isinstance(trouble, Throttled) else {}
    return TwilioError(sentence, step=step, **wait)
