"""The people who work here see who comes on a day, and say what became of it."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from bookings import services
from bookings.models import Booking
from bookings.policy import next_statuses
from bookings.selectors import all_places, booking_by_public_id, bookings_of_day
from bookings.views.access import MAY_CHANGE, MAY_SEE_PEOPLE
from bookings.views.asking import business_today, calendar_link, day_asked_for, day_at, place_asked_for
from bookings.views.picking import said_at
from bookings.wording import STATUS_WORDS, points, services_in_words
from customers.services import record_access
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from servicepro.lib.phone import mask_phone
from tenants.selectors import current_tenant, signed_in_user

_ACTS = {"completed": "Completed", "no_show": "No-show", "confirmed": "Back to confirmed"}


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
    offer: str
    acts: tuple[tuple[str, str], ...]
    can_cancel: bool
    can_move: bool


@require_GET
def day_list(request: HttpRequest) -> HttpResponse:
    """Show who comes on a day, at one place or at all; recorded, as it names people."""
    places = all_places()
    place = place_asked_for(request.GET.get("place", ""), places)
    today = business_today()
    day = day_asked_for(request.GET.get("day", "")) or today
    bookings = bookings_of_day(day, place)
    record_access(actor=signed_in_user(request), action="view", how_many=len(bookings), subject=f"bookings:{day.isoformat()}")
    standing = [booking for booking in bookings if booking.status != Booking.Status.CANCELLED]
    may_change, currency = request.user.has_perm(MAY_CHANGE), current_tenant().currency
    return admin_page(
        request,
        "bookings/day.html",
        "Appointments",
        day=day,
        is_today=day == today,
        place=place,
        places=places,
        links=[(label, calendar_link("bookings-day", other, place)) for label, other in _around(day, today)],
        new=calendar_link("booking-new", day, place),
        may_change=may_change,
        week=calendar_link("bookings-week", day, place),
        rows=[_row(booking, may_change=may_change) for booking in bookings],
        count=len(standing),
        due=format_minor(sum(booking.due_minor for booking in standing), currency),
        discount=format_minor(sum(booking.discount_minor for booking in standing), currency),
        offers=_offers_taken(standing, currency),
        may_see_people=request.user.has_perm(MAY_SEE_PEOPLE),
    )


def _offers_taken(standing: list[Booking], currency: str) -> str:
    """Return what welcome offers took off, empty where none did."""
    minor = sum(booking.offer_discount_minor for booking in standing)
    return format_minor(minor, currency) if minor else ""


def _around(day: date, today: date) -> list[tuple[str, date]]:
    return [("Day before", day - timedelta(days=1)), ("Today", today), ("Day after", day + timedelta(days=1))]


def _row(booking: Booking, *, may_change: bool) -> _Row:
    offered = next_statuses(booking.status, booking.starts_at, timezone.now()) if may_change else ()
    off, offer_off = (format_minor(minor, booking.currency) for minor in (booking.discount_minor, booking.offer_discount_minor))
    return _Row(
        booking=booking,
        time=f"{said_at(booking.starts_at, booking.place)} to {said_at(booking.ends_at, booking.place)}",
        what=services_in_words(booking),
        phone=mask_phone(booking.contact_phone) if booking.contact_phone else "",
        status=STATUS_WORDS[booking.status],
        due=format_minor(booking.due_minor, booking.currency),
        discount=f"{points(booking.points_used)} took {off} off" if booking.points_used else "",
        offer=f"{booking.offer_name} took {offer_off} off" if booking.offer_discount_minor else "",
        acts=tuple((status, _ACTS[status]) for status in offered if status in _ACTS),
        can_cancel=Booking.Status.CANCELLED in offered,
        can_move=may_change and booking.status == Booking.Status.CONFIRMED,
    )


@require_POST
def change_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say what became of an appointment, audited, and go back to its day."""
    booking = get_or_404(booking_by_public_id, public_id)
    place = place_asked_for(request.POST.get("place", ""), all_places())
    try:
        changed = services.set_status(booking, request.POST.get("status", ""), signed_in_user(request))
        who, became = changed.contact_name or "The appointment", STATUS_WORDS[changed.status].lower()
        messages.success(request, f"{who}: {became}.{_returned(changed)}")
    except ServiceProError as error:
        messages.error(request, error.message)
    return redirect(calendar_link("bookings-day", day_at(booking.starts_at, booking.place), place))


def _returned(booking: Booking) -> str:
    if booking.status != Booking.Status.CANCELLED:
        return ""
    offer = " The welcome offer went back." if booking.offer_id else ""
    return f"{offer} {points(booking.points_used)} went back." if booking.points_used else offer
