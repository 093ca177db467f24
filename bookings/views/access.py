"""Who may look at appointments, and who may change them."""

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings.models import Booking
from bookings.policy import CONFIRMED
from bookings.selectors import booking_by_public_id
from bookings.views.asking import calendar_link, day_at
from customers.services import record_access
from servicepro.lib.admin_pages import View, get_or_404, guarded
from tenants.selectors import signed_in_user

MAY_LOOK, MAY_CHANGE, MAY_SEE_PEOPLE = "bookings.view_booking", "bookings.change_booking", "customers.view_customer"


def bookings_access(view: View, *, to_change: bool = False) -> View:
    """Let pass whose role may look at appointments, or change them where that is what the page is for or what is sent; others are
    refused, strangers sent to the sign-in page."""

    def may_open(request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CHANGE if to_change or request.method == "POST" else MAY_LOOK)

    return guarded(view, may_open, refusal="tenants/owners_only.html")


def of_confirmed(refusal: str) -> Callable[[Callable[[HttpRequest, Booking], HttpResponse]], Callable[..., HttpResponse]]:
    """Hand a page the confirmed appointment its address names, the look at it recorded; any other leads back to its day with `refusal`."""

    def of_page(view: Callable[[HttpRequest, Booking], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def found(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
            booking = get_or_404(booking_by_public_id, public_id)
            if booking.status != CONFIRMED:
                messages.error(request, refusal)
                return redirect(calendar_link("bookings-day", day_at(booking.starts_at, booking.place)))
            if request.method != "POST":
                record_access(actor=signed_in_user(request), action="view", customer=booking.customer, subject=f"booking:{booking.pk}")
            return view(request, booking)

        return found

    return of_page
