"""Free times to choose from, as the pages of the people who work here show them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from bookings.models import Booking, Place
from bookings.selectors import free_week
from bookings.views.asking import instant_key
from servicepro.lib.clock import clock_in_words
from tenants.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class DayChoice:
    """A day of the week that is shown: how many times it has, and whether it is the one that is open."""

    day: date
    times: int
    is_open: bool
    path: str


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A time of the day that is open; `key` is what a form sends."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Picker:
    """A week of days, the times of one of them, and the ways to the weeks around it, empty where there are none."""

    day: date
    days: list[DayChoice]
    times: list[TimeChoice]
    earlier: str
    later: str


def picker(place: Place, minutes: int, wanted: date | None, path: Callable[[date], str], *, moving: Booking | None = None) -> Picker:
    """Return the free times around a day; `path` makes the address of a day, `moving` is left out of what is taken."""
    week = free_week(place, minutes, wanted, moving=moving, is_staff=True)
    return Picker(
        day=week.day,
        days=[DayChoice(day, len(slots), day == week.day, path(day)) for day, slots in week.slots.items()],
        times=[TimeChoice(instant_key(slot.starts_at), said_at(slot.starts_at, place)) for slot in week.slots[week.day]],
        earlier=path(week.earlier) if week.earlier else "",
        later=path(week.later) if week.later else "",
    )


def said_at(instant: datetime, place: Place) -> str:
    """Return a time of day on a place's clock, as people of the business's country say it."""
    return clock_in_words(instant, place.time_zone, current_tenant().region)
