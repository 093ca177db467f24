"""What a cart costs, how long it takes, and what an offer and points would do to it; computed here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import Q

from bookings.errors import BadCart, ServiceWithdrawn
from bookings.models import Place, Service
from bookings.policy import CORE, cart_problem
from bookings.selectors import other_services, place_by_id
from bookings.types import Cart, Quote, QuoteLine
from loyalty.selectors import living_record, offer_terms
from loyalty.services import check_offer, check_redemption_eligibility, coach_redemption, together_problem
from loyalty.types import Offer, OfferCheck, RedemptionCheck, RedemptionContext
from tenants.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class PricedCart:
    """The services of a cart at a place, with today's prices."""

    place: Place
    lines: tuple[QuoteLine, ...]

    @property
    def total_minor(self) -> int:
        """Return what all of it costs, without offer, points, tax or tip."""
        return sum(line.price_minor for line in self.lines)

    @property
    def duration_minutes(self) -> int:
        """Return how long all of it takes."""
        return sum(line.duration_minutes for line in self.lines)

    @property
    def has_core_service(self) -> bool:
        """Return whether a main service is among it."""
        return any(line.category == CORE for line in self.lines)

    def wish(self, customer_id: int, points: int, offer_minor: int = 0) -> RedemptionContext:
        """Return the wish to pay with points for what a welcome offer leaves of it."""
        left = self.total_minor - offer_minor
        return RedemptionContext(customer_id, left, self.has_core_service, not self.has_core_service, points)


def quote(cart: Cart, customer_id: int | None = None, requested_points: int | None = 0) -> Quote:
    """Return what a cart costs now; nothing is held.

    `requested_points` None means as many as there are, which is none for who has none; 0 means none. Without a customer points and
    offers are not looked at. Raises UnknownPlace, BadCart, ServiceWithdrawn, UnknownCustomer.
    """
    priced = price_cart(cart, place_by_id(cart.place_id))
    balance = living_record(customer_id)[1] if customer_id is not None else 0
    wanted = balance if requested_points is None else requested_points
    check, coach, offer, offer_name = None, "", None, ""
    if customer_id is not None and cart.offer_id is not None:
        offer, offer_name = _offer(priced, customer_id, cart.offer_id, has_points=bool(wanted))
    taken = offer.discount_minor if offer else 0
    if customer_id is not None and wanted:
        check, coach = _points(priced, priced.wish(customer_id, wanted, taken))
    discount = check.discount_minor if check else 0
    return Quote(
        lines=priced.lines,
        total_minor=priced.total_minor,
        duration_minutes=priced.duration_minutes,
        has_core_service=priced.has_core_service,
        has_only_add_ons=not priced.has_core_service,
        check=check,
        discount_minor=discount,
        due_minor=priced.total_minor - taken - discount,
        coach=coach,
        currency=current_tenant().currency,
        balance=balance,
        offer=offer,
        offer_name=offer_name,
        offer_discount_minor=taken,
    )


def _offer(priced: PricedCart, customer_id: int, offer_id: int, *, has_points: bool) -> tuple[OfferCheck, str]:
    """Return the answer about a welcome offer, and what it is called."""
    terms = offer_terms(offer_id)
    check = (together_problem() if has_points else None) or check_offer(
        customer_id=customer_id, offer_id=offer_id, total_minor=priced.total_minor
    )
    return check, terms.name if terms else ""


def _points(priced: PricedCart, wish: RedemptionContext) -> tuple[RedemptionCheck, str]:
    check = check_redemption_eligibility(wish)
    return check, "" if check.can_redeem else what_would_work(priced, wish)


def what_would_work(priced: PricedCart, wish: RedemptionContext) -> str:
    """Return the cheapest ways to use points on a cart where a rule blocks them, as one sentence. Raises UnknownCustomer.

    Where an offer takes its share, what a service would add to the rest is not its price, so the way named is to leave one out.
    """
    if wish.cart_total_minor == priced.total_minor:
        return coach_redemption(wish, could_be_added(priced))
    alone = check_redemption_eligibility(replace(wish, cart_total_minor=priced.total_minor))
    return "Use your points without the offer, or book without points." if alone.can_redeem else "Book without points."


def could_be_added(priced: PricedCart) -> list[Offer]:
    """Return what else is offered where a cart is."""
    others = other_services(priced.place, [line.service_id for line in priced.lines])
    return [Offer(service.name, service.price_minor, service.category == CORE) for service in others]


def price_cart(cart: Cart, place: Place, kept: Mapping[int, QuoteLine] | None = None) -> PricedCart:
    """Return the services of a cart with today's prices, or those of `kept`, by service, as they were booked.

    Raises BadCart and ServiceWithdrawn.
    """
    ids, kept = tuple(dict.fromkeys(cart.service_ids)), kept or {}
    offered = Q(pk__in=ids, places=place) | Q(pk__in=[service_id for service_id in ids if service_id in kept])
    known = {service.pk: service for service in Service.objects.filter(offered)}
    unknown = [service_id for service_id in ids if service_id not in known]
    if unknown and Service.objects.filter(pk__in=unknown).exists():
        raise BadCart(f"Not all of these services are offered at {place.name}. Please choose again.")
    if unknown:
        raise BadCart("One of these services does not exist. Please choose again.")
    services = [known[service_id] for service_id in ids]
    lines = tuple(kept.get(row.pk) or QuoteLine(row.pk, row.name, row.category, row.price_minor, row.duration_minutes) for row in services)
    for service in services:
        if not service.is_active and service.pk not in kept:
            raise ServiceWithdrawn(f"{service.name} is no longer offered. Please choose again; nothing was booked.")
    problem = cart_problem(lines, [service.name for service in services if service.is_add_on_only])
    if problem:
        raise BadCart(problem)
    return PricedCart(place, lines)
