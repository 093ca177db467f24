"""The last step: the bill, the offer and the points, how to reach the customer, and the press that books."""

import datetime
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from bookings.errors import (
    BadContact,
    BookingDiffers,
    ClosedThen,
    OfferNeedsSignIn,
    PointsNeedSignIn,
    PriceChanged,
    SlotTaken,
    TooManyUpcoming,
)
from bookings.selectors import manage_token, place_by_id, slots_of_day
from bookings.services import book, quote
from bookings.types import Contact, Quote
from customers.errors import UnknownCustomer
from loyalty.errors import OfferRefused, RedemptionBlocked
from portal.booking_words import when_words
from portal.checkout import (
    NOTE_CHARACTERS_MAX,
    Choice,
    completed,
    forget_draft,
    keep_draft,
    prefilled,
    read_amount,
    read_choice,
    read_contact,
    read_draft,
)
from portal.errors import TooManyBookings
from portal.payment import best_choice, payment_panel
from portal.selectors import has_fresh_code, signed_in_customer
from portal.services import complete_registration
from portal.services.access import SIGN_IN_PATH
from portal.services.limits import counted_booking
from portal.views.book import CART_PROBLEMS, DETAILS, SERVICES, TIMES, services_page, times_page
from portal.views.pages import SENDING_PROBLEMS, private, show
from servicepro.lib.client_ip import client_ip
from servicepro.lib.errors import ServiceProError
from servicepro.lib.phone import mask_phone

KEY_CHARACTERS_MAX = 60
NOT_FREE = SlotTaken("This time is not free. Please choose another one.")
LOOK_AGAIN = "This is the bill with your points as you want them now. Nothing is booked yet."
LOOK_AGAIN_AT_OFFER = "This is the bill as you want to pay it now. Nothing is booked yet."
TIME_PROBLEMS = (SlotTaken, ClosedThen)
BOOKING_PROBLEMS = (BadContact, PriceChanged, BookingDiffers, PointsNeedSignIn, OfferNeedsSignIn, TooManyUpcoming, UnknownCustomer)
FORM_PROBLEMS = (*BOOKING_PROBLEMS, TooManyBookings, *SENDING_PROBLEMS)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show the bill and take the contact; on the right press book, and lead to the appointment."""
    is_posted = request.method == "POST"
    choice = read_choice(request.POST if is_posted else request.GET)
    if choice.place_id is None:
        return HttpResponseRedirect(SERVICES)
    if choice.starts_at is None:
        return HttpResponseRedirect(choice.path(TIMES))
    contact = read_contact(request.POST) if is_posted else prefilled(read_draft(request), signed_in_customer(request))
    try:
        return _pressed(request, choice, contact) if is_posted else _looked(request, choice, contact)
    except CART_PROBLEMS as error:
        response = services_page(request, choice, error)
    except TIME_PROBLEMS as error:
        response = times_page(request, replace(choice, day=_day(choice)), quote(choice.cart()), error)
    if is_posted:
        keep_draft(response, contact)
    return response


def _quote(request: HttpRequest, choice: Choice) -> Quote:
    customer = signed_in_customer(request)
    return quote(choice.cart(), customer.pk if customer else None, choice.requested_points)


def _day(choice: Choice) -> datetime.date:
    """Return the day of the chosen time on the place's clock. Raises UnknownPlace."""
    assert choice.starts_at is not None
    return choice.starts_at.astimezone(ZoneInfo(place_by_id(choice.place_id or 0).time_zone)).date()


def _looked(request: HttpRequest, choice: Choice, contact: Contact) -> HttpResponse:
    found, place = _quote(request, choice), place_by_id(choice.place_id or 0)
    if all(slot.starts_at != choice.starts_at for slot in slots_of_day(place, _day(choice), found.duration_minutes)):
        raise NOT_FREE
    best = best_choice(choice, found, signed_in_customer(request))
    return _page(request, best, contact, found=found if best == choice else None)


def _page(
    request: HttpRequest,
    choice: Choice,
    contact: Contact,
    *,
    found: Quote | None = None,
    error: ServiceProError | None = None,
    note: str = "",
) -> HttpResponse:
    """Show the last step with everything as it was typed, and the bill as it is now."""
    found, place, customer = found or _quote(request, choice), place_by_id(choice.place_id or 0), signed_in_customer(request)
    assert choice.starts_at is not None
    keeps_key = not isinstance(error, BookingDiffers) and request.POST.get("key")
    problem = None if isinstance(error, (RedemptionBlocked, OfferRefused)) else error
    context = {
        "here": "book",
        "place": place,
        "when": when_words(choice.starts_at, place.time_zone),
        "kept": replace(choice, points="", offer_id=None).fields(),
        "contact": contact,
        "known_phone": mask_phone(customer.phone) if customer and customer.phone else "",
        "note_characters": NOTE_CHARACTERS_MAX,
        "wrong": error.details.get("fields", {}) if isinstance(error, BadContact) else {},
        "problem": problem.message if problem else "",
        "note": note,
        "key": keeps_key or uuid.uuid4().hex,
        **panel(request, choice, found, error),
    }
    return show(request, "portal/book_details.html", status=error.status if error else 200, **context)


def panel(request: HttpRequest, choice: Choice, found: Quote, error: ServiceProError | None = None) -> dict[str, Any]:
    """Return what the bill and the panels of offers and points show to who is at this page."""
    return payment_panel(choice, found, signed_in_customer(request), is_fresh=has_fresh_code(request), error=error)


@private
@require_safe
def price(request: HttpRequest) -> HttpResponse:
    """Show the panel and the bill alone, for the page to put in place while points are chosen."""
    choice = read_choice(request.GET)
    try:
        found = _quote(request, choice)
    except CART_PROBLEMS as error:
        return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
    return show(request, "portal/_bill.html", **panel(request, choice, found))


def _pressed(request: HttpRequest, choice: Choice, contact: Contact) -> HttpResponse:
    action = request.POST.get("action", "")
    ways = {"services": choice.path(SERVICES, starts_at=None), "time": choice.path(TIMES, starts_at=None)}
    if action in ways:
        return _away(ways[action], contact)
    if action == "code":
        return _to_sign_in(request, choice, contact)
    customer = signed_in_customer(request)
    if action == "register" and customer:
        complete_registration(customer)
        return _away(replace(choice, points="", offer_id=None).path(DETAILS), contact)
    if action == "without":
        return _booked(request, replace(choice, points=""), contact)
    if action == "without-offer":
        return _booked(request, replace(choice, offer_id=0), contact)
    if action != "confirm":
        return _page(request, choice, contact)
    if choice.points != request.POST.get("shown", ""):
        return _page(request, choice, contact, note=LOOK_AGAIN)
    if str(choice.offer_id or "") != request.POST.get("shown_offer", ""):
        return _page(request, choice, contact, note=LOOK_AGAIN_AT_OFFER)
    return _booked(request, choice, contact)


def _away(path: str, contact: Contact) -> HttpResponse:
    response = HttpResponseRedirect(path)
    keep_draft(response, contact)
    return response


def _to_sign_in(request: HttpRequest, choice: Choice, contact: Contact) -> HttpResponse:
    again = {"again": "1"} if signed_in_customer(request) else {}
    return _away(f"{SIGN_IN_PATH}?{urlencode({**again, 'next': choice.path(DETAILS)})}", contact)


def _points_to_spend(request: HttpRequest, choice: Choice) -> int:
    """Return how many points were shown as spent where it was left to us, else how many were typed. Raises RedemptionBlocked.

    The same press a second time must ask for the same, so it is not worked out anew from a balance that is smaller by then.
    """
    if choice.requested_points is not None:
        return choice.requested_points
    shown = read_amount(request.POST.get("spend", "")) or 0
    if not shown:
        check = _quote(request, choice).check
        if check and not check.can_redeem:
            raise RedemptionBlocked(check.reason_code, check.message)
    return shown


def _shown(text: str) -> int:
    """Return an amount the page showed; what is no amount is none that can be right."""
    amount = read_amount(text)
    return -1 if amount is None else amount


def _booked(request: HttpRequest, choice: Choice, contact: Contact) -> HttpResponse:
    given, customer = request.POST, signed_in_customer(request)
    assert choice.starts_at is not None
    try:
        points = _points_to_spend(request, choice)
        if points and not has_fresh_code(request):
            return _to_sign_in(request, choice, contact)
        with counted_booking(ip=client_ip(request), is_guest=customer is None):
            booking = book(
                cart=choice.cart(total_minor=_shown(given.get("total", "")), due_minor=_shown(given.get("due", ""))),
                starts_at=choice.starts_at,
                contact=completed(contact, customer),
                customer_id=customer.pk if customer else None,
                points_requested=points,
                idempotency_key=given.get("key", "")[:KEY_CHARACTERS_MAX],
            )
    except (RedemptionBlocked, OfferRefused, *FORM_PROBLEMS) as error:
        response = _page(request, choice, contact, error=error)
        if isinstance(error, TooManyBookings):
            response["Retry-After"] = str(error.retry_after_seconds)
        return response
    response = HttpResponseRedirect(f"/b/{manage_token(booking)}?done=booked", status=303)
    forget_draft(response)
    return response
