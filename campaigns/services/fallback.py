"""Whom WhatsApp does not reach gets a text, where the owner chose both and the person refused nothing: one message, never two."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.services.backoff import STOPS
from campaigns.services.lifecycle import reopen_campaign
from messaging.selectors import delivery_counts, late_failures
from messaging.types import FALLBACK_REASONS, Outcome, Reason, Receipt
from servicepro.lib.tenancy import connection

WINDOW = datetime.timedelta(hours=72)  # what is told later than this is told in vain: the invitation is old
LOOK_AT = 5_000
# Without an opt-in or a number of the business WhatsApp was never tried; neither says anything about texts.
INSTEAD: frozenset[str] = FALLBACK_REASONS | {Reason.CONSENT_REQUIRED, Reason.WHATSAPP_NOT_CONFIGURED}
RETRYABLE: frozenset[str] = frozenset({Reason.TEMPLATE, Reason.ACCOUNT, Reason.THROTTLED})  # nothing is wrong with the person
_FALL_BACK = """
UPDATE campaigns_target t
   SET phone_channel = 'sms', sms_status = 'pending', sms_reason = '', sms_attempt_id = NULL, sms_sid = '', not_before = NULL,
       had_turn = true, updated_at = now(), facts = t.facts || jsonb_build_object(
           'whatsapp', jsonb_build_object('reason', v.reason, 'attempt', v.attempt), 'undelivered_at', %s::text)
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, reason, attempt)
 WHERE t.id = v.id AND t.campaign_id = %s AND t.phone_channel = 'whatsapp' AND NOT t.opted_out
"""


def goes_as_text(campaign: Campaign, target: Target, receipt: Receipt) -> bool:
    """Tell whether what became of a WhatsApp message lets a text go instead, at once."""
    return (
        campaign.channel == Campaign.Channel.BOTH
        and target.phone_channel == "whatsapp"
        and not target.opted_out
        and receipt.outcome in (Outcome.FAILED, Outcome.SKIPPED)
        and receipt.reason in INSTEAD
    )


def fall_back(campaign: Campaign, people: Sequence[tuple[int, str, str]]) -> int:
    """Give people (target id, why, WhatsApp attempt) another turn, by text; return how many."""
    if not people:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FALL_BACK, [timezone.now().isoformat(), *map(list, zip(*people, strict=True)), campaign.pk])
        return cursor.rowcount


@dataclass(frozen=True, slots=True)
class Late:
    """What WhatsApp said after it had taken messages: who gets a text now, who failed and can be retried, and what stops everybody."""

    fell_back: int = 0
    failed: int = 0
    stops: str = ""


def hear_late(campaign: Campaign) -> Late:
    """Act on what WhatsApp said later of an invitation: a text for whom it does not reach, another chance for whom nothing is wrong with.

    It takes every message first. That a template was rejected, or the account is not let through, is told afterwards.
    """
    if campaign.channel not in (Campaign.Channel.BOTH, Campaign.Channel.WHATSAPP):
        return Late()
    theirs = Target.objects.filter(campaign_id=campaign.pk, phone_channel="whatsapp")
    fell_back, failed, stops = _refused_at_once(campaign, theirs), 0, ""
    if not delivery_counts(campaign.key)["whatsapp"]["failed"]:
        return Late(fell_back)
    sent, after = theirs.filter(sms_status="sent", sms_attempt_id__isnull=False).order_by("pk"), 0
    while batch := list(sent.filter(pk__gt=after).values_list("pk", "sms_attempt_id")[:LOOK_AT]):
        after = batch[-1][0]
        attempts = {attempt: pk for pk, attempt in batch if attempt}
        said = late_failures("whatsapp", campaign.key, list(attempts))
        if campaign.channel == Campaign.Channel.BOTH:
            fell_back += fall_back(campaign, [(attempts[at], why, str(at)) for at, why in said.items() if why in INSTEAD])
        for reason in RETRYABLE & set(said.values()):
            people = Target.objects.filter(pk__in=[attempts[at] for at, why in said.items() if why == reason], sms_status="sent")
            noted = RawSQL("facts || jsonb_build_object('undelivered_at', %s::text)", [timezone.now().isoformat()])
            failed += people.update(sms_status="failed", sms_reason=reason, facts=noted, updated_at=timezone.now())
            stops = stops or (STOPS[reason].format(error="it said so after taking messages") if reason in STOPS else "")
    return Late(fell_back, failed, stops)


def _refused_at_once(campaign: Campaign, theirs: QuerySet[Target]) -> int:
    """Give those a text whom a worker that died had heard a refusal of."""
    if campaign.channel != Campaign.Channel.BOTH:
        return 0
    refused = theirs.filter(sms_status="failed", sms_reason__in=list(INSTEAD)).values_list("pk", "sms_reason", "sms_attempt_id")
    return fall_back(campaign, [(pk, reason, str(attempt or "")) for pk, reason, attempt in refused])


def reopen_for_fallback() -> list[Campaign]:
    """Hear what WhatsApp said of completed invitations of the last days, and take one up again where somebody gets a text now.

    One campaign sends at a time: while another does, nothing is changed, and what was found is found again later.
    """
    since = timezone.now() - WINDOW
    completed = Campaign.objects.filter(status=Campaign.Status.COMPLETED, finished_at__gt=since)
    reopened = []
    for campaign in completed.filter(channel__in=[Campaign.Channel.BOTH, Campaign.Channel.WHATSAPP]).order_by("finished_at"):
        try:
            with transaction.atomic():
                if hear_late(campaign).fell_back:
                    reopen_campaign(campaign)
                    reopened.append(campaign)
        except WrongStatus:
            break
    return reopened
