"""Points over the API: what the owner's program may ask."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from customers.services import record_access
from loyalty.insights.report import ORIGINS, Insights, loyalty_insights
from servicepro.lib.api_schema import ApiSchema, documented
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Loyalty"], by_alias=True)


class TopCustomer(ApiSchema):
    """Somebody with many points."""

    customer_id: int
    name: str
    phone: str = Field(description="masked")
    points: int


class Outstanding(ApiSchema):
    """Points that customers still have, of one age and origin; the parts add up to the total."""

    age: str
    origin: str = Field(description="goodwill, earned or manual")
    points: int
    value_minor: int = Field(description="what they are worth, in cents or paise")


class LoyaltySummary(ApiSchema):
    """What the points of the business add up to."""

    as_of: date = Field(description="today, as the business's clocks have it")
    currency: str
    point_value_minor: int = Field(description="what one point is worth, in cents or paise")
    total_customers_with_points: int
    total_points_outstanding: int
    outstanding_value_minor: int = Field(description="what they are worth, in cents or paise")
    total_points_earned: int = Field(description="since the first day")
    total_points_redeemed: int = Field(description="since the first day, what was given back again included")
    points_earned_last30_days: int = Field(alias="pointsEarnedLast30Days")
    points_redeemed_last30_days: int = Field(alias="pointsRedeemedLast30Days")
    top5_customers_by_points: list[TopCustomer] = Field(alias="top5CustomersByPoints")
    outstanding: list[Outstanding] = Field(description="by age and origin, oldest points used first; empty parts are left out")


EXAMPLE = {
    "asOf": "2026-11-21",
    "currency": "USD",
    "pointValueMinor": 10,
    "totalCustomersWithPoints": 2,
    "totalPointsOutstanding": 750,
    "outstandingValueMinor": 7500,
    "totalPointsEarned": 1000,
    "totalPointsRedeemed": 250,
    "pointsEarnedLast30Days": 500,
    "pointsRedeemedLast30Days": 250,
    "top5CustomersByPoints": [
        {"customerId": 4711, "name": "Ana Ruiz", "phone": "+1512•••0142", "points": 500},
        {"customerId": 4712, "name": "Bo Lind", "phone": "+1512•••0143", "points": 250},
    ],
    "outstanding": [
        {"age": "up to 30 days", "origin": "goodwill", "points": 500, "valueMinor": 5000},
        {"age": "31 to 90 days", "origin": "earned", "points": 250, "valueMinor": 2500},
    ],
}


@router.get(
    "/summary",
    auth=api_access(ApiScope.LOYALTY_READ),
    response=LoyaltySummary,
    summary="What points add up to",
    operation_id="getLoyaltySummary",
    openapi_extra=documented(EXAMPLE),
)
def summary(request: HttpRequest) -> dict[str, Any]:
    """Return what was earned, redeemed and is outstanding, and who has most. Looking at people is recorded."""
    found = loyalty_insights()
    record_access(actor=request.auth.user, action="view", how_many=len(found.top), subject="loyalty summary")  # type: ignore[attr-defined]
    return {
        "as_of": found.day,
        "currency": found.currency,
        "point_value_minor": found.point_value_minor,
        "total_customers_with_points": found.customers_with_points,
        "total_points_outstanding": found.outstanding,
        "outstanding_value_minor": found.outstanding_minor,
        "total_points_earned": found.earned,
        "total_points_redeemed": found.redeemed,
        "points_earned_last30_days": found.earned_last_30_days,
        "points_redeemed_last30_days": found.redeemed_last_30_days,
        "top5_customers_by_points": [
            {"customer_id": customer.id, "name": customer.name, "phone": customer.phone, "points": customer.points}
            for customer in found.top
        ],
        "outstanding": _outstanding(found),
    }


def _outstanding(found: Insights) -> list[dict[str, Any]]:
    return [
        {"age": row.age, "origin": origin, "points": points, "value_minor": points * found.point_value_minor}
        for row in found.owed
        for origin, points in zip(ORIGINS, row.points, strict=True)
        if points
    ]
