"""What an address or a form asks for; what makes no sense counts as not asked."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from bookings.models import Place
from tenants.selectors import current_tenant

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = "%Y-%m-%dT%H:%MZ"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
SERVICES_READ_MAX = 40


def day_asked_for(text: str) -> date | None:
    """Return the day an address names; None for what is none, which means today."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) and "1970-01-09" <= text <= "9998-12-22" else None
    except ValueError:
        return None


def place_asked_for(text: str, places: Iterable[Place]) -> Place | None:
    """Return the place an address names, None for none of these."""
    return next((place for place in places if str(place.pk) == text), None)


def number_asked_for(text: str) -> int | None:
    """Return a whole number of 0 or more, None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def services_asked_for(given: QueryDict) -> tuple[int, ...]:
    """Return the ids of the services that are ticked, each once."""
    numbers = [number_asked_for(text) for text in given.getlist("s")[:SERVICES_READ_MAX]]
    return tuple(dict.fromkeys(number for number in numbers if number))


def instant_key(instant: datetime) -> str:
    """Return an instant as it stands in forms."""
    return instant.astimezone(UTC).strftime(_INSTANT)


def instant_asked_for(text: str) -> datetime | None:
    """Return the instant that stands in a form, None for anything else."""
    try:
        instant = datetime.strptime(text[:20], _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant if day_asked_for(instant.date().isoformat()) else None


def business_today() -> date:
    """Return the date on the business's own clock."""
    return timezone.now().astimezone(ZoneInfo(current_tenant().time_zone)).date()


def day_at(instant: datetime, place: Place) -> date:
    """Return the date of an instant on a place's clock."""
    return instant.astimezone(ZoneInfo(place.time_zone)).date()


def calendar_link(page: str, day: date, place: Place | None = None) -> str:
    """Return the address of a day or a week, at one place or at all; `page` is the name of the route."""
    asked = {"day": day.isoformat(), **({"place": str(place.pk)} if place else {})}
    return f"{reverse(page)}?{urlencode(asked)}"
