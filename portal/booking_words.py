"""Services, times and bills as the customer's pages say them: on the place's own clock, in the business's currency."""

import datetime
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date

from bookings.selectors import Booking, Service, manage_token
from bookings.types import Quote, Slot
from portal.checkout import instant_key
from servicepro.lib.clock import clock_in_words, spell_duration
from servicepro.lib.money import short_minor
from tenants.selectors import current_tenant

STATUSES = {"confirmed": "Confirmed", "completed": "Completed", "no_show": "Missed", "cancelled": "Cancelled"}


@dataclass(frozen=True, slots=True)
class DayChip:
    """A day of the picker: how it is said, in full and short, how many times it has, and whether it is the one that is open."""

    day: datetime.date
    long: str
    weekday: str
    number: str
    times: int
    is_open: bool
    path: str


@dataclass(frozen=True, slots=True)
class TimeChip:
    """A time of the picker."""

    key: str
    words: str


def day_words(day: datetime.date) -> str:
    """Return a day, e.g. "Monday, November 23"."""
    return format_date(day, "l, F j")


def time_words(instant: datetime.datetime, time_zone: str) -> str:
    """Return a time of day on a place's clock, as people of the business's country say it."""
    return clock_in_words(instant, time_zone, current_tenant().region)


def when_words(instant: datetime.datetime, time_zone: str) -> str:
    """Return a time with its day, e.g. "Monday, November 23 at 9:00 AM"."""
    return f"{day_words(instant.astimezone(ZoneInfo(time_zone)).date())} at {time_words(instant, time_zone)}"


def moment_words(instant: datetime.datetime | None) -> str:
    """Return a time with its day on the business's own clock, empty for none."""
    return when_words(instant, current_tenant().time_zone) if instant else ""


def day_chip(day: datetime.date, slots: list[Slot], *, path: str, is_open: bool) -> DayChip:
    """Return a day of the picker."""
    return DayChip(day, day_words(day), format_date(day, "D"), format_date(day, "M j"), len(slots), is_open, path)


def time_chips(slots: list[Slot], time_zone: str) -> list[TimeChip]:
    """Return the times of a day of the picker."""
    return [TimeChip(instant_key(slot.starts_at), time_words(slot.starts_at, time_zone)) for slot in slots]


def offered(service: Service, currency: str, chosen: tuple[int, ...]) -> dict[str, Any]:
    """Return a service as the list shows it."""
    return {
        "id": service.pk,
        "name": service.name,
        "description": service.description,
        "is_extra": service.category == Service.Category.ADD_ON,
        "needs_main": service.is_add_on_only,
        "price": short_minor(service.price_minor, currency),
        "duration": spell_duration(service.duration_minutes),
        "is_chosen": service.pk in chosen,
    }


def _line(name: str, minutes: int, price_minor: int, currency: str) -> tuple[str, str, str]:
    return name, spell_duration(minutes), short_minor(price_minor, currency)


def _off(minor: int, currency: str) -> str:
    """Return what an offer takes off, empty for nothing."""
    return short_minor(minor, currency) if minor else ""


def bill(quote: Quote) -> dict[str, Any]:
    """Return a quote as the bill shows it."""
    used = quote.check.allowed_points if quote.check and quote.check.can_redeem else 0
    return {
        "lines": [_line(line.name, line.duration_minutes, line.price_minor, quote.currency) for line in quote.lines],
        "total": short_minor(quote.total_minor, quote.currency),
        "total_minor": quote.total_minor,
        "points": used,
        "discount": short_minor(quote.discount_minor, quote.currency) if used else "",
        "offer": quote.offer_name,
        "offer_discount": _off(quote.offer_discount_minor, quote.currency),
        "due": short_minor(quote.due_minor, quote.currency),
        "due_minor": quote.due_minor,
        "duration": spell_duration(quote.duration_minutes),
    }


def appointment(booking: Booking) -> dict[str, Any]:
    """Return an appointment as pages show it."""
    zone = booking.place.time_zone
    return {
        "token": manage_token(booking),
        "when": when_words(booking.starts_at, zone),
        "until": time_words(booking.ends_at, zone),
        "year": booking.starts_at.astimezone(ZoneInfo(zone)).year,
        "place": booking.place,
        "status": STATUSES[booking.status],
        "is_cancelled": booking.status == Booking.Status.CANCELLED,
        "services": [line.name for line in booking.lines.all()],
        "lines": [_line(line.name, line.duration_minutes, line.price_minor, booking.currency) for line in booking.lines.all()],
        "total": short_minor(booking.total_minor, booking.currency),
        "points": booking.points_used,
        "discount": short_minor(booking.discount_minor, booking.currency) if booking.points_used else "",
        "offer": booking.offer_name,
        "offer_code": booking.offer_code,
        "offer_discount": _off(booking.offer_discount_minor, booking.currency),
        "due": short_minor(booking.due_minor, booking.currency),
    }
