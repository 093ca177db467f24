"""How appointments are said to people: times on the place's own clock, money as it is spoken."""

import datetime
from zoneinfo import ZoneInfo

from bookings.models import Booking
from bookings.selectors import offer_usable_until
from loyalty.selectors import bookings_for_points
from servicepro.lib.clock import moment_in_words
from servicepro.lib.money import short_minor
from tenants.selectors import current_tenant

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
    """Return what is to be paid on site, and what an offer and points took off; points are never said without their limits."""
    off = []
    if booking.offer_discount_minor:
        off.append(f"your welcome offer took {short_minor(booking.offer_discount_minor, booking.currency)} off")
    if booking.points_used:
        minor = short_minor(booking.discount_minor, booking.currency)
        off.append(f"{points(booking.points_used)} took {minor} off (points count on {bookings_for_points()})")
    due = short_minor(booking.due_minor, booking.currency)
    return f"To pay on site: {due}, after {' and '.join(off)}." if off else f"To pay on site: {due}."


def offer_back_in_words(booking: Booking) -> str:
    """Say until when a cancelled appointment's welcome offer can be used again; empty where none was used or it has run out since."""
    until, business = offer_usable_until(booking), current_tenant()
    return f"Your welcome offer can be used again until {moment_in_words(until, business.time_zone, business.region)}." if until else ""


def points(number: int) -> str:
    """Return a number of points in words."""
    return f"{number:,} point{'' if number == 1 else 's'}"
