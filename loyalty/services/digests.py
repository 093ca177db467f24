"""Once a week the owners read who changed points by hand, whose, how many and why: all of it, so that nobody does it unseen."""

import datetime
import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from loyalty.models import AdjustmentRequest, PointsTransaction
from loyalty.selectors import adjustments_between
from loyalty.types import AdjustmentLine
from messaging.errors import PaceUnavailable
from messaging.services import deliver
from messaging.types import Channel, Envelope, MessageClass, Outcome
from servicepro.lib.clock import moment_in_words
from tenants.selectors import BusinessSettings, User, audit_entries, business_settings, current_tenant, public_url
from tenants.services import record_action

logger = logging.getLogger(__name__)
SENT_AT = datetime.time(7, 0)  # of the Monday after the week
WEEK = datetime.timedelta(days=7)
_OPEN = (Outcome.LATER, Outcome.IN_DOUBT, Outcome.HELD)


def send_weekly_digest() -> int:
    """Tell the owners about the week that ended last Monday, once a week; return how many got it now.

    A worker that was away catches up until the next one is due. What the provider has in doubt is asked about again.
    """
    if not business_settings().loyalty_weekly_digest:
        return 0
    monday = _last_monday()
    subject = f"points-week:{(monday - WEEK).isoformat()}"
    begun, ended = _midnight(monday - WEEK), _midnight(monday)
    if audit_entries([subject]) or not PointsTransaction.objects.filter(created_at__lt=ended).exists():
        return 0
    owners = User.objects.filter(role=User.Role.OWNER, is_active=True).order_by("pk")
    letter = _letter(monday, adjustments_between(begun, ended))
    envelopes = [_envelope(owner.email, subject, *letter) for owner in owners]
    try:
        receipts = deliver(envelopes) if envelopes else []
    except PaceUnavailable:
        return 0  # nothing was claimed; the next hour comes back to it
    sent = sum(receipt.outcome is Outcome.SENT for receipt in receipts)
    if not any(receipt.outcome in _OPEN for receipt in receipts):
        record_action(None, "points_digest_sent", subject, owners=len(envelopes), sent=sent)
    logger.info("points_digest owners=%s sent=%s", len(envelopes), sent)
    return sent


def choose_weekly_digest(*, is_wanted: bool, actor: User | None) -> bool:
    """Have the weekly email sent or not; return whether that changed anything. Audited."""
    with transaction.atomic():
        BusinessSettings.objects.get_or_create(pk=1)
        changed = BusinessSettings.objects.filter(pk=1, loyalty_weekly_digest=not is_wanted).update(loyalty_weekly_digest=is_wanted)
        if changed:
            record_action(actor, "loyalty_settings_changed", "business", weekly_digest=[not is_wanted, is_wanted])
    return bool(changed)


def _zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().time_zone)


def _last_monday() -> datetime.date:
    """Return the newest Monday on which the digest was due."""
    now = timezone.now().astimezone(_zone())
    monday = now.date() - datetime.timedelta(days=now.weekday())
    return monday if now >= datetime.datetime.combine(monday, SENT_AT, _zone()) else monday - WEEK


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), _zone()).astimezone(datetime.UTC)


def _letter(monday: datetime.date, lines: Sequence[AdjustmentLine]) -> tuple[str, str]:
    """Return subject and text."""
    business, address = current_tenant().name, public_url(current_tenant())
    first, last = monday - WEEK, monday - datetime.timedelta(days=1)
    week = f"{first:%b} {first.day} to {last:%b} {last.day}"
    given, taken = sum(max(line.points, 0) for line in lines), -sum(min(line.points, 0) for line in lines)
    number = f"{len(lines):,} adjustment{'' if len(lines) == 1 else 's'}"
    total = f"{number}: {given:,} points given, {taken:,} taken." if lines else "Nobody changed points by hand."
    waiting = AdjustmentRequest.objects.filter(status=AdjustmentRequest.Status.WAITING, expires_at__gt=timezone.now()).count()
    parts = [f"Points changed by hand at {business}, {week}", total, *map(_line, lines)]
    if waiting:
        parts.append(f"{waiting:,} more wait{'s' * (waiting == 1)} for an owner: {address}/admin/loyalty-insights/approvals/")
    parts.append(f"Look closer: {address}/admin/loyalty-insights/\nYou can turn this email off: {address}/admin/loyalty-settings/")
    return f"{business}: points changed by hand, {week}", "\n\n".join(parts)


def _line(line: AdjustmentLine) -> str:
    when = moment_in_words(line.at, current_tenant().time_zone, current_tenant().region)
    approved = f", approved by {line.approved_by}" if line.approved_by else ""
    return f"{when}: {line.points:+,} for {line.customer} (customer {line.customer_id}), by {line.by}{approved}. Reason: {line.reason}"


def _envelope(address: str, key: str, subject: str, body: str) -> Envelope:
    return Envelope(
        reference=address,
        channel=Channel.EMAIL,
        campaign_key=key,
        address=address,
        subject=subject,
        body=body,
        message_class=MessageClass.TRANSACTIONAL,
    )
