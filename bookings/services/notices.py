"""Tell customers about their appointments: noted with the change itself, sent after it is certain, never twice.

The notice is a row of the same transaction, so it cannot be lost, and it leaves through the delivery engine under a key of its own,
so it cannot be sent twice. A worker that dies, a provider that is away: the beat takes up whatever is open.
"""

import datetime
import logging
from functools import partial

from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from bookings.models import Booking, BookingNotice
from bookings.services.messages import notice_envelope
from messaging.errors import PaceUnavailable
from messaging.services import deliver
from messaging.types import Channel, Outcome, Reason, Receipt
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
BATCH = 200
GIVE_UP = datetime.timedelta(hours=24)
TASK = "bookings.send_notices"
_COLUMNS = {Channel.SMS: "sms_outcome", Channel.EMAIL: "email_outcome"}
_OPEN = (Outcome.LATER, Outcome.IN_DOUBT, Outcome.HELD)
NO_ADDRESS, SUPERSEDED, TOO_LATE = "no_address", "superseded", "too_late"


def tell(booking: Booking, what: str) -> None:
    """Note that the customer is told what happened, and have a worker send it once the transaction is committed."""
    notice = BookingNotice.objects.create(booking=booking, what=what, sequence=booking.sequence)
    transaction.on_commit(partial(_ask_worker, connection.schema_name, notice.pk))


def _ask_worker(schema: str, notice_id: int) -> None:
    """Ask a worker to begin now; where the broker is away, the beat begins within seconds of its return."""
    if not current_app.conf.broker_url:
        return  # a command that knows no broker
    try:
        current_app.send_task(TASK, args=[schema, notice_id])
    except OperationalError as error:
        logger.warning("booking_notice_not_queued notice=%s error=%r", notice_id, error)


def send_notices(notice_id: int | None = None) -> int:
    """Send what is open, or one notice, and return how many notices are done now; the others are taken up again."""
    rows = BookingNotice.objects.filter(done_at=None).select_related("booking__place", "booking__customer")
    rows = rows.filter(pk=notice_id) if notice_id else rows
    notices = list(rows.prefetch_related("booking__lines").order_by("created_at", "pk")[:BATCH])
    for channel, column in _COLUMNS.items():
        _send(channel, [notice for notice in notices if not getattr(notice, column)])
    ids = [notice.pk for notice in notices]
    settled = BookingNotice.objects.filter(~Q(sms_outcome=""), ~Q(email_outcome=""), pk__in=ids, done_at=None)
    return settled.update(done_at=timezone.now())


def _send(channel: Channel, notices: list[BookingNotice]) -> None:
    now = timezone.now()
    envelopes = []
    for notice in notices:
        if reason := _not_sent_because(notice, channel, now):
            _note(notice.pk, channel, reason)
        else:
            envelopes.append(notice_envelope(notice, channel))
    if not envelopes:
        return
    try:
        receipts = deliver(envelopes)
    except PaceUnavailable:
        return  # nothing was claimed; the beat comes back to it
    for receipt in receipts:
        if receipt.outcome not in _OPEN:
            _note(receipt.reference, channel, _said(receipt))


def _not_sent_because(notice: BookingNotice, channel: Channel, now: datetime.datetime) -> str:
    booking = notice.booking
    if not (booking.contact_email if channel is Channel.EMAIL else booking.contact_phone):
        return NO_ADDRESS
    if notice.sequence < booking.sequence:
        return SUPERSEDED  # a later notice says how it stands
    if notice.created_at < now - GIVE_UP or booking.starts_at < now:
        return TOO_LATE
    return ""


def _said(receipt: Receipt) -> str:
    if receipt.reason == Reason.ALREADY_SENT:
        return Outcome.SENT.value
    return f"{receipt.outcome}:{receipt.reason}"[:64] if receipt.reason else receipt.outcome.value


def _note(notice_id: int, channel: Channel, outcome: str) -> None:
    column = _COLUMNS[channel]
    BookingNotice.objects.filter(**{"pk": notice_id, column: ""}).update(**{column: outcome})
    logger.info("booking_notice notice=%s channel=%s outcome=%s", notice_id, channel.value, outcome)
