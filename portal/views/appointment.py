"""One appointment, for whoever has its link: see it, take it into a calendar, move it, cancel it. Opening any of it changes nothing."""

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.errors import ClosedThen, LinkExpired, NotChangeable, PriceChanged, SlotTaken, UnknownBooking, UnknownPlace
from bookings.selectors import Booking, booking_by_token, offer_usable_until
from bookings.services import booking_ics, cancel, reschedule
from portal.booking_words import appointment as words_of
from portal.booking_words import moment_words, when_words
from portal.checkout import read_choice, read_instant
from portal.errors import TooManyBookings
from portal.services.limits import count_change
from portal.views.book import picker
from portal.views.pages import SENDING_PROBLEMS, private, show, show_problem
from portal.wording import points_rules
from servicepro.lib.errors import ServiceProError
from servicepro.lib.phone import mask_phone
from tenants.selectors import business_settings

DONE = {
    "booked": "You are booked. We send you a message with the way to this page.",
    "moved": "Your appointment is moved.",
    "changed": "Your appointment is changed. This is how it stands.",
    "cancelled": "Your appointment is cancelled.",
}
CHANGE_PROBLEMS = (NotChangeable, ClosedThen, SlotTaken, PriceChanged, UnknownPlace, TooManyBookings, *SENDING_PROBLEMS)
_SECONDS = 60


def of_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Hand a page the appointment its link names."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            booking = booking_by_token(token)
        except (UnknownBooking, LinkExpired) as error:
            reply_to = business_settings().reply_to_email
            return show(request, "portal/appointment_unknown.html", status=error.status, message=error.message, reply_to=reply_to)
        # The referrer stays same-origin as everywhere: without any, browsers send no origin with the forms, and those are refused.
        return view(request, booking)

    return private(found)


def path_of(booking: Booking, page: str = "") -> str:
    """Return the address of an appointment, or of one of its pages."""
    return f"/b/{words_of(booking)['token']}{page}"


def can_change(booking: Booking) -> bool:
    """Tell whether its customer can still change it."""
    return booking.status == Booking.Status.CONFIRMED and booking.starts_at > timezone.now()


@of_link
@require_safe
def appointment(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show an appointment."""
    return appointment_page(request, booking)


def appointment_page(request: HttpRequest, booking: Booking, error: ServiceProError | None = None) -> HttpResponse:
    """Show an appointment, and what went wrong."""
    context: dict[str, Any] = {
        "here": "",
        "booking": words_of(booking),
        "name": booking.contact_name,
        "phone": mask_phone(booking.contact_phone) if booking.contact_phone else "",
        "path": path_of(booking),
        "can_change": can_change(booking),
        "offer_until": moment_words(offer_usable_until(booking)),
        "done": request.GET.get("done", ""),
        "note": "" if error else DONE.get(request.GET.get("done", ""), ""),
        "reply_to": business_settings().reply_to_email,
        "rules": points_rules(),
    }
    return (
        show_problem(request, "portal/appointment.html", error, **context) if error else show(request, "portal/appointment.html", **context)
    )


@of_link
@require_safe
def calendar_file(_request: HttpRequest, booking: Booking) -> HttpResponse:
    """Hand out the appointment for a calendar."""
    response = HttpResponse(booking_ics(booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@of_link
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show other times; on a press on one of them move the appointment there."""
    if not can_change(booking):
        return appointment_page(request, booking, NotChangeable("This appointment cannot be moved any more. Please call us."))
    if request.method != "POST":
        return _times(request, booking)
    starts_at = read_instant(request.POST.get("t", ""))
    try:
        if starts_at is None:
            raise ClosedThen("Please choose one of the times shown.")
        count_change(booking.pk)
        reschedule(booking, starts_at)
    except NotChangeable as error:
        return appointment_page(request, booking, error)
    except CHANGE_PROBLEMS as error:
        return _times(request, booking, error)
    return HttpResponseRedirect(path_of(booking) + "?done=moved", status=303)


def _times(request: HttpRequest, booking: Booking, error: ServiceProError | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    path, minutes = path_of(booking, "/move"), int((booking.ends_at - booking.starts_at).total_seconds()) // _SECONDS

    def of_day(day: datetime.date) -> str:
        return f"{path}?day={day.isoformat()}"

    context: dict[str, Any] = {
        "booking": words_of(booking),
        "now": when_words(booking.starts_at, booking.place.time_zone),
        "place": booking.place,
        "path": path,
        "back": path_of(booking),
        "picker": picker(booking.place, minutes, read_choice(given).day, of_day, moving=booking),
    }
    template = "portal/appointment_move.html"
    return show_problem(request, template, error, **context) if error else show(request, template, **context)


@of_link
@require_POST
def cancelled(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Cancel an appointment; its offer and its points go back."""
    try:
        count_change(booking.pk)
        cancel(booking)
    except CHANGE_PROBLEMS as error:
        return appointment_page(request, booking, error)
    return HttpResponseRedirect(path_of(booking) + "?done=cancelled", status=303)
