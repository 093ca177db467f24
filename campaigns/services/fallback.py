"""Whom WhatsApp does not reach gets a text, where the owner chose both and the person refused nothing: one message, never two."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.services.lifecycle import reopen_campaign
from messaging.selectors import delivery_counts, late_failures
from messaging.types import FALLBACK_REASONS, Outcome, Reason, Receipt
from servicepro.lib.tenancy import connection

WINDOW = datetime.timedelta(hours=72)  # what is told later than this is told in vain: the invitation is old
LOOK_AT = 5_000
# Without an opt-in or a number of the business WhatsApp was never tried; neither says anything about texts.
INSTEAD = FALLBACK_REASONS | {Reason.CONSENT_REQUIRED, Reason.WHATSAPP_NOT_CONFIGURED}
_FALL_BACK = """
UPDATE campaigns_target t
   SET phone_channel = 'sms', sms_status = 'pending', sms_reason = '', sms_attempt_id = NULL, sms_sid = '', not_before = NULL,
       had_turn = true, facts = t.facts || jsonb_build_object('whatsapp', jsonb_build_object('reason', v.reason, 'attempt', v.attempt)),
       updated_at = now()
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
        cursor.execute(_FALL_BACK, [*map(list, zip(*people, strict=True)), campaign.pk])
        return cursor.rowcount


def fall_back_late(campaign: Campaign) -> int:
    """Give those a text of whom WhatsApp said only later that they cannot be reached; return how many."""
    if campaign.channel != Campaign.Channel.BOTH:
        return 0
    theirs = Target.objects.filter(campaign_id=campaign.pk, phone_channel="whatsapp", opted_out=False)
    refused = theirs.filter(sms_status="failed", sms_reason__in=list(INSTEAD)).values_list("pk", "sms_reason", "sms_attempt_id")
    moved = fall_back(campaign, [(pk, reason, str(attempt or "")) for pk, reason, attempt in refused])
    if not delivery_counts(campaign.key)["whatsapp"]["failed"]:
        return moved
    sent, after = theirs.filter(sms_status="sent", sms_attempt_id__isnull=False).order_by("pk"), 0
    while batch := list(sent.filter(pk__gt=after).values_list("pk", "sms_attempt_id")[:LOOK_AT]):
        after = batch[-1][0]
        attempts = {attempt: pk for pk, attempt in batch if attempt}
        said = late_failures("whatsapp", campaign.key, list(attempts))
        moved += fall_back(campaign, [(attempts[at], why, str(at)) for at, why in said.items() if why in INSTEAD])
    return moved


def reopen_for_fallback() -> list[Campaign]:
    """Take up completed invitations of the last days for people WhatsApp did not reach after all, one at a time; return them."""
    since = timezone.now() - WINDOW
    reopened = []
    completed = Campaign.objects.filter(status=Campaign.Status.COMPLETED, channel=Campaign.Channel.BOTH, finished_at__gt=since)
    for campaign in completed.order_by("finished_at"):
        try:
            with transaction.atomic():
                if fall_back_late(campaign):
                    reopen_campaign(campaign)
                    reopened.append(campaign)
        except WrongStatus:
            break  # another campaign is being sent: what was found is found again when it is done
    return reopened
