"""Move an appointment for a customer who calls: to another day, time or place, out of what is really free."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from bookings.errors import ClosedThen
from bookings.models import Booking, Place
from bookings.selectors import active_places, booking_by_public_id, not_offered_at
from bookings.services import reschedule
from bookings.views.access import of_confirmed
from bookings.views.asking import calendar_link, day_asked_for, day_at, instant_asked_for, number_asked_for, place_asked_for
from bookings.views.picking import picker
from bookings.wording import services_in_words, when_in_words
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant, signed_in_user

_SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@of_confirmed("Only a confirmed appointment can be moved.")
def move(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show the free times of a place; on a press on one of them move the appointment there, audited."""
    if request.method != "POST":
        return _page(request, booking)
    starts_at, place = instant_asked_for(request.POST.get("t", "")), place_asked_for(request.POST.get("place", ""), _places(booking))
    try:
        if starts_at is None or place is None:
            raise ClosedThen("Please choose one of the times shown.")
        seen = number_asked_for(request.POST.get("seen", ""))
        moved = reschedule(booking, starts_at, signed_in_user(request), place_id=place.pk, seen=-1 if seen is None else seen)
    except ServiceProError as error:
        return _page(request, get_or_404(booking_by_public_id, booking.public_id), error)
    messages.success(
        request, f"{moved.contact_name or 'The appointment'}: now {when_in_words(moved, current_tenant().region)}, {moved.place}."
    )
    return redirect(calendar_link("bookings-day", day_at(moved.starts_at, moved.place)))


def _places(booking: Booking) -> list[Place]:
    """Return where an appointment can be moved to: where it is, and what is open to customers."""
    return [booking.place, *(place for place in active_places() if place.pk != booking.place_id)]


def _page(request: HttpRequest, booking: Booking, error: ServiceProError | None = None) -> HttpResponse:
    given, places = request.POST if request.method == "POST" else request.GET, _places(booking)
    place = place_asked_for(given.get("place", ""), places) or booking.place
    page = reverse("booking-move", args=[booking.public_id])
    missing = not_offered_at(place, [line.service_id for line in booking.lines.all()]) if place.pk != booking.place_id else []

    def of_day(day: date) -> str:
        return f"{page}?{urlencode({'day': day.isoformat(), 'place': str(place.pk)})}"

    wanted = day_asked_for(given.get("day", "")) or day_at(booking.starts_at, booking.place)
    minutes = int((booking.ends_at - booking.starts_at).total_seconds()) // _SECONDS
    context: dict[str, Any] = {
        "booking": booking,
        "now": when_in_words(booking, current_tenant().region),
        "what": services_in_words(booking),
        "places": places,
        "place": place,
        "missing": " and ".join(missing),
        "picker": picker(place, minutes, wanted, of_day, moving=booking),
        "back": calendar_link("bookings-day", day_at(booking.starts_at, booking.place)),
        "problem": error.message if error else "",
    }
    return admin_page(request, "bookings/move.html", "Move an appointment", status_code=error.status if error else 200, **context)
