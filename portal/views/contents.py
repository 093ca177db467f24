"""Other services for an appointment, for whoever has its link: first what it would mean, then the press that changes it.

More points than the booking used are never spent here, so the link is enough, as it is for cancelling.
"""

import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_http_methods

from bookings.errors import NotChangeable
from bookings.selectors import Booking, services_for
from bookings.services import change_services, quote_change
from bookings.types import ChangeQuote, NewContents
from loyalty.errors import OfferRefused, RedemptionBlocked
from portal.booking_words import offered, when_words
from portal.checkout import read_amount, read_choice, read_instant
from portal.services.limits import count_change
from portal.views.appointment import CHANGE_PROBLEMS, appointment_page, can_change, of_link, path_of
from portal.views.book import CART_PROBLEMS, picker
from portal.views.pages import show, show_problem
from portal.wording import points_rules
from servicepro.lib.clock import spell_duration
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import short_minor


@of_link
@require_http_methods(["GET", "HEAD", "POST"])
def contents(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Show what other services would mean for an appointment; on the press change them."""
    if not can_change(booking):
        return appointment_page(request, booking, NotChangeable("This appointment cannot be changed any more. Please call us."))
    if request.method != "POST":
        return _choosing(request, booking)
    try:
        count_change(booking.pk)
        change_services(booking, _wanted(request.POST))
    except NotChangeable as error:
        return appointment_page(request, booking, error)
    except (*CHANGE_PROBLEMS, *CART_PROBLEMS, RedemptionBlocked, OfferRefused) as error:
        booking.refresh_from_db()
        return _choosing(request, booking, error)
    return HttpResponseRedirect(path_of(booking) + "?done=changed", status=303)


def _wanted(form: QueryDict) -> NewContents:
    seen, due = read_amount(form.get("seen", "")), read_amount(form.get("due", ""))
    return NewContents(
        read_choice(form).service_ids,
        starts_at=read_instant(form.get("t", "")),
        returns_points=form.get("back") == "1",
        returns_offer=form.get("offer_back") == "1",
        seen=-1 if seen is None else seen,  # a page of ours always says what it showed
        quoted_due_minor=-1 if due is None else due,
    )


def _choosing(request: HttpRequest, booking: Booking, error: ServiceProError | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    booked = {line.service_id: line for line in booking.lines.all()}
    is_asked = request.method == "POST" or "look" in given
    chosen = read_choice(given).service_ids if is_asked else tuple(booked)
    returns_points, returns_offer = given.get("back") == "1", given.get("offer_back") == "1"
    meaning, status = None, error.status if error else 200
    if is_asked:
        try:
            found = quote_change(booking, NewContents(chosen, returns_points=returns_points, returns_offer=returns_offer))
            meaning = _meaning(booking, found, chosen, given)
        except CART_PROBLEMS as problem:
            error, status = error or problem, status if error else problem.status
    services = [offered(service, booking.currency, chosen) for service in services_for(booking)]
    for row in services:
        if line := booked.get(row["id"]):  # what was booked keeps its price and its length
            row["price"], row["duration"] = short_minor(line.price_minor, booking.currency), spell_duration(line.duration_minutes)
    context: dict[str, Any] = {
        "when": when_words(booking.starts_at, booking.place.time_zone),
        "place": booking.place,
        "path": path_of(booking, "/services"),
        "back": path_of(booking),
        "services": services,
        "chosen": chosen,
        "points_used": booking.points_used,
        "offer_used": booking.offer_name if booking.offer_id else "",
        "returns_points": returns_points,
        "returns_offer": returns_offer,
        "seen": booking.sequence,
        "meaning": meaning,
        "rules": points_rules(),
    }
    template = "portal/appointment_services.html"
    return show_problem(request, template, error, **context) if error else show(request, template, status=status, **context)


def _meaning(booking: Booking, found: ChangeQuote, chosen: tuple[int, ...], given: QueryDict) -> dict[str, Any]:
    """Return what a change would mean, as the page shows it, with other times where it cannot stay at its own."""
    asked = [("look", "1"), *(("s", str(service_id)) for service_id in chosen)]
    path, back = path_of(booking, "/services"), [(name, "1") for name in ("back", "offer_back") if given.get(name) == "1"]

    def of_day(day: datetime.date) -> str:
        return f"{path}?{urlencode([*asked, *back, ('day', day.isoformat())])}"

    def money(minor: int) -> str:
        return short_minor(minor, booking.currency)

    def with_back(name: str) -> str:
        return f"{path}?{urlencode([*asked, *dict([*back, (name, '1')]).items()])}"

    must_move = bool(found.time_problem) and not (found.blocked or found.offer_blocked)
    wanted = read_choice(given).day or booking.starts_at.astimezone(ZoneInfo(booking.place.time_zone)).date()
    return {
        "quote": found,
        "lines": [(line.name, spell_duration(line.duration_minutes), money(line.price_minor)) for line in found.lines],
        "total": money(found.total_minor),
        "discount": money(found.discount_minor),
        "due": money(found.due_minor),
        "was_due": money(booking.due_minor),
        "duration": spell_duration(found.duration_minutes),
        "offer_discount": money(found.offer_discount_minor),
        "without_points": with_back("back"),
        "without_offer": with_back("offer_back"),
        "picker": picker(booking.place, found.duration_minutes, wanted, of_day, moving=booking) if must_move else None,
    }
