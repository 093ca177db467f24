"""The people who work here see the week."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from bookings.models import Booking, Place
from bookings.selectors import WEEK, all_places, bookings_of_week
from bookings.views.access import MAY_CHANGE
from bookings.views.asking import business_today, calendar_link, day_asked_for, place_asked_for
from bookings.views.picking import said_at
from bookings.wording import STATUS_WORDS, services_in_words
from customers.services import record_access
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.clock import first_day_of_week
from tenants.selectors import current_tenant, signed_in_user


@dataclass(frozen=True, slots=True)
class _Entry:
    """One appointment as the week shows it."""

    time: str
    name: str
    what: str
    place: str
    status: str
    words: str
    path: str


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the week; `count` leaves out what was cancelled."""

    day: date
    is_today: bool
    path: str
    count: int
    entries: list[_Entry]


@require_GET
def week(request: HttpRequest) -> HttpResponse:
    """Show who comes on the seven days around one, at one place or at all; recorded, as it names people."""
    places = all_places()
    place = place_asked_for(request.GET.get("place", ""), places)
    today = business_today()
    region = current_tenant().region
    first = first_day_of_week(day_asked_for(request.GET.get("day", "")) or today, region)
    found = bookings_of_week(first, place)
    how_many = sum(len(bookings) for bookings in found.values())
    record_access(actor=signed_in_user(request), action="view", how_many=how_many, subject=f"bookings-week:{first.isoformat()}")
    return admin_page(
        request,
        "bookings/week.html",
        "Appointments of a week",
        first=first,
        last=first + timedelta(days=WEEK - 1),
        place=place,
        places=places,
        links=[(label, calendar_link("bookings-week", day, place)) for label, day in _around(first, today)],
        new=calendar_link("booking-new", today, place),
        may_change=request.user.has_perm(MAY_CHANGE),
        days=[_day(day, bookings, place=place, today=today) for day, bookings in found.items()],
        names_places=place is None and len(places) > 1,
        is_empty=not how_many,
    )


def _around(first: date, today: date) -> list[tuple[str, date]]:
    span = timedelta(days=WEEK)
    return [("Week before", first - span), ("Today", today), ("Week after", first + span)]


def _day(day: date, bookings: list[Booking], *, place: Place | None, today: date) -> _Day:
    path = calendar_link("bookings-day", day, place)
    count = sum(booking.status != Booking.Status.CANCELLED for booking in bookings)
    return _Day(day, day == today, path, count, [_entry(booking, path) for booking in bookings])


def _entry(booking: Booking, path: str) -> _Entry:
    return _Entry(
        time=said_at(booking.starts_at, booking.place),
        name=booking.contact_name or "Customer",
        what=services_in_words(booking),
        place=booking.place.name,
        status=booking.status,
        words=STATUS_WORDS[booking.status],
        path=f"{path}#b-{booking.public_id}",
    )
