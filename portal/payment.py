"""How the last step of a booking shows what its bill can be paid with: welcome offers, points, or neither."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from bookings.types import Quote
from customers.selectors import Customer
from loyalty.errors import OfferRefused, RedemptionBlocked
from loyalty.selectors import guardrails, offer_in_words, usable_offers
from loyalty.services import check_offer, resting_points
from loyalty.types import UsableOffer
from portal.booking_words import bill, day_words
from portal.checkout import Choice
from portal.invitations import offer_to_claim
from portal.wording import points_rules
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import short_minor
from tenants.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """A welcome offer somebody can choose: its number, its name, what it takes off within which limits, the code, the last day."""

    id: int
    name: str
    words: str
    code: str
    until: str
    is_chosen: bool


def best_choice(choice: Choice, found: Quote, customer: Customer | None) -> Choice:
    """Return the choice of somebody who has not said yet what to pay with: the welcome offer that takes most off, where one can be used.

    Points that were chosen are left alone where the two exclude each other. Nothing is held.
    """
    if customer is None or choice.offer_id is not None or (choice.points and not guardrails().may_stack):
        return choice
    ids = [usable.terms.id for usable in usable_offers(customer.pk)]
    checks = [(offer_id, check_offer(customer_id=customer.pk, offer_id=offer_id, total_minor=found.total_minor)) for offer_id in ids]
    best = max(checks, key=lambda row: row[1].discount_minor, default=None)
    return replace(choice, offer_id=best[0]) if best and best[1].is_valid else choice


def payment_panel(
    choice: Choice, found: Quote, customer: Customer | None, *, is_fresh: bool, error: ServiceProError | None = None
) -> dict[str, Any]:
    """Return what the bill and the panels of offers and points show."""
    check, rules, offers = found.check, guardrails(), _offers(choice, customer)
    blocked = check.message if check and not check.can_redeem else error.message if isinstance(error, RedemptionBlocked) else ""
    refused = found.offer.message if found.offer and not found.offer.is_valid else error.message if isinstance(error, OfferRefused) else ""
    return {
        "bill": bill(found),
        "offers": offers,
        "excludes": bool(offers) and not rules.may_stack,
        "waiting": _waiting(customer) if customer and not offers else "",
        "uses_offer": any(offer.is_chosen for offer in offers),
        "refused": f"{refused.rstrip('.')}." if refused else "",
        "shown": choice.points,
        "shown_offer": next((str(offer.id) for offer in offers if offer.is_chosen), ""),
        "spend": check.allowed_points if check and check.can_redeem else 0,
        "uses_points": bool(choice.points),
        "typed_points": choice.points if choice.requested_points is not None else "",
        "balance": found.balance,
        "worth": short_minor(found.balance * rules.point_value_minor, found.currency),
        "left": found.balance - (check.allowed_points if check else 0),
        "blocked": blocked,
        "coach": found.coach,
        "is_fresh": is_fresh,
        "resting": resting_points(customer.pk) if customer and found.balance else "",
        "rules": points_rules(),
    }


def _waiting(customer: Customer) -> str:
    """Say what somebody was promised who can have it by registering; empty for nothing."""
    offer = offer_to_claim(customer)
    return offer_in_words(offer) if offer else ""


def _offers(choice: Choice, customer: Customer | None) -> list[OfferChoice]:
    return [_offer(usable, choice) for usable in usable_offers(customer.pk)] if customer else []


def _offer(usable: UsableOffer, choice: Choice) -> OfferChoice:
    terms, promise = usable.terms, usable.promise
    last_day = promise.expires_at.astimezone(ZoneInfo(current_tenant().time_zone)).date() if promise.expires_at else None
    until = day_words(last_day) if last_day else ""
    return OfferChoice(terms.id, terms.name, offer_in_words(terms), promise.code, until, terms.id == choice.offer_id)
