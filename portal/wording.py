"""Points and money as the business says them; points never stand without their limits."""

from dataclasses import dataclass

from loyalty.selectors import guardrails, points_limits
from servicepro.lib.money import short_minor


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


def points_rules() -> PointsRules:
    """Return how points work at this business."""
    chosen = guardrails()
    return PointsRules(
        hundred=short_minor(100 * chosen.point_value_minor, chosen.currency),
        minimum=short_minor(chosen.min_cart_total_minor, chosen.currency) if chosen.min_cart_total_minor else "",
        limits=points_limits(),
    )
