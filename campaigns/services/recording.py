"""Write down what became of the people of a batch, in one statement."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from campaigns.models import Campaign, Target
from campaigns.services.settling import log_summary
from loyalty.selectors import granted_customers
from messaging.types import Channel, Outcome, Receipt
from servicepro.lib.tenancy import connection
from servicepro.lib.value_columns import as_columns, columns_sql

Receipts = Mapping[Channel, Mapping[int, Receipt]]

STATUS = {
    Outcome.SENT: "sent",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "skipped",
    Outcome.HELD: "held",
    Outcome.IN_DOUBT: "in_doubt",
    Outcome.LATER: "pending",
}
_FINAL = (Outcome.SENT, Outcome.FAILED, Outcome.SKIPPED)
# Empty: as it was, or none. A taken person is found by their place on the page, and by number whoever was written to since.
_COLUMNS = (
    "place, id, customer_id, points, points_reason, sms_status, sms_reason, sms_attempt, sms_sid, email_status, email_reason,"
    " email_attempt, not_before, error, facts, logged"
)
_RECORD = f"""
UPDATE campaigns_target t
   SET customer_id = nullif(v.customer_id, '')::bigint, points_granted = v.points::int, points_reason = coalesce(v.points_reason, ''),
       sms_status = coalesce(nullif(v.sms_status, ''), t.sms_status),
       sms_reason = CASE WHEN v.sms_status <> '' THEN coalesce(v.sms_reason, '') ELSE t.sms_reason END,
       sms_attempt_id = coalesce(nullif(v.sms_attempt, '')::uuid, t.sms_attempt_id), sms_sid = coalesce(nullif(v.sms_sid, ''), t.sms_sid),
       email_status = coalesce(nullif(v.email_status, ''), t.email_status),
       email_reason = CASE WHEN v.email_status <> '' THEN coalesce(v.email_reason, '') ELSE t.email_reason END,
       email_attempt_id = coalesce(nullif(v.email_attempt, '')::uuid, t.email_attempt_id),
       not_before = nullif(v.not_before, '')::timestamptz, error_message = coalesce(v.error, ''),
       facts = coalesce(nullif(v.facts, '')::jsonb, t.facts), summary_logged = t.summary_logged OR v.logged::boolean,
       updated_at = now()
  FROM {columns_sql(_COLUMNS.count(",") + 1)} AS v({_COLUMNS})
 WHERE t.id = v.id::bigint
"""
_RECORD_IN_PLACE = f"{_RECORD} AND t.ctid = v.place::tid"


def record_outcomes(campaign: Campaign, targets: Sequence[Any], receipts: Receipts, fresh_points: Collection[int]) -> None:
    """Record the round of these people by their `receipts` (channel to target id to receipt), then write their summary lines.

    `fresh_points` are the ids of targets whose points were granted in this round.
    """
    if not targets:
        return
    unsure = {target.customer_id for target in targets if target.customer_id and target.pk not in fresh_points}
    granted = granted_customers(campaign.key, unsure) if campaign.points and unsure else set()
    # While one way rests, whoever waits for the other until the morning must be looked at again when the rest is over.
    wakes = [until for until in (campaign.rests_until, campaign.email_rests_until) if until]
    rows = []
    for target in targets:
        _note_points(campaign, target, is_fresh=target.pk in fresh_points, has_points=target.customer_id in granted)
        rows.append(_row(target, receipts[Channel.SMS].get(target.pk), receipts[Channel.EMAIL].get(target.pk), wakes))
    columns = as_columns(rows)
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_IN_PLACE, columns)
        if cursor.rowcount < len(rows):
            cursor.execute(_RECORD, columns)
    for target in targets:
        receipt = receipts[Channel.SMS].get(target.pk)
        if receipt and receipt.outcome in _FINAL and not target.summary_logged:
            log_summary(campaign, target, is_attempted=receipt.is_attempted)


def _note_points(campaign: Campaign, target: Target, *, is_fresh: bool, has_points: bool) -> None:
    target.points_granted = campaign.points if is_fresh or has_points else 0
    target.points_reason = "" if is_fresh else "already_granted" if has_points else "not_granted"


def _row(target: Any, sms: Receipt | None, email: Receipt | None, wakes: Sequence[datetime.datetime]) -> tuple[str, ...]:
    """Return the record of one person's round, and bring the target in memory up to it."""
    if sms:
        target.sms_status, target.sms_reason = STATUS[sms.outcome], str(sms.reason)
        target.sms_attempt_id, target.sms_sid = sms.attempt_id or target.sms_attempt_id, sms.sid
    untils = [receipt.until for receipt in (sms, email) if receipt and receipt.until]
    if untils:
        untils = [] if _is_soon(sms, email) else [*untils, *wakes]
    facts = {name: receipt.facts for name, receipt in (("text", sms), ("email", email)) if receipt and receipt.facts}
    error = next((receipt.error for receipt in (sms, email) if receipt and receipt.error), "")
    return (
        target.place,
        str(target.pk),
        str(target.customer_id or ""),
        str(target.points_granted),
        target.points_reason,
        *_way(sms),
        sms.sid if sms else "",
        *_way(email),
        min(untils).isoformat() if untils else "",
        " ".join(error.split()),
        orjson.dumps({**target.facts, **facts}).decode() if facts else "",
        "t" if sms and sms.outcome in _FINAL else "f",
    )


def _is_soon(sms: Receipt | None, email: Receipt | None) -> bool:
    """Tell whether one way's turn comes again at once while the other is held: nobody's email waits for the morning of a phone."""
    outcomes = {receipt.outcome for receipt in (sms, email) if receipt and (receipt.outcome is Outcome.HELD or not receipt.until)}
    return outcomes >= {Outcome.HELD, Outcome.LATER}


def _way(receipt: Receipt | None) -> tuple[str, str, str]:
    """Return what became of one message: status, reason and attempt."""
    if receipt is None:
        return "", "", ""
    return STATUS[receipt.outcome], str(receipt.reason), receipt.attempt_id.hex if receipt.attempt_id else ""
