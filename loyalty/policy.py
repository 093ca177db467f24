"""What points may be used for, and what a welcome offer takes off a bill: pure decisions over terms, what somebody has, and a cart.

Money is in minor units.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from loyalty.types import (
    BackTest,
    Guardrails,
    Offer,
    OfferCheck,
    OfferPromise,
    OfferTerms,
    PastCart,
    RedemptionCheck,
    RedemptionContext,
    Rest,
    Verdict,
)
from loyalty.wording import deadline_in_words, rest_in_words, rule_in_words
from servicepro.lib.money import short_minor

INVALID_AMOUNT = "INVALID_AMOUNT"
INSUFFICIENT_POINTS = "INSUFFICIENT_POINTS"
MIN_TOTAL_NOT_MET = "MIN_TOTAL_NOT_MET"
NO_CORE_SERVICE = "NO_CORE_SERVICE"
ADD_ON_ONLY = "ADD_ON_ONLY"
EXCEEDS_TOTAL = "EXCEEDS_TOTAL"
CONTACT_CHANGED = "CONTACT_CHANGED"
OFFER_INACTIVE = "OFFER_INACTIVE"
OFFER_NOT_CLAIMED = "OFFER_NOT_CLAIMED"
OFFER_EXPIRED = "OFFER_EXPIRED"
OFFER_USED = "OFFER_USED"
OFFER_MINIMUM_NOT_MET = "OFFER_MINIMUM_NOT_MET"
OFFER_NOTHING_TO_PAY = "OFFER_NOTHING_TO_PAY"
OFFER_WITH_POINTS = "OFFER_WITH_POINTS"
REDEMPTION_REST = timedelta(hours=24)  # how long points rest after a phone or email was replaced
REASON_CHARACTERS_MAX = 64
# Points that somebody of a role may give and take by hand in a day, both counted.
DAILY_ADJUSTMENT_POINTS = {"owner": 20_000, "manager": 2_000, "staff": 0}
# Above their limit a second person approves, up to so many at once, so many waiting for one who asks, and within so long.
ADJUSTMENT_POINTS_MAX, WAITING_MAX, APPROVAL_TIME = 200_000, 20, timedelta(days=7)


def rest_after(changed_at: datetime | None, now: datetime, *, time_zone: str, region: str) -> Rest | None:
    """Return how long points rest at `now`, where a phone or email of their owner was replaced; None where they do not."""
    if changed_at is None or now >= changed_at + REDEMPTION_REST:
        return None
    return Rest(changed_at + REDEMPTION_REST, time_zone, region)


def decide_redemption(guardrails: Guardrails, balance: int, context: RedemptionContext, rest: Rest | None = None) -> RedemptionCheck:
    """Tell whether points may be used on a cart, and how many: no more than asked for, owned, and needed to pay it.

    The last point may be worth more than what is left to pay; the discount never is. While points rest, no cart helps.
    """
    worth, total = guardrails.point_value_minor, context.cart_total_minor
    if context.requested_points <= 0 or worth <= 0:
        return _blocked(INVALID_AMOUNT, _bad_amount(worth))
    if rest is not None:
        return _blocked(CONTACT_CHANGED, rest_in_words(rest))
    if context.requested_points > balance:
        return _blocked(INSUFFICIENT_POINTS, f"You have {_points(balance)}. Choose that many or fewer.")
    if max(total, 0) < guardrails.min_cart_total_minor:
        return _blocked(MIN_TOTAL_NOT_MET, guardrails.message or _rule(guardrails, context.requested_points))
    if guardrails.require_core_service and not context.has_core_service:
        return _blocked(NO_CORE_SERVICE, guardrails.message or _rule(guardrails, context.requested_points))
    allowed = max(0, min(context.requested_points, -(-total // worth)))
    discount = min(allowed * worth, total)
    if allowed and context.has_only_add_ons and discount == total:
        return _blocked(ADD_ON_ONLY, guardrails.message or "Points cannot pay for add-ons alone. Add a main service or use fewer points.")
    if not allowed:
        return _blocked(EXCEEDS_TOTAL, "There is nothing to pay here, so your points stay yours.")
    return RedemptionCheck(True, allowed, discount)


def _blocked(reason_code: str, message: str) -> RedemptionCheck:
    return RedemptionCheck(False, 0, 0, reason_code, message)


def _bad_amount(worth: int) -> str:
    if worth <= 0:
        return "Points cannot be used here at the moment. You keep them all."
    return "Say how many points to use: a whole number, 1 or more."


def _points(number: int) -> str:
    return f"{number:,} point{'' if number == 1 else 's'}"


def _rule(guardrails: Guardrails, requested: int) -> str:
    return rule_in_words(_points(requested), guardrails)


def cheapest_way(
    guardrails: Guardrails, balance: int, context: RedemptionContext, offers: Sequence[Offer], rest: Rest | None = None
) -> tuple[str, ...]:
    """Return the cheapest ways to make a blocked redemption work, as parts of a sentence; empty where nothing blocks it.

    Each way is tried on `decide_redemption` before it is named. `offers` are services that could still be added to the cart.
    """
    asked = decide_redemption(guardrails, balance, context, rest)
    if asked.can_redeem:
        return ()
    if rest is not None and asked.reason_code == CONTACT_CHANGED:
        return ("book without points", f"use them from {deadline_in_words(rest.until, rest.time_zone, rest.region)}")
    affordable = replace(context, requested_points=min(context.requested_points, balance) if context.requested_points > 0 else balance)
    if affordable.requested_points <= 0 or guardrails.point_value_minor <= 0:
        return ("book without points",)
    check = decide_redemption(guardrails, balance, affordable)
    fewer = f"use {_points(affordable.requested_points)}"
    if check.can_redeem:
        return (fewer, "book without points")
    ways = _additions(guardrails, balance, affordable, offers)
    if ways and affordable.requested_points != context.requested_points:
        ways = [f"{fewer} and {way}" for way in ways]
    if check.reason_code == ADD_ON_ONLY:
        ways += _leaving_something_to_pay(guardrails, balance, affordable)
    return (*ways, "book without points")


def coach(guardrails: Guardrails, balance: int, context: RedemptionContext, offers: Sequence[Offer], rest: Rest | None = None) -> str:
    """Return the cheapest ways as one sentence, e.g. "Add Interior Protection or $12 more, or book without points."."""
    sentence = ", or ".join(cheapest_way(guardrails, balance, context, offers, rest))
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _additions(guardrails: Guardrails, balance: int, context: RedemptionContext, offers: Sequence[Offer]) -> list[str]:
    things = [_cheapest_offers(guardrails, balance, context, offers)] if offers else []
    missing = guardrails.min_cart_total_minor - context.cart_total_minor
    if missing > 0:
        larger = replace(context, cart_total_minor=guardrails.min_cart_total_minor)
        if decide_redemption(guardrails, balance, larger).can_redeem:
            things.append(f"{short_minor(missing, guardrails.currency)} more")
    named = [thing for thing in things if thing]
    return [f"add {' or '.join(named)}"] if named else []


def _cheapest_offers(guardrails: Guardrails, balance: int, context: RedemptionContext, offers: Sequence[Offer]) -> str:
    """Return the cheapest one or two services that make it work, by name; empty where no two do.

    A larger bill never blocks what a smaller one allows, so among services of one kind the first that works, by price, is found by halves.
    """

    def works(together: tuple[Offer, ...]) -> bool:
        larger = replace(
            context,
            cart_total_minor=context.cart_total_minor + sum(offer.price_minor for offer in together),
            has_core_service=context.has_core_service or any(offer.is_core for offer in together),
            has_only_add_ons=context.has_only_add_ons and not any(offer.is_core for offer in together),
        )
        return decide_redemption(guardrails, balance, larger).can_redeem

    ordered = sorted(offers, key=lambda offer: (offer.price_minor, offer.name))
    ways: list[tuple[Offer, ...]] = []
    for beside in [(), *((offer,) for offer in ordered)]:
        for is_core in (True, False):
            kind = [offer for offer in ordered if offer.is_core is is_core and offer not in beside]
            place = bisect_left(kind, True, key=lambda offer: works((*beside, offer)))
            ways += [(*beside, kind[place])] if place < len(kind) else []
    if not ways:
        return ""
    best = min(ways, key=lambda together: (sum(offer.price_minor for offer in together), len(together)))
    return " and ".join(offer.name for offer in best)


def _leaving_something_to_pay(guardrails: Guardrails, balance: int, context: RedemptionContext) -> list[str]:
    points = (context.cart_total_minor - 1) // guardrails.point_value_minor
    fewer = replace(context, requested_points=points)
    return [f"use {_points(points)}"] if decide_redemption(guardrails, balance, fewer).can_redeem else []


def back_test(old: Guardrails, new: Guardrails, carts: Iterable[PastCart]) -> BackTest:
    """Tell what guardrails as they are and as they would be say to past bookings; who used points is taken to have had them."""
    before, after = _Tally(old), _Tally(new)
    number = with_points = newly_allowed = newly_blocked = 0
    for cart in carts:
        number += 1
        was, is_now = before.add(cart), after.add(cart)
        if cart.points_used:
            with_points += 1
            newly_allowed += is_now and not was
            newly_blocked += was and not is_now
    return BackTest(number, with_points, before.verdict, after.verdict, newly_allowed, newly_blocked)


class _Tally:
    """Counts what one set of guardrails says."""

    def __init__(self, guardrails: Guardrails) -> None:
        self.guardrails, self.verdict = guardrails, Verdict()

    def add(self, cart: PastCart) -> bool:
        """Count a booking; return whether points are allowed on it, as many as were used or else a single one."""
        points = cart.points_used or 1
        context = RedemptionContext(0, cart.cart_total_minor, cart.has_core_service, cart.has_only_add_ons, points)
        one = decide_redemption(self.guardrails, 1, replace(context, requested_points=1))
        check = decide_redemption(self.guardrails, points, context)
        has_points, so_far = cart.points_used > 0, self.verdict
        self.verdict = Verdict(
            so_far.open_to_points + one.can_redeem,
            so_far.allowed + (has_points and check.can_redeem),
            so_far.blocked + (has_points and not check.can_redeem),
            so_far.discount_minor + (check.discount_minor if has_points else 0),
        )
        return check.can_redeem


def decide_offer(terms: OfferTerms | None, promise: OfferPromise | None, total_minor: int, now: datetime) -> OfferCheck:
    """Tell whether an offer can be used on a bill of `total_minor`, and what it takes off: never more than the bill.

    Asked in this order: is it there and active, was it claimed, does it still run, is a use left, is the bill large enough.
    """
    if terms is None or not terms.is_active:
        return _refused(OFFER_INACTIVE, "Offer not found or inactive")
    if promise is None or promise.expires_at is None:
        return _refused(OFFER_NOT_CLAIMED, "Register to claim this offer first")
    if now > promise.expires_at:
        return _refused(OFFER_EXPIRED, "Offer has expired")
    if promise.uses >= terms.usage_limit:
        return _refused(OFFER_USED, "Offer already used")
    if total_minor < terms.minimum_purchase_minor:
        return _refused(OFFER_MINIMUM_NOT_MET, f"Minimum purchase of {short_minor(terms.minimum_purchase_minor, terms.currency)} required")
    discount = discount_minor(terms, total_minor)
    return OfferCheck(True, discount) if discount else _refused(OFFER_NOTHING_TO_PAY, "There is nothing to pay here")


def discount_minor(terms: OfferTerms, total_minor: int) -> int:
    """Return what the offer takes off a bill, rounded down to a whole minor unit."""
    total = max(total_minor, 0)
    if not terms.is_percentage:
        return min(terms.discount_value, total)
    share = total * terms.discount_value // 100
    return share if terms.max_discount_minor is None else min(share, terms.max_discount_minor)


def _refused(reason_code: str, message: str) -> OfferCheck:
    return OfferCheck(False, 0, reason_code, message)


def worse_terms(old: OfferTerms, new: OfferTerms) -> tuple[str, ...]:
    """Return the fields in which changed terms take something from whoever was promised the old ones; empty where nothing is taken."""
    if old.is_percentage != new.is_percentage:
        return ("discount_type",)
    cap = new.max_discount_minor is not None and (old.max_discount_minor is None or new.max_discount_minor < old.max_discount_minor)
    worse = {
        "discount_value": new.discount_value < old.discount_value,
        "max_discount_minor": cap,
        "minimum_purchase_minor": new.minimum_purchase_minor > old.minimum_purchase_minor,
        "validity_days": new.validity_days < old.validity_days,
        "usage_limit": new.usage_limit < old.usage_limit,
    }
    return tuple(field for field, is_worse in worse.items() if is_worse)
