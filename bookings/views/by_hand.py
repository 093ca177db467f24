"""Book for a customer who calls: services, a free time and how to reach them on one page, through the same service as everybody.

The page is one form that keeps what was typed while services, days and times are looked at; only its last button books.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from bookings.errors import BadContact, BookingDiffers, ClosedThen
from bookings.models import Place
from bookings.selectors import active_places, active_services
from bookings.services import book_by_hand, quote
from bookings.types import Cart, Contact, Quote
from bookings.views.asking import (
    calendar_link,
    day_asked_for,
    day_at,
    instant_asked_for,
    instant_key,
    number_asked_for,
    place_asked_for,
    services_asked_for,
)
from bookings.views.picking import picker
from bookings.wording import when_in_words
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.clock import spell_duration
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from tenants.selectors import current_tenant, signed_in_user

KEY_CHARACTERS_MAX = 60
_NONE = -1  # a price that no page showed
_FIELDS = (
    ("name", "Name", "text", 120),
    ("phone", "Mobile number", "tel", 40),
    ("email", "Email", "email", 254),
    ("note", "Note for the people on site", "text", 1_000),
)


@dataclass(frozen=True, slots=True)
class _Field:
    """Something to be typed about the customer, as the page shows it."""

    name: str
    label: str
    kind: str
    longest: int
    value: str
    wrong: str


@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest) -> HttpResponse:
    """Show the form; on the press of its last button book, audited."""
    places = active_places()
    given = request.POST if request.method == "POST" else request.GET
    place = place_asked_for(given.get("place", ""), places) or next(iter(places), None)
    if request.method != "POST" or "book" not in given or place is None:
        return _page(request, places, place)
    starts_at = instant_asked_for(given.get("t", ""))
    try:
        if starts_at is None or day_at(starts_at, place) != day_asked_for(given.get("day", "")):
            raise ClosedThen("Please choose one of the times shown.")
        total = number_asked_for(given.get("total", ""))
        booking = book_by_hand(
            cart=Cart(place.pk, services_asked_for(given), _NONE if total is None else total),
            starts_at=starts_at,
            contact=Contact(*(given.get(name, "") for name, _label, _kind, _longest in _FIELDS)),
            actor=signed_in_user(request),
            idempotency_key=given.get("key", "")[:KEY_CHARACTERS_MAX],
        )
    except ServiceProError as error:
        return _page(request, places, place, error)
    messages.success(request, f"{booking.contact_name}: booked for {when_in_words(booking, current_tenant().region)}, {booking.place}.")
    return redirect(calendar_link("bookings-day", day_at(booking.starts_at, booking.place)))


def _page(request: HttpRequest, places: list[Place], place: Place | None, error: ServiceProError | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    chosen, found = services_asked_for(given), None
    if place and chosen:
        try:
            found = quote(Cart(place.pk, chosen))
        except ServiceProError as problem:
            error = error or problem
    keeps_key = given.get("key") if not isinstance(error, BookingDiffers) else ""
    starts_at = instant_asked_for(given.get("t", ""))
    wrong = error.details.get("fields", {}) if isinstance(error, BadContact) else {}
    context: dict[str, Any] = {
        "places": places,
        "place": place,
        "services": _services(place, chosen),
        "fields": [_Field(name, label, kind, longest, given.get(name, ""), wrong.get(name, "")) for name, label, kind, longest in _FIELDS],
        "day": given.get("go") or given.get("day", ""),
        "chosen_time": instant_key(starts_at) if starts_at else "",
        "key": keeps_key or uuid.uuid4().hex,
        "problem": error.message if error else "",
        **(_times(place, found, given) if place and found else {}),
    }
    return admin_page(request, "bookings/by_hand.html", "New appointment", status_code=error.status if error else 200, **context)


def _services(place: Place | None, chosen: tuple[int, ...]) -> list[tuple[int, str, str, bool]]:
    """Return what is offered: id, name, price and length, and whether it is ticked."""
    offered, currency = active_services(place) if place else [], current_tenant().currency
    return [
        (row.pk, row.name, f"{format_minor(row.price_minor, currency)}, {spell_duration(row.duration_minutes)}", row.pk in chosen)
        for row in offered
    ]


def _times(place: Place, found: Quote, given: QueryDict) -> dict[str, Any]:
    """Return the bill and the free times around the day that is looked at."""
    wanted = day_asked_for(given.get("go") or given.get("day", ""))
    return {
        "total": format_minor(found.total_minor, found.currency),
        "total_minor": found.total_minor,
        "length": spell_duration(found.duration_minutes),
        "picker": picker(place, found.duration_minutes, wanted, _as_it_is),
    }


def _as_it_is(day: date) -> str:
    """Return what the button of a day sends."""
    return day.isoformat()
