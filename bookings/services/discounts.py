"""What is taken off an appointment's bill: first by a welcome offer, then by points on what it leaves; taken, fitted and given back here.

Everything is done inside the caller's transaction, under one key for offer and points: what fails after it takes nothing.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from bookings.models import Booking
from bookings.services.quotes import PricedCart, could_be_added, what_would_work
from bookings.types import NewContents
from loyalty.errors import OfferRefused, RedemptionBlocked
from loyalty.services import (
    apply_redemption,
    check_offer_revision,
    check_revision,
    return_offer,
    reverse_redemption,
    revise_offer,
    revise_redemption,
    together_problem,
    use_offer,
)
from loyalty.types import OfferDiscount, Redemption

REASON, CHANGED = "Booking discount", "Booking changed"
GIVE_ONE_BACK = "Have the points returned, or the offer."  # what a service adds to the rest is not its price, so none is named
_NO_POINTS = Redemption(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Discounts:
    """What an offer and points take off a bill; None and 0 where none are used."""

    offer: OfferDiscount | None
    points: Redemption

    @property
    def minor(self) -> int:
        """Return what both take off together."""
        return self.points.discount_minor + (self.offer.discount_minor if self.offer else 0)

    def columns(self) -> dict[str, Any]:
        """Return how an appointment keeps it."""
        offer = self.offer
        return {
            "discount_minor": self.points.discount_minor,
            "points_used": self.points.points_used,
            "point_value_minor": self.points.point_value_minor,
            "offer_id": offer.offer_id if offer else None,
            "offer_name": offer.name if offer else "",
            "offer_code": offer.code if offer else "",
            "offer_discount_minor": offer.discount_minor if offer else 0,
        }


@dataclass(frozen=True, slots=True)
class DiscountsCheck:
    """What other services would leave of offer and points, why one of them cannot stay, and the cheapest way to make points."""

    offer_minor: int = 0
    offer_blocked: str = ""
    points: int = 0
    points_minor: int = 0
    points_blocked: str = ""
    coach: str = ""


def source_key(public_id: uuid.UUID) -> str:
    """Return the name under which the points ledger and the offers know what was paid."""
    return f"booking:{public_id}"


def take_discounts(priced: PricedCart, *, customer_id: int, offer_id: int | None, points: int, public_id: uuid.UUID) -> Discounts:
    """Use an offer and points on a cart, the offer first. Raises OfferRefused, RedemptionBlocked and UnknownCustomer."""
    offer, key = None, source_key(public_id)
    if offer_id is not None:
        if points and (problem := together_problem()):
            raise OfferRefused(problem.reason_code, problem.message)
        offer = use_offer(customer_id=customer_id, offer_id=offer_id, total_minor=priced.total_minor, source_key=key)
    if not points:
        return Discounts(offer, _NO_POINTS)
    asked = priced.wish(customer_id, points, offer.discount_minor if offer else 0)
    try:
        used = apply_redemption(asked, source_key=key, reason=REASON, metadata={"booking": str(public_id)})
    except RedemptionBlocked as error:
        raise RedemptionBlocked(error.reason_code, error.message, what_would_work(priced, asked)) from error
    return Discounts(offer, used)


def discounts_of(booking: Booking) -> DiscountsCheck:
    """Return what offer and points take off an appointment as it is."""
    return DiscountsCheck(booking.offer_discount_minor, points=booking.points_used, points_minor=booking.discount_minor)


def check_discounts(booking: Booking, priced: PricedCart, wanted: NewContents) -> DiscountsCheck:
    """Return what other services would leave of what an appointment is paid with; nothing is held or changed."""
    key, offer_minor, offer_blocked = source_key(booking.public_id), 0, ""
    if booking.offer_id is not None and not wanted.returns_offer:
        offer = check_offer_revision(source_key=key, total_minor=priced.total_minor)
        offer_minor, offer_blocked = offer.discount_minor, offer.message
    if not booking.points_used or wanted.returns_points:
        return DiscountsCheck(offer_minor, offer_blocked)
    asked = priced.wish(booking.customer_id, booking.points_used, offer_minor)
    check, coach = check_revision(asked, source_key=key, offers=could_be_added(priced))
    coach = GIVE_ONE_BACK if coach and offer_minor else coach
    return DiscountsCheck(offer_minor, offer_blocked, check.allowed_points, check.discount_minor, check.message, coach)


def revise_discounts(held: Booking, priced: PricedCart, wanted: NewContents) -> Discounts:
    """Fit offer and points to other services, or give back those that shall go. Raises OfferRefused and RedemptionBlocked."""
    offer, key = None, source_key(held.public_id)
    if held.offer_id is not None and wanted.returns_offer:
        return_offer(source_key=key)
    elif held.offer_id is not None:
        offer = revise_offer(source_key=key, total_minor=priced.total_minor)
    if not held.points_used:
        return Discounts(offer, _NO_POINTS)
    if wanted.returns_points:
        reverse_redemption(source_key=key, reason=CHANGED)
        return Discounts(offer, _NO_POINTS)
    asked = priced.wish(held.customer_id, held.points_used, offer.discount_minor if offer else 0)
    try:
        used = revise_redemption(asked, source_key=key, reason=CHANGED, metadata={"booking": str(held.public_id)})
    except RedemptionBlocked as error:
        _check, coach = check_revision(asked, source_key=key, offers=could_be_added(priced))
        raise RedemptionBlocked(error.reason_code, error.message, GIVE_ONE_BACK if offer else coach) from error
    return Discounts(offer, used)


def return_discounts(held: Booking, reason: str) -> int:
    """Give back the offer and the points of an appointment, once; return how many points went back now."""
    key = source_key(held.public_id)
    if held.offer_id is not None:
        return_offer(source_key=key)
    return reverse_redemption(source_key=key, reason=reason)
