"""A seat for an appointment.

Whoever books or moves holds the place's row for the few milliseconds it takes, so that people wait in line instead of colliding.
The exclusion constraint on the table is what keeps a seat from being sold twice, also from code that forgets to stand in line.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from django.utils import timezone

from bookings.availability import free_seat, is_open_for, refusal, slot_at
from bookings.errors import ClosedThen, SlotTaken, UnknownPlace
from bookings.models import Booking, Place
from bookings.selectors import busy_between, rules_of
from bookings.types import Slot
from servicepro.lib.clock import spell_duration

TAKEN = "Somebody just took that time. Please choose another one."
OTHERWISE = "Please choose another time or fewer services."
SEAT_CONSTRAINT = "booking_seat_once"


def hold_place(place_id: int, *, is_active: bool = True) -> Place:
    """Lock a place until the transaction ends and return it as it is now. Raises UnknownPlace."""
    places = Place.objects.filter(is_active=True) if is_active else Place.objects.all()
    place = places.select_for_update(no_key=True).filter(pk=place_id).first()
    if place is None:
        raise UnknownPlace("This place takes no bookings. Please choose another one.")
    return place


def find_seat(
    place: Place, starts_at: datetime.datetime, duration_minutes: int, *, moving: Booking | None = None, is_staff: bool = False
) -> tuple[int, Slot]:
    """Return a free seat of a place that is held, and the slot. Raises ClosedThen and SlotTaken."""
    if starts_at.tzinfo is None:
        raise ClosedThen("Please choose one of the times shown.")
    rules = rules_of(place, is_staff=is_staff)
    reason = refusal(rules, starts_at, duration_minutes=duration_minutes, now=timezone.now())
    if reason:
        raise ClosedThen(reason)
    slot = slot_at(rules, starts_at, duration_minutes)
    seat = free_seat(rules, busy_between(place, slot.starts_at, slot.ends_at, leaving_out=moving), slot)
    if seat is None:
        raise SlotTaken(TAKEN)
    return seat, slot


def stretch_seat(place: Place, held: Booking, duration_minutes: int) -> tuple[int, Slot]:
    """Return the seat and the slot of an appointment that begins when it does and takes another time, its own seat where it can stay.

    Raises ClosedThen and SlotTaken where it would be longer than there is room.
    """
    rules = rules_of(place)
    slot = slot_at(rules, held.starts_at, duration_minutes)
    if slot.ends_at <= held.ends_at:
        return held.seat, slot
    if not is_open_for(rules, held.starts_at, duration_minutes):
        raise ClosedThen(f"With these services it takes {spell_duration(duration_minutes)}, and we are not open that long. {OTHERWISE}")
    busy = busy_between(place, slot.starts_at, slot.ends_at, leaving_out=held)
    seat = held.seat if all(row.seat != held.seat for row in busy) else free_seat(rules, busy, slot)
    if seat is None:
        raise SlotTaken(f"With these services it takes {spell_duration(duration_minutes)}, and somebody comes before that. {OTHERWISE}")
    return seat, slot


@contextmanager
def seat_sold_once() -> Iterator[None]:
    """Turn the database's refusal of a seat that is sold already into SlotTaken."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) == SEAT_CONSTRAINT:
            raise SlotTaken(TAKEN) from error
        raise


def constraint_of(error: IntegrityError) -> str:
    """Return the name of the constraint that refused."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
