"""Move and end appointments. An actor of None is the customer, who has a link or is signed in."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from bookings.errors import BadCart, ChangedMeanwhile, NotChangeable
from bookings.models import Booking, BookingNotice, Place
from bookings.policy import own_change_problem, status_problem
from bookings.selectors import booking_by_public_id, not_offered_at
from bookings.services.discounts import return_discounts
from bookings.services.notices import tell
from bookings.services.seats import find_seat, hold_place, seat_sold_once
from tenants.selectors import User
from tenants.services import record_action

Status = Booking.Status
RETURNED = "Booking cancelled"
LOOK_AGAIN = "This appointment was changed since you opened the page. Nothing was done; please look again."
_DONE = {
    Status.CONFIRMED: "booking_confirmed",
    Status.COMPLETED: "booking_completed",
    Status.NO_SHOW: "booking_no_show",
    Status.CANCELLED: "booking_cancelled",
}


def reschedule(
    booking: Booking,
    starts_at: datetime.datetime,
    actor: User | None = None,
    *,
    place_id: int | None = None,
    seen: int | None = None,
) -> Booking:
    """Move an appointment to another time, or to a place too where one is given, and return it; services, prices and points stay.

    Asked for the time and place it has, nothing changes. `seen` is the `sequence` of the page it was chosen on. Raises NotChangeable
    (ChangedMeanwhile where the page was old), BadCart, ClosedThen, SlotTaken, UnknownPlace.
    """
    wanted_id = place_id or booking.place_id
    with seat_sold_once(), transaction.atomic():
        place = hold_place(wanted_id, is_active=actor is None or wanted_id != booking.place_id)
        held = _held(booking)
        problem = own_change_problem(held.status, held.starts_at, timezone.now()) if actor is None else _staff_problem(held)
        if problem:
            raise NotChangeable(problem)
        if starts_at.tzinfo is None or (starts_at, place.pk) != (held.starts_at, held.place_id):
            _refuse_unseen(held, seen, place_id or held.place_id, place.pk)
            _move(held, place, starts_at, actor)
    return booking_by_public_id(booking.public_id)


def _refuse_unseen(held: Booking, seen: int | None, wanted_id: int, held_place_id: int) -> None:
    """Refuse what was chosen without knowing how the appointment stands. Raises ChangedMeanwhile."""
    if (seen is not None and seen != held.sequence) or wanted_id != held_place_id:
        raise ChangedMeanwhile(LOOK_AGAIN)


def _move(held: Booking, place: Place, starts_at: datetime.datetime, actor: User | None) -> None:
    if place.pk != held.place_id:
        missing = not_offered_at(place, list(held.lines.values_list("service_id", flat=True)))
        if missing:
            raise BadCart(f"{place.name} does not offer {' and '.join(missing)}. Nothing was moved.")
    minutes = int((held.ends_at - held.starts_at).total_seconds()) // 60
    seat, slot = find_seat(place, starts_at, minutes, moving=held, is_staff=actor is not None)
    facts: dict[str, Any] = {"was": held.starts_at.isoformat(), "starts_at": slot.starts_at.astimezone(datetime.UTC).isoformat()}
    if place.pk != held.place_id:
        facts |= {"was_place": held.place_id, "place": place.pk}
    held.place, held.seat, held.starts_at, held.ends_at, held.sequence = place, seat, slot.starts_at, slot.ends_at, held.sequence + 1
    held.save(update_fields=["place", "seat", "starts_at", "ends_at", "sequence"])
    record_action(actor, "booking_moved", f"booking:{held.pk}", by=by_whom(actor), **facts)
    tell(held, BookingNotice.What.MOVED)


def _staff_problem(booking: Booking) -> str:
    return "" if booking.status == Status.CONFIRMED else "Only a confirmed appointment can be moved."


def cancel(booking: Booking, actor: User | None = None) -> Booking:
    """Cancel an appointment, give its time free, its offer and its points back, once; return it as it is then.

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
    held.status, held.cancelled_at, held.cancelled_by, held.sequence = Status.CANCELLED, now, by_whom(actor), held.sequence + 1
    held.save(update_fields=["status", "cancelled_at", "cancelled_by", "sequence"])
    returned = return_discounts(held, RETURNED)
    record_action(actor, _DONE[Status.CANCELLED], f"booking:{held.pk}", was=was, by=by_whom(actor), points_returned=returned)
    if held.starts_at > now:
        tell(held, BookingNotice.What.CANCELLED)


def release_for_erasure(booking_ids: Sequence[int]) -> int:
    """Cancel the appointments to come of somebody who is being erased, telling nobody; return how many there were."""
    coming = list(Booking.objects.filter(pk__in=booking_ids, status=Status.CONFIRMED, starts_at__gt=timezone.now()).order_by("pk"))
    for booking in coming:
        booking.status, booking.cancelled_at, booking.cancelled_by = Status.CANCELLED, timezone.now(), "erasure"
        booking.sequence += 1
        booking.save(update_fields=["status", "cancelled_at", "cancelled_by", "sequence"])
        return_discounts(booking, RETURNED)
        record_action(None, _DONE[Status.CANCELLED], f"booking:{booking.pk}", by="erasure")
    return len(coming)


def _held(booking: Booking) -> Booking:
    """Lock an appointment until the transaction ends and return it as it is now."""
    return Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)


def by_whom(actor: User | None) -> str:
    """Return who did it, as it is kept."""
    return f"user:{actor.pk}" if actor else "customer"
