"""Book an appointment, step by step: services, time, and the bill with the contact. Only the last press changes anything.

Every step stands in the address, so it works without scripts, can be left and come back to, and loses nothing on the way.
"""

import datetime
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from bookings.errors import BadCart, ServiceWithdrawn, UnknownPlace
from bookings.selectors import Booking, Place, active_places, active_services, free_week, place_by_id
from bookings.services import quote
from bookings.types import Quote
from portal.booking_words import bill, day_chip, day_words, offered, time_chips
from portal.checkout import Choice, read_choice
from portal.views.pages import private, show, show_problem
from portal.wording import points_rules
from servicepro.lib.errors import ServiceProError
from tenants.selectors import business_settings, current_tenant

SERVICES, TIMES, DETAILS = "/book", "/book/time", "/book/details"
CART_PROBLEMS = (BadCart, ServiceWithdrawn, UnknownPlace)


@private
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """Show what can be booked, and where."""
    return services_page(request, read_choice(request.GET))


def services_page(request: HttpRequest, choice: Choice, error: ServiceProError | None = None) -> HttpResponse:
    """Show the first step with what is chosen already, and what went wrong."""
    places, currency = active_places(), current_tenant().currency
    known = [place for place in places if place.pk == choice.place_id]
    place = known[0] if known else places[0] if len(places) == 1 else None
    before = Choice(points=choice.points, offer_id=choice.offer_id)
    context: dict[str, Any] = {
        "here": "book",
        "places": [{"place": row, "path": replace(before, place_id=row.pk).path(SERVICES)} for row in places],
        "place": place,
        "services": [offered(row, currency, choice.service_ids) for row in active_services(place)] if place else [],
        "kept": replace(before, place_id=place.pk, day=choice.day).fields() if place else [],
        "rules": points_rules(),
        "reply_to": business_settings().reply_to_email,
    }
    return show_problem(request, "portal/book.html", error, **context) if error else show(request, "portal/book.html", **context)


@private
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """Show when what was chosen can be had."""
    choice = read_choice(request.GET)
    if choice.place_id is None:
        return HttpResponseRedirect(SERVICES)
    try:
        found = quote(choice.cart())
    except CART_PROBLEMS as error:
        return services_page(request, choice, error)
    return times_page(request, choice, found)


def times_page(request: HttpRequest, choice: Choice, found: Quote, error: ServiceProError | None = None) -> HttpResponse:
    """Show the second step on the day that is chosen, or the first with a free time."""
    place = place_by_id(choice.place_id or 0)
    context: dict[str, Any] = {
        "here": "book",
        "place": place,
        "bill": bill(found),
        "kept": replace(choice, day=None, starts_at=None).fields(),
        "details": DETAILS,
        "back": choice.path(SERVICES, starts_at=None),
        "picker": picker(place, found.duration_minutes, choice.day, lambda day: choice.path(TIMES, day=day, starts_at=None)),
    }
    return show_problem(request, "portal/book_time.html", error, **context) if error else show(request, "portal/book_time.html", **context)


def picker(place: Place, minutes: int, wanted: datetime.date | None, path: Any, *, moving: Booking | None = None) -> dict[str, Any]:
    """Return a week of days and the times of one of them; `path` makes the address of a day."""
    week = free_week(place, minutes, wanted, moving=moving)
    return {
        "days": [day_chip(day, slots, path=path(day), is_open=day == week.day) for day, slots in week.slots.items()],
        "day": day_words(week.day),
        "times": time_chips(week.slots[week.day], place.time_zone),
        "earlier": path(week.earlier) if week.earlier else "",
        "later": path(week.later) if week.later else "",
    }
