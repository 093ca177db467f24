"""How appointments are said to people: times on the place's own clock, money as it is spoken."""

import datetime
from zoneinfo import ZoneInfo

from bookings.models import Booking
from loyalty.selectors import bookings_for_points
from servicepro.lib.clock import moment_in_words
from servicepro.lib.money import short_minor

STATUS_WORDS = {"confirmed": "Confirmed", "completed": "Completed", "no_show": "No-show", "cancelled": "Cancelled"}


def when_in_words(booking: Booking, region: str) -> str:
    """Return when an appointment is, e.g. “Tue, Mar 3 at 10:00 AM”."""
    zone = booking.place.time_zone
    return moment_in_words(booking.starts_at, zone, region, today=datetime.datetime.now(ZoneInfo(zone)).date())


def services_in_words(booking: Booking) -> str:
    """Return what was booked, e.g. “Full Detail, Interior Protection and Headlight Polish”."""
    names = [line.name for line in booking.lines.all()]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def where_in_words(booking: Booking) -> str:
    """Return where an appointment is: the place's name and address."""
    place = booking.place
    return f"{place.name}, {place.address}" if place.address else place.name


def bill_in_words(booking: Booking) -> str:
    """Return what is to be paid on site, and what points took off, which are never said without their limits."""
    due = short_minor(booking.due_minor, booking.currency)
    if not booking.points_used:
        return f"To pay on site: {due}."
    off = short_minor(booking.discount_minor, booking.currency)
    return f"To pay on site: {due}, after {points(booking.points_used)} took {off} off (points count on {bookings_for_points()})."


def points(number: int) -> str:
    """Return a number of points in words."""
    return f"{number:,} point{'' if number == 1 else 's'}"
