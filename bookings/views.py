"""The people who work here see who comes on a day, and say what became of it."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from bookings import services
from bookings.errors import UnknownBooking
from bookings.models import Booking, Place
from bookings.policy import next_statuses
from bookings.selectors import all_places, booking_by_public_id, bookings_of_day
from bookings.wording import STATUS_WORDS, clock_in_words, points, services_in_words
from customers.services import record_access
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from servicepro.lib.phone import mask_phone
from tenants.selectors import User, current_tenant

MAY_LOOK, MAY_CHANGE, MAY_SEE_PEOPLE = "bookings.view_booking", "bookings.change_booking", "customers.view_customer"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ACTS = {"completed": "Completed", "no_show": "No-show", "confirmed": "Back to confirmed"}


def bookings_access(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let pass whose role may look at appointments, and with a POST whose may change them; send strangers to the sign-in page."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/admin/login/")
        if not request.user.has_perm(MAY_CHANGE if request.method == "POST" else MAY_LOOK):
            return HttpResponse(render_to_string("tenants/owners_only.html"), status=403)
        return view(request, *arguments, **named)

    return checked


@dataclass(frozen=True, slots=True)
class _Row:
    """One appointment as the day shows it."""

    booking: Booking
    time: str
    what: str
    phone: str
    status: str
    due: str
    discount: str
    acts: tuple[tuple[str, str], ...]
    can_cancel: bool


@require_GET
def day_list(request: HttpRequest) -> HttpResponse:
    """Show who comes on a day, at one place or at all; recorded, as it names people."""
    places = all_places()
    place = _place_asked_for(request.GET.get("place", ""), places)
    today = timezone.now().astimezone(ZoneInfo(current_tenant().time_zone)).date()
    day = _day_asked_for(request.GET.get("day", "")) or today
    bookings = bookings_of_day(day, place)
    record_access(actor=cast(User, request.user), action="view", how_many=len(bookings), subject=f"bookings:{day.isoformat()}")
    standing = [booking for booking in bookings if booking.status != Booking.Status.CANCELLED]
    may_change, currency = request.user.has_perm(MAY_CHANGE), current_tenant().currency
    context = {
        **admin.site.each_context(request),
        "title": "Appointments",
        "day": day,
        "is_today": day == today,
        "place": place,
        "places": places,
        "links": [(label, _link(other, place)) for label, other in _around(day, today)],
        "rows": [_row(booking, may_change=may_change) for booking in bookings],
        "count": len(standing),
        "due": format_minor(sum(booking.due_minor for booking in standing), currency),
        "discount": format_minor(sum(booking.discount_minor for booking in standing), currency),
        "may_see_people": request.user.has_perm(MAY_SEE_PEOPLE),
    }
    return render(request, "bookings/day.html", context)


def _around(day: date, today: date) -> list[tuple[str, date]]:
    return [("Day before", day - timedelta(days=1)), ("Today", today), ("Day after", day + timedelta(days=1))]


def _link(day: date, place: Place | None) -> str:
    asked = {"day": day.isoformat(), **({"place": str(place.pk)} if place else {})}
    return f"{reverse('bookings-day')}?{urlencode(asked)}"


def _day_asked_for(text: str) -> date | None:
    """Return the day an address names; None for what is none, which means today."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) and "1970-01-02" <= text <= "9998-12-30" else None
    except ValueError:
        return None


def _place_asked_for(text: str, places: list[Place]) -> Place | None:
    return next((place for place in places if str(place.pk) == text), None)


def _row(booking: Booking, *, may_change: bool) -> _Row:
    region, zone = current_tenant().region, booking.place.time_zone
    offered = next_statuses(booking.status, booking.starts_at, timezone.now()) if may_change else ()
    off = format_minor(booking.discount_minor, booking.currency)
    return _Row(
        booking=booking,
        time=f"{clock_in_words(booking.starts_at, zone, region)} to {clock_in_words(booking.ends_at, zone, region)}",
        what=services_in_words(booking),
        phone=mask_phone(booking.contact_phone) if booking.contact_phone else "",
        status=STATUS_WORDS[booking.status],
        due=format_minor(booking.due_minor, booking.currency),
        discount=f"{points(booking.points_used)} took {off} off" if booking.points_used else "",
        acts=tuple((status, _ACTS[status]) for status in offered if status in _ACTS),
        can_cancel=Booking.Status.CANCELLED in offered,
    )


@require_POST
def change_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say what became of an appointment, audited, and go back to its day."""
    try:
        booking = booking_by_public_id(public_id)
    except UnknownBooking as error:
        raise Http404(error.message) from error
    place = _place_asked_for(request.POST.get("place", ""), all_places())
    try:
        changed = services.set_status(booking, request.POST.get("status", ""), cast(User, request.user))
        who, became = changed.contact_name or "The appointment", STATUS_WORDS[changed.status].lower()
        messages.success(request, f"{who}: {became}.{_returned(changed)}")
    except ServiceProError as error:
        messages.error(request, error.message)
    return redirect(_link(_day_of(booking.starts_at, booking.place), place))


def _returned(booking: Booking) -> str:
    is_cancelled = booking.status == Booking.Status.CANCELLED and booking.points_used
    return f" {points(booking.points_used)} went back." if is_cancelled else ""


def _day_of(instant: datetime, place: Place) -> date:
    return instant.astimezone(ZoneInfo(place.time_zone)).date()
