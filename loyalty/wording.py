"""How points and the ledger's entries are said to people."""

from datetime import UTC, datetime, timedelta

from loyalty.types import Guardrails, OfferTerms, Rest
from servicepro.lib.clock import moment_in_words
from servicepro.lib.money import short_minor

_REASONS = {
    "customers_merged": "Points of two records brought together",
    "merge_undone": "Points of two records taken apart again",
}


def deadline_in_words(moment: datetime, time_zone: str, region: str) -> str:
    """Say a moment on the clocks of a zone, e.g. “Sat, Nov 21 at 6:00 PM”; a minute that has begun is over first."""
    whole = moment.astimezone(UTC)
    if whole.second or whole.microsecond:
        whole = whole.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment_in_words(whole, time_zone, region)


def rest_in_words(rest: Rest) -> str:
    """Say why points rest and until when."""
    return (
        "Your phone number or email was changed a short while ago. To keep your points safe, they can be used again from "
        f"{deadline_in_words(rest.until, rest.time_zone, rest.region)}."
    )


def entry_label(kind: str, points: int) -> str:
    """Say in one word what an entry did."""
    if kind == "REVERSE":
        return "Returned" if points > 0 else "Taken back"
    return {"EARN": "Earned", "REDEEM": "Redeemed"}.get(kind, "Adjusted")


def entry_description(reason: str) -> str:
    """Say why an entry was made; a code such as “port_recovery_500_points” becomes words, a sentence stays as it is."""
    if reason in _REASONS:
        return _REASONS[reason]
    if " " in reason or "_" not in reason:
        return reason
    words = reason.replace("_", " ")
    return words[:1].upper() + words[1:]


def points_in_words(points: int, decided: Guardrails) -> str:
    """Say points with what they are worth and their limits; they are never said without."""
    worth = short_minor(points * decided.point_value_minor, decided.currency)
    return f"{points:,} point{'' if points == 1 else 's'} (about {worth} off, on {bookings_in_words(decided)})"


def rule_in_words(points: str, decided: Guardrails) -> str:
    """Say what a booking needs for points, e.g. “To use 500 points, your booking total must be at least $75 and include a main
    service.”; empty where it needs nothing.
    """
    least = f" total must be at least {short_minor(decided.min_cart_total_minor, decided.currency)}" if decided.min_cart_total_minor else ""
    main = "include a main service" if decided.require_core_service else ""
    needs = f"{least}{' and ' if main else ''}{main}" if least else f" must {main}" if main else ""
    return f"To use {points}, your booking{needs}." if needs else ""


def limits_in_words(decided: Guardrails) -> str:
    """Say the limits of points in full: what a booking needs, what they never pay, and that they are no money."""
    if not decided.point_value_minor:
        return "Points cannot be used at the moment. Points are not paid out."
    needs = rule_in_words("your points", decided) or "Points can be used on any booking."
    add_ons = "" if decided.require_core_service else " They never pay all of a booking of add-ons alone."
    return f"{needs}{add_ons} Points are not paid out."


def bookings_in_words(decided: Guardrails) -> str:
    """Say which bookings points can be used on, e.g. “bookings from $75 with a main service”."""
    least = f" from {short_minor(decided.min_cart_total_minor, decided.currency)}" if decided.min_cart_total_minor else ""
    return f"bookings{least}{' with a main service' if decided.require_core_service else ''}"


def offer_amount(terms: OfferTerms) -> str:
    """Say what a welcome offer takes off, for short: “₹100” or “15%”."""
    return f"{terms.discount_value}%" if terms.is_percentage else short_minor(terms.discount_value, terms.currency)


def offer_in_words(terms: OfferTerms) -> str:
    """Say what a welcome offer takes off and its limits, e.g. “15% off, at most ₹200, on bookings from ₹500”."""
    cap = f", at most {short_minor(terms.max_discount_minor, terms.currency)}" if terms.max_discount_minor else ""
    least = f", on bookings from {short_minor(terms.minimum_purchase_minor, terms.currency)}" if terms.minimum_purchase_minor else ""
    return f"{offer_amount(terms)} off{cap}{least}"
