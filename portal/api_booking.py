"""Book by a program: the same rules, prices, offers and points as on the page."""

import datetime
import hashlib
import uuid
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Header, Router
from ninja.responses import Status
from pydantic import Field

from bookings.errors import PointsNeedSignIn
from bookings.selectors import Booking, Place, manage_url, slots_of_day
from bookings.services import book, quote
from bookings.types import Cart, Contact
from customers.selectors import Customer
from loyalty.errors import OfferReason, OfferRefused, ReasonCode, RedemptionBlocked
from portal.api_times import FIRST_DAY, ID_MAX, LAST_DAY, SERVICES_MAX, place_named
from portal.errors import CodeNeeded
from portal.selectors import has_fresh_code
from portal.services.access import customer_or_guest
from portal.services.limits import counted_booking
from servicepro.lib.api_schema import ApiSchema, documented
from servicepro.lib.client_ip import client_ip

router = Router(auth=customer_or_guest, by_alias=True, tags=["Booking"])
POINTS_MAX = 10**9
INVALID_POINTS = -1
EXAMPLE = {
    "place": 1,
    "services": [1, 4],
    "date": "2026-11-24",
    "time": "10:00",
    "contact": {"name": "Ana Silva", "phone": "+15125550142", "email": "ana@example.com", "note": "Blue van"},
    "loyalty": {"usePoints": True, "pointsRequested": 500},
    "quotedDueMinor": 14500,
}
EXAMPLE_BOOKED = {
    "id": "0b8f7d2e-6a1c-4a53-8a5e-0f5f3c1d2b4a",
    "status": "confirmed",
    "place": 1,
    "startsAt": "2026-11-24T16:00:00Z",
    "endsAt": "2026-11-24T18:15:00Z",
    "services": [
        {"id": 1, "name": "Full Interior Detail", "priceMinor": 15000},
        {"id": 4, "name": "Interior Protection", "priceMinor": 4500},
    ],
    "currency": "USD",
    "totalMinor": 19500,
    "discountMinor": 5000,
    "pointsUsed": 500,
    "pointValueMinor": 10,
    "offerId": None,
    "offerCode": "",
    "offerDiscountMinor": 0,
    "dueMinor": 14500,
    "manageUrl": "https://shop.example.com/b/C499LmocSlOKXg9fPB0rSg-Zm9vYmFyYmF6",
}

EXAMPLE_BLOCKED = {
    "error": RedemptionBlocked.code,
    "reasonCode": "MIN_TOTAL_NOT_MET",
    "message": "To use 500 points, your booking total must be at least $75 and include a main service.",
    "suggestion": "Add Interior Protection or $12 more, or book without points.",
    "requestId": "6f1c2a34-5a3e-4f2b-9d0e-3b1f0a6c7d55",
}
EXAMPLE_REFUSED = {
    "error": OfferRefused.code,
    "reasonCode": "OFFER_EXPIRED",
    "message": "Offer has expired",
    "requestId": "6f1c2a34-5a3e-4f2b-9d0e-3b1f0a6c7d55",
}
EXAMPLE_UNREADABLE = {
    "error": "INVALID_INPUT",
    "message": "time: String should match pattern '^([01]\\d|2[0-3]):[0-5]\\d$'.",
    "requestId": "6f1c2a34-5a3e-4f2b-9d0e-3b1f0a6c7d55",
}


class PointsBlocked(ApiSchema):
    """A rule keeps points from being used; nothing was booked and no point was taken."""

    error: Literal["LOYALTY_REDEMPTION_BLOCKED"]
    reason_code: ReasonCode = Field(description="which rule, for programs; customers read the message and the suggestion")
    message: str = Field(description="what the rule asks for, or the business's own sentence, to be shown to people")
    suggestion: str = Field(description="the cheapest ways to make it work, to be shown beside the message")
    request_id: str


class OfferBlocked(ApiSchema):
    """The welcome offer cannot be used on this booking; nothing was booked and no use was taken."""

    error: Literal["LOYALTY_OFFER_REFUSED"]
    reason_code: OfferReason = Field(description="which rule, for programs; customers read the message")
    message: str = Field(description="what stands in the way, to be shown to people")
    request_id: str


BLOCKED_OR_UNREADABLE = {
    "description": "A rule keeps points or the offer from being used, or what was sent cannot be used; nothing was booked",
    "content": {
        "application/json": {
            "schema": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("PointsBlocked", "OfferBlocked", "Problem")]},
            "examples": {
                "pointsBlocked": {"summary": "A rule keeps points from being used", "value": EXAMPLE_BLOCKED},
                "offerRefused": {"summary": "The welcome offer cannot be used on this booking", "value": EXAMPLE_REFUSED},
                "unreadable": {"summary": "Something else cannot be used", "value": EXAMPLE_UNREADABLE},
            },
        }
    },
}


class ContactIn(ApiSchema):
    """Who comes; a phone or an email is needed, and a signed-in customer's own fill what is left out."""

    name: str = Field(default="", max_length=120)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=254)
    note: str = Field(default="", max_length=300, description="for the people on site")


class LoyaltyIn(ApiSchema):
    """Whether to pay with points, and with how many; no more are spent than are needed."""

    use_points: bool
    points_requested: int = Field(default=0, ge=-POINTS_MAX, le=POINTS_MAX)


class BookingIn(ApiSchema):
    """One wish to book; `quotedTotalMinor` and `quotedDueMinor` are what the customer was shown, before and after offer and points."""

    place: int | None = Field(default=None, ge=1, le=ID_MAX, description="may be left out where there is one")
    services: list[Annotated[int, Field(ge=1, le=ID_MAX)]] = Field(min_length=1, max_length=SERVICES_MAX)
    date: datetime.date = Field(description="on the place's calendar", ge=FIRST_DAY, le=LAST_DAY)
    time: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="on the place's clock")
    contact: ContactIn = Field(default_factory=ContactIn)
    loyalty: LoyaltyIn | None = None
    offer_id: int | None = Field(
        default=None,
        ge=1,
        le=ID_MAX,
        description="a welcome offer the signed-in customer claimed; beside points only where the business lets them",
    )
    quoted_total_minor: int | None = Field(default=None, ge=0, le=10**12)
    quoted_due_minor: int | None = Field(default=None, ge=0, le=10**12)


class BookedService(ApiSchema):
    """One service of an appointment, as it was when it was booked."""

    id: int
    name: str
    price_minor: int


class Booked(ApiSchema):
    """An appointment, money in the smallest unit: `totalMinor` less `offerDiscountMinor` less `discountMinor` (points) is `dueMinor`."""

    id: uuid.UUID
    status: str
    place: int
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    services: list[BookedService]
    currency: str
    total_minor: int
    discount_minor: int
    points_used: int
    point_value_minor: int
    offer_id: int | None
    offer_code: str
    offer_discount_minor: int
    due_minor: int
    manage_url: str = Field(description="where the customer sees, moves and cancels it; whoever has it can")


@router.post(
    "",
    response={201: Booked},
    summary="Book an appointment",
    operation_id="book",
    openapi_extra=documented(EXAMPLE_BOOKED, 404, 409, 503, status=201, own_problems={400: BLOCKED_OR_UNREADABLE})
    | {"requestBody": {"content": {"application/json": {"example": EXAMPLE}}, "required": True}},
)
def book_appointment(
    request: HttpRequest,
    wish: BookingIn,
    idempotency_key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=120,
            description="your own name for this wish: sent again with the same one, the same appointment comes back",
            examples=["7f9c24e8-3b12-4f7a-9a51-2f0f6f2f8a11"],
        ),
    ],
) -> Status[dict[str, Any]]:
    """Book as a guest, or signed in and then with a welcome offer or points; where these are blocked, 400 with `reasonCode`."""
    found: Customer | str = request.auth  # type: ignore[attr-defined]
    customer = found if isinstance(found, Customer) else None
    points = _points(request, wish, customer)
    place = place_named(wish.place)
    cart = Cart(place.pk, tuple(wish.services), wish.quoted_total_minor, wish.quoted_due_minor, wish.offer_id)
    starts_at = _starts_at(wish, place, cart)
    with counted_booking(ip=client_ip(request), is_guest=customer is None):
        booking = book(
            cart=cart,
            starts_at=starts_at,
            contact=_contact(wish.contact, customer),
            customer_id=customer.pk if customer else None,
            points_requested=points,
            idempotency_key=hashlib.sha256(f"{customer.pk if customer else 'guest'}:{idempotency_key}".encode()).hexdigest(),
        )
    return Status(201, _booked(booking))


def _points(request: HttpRequest, wish: BookingIn, customer: Customer | None) -> int:
    """Return how many points to ask for. Raises PointsNeedSignIn and CodeNeeded."""
    if not (wish.loyalty and wish.loyalty.use_points):
        return 0
    if customer is None:
        raise PointsNeedSignIn("Please sign in to use your points, or book without them.")
    if not has_fresh_code(request):
        raise CodeNeeded("Spending points needs a code from the last 15 minutes. Sign in again, or book without them.")
    return wish.loyalty.points_requested or INVALID_POINTS


def _starts_at(wish: BookingIn, place: Place, cart: Cart) -> datetime.datetime:
    """Return the instant that is meant: the one offered at that time of day, where the clock shows it twice; else what it would be."""
    hour, minute = map(int, wish.time.split(":"))
    zone, time = ZoneInfo(place.time_zone), datetime.time(hour, minute)
    offered = (slot.starts_at for slot in slots_of_day(place, wish.date, quote(cart).duration_minutes))
    meant = (starts_at for starts_at in offered if starts_at.astimezone(zone).time().replace(fold=0) == time)
    return next(meant, datetime.datetime.combine(wish.date, time, zone))


def _contact(typed: ContactIn, customer: Customer | None) -> Contact:
    known = (customer.name or "", customer.phone or "", customer.email or "") if customer else ("", "", "")
    name, phone, email = (given or own for given, own in zip((typed.name, typed.phone, typed.email), known, strict=True))
    return Contact(name, phone, email, typed.note)


def _booked(booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.public_id,
        "status": booking.status,
        "place": booking.place_id,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "services": [{"id": line.service_id, "name": line.name, "price_minor": line.price_minor} for line in booking.lines.all()],
        "currency": booking.currency,
        "total_minor": booking.total_minor,
        "discount_minor": booking.discount_minor,
        "points_used": booking.points_used,
        "point_value_minor": booking.point_value_minor,
        "offer_id": booking.offer_id,
        "offer_code": booking.offer_code,
        "offer_discount_minor": booking.offer_discount_minor,
        "due_minor": booking.due_minor,
        "manage_url": manage_url(booking),
    }
