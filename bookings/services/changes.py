"""Move and end appointments. An actor of None is the customer, who has a link or is signed in."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from bookings.errors import NotChangeable
from bookings.models import Booking, BookingNotice
from bookings.policy import own_change_problem, status_problem
from bookings.selectors import booking_by_public_id
from bookings.services.booking import source_key
from bookings.services.notices import tell
from bookings.services.seats import find_seat, hold_place, seat_sold_once
from loyalty.services import reverse_redemption
from tenants.selectors import User
from tenants.services import record_action

Status = Booking.Status
RETURNED = "Booking cancelled"
_DONE = {
    Status.CONFIRMED: "booking_confirmed",
    Status.COMPLETED: "booking_completed",
    Status.NO_SHOW: "booking_no_show",
    Status.CANCELLED: "booking_cancelled",
}


def reschedule(booking: Booking, starts_at: datetime.datetime, actor: User | None = None) -> Booking:
    """Move an appointment to another time of its place and return it; its services, prices and points stay.

    Asked for the time it has, nothing changes. Raises NotChangeable, ClosedThen, SlotTaken, UnknownPlace.
    """
    with seat_sold_once(), transaction.atomic():
        place = hold_place(booking.place_id, is_active=actor is None)
        held = _held(booking)
        problem = own_change_problem(held.status, held.starts_at, timezone.now()) if actor is None else _staff_problem(held)
        if problem:
            raise NotChangeable(problem)
        if starts_at.tzinfo is None or starts_at != held.starts_at:
            minutes = int((held.ends_at - held.starts_at).total_seconds()) // 60
            seat, slot = find_seat(place, starts_at, minutes, moving=held, is_staff=actor is not None)
            was = held.starts_at
            held.seat, held.starts_at, held.ends_at, held.sequence = seat, slot.starts_at, slot.ends_at, held.sequence + 1
            held.save(update_fields=["seat", "starts_at", "ends_at", "sequence"])
            times = {"was": was.isoformat(), "starts_at": slot.starts_at.astimezone(datetime.UTC).isoformat()}
            record_action(actor, "booking_moved", f"booking:{held.pk}", by=_by(actor), **times)
            tell(held, BookingNotice.What.MOVED)
    return booking_by_public_id(booking.public_id)


def _staff_problem(booking: Booking) -> str:
    return "" if booking.status == Status.CONFIRMED else "Only a confirmed appointment can be moved."


def cancel(booking: Booking, actor: User | None = None) -> Booking:
    """Cancel an appointment, give its time free and its points back, once; return it as it is then.

    One that is cancelled already stays as it is. Raises NotChangeable where it has begun (for a customer) or was completed.
    """
    with transaction.atomic():
        held = _held(booking)
        if held.status != Status.CANCELLED:
            now = timezone.now()
            wanted = Status.CANCELLED
            own = own_change_problem(held.status, held.starts_at, now) if actor is None else ""
            problem = own or status_problem(held.status, wanted, held.starts_at, now)
            if problem:
                raise NotChangeable(problem)
            _cancel(held, actor)
    return booking_by_public_id(booking.public_id)


def set_status(booking: Booking, status: str, actor: User) -> Booking:
    """Let somebody who works here say what became of an appointment, audited; return it. Raises NotChangeable."""
    with transaction.atomic():
        held = _held(booking)
        if held.status != status:
            problem = status_problem(held.status, status, held.starts_at, timezone.now())
            if problem:
                raise NotChangeable(problem)
            if status == Status.CANCELLED:
                _cancel(held, actor)
            else:
                was, held.status = held.status, status
                held.save(update_fields=["status"])
                record_action(actor, _DONE[Status(status)], f"booking:{held.pk}", was=was)
    return booking_by_public_id(booking.public_id)


def _cancel(held: Booking, actor: User | None) -> None:
    was, now = held.status, timezone.now()
    held.status, held.cancelled_at, held.cancelled_by, held.sequence = Status.CANCELLED, now, _by(actor), held.sequence + 1
    held.save(update_fields=["status", "cancelled_at", "cancelled_by", "sequence"])
    returned = reverse_redemption(source_key=source_key(held.public_id), reason=RETURNED)
    record_action(actor, _DONE[Status.CANCELLED], f"booking:{held.pk}", was=was, by=_by(actor), points_returned=returned)
    if held.starts_at > now:
        tell(held, BookingNotice.What.CANCELLED)


def release_for_erasure(booking_ids: Sequence[int]) -> int:
    """Cancel the appointments to come of somebody who is being erased, telling nobody; return how many there were."""
    coming = list(Booking.objects.filter(pk__in=booking_ids, status=Status.CONFIRMED, starts_at__gt=timezone.now()).order_by("pk"))
    for booking in coming:
        booking.status, booking.cancelled_at, booking.cancelled_by = Status.CANCELLED, timezone.now(), "erasure"
        booking.sequence += 1
        booking.save(update_fields=["status", "cancelled_at", "cancelled_by", "sequence"])
        reverse_redemption(source_key=source_key(booking.public_id), reason=RETURNED)
        record_action(None, _DONE[Status.CANCELLED], f"booking:{booking.pk}", by="erasure")
    return len(coming)


def _held(booking: Booking) -> Booking:
    """Lock an appointment until the transaction ends and return it as it is now."""
    return Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)


def _by(actor: User | None) -> str:
    return f"user:{actor.pk}" if actor else "customer"
