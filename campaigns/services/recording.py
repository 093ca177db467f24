"""Write down what became of the people of a batch, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from campaigns.models import Campaign, Target
from campaigns.services.settling import log_summary
from loyalty.selectors import granted_customers
from messaging.types import Channel, Outcome, Receipt
from servicepro.lib.tenancy import connection

Receipts = Mapping[Channel, Mapping[int, Receipt]]

STATUS = {
    Outcome.SENT: "sent",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "skipped",
    Outcome.HELD: "held",
    Outcome.IN_DOUBT: "in_doubt",
    Outcome.LATER: "pending",
}
_RECORD = """
UPDATE campaigns_target t
   SET customer_id = v.customer_id, points_granted = v.points, points_reason = coalesce(v.points_reason, ''),
       sms_status = coalesce(v.sms_status, t.sms_status),
       sms_reason = coalesce(v.sms_reason, CASE WHEN v.sms_status IS NULL THEN t.sms_reason ELSE '' END),
       sms_attempt_id = coalesce(v.sms_attempt, t.sms_attempt_id), sms_sid = coalesce(v.sms_sid, t.sms_sid),
       email_status = coalesce(v.email_status, t.email_status),
       email_reason = coalesce(v.email_reason, CASE WHEN v.email_status IS NULL THEN t.email_reason ELSE '' END),
       email_attempt_id = coalesce(v.email_attempt, t.email_attempt_id),
       not_before = v.not_before, error_message = coalesce(v.error, ''), facts = coalesce(v.facts, t.facts),
       summary_logged = t.summary_logged OR v.logged,
       updated_at = now()
  FROM json_to_recordset(%s::json)
       AS v(id bigint, customer_id bigint, points int, points_reason text, sms_status text, sms_reason text, sms_attempt uuid,
            sms_sid text, email_status text, email_reason text, email_attempt uuid, not_before timestamptz, error text,
            facts jsonb, logged boolean)
 WHERE t.id = v.id
"""


def record_outcomes(campaign: Campaign, targets: Sequence[Any], receipts: Receipts, fresh_points: Collection[int]) -> None:
    """Record the round of these people by their `receipts` (channel to target id to receipt), then write their summary lines.

    `fresh_points` are the ids of targets whose points were granted in this round.
    """
    customers = {target.customer_id for target in targets if target.customer_id}
    granted = granted_customers(campaign.key, customers) if campaign.points else set()
    rows = []
    for target in targets:
        _note_points(campaign, target, has_points=target.customer_id in granted, is_fresh=target.pk in fresh_points)
        rows.append(_row(target, receipts[Channel.SMS].get(target.pk), receipts[Channel.EMAIL].get(target.pk)))
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [orjson.dumps([_brief(row) for row in rows]).decode()])
    for target, row in zip(targets, rows, strict=True):
        if row["logged"] and not target.summary_logged:
            log_summary(campaign, target, is_attempted=receipts[Channel.SMS][target.pk].is_attempted)


def _note_points(campaign: Campaign, target: Target, *, has_points: bool, is_fresh: bool) -> None:
    target.points_granted = campaign.points if has_points else 0
    target.points_reason = "" if is_fresh else "already_granted" if has_points else "not_granted"


def _row(target: Target, sms: Receipt | None, email: Receipt | None) -> dict[str, Any]:
    """Return the record of one person's round, and bring the target in memory up to it."""
    if sms:
        target.sms_status, target.sms_reason = STATUS[sms.outcome], str(sms.reason)
        target.sms_attempt_id, target.sms_sid = sms.attempt_id or target.sms_attempt_id, sms.sid
    untils = [receipt.until for receipt in (sms, email) if receipt and receipt.until]
    facts = {name: receipt.facts for name, receipt in (("text", sms), ("email", email)) if receipt and receipt.facts}
    row: dict[str, Any] = {
        "id": target.pk,
        "customer_id": target.customer_id,
        "points": target.points_granted,
        "points_reason": target.points_reason,
        "not_before": min(untils) if untils else None,
        "error": next((receipt.error for receipt in (sms, email) if receipt and receipt.error), ""),
        "facts": {**target.facts, **facts} if facts else None,
        "logged": sms is not None and sms.outcome in (Outcome.SENT, Outcome.FAILED, Outcome.SKIPPED),
    }
    if sms:
        row |= {"sms_status": target.sms_status, "sms_reason": target.sms_reason, "sms_attempt": sms.attempt_id, "sms_sid": sms.sid}
    if email:
        row |= {"email_status": STATUS[email.outcome], "email_reason": str(email.reason), "email_attempt": email.attempt_id}
    return row


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the statement takes for granted: parsing it costs the database as much as writing it."""
    return {name: value for name, value in row.items() if value not in (None, "")}
