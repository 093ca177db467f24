"""Points and money as the business says them; points never stand without their limits."""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from customers.types import TEXTS_WORDING
from loyalty.selectors import guardrails, points_limits
from loyalty.types import OfferTerms
from servicepro.lib.money import short_minor
from tenants.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class PointsRules:
    """How points work here: the worth of a hundred, the smallest bill (empty for none), and the sentence that says the limits."""

    hundred: str
    minimum: str
    limits: str


def points_sentence(balance: int, value_minor: int, currency: str) -> str:
    """Say what somebody has."""
    if not balance:
        return "You have no points yet."
    return f"You have {balance:,} point{'s' * (balance != 1)} available (about {short_minor(value_minor, currency)} in rewards)."


def texts_wording() -> str:
    """Return the sentence somebody agrees to who wants offers by text when they register; it is kept with the consent."""
    return TEXTS_WORDING.format(business=current_tenant().name)


def day_words(moment: datetime.datetime) -> str:
    """Say a day on the business's calendar, e.g. “Dec 21, 2026”."""
    return date_format(moment.astimezone(ZoneInfo(current_tenant().time_zone)), "M j, Y")


def offer_limits(terms: OfferTerms) -> str:
    """Say under which limits an offer can be used, empty where there are none; an offer never stands without them."""
    parts = []
    if terms.minimum_purchase_minor:
        parts.append(f"on bookings from {short_minor(terms.minimum_purchase_minor, terms.currency)}")
    if terms.max_discount_minor is not None:
        parts.append(f"at most {short_minor(terms.max_discount_minor, terms.currency)} off")
    if terms.usage_limit > 1:
        parts.append(f"up to {terms.usage_limit} times")
    sentence = ", ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def welcome_sentence(name: str, *, is_imported: bool) -> str:
    """Greet somebody who just registered; who was known before reads that they were found."""
    first, business = name.split(" ")[0] if name else "", current_tenant().name
    greeting = f"Welcome to {business}, {first}!" if first else f"Welcome to {business}!"
    return f"{greeting} Good to have you with us again." if is_imported else greeting


def points_rules() -> PointsRules:
    """Return how points work at this business."""
    chosen = guardrails()
    return PointsRules(
        hundred=short_minor(100 * chosen.point_value_minor, chosen.currency),
        minimum=short_minor(chosen.min_cart_total_minor, chosen.currency) if chosen.min_cart_total_minor else "",
        limits=points_limits(),
    )
