"""Change the services of an appointment for a customer who calls: first what it would mean, then the press that does it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, Service
from bookings.selectors import booking_by_public_id, services_for
from bookings.services import change_services, quote_change
from bookings.types import ChangeQuote, NewContents
from bookings.views.access import of_confirmed
from bookings.views.asking import calendar_link, day_asked_for, day_at, instant_asked_for, number_asked_for, services_asked_for
from bookings.views.picking import picker
from bookings.wording import points, services_in_words, when_in_words
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.clock import spell_duration
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from tenants.selectors import current_tenant, signed_in_user

_NONE = -1  # stands for what is missing or no number: no page showed it, so nothing is done


@require_http_methods(["GET", "HEAD", "POST"])
@of_confirmed("Only the services of a confirmed appointment can be changed.")
def contents(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show what other services would mean for an appointment; on the press change them, audited."""
    if request.method != "POST":
        return _page(request, booking)
    try:
        changed = change_services(booking, _wanted(request.POST), signed_in_user(request))
    except ServiceProError as error:
        return _page(request, get_or_404(booking_by_public_id, booking.public_id), error)
    who, due = changed.contact_name or "The appointment", format_minor(changed.due_minor, changed.currency)
    back = booking.points_used - changed.points_used
    returned = f" {points(back)} went back." if back else ""
    returned += " The welcome offer went back." if booking.offer_id and not changed.offer_id else ""
    messages.success(request, f"{who}: now {services_in_words(changed)}, {due} to pay.{returned}")
    return redirect(calendar_link("bookings-day", day_at(changed.starts_at, changed.place)))


def _wanted(form: QueryDict) -> NewContents:
    seen, due = number_asked_for(form.get("seen", "")), number_asked_for(form.get("due", ""))
    return NewContents(
        services_asked_for(form),
        starts_at=instant_asked_for(form.get("t", "")),
        returns_points=form.get("back") == "1",
        returns_offer=form.get("offer_back") == "1",
        seen=_NONE if seen is None else seen,
        quoted_due_minor=_NONE if due is None else due,
    )


def _page(request: HttpRequest, booking: Booking, error: ServiceProError | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    booked = tuple(line.service_id for line in booking.lines.all())
    chosen = services_asked_for(given) if "look" in given or request.method == "POST" else booked
    returns_points, returns_offer, found = given.get("back") == "1", given.get("offer_back") == "1", None
    if "look" in given or request.method == "POST":
        try:
            wanted = NewContents(chosen, returns_points=returns_points, returns_offer=returns_offer)
            found = quote_change(booking, wanted, signed_in_user(request))
        except ServiceProError as problem:
            error = error or problem
    context: dict[str, Any] = {
        "booking": booking,
        "now": when_in_words(booking, current_tenant().region),
        "services": [_offer(booking, row, is_chosen=row.pk in chosen) for row in services_for(booking)],
        "chosen": chosen,
        "returns_points": returns_points,
        "returns_offer": returns_offer,
        "offer_used": booking.offer_name if booking.offer_id else "",
        "points_used": points(booking.points_used) if booking.points_used else "",
        "found": found and _meaning(booking, found, chosen, given),
        "back": calendar_link("bookings-day", day_at(booking.starts_at, booking.place)),
        "problem": error.message if error else "",
    }
    title, status = "Change the services", error.status if error and request.method == "POST" else 200
    return admin_page(request, "bookings/contents.html", title, status_code=status, **context)


def _offer(booking: Booking, service: Service, *, is_chosen: bool) -> tuple[Service, bool, str, str]:
    """Return a service with what it costs and takes here: what was booked keeps both."""
    booked = next((line for line in booking.lines.all() if line.service_id == service.pk), service)
    return service, is_chosen, format_minor(booked.price_minor, booking.currency), spell_duration(booked.duration_minutes)


def _meaning(booking: Booking, found: ChangeQuote, chosen: tuple[int, ...], given: QueryDict) -> dict[str, Any]:
    """Return what a change would mean, as the page shows it, with other times where it cannot stay at its own."""
    asked = [("look", "1"), *(("s", str(service_id)) for service_id in chosen)]
    page = reverse("booking-contents", args=[booking.public_id])
    back = [(name, "1") for name in ("back", "offer_back") if given.get(name) == "1"]

    def of_day(day: date) -> str:
        return f"{page}?{urlencode([*asked, *back, ('day', day.isoformat())])}"

    def money(minor: int) -> str:
        return format_minor(minor, booking.currency)

    wanted = day_asked_for(given.get("day", "")) or day_at(booking.starts_at, booking.place)

    def with_back(name: str) -> str:
        return f"{page}?{urlencode([*asked, *dict([*back, (name, '1')]).items()])}"

    must_move = bool(found.time_problem) and not (found.blocked or found.offer_blocked)
    return {
        "quote": found,
        "lines": [(line.name, spell_duration(line.duration_minutes), money(line.price_minor)) for line in found.lines],
        "total": money(found.total_minor),
        "discount": money(found.discount_minor),
        "points": points(found.points),
        "points_back": points(found.points_returned) if found.points_returned and not found.blocked else "",
        "due": money(found.due_minor),
        "was_due": money(booking.due_minor),
        "duration": spell_duration(found.duration_minutes),
        "offer_discount": money(found.offer_discount_minor),
        "without_points": with_back("back"),
        "without_offer": with_back("offer_back"),
        "picker": picker(booking.place, found.duration_minutes, wanted, of_day, moving=booking) if must_move else None,
    }
