"""How appointments are said to people: times on the place's own clock, money as it is spoken."""

import datetime
from zoneinfo import ZoneInfo

from bookings.models import Booking
from loyalty.selectors import bookings_for_points
from servicepro.lib.money import short_minor

TWELVE_HOURS = frozenset(["US", "CA", "AU", "NZ", "IN", "PH", "PK", "MX", "MY", "SA", "AE", "KE"])
SUNDAY_FIRST = frozenset(["US", "CA", "MX", "IN", "PH", "PK", "SA", "KE", "BR", "JP", "KR", "IL", "ZA"])
STATUS_WORDS = {"confirmed": "Confirmed", "completed": "Completed", "no_show": "No-show", "cancelled": "Cancelled"}


def clock_in_words(instant: datetime.datetime, time_zone: str, region: str) -> str:
    """Return a time of day as people of a country say it; where the clock shows it twice that day, with the zone's letters."""
    local = instant.astimezone(ZoneInfo(time_zone))
    said = f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}" if region in TWELVE_HOURS else f"{local:%H:%M}"
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{said} {local:%Z}" if comes_twice else said


def day_in_words(day: datetime.date, *, today: datetime.date) -> str:
    """Return a date such as “Tue, Mar 3”, with the year where it is another one."""
    year = "" if day.year == today.year else f", {day.year}"
    return f"{day:%a, %b} {day.day}{year}"


def first_day_of_week(day: datetime.date, region: str) -> datetime.date:
    """Return the day on which the week of `day` begins in a country: Sunday or Monday."""
    return day - datetime.timedelta(days=(day.weekday() + (region in SUNDAY_FIRST)) % 7)


def when_in_words(booking: Booking, region: str) -> str:
    """Return when an appointment is, e.g. “Tue, Mar 3 at 10:00 AM”."""
    zone = booking.place.time_zone
    local = booking.starts_at.astimezone(ZoneInfo(zone))
    today = datetime.datetime.now(ZoneInfo(zone)).date()
    return f"{day_in_words(local.date(), today=today)} at {clock_in_words(booking.starts_at, zone, region)}"


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
