"""Ask the send ledger what became of the people whose outcome nobody wrote down."""

import logging
from collections.abc import Iterable

from django.conf import settings

from campaigns.kinds import KINDS
from campaigns.models import Campaign, Target
from campaigns.selectors import open_targets
from messaging.selectors import ledger_rows, ledger_tag, rejection_reason
from messaging.types import Channel
from servicepro.lib.phone import phone_for_log
from servicepro.lib.tenancy import connection

recipients = logging.getLogger("servicepro.recipients")
SETTLE_BATCH = 2_000

# What the ledger's row means for the person; no row, or a released one: nobody called the provider, so it is their turn again.
_MEANING = {"sent": ("sent", ""), "rejected": ("failed", "provider_rejected"), "released": ("pending", ""), "": ("pending", "")}


def settle_in_doubt(campaign: Campaign) -> int:
    """Settle this campaign's people in doubt as far as the ledger knows; return how many are left.

    Runs under the campaign's drain lock, so nobody in doubt is just being sent.
    """
    waiting = open_targets(campaign.pk)
    for channel in (Channel.SMS, Channel.EMAIL):
        in_doubt, after = waiting.filter(**{f"{channel.value}_status": "in_doubt"}).order_by("pk"), 0
        while batch := list(in_doubt.filter(pk__gt=after)[:SETTLE_BATCH]):
            after = batch[-1].pk
            _settle(campaign, channel, batch)
    return waiting.filter(sms_status="in_doubt").count() + waiting.filter(email_status="in_doubt").count()


def _settle(campaign: Campaign, channel: Channel, batch: list[Target]) -> None:
    if channel is Channel.SMS and KINDS[campaign.kind].is_personal:
        for way in (Channel.SMS, Channel.WHATSAPP):
            _write_down(campaign, channel, [target for target in batch if target.phone_channel == way], way)
    else:
        _write_down(campaign, channel, batch, channel)


def _write_down(campaign: Campaign, channel: Channel, batch: list[Target], way: Channel) -> None:
    """Settle people whose message went `way`: the one to the phone is recorded as the text is, whichever way it went."""
    addresses = {target.pk: target.phone if channel is Channel.SMS else target.email for target in batch}
    tags = {pk: ledger_tag(way, address) for pk, address in addresses.items() if address}
    known = ledger_rows(way.value, campaign.key, list(tags.values())) if batch else {}
    rows, reached = [], []
    for target in batch:
        row = known.get(tags.get(target.pk, ""))
        if row and row.state == "claimed":
            continue
        status, reason = _MEANING[row.state if row else ""]
        if row and row.state == "rejected":
            reason = rejection_reason(way, row.error)
        if status == "sent":
            reached.append(target)
        rows.append((target.pk, status, reason, row.attempt_id if row else None, row.sid if row else ""))
    if not rows:
        return
    KINDS[campaign.kind].reached(campaign, reached)
    name = channel.value
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE campaigns_target t
               SET {name}_status = v.status, {name}_reason = v.reason, {name}_attempt_id = coalesce(v.attempt, {name}_attempt_id)
                   {", sms_sid = v.sid" if channel is Channel.SMS else ""}, updated_at = now()
              FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::text[]) AS v(id, status, reason, attempt, sid)
             WHERE t.id = v.id AND t.{name}_status = 'in_doubt'
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )
    if channel is Channel.SMS:
        log_summaries(campaign, [pk for pk, status, *_rest in rows if status in ("sent", "failed")])


def log_summaries(campaign: Campaign, target_ids: Iterable[int]) -> None:
    """Write the one summary line of each of these people, unless it was written before."""
    fresh = Target.objects.filter(pk__in=list(target_ids), summary_logged=False)
    targets = list(fresh)
    fresh.update(summary_logged=True)
    for target in targets:
        log_summary(campaign, target, is_attempted=target.sms_attempt_id is not None)


def log_summary(campaign: Campaign, target: Target, *, is_attempted: bool) -> None:
    """Write a recipient's summary line; its fields are a contract with whoever reads the logs."""
    is_full = settings.LOG_PHONES == "full"
    is_ok = target.sms_status == "sent"
    recipients.info(
        "[%s] recipient phone_raw=%s phone=%s customerId=%s sms_attempted=%s sms_ok=%s sms_skip_reason=%s sms_sid=%s"
        " points_attempted=%s points_ok=%s points_skip_reason=%s",
        KINDS[campaign.kind].log_label,
        phone_for_log(target.phone_raw or target.phone, is_full=is_full),
        phone_for_log(target.phone, is_full=is_full),
        target.customer_id or "none",
        str(is_attempted).lower(),
        str(is_ok).lower(),
        "none" if is_attempted or is_ok else target.sms_reason or "none",
        target.sms_sid or "none",
        str(campaign.points > 0).lower(),
        str(target.points_granted > 0).lower(),
        target.points_reason or "none",
    )
