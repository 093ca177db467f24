"""What a signed-in customer's own programs and pages may ask of the API."""

import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from customers.selectors import Customer
from loyalty.selectors import PointsEntry, points_history, points_summary
from portal.services import customer_session
from portal.wording import points_rules, points_sentence
from servicepro.lib.api_schema import PAGE_ROWS_MAX, ApiSchema, documented
from servicepro.lib.money import format_minor

router = Router(auth=customer_session, by_alias=True, tags=["Portal"])
EXAMPLE_ENTRY = {
    "id": 981,
    "createdAt": "2026-11-21T15:04:05Z",
    "type": "EARN",
    "label": "Earned",
    "points": 500,
    "description": "Port Recovery Bonus",
}
EXAMPLE_SUMMARY = {
    "pointsBalance": 500,
    "approximateValue": "$50.00",
    "approximateValueMinor": 5000,
    "currency": "USD",
    "message": "You have 500 points available (about $50 in rewards).",
    "limits": "To use your points, your booking total must be at least $75 and include a main service. Points are not paid out.",
    "recentTransactions": [EXAMPLE_ENTRY],
}


class Transaction(ApiSchema):
    """One change of a customer's points; `points` is positive for what came and negative for what went."""

    id: int
    created_at: datetime.datetime
    type: str = Field(description="what kind of entry of the points ledger it is")
    label: str
    points: int
    description: str


class LoyaltySummary(ApiSchema):
    """What a customer has, what it is about worth, and under which limits."""

    points_balance: int
    approximate_value: str = Field(description="for people, in the business's currency; points are not paid out")
    approximate_value_minor: int = Field(description="in the currency's smallest unit")
    currency: str
    message: str
    limits: str
    recent_transactions: list[Transaction]


class Transactions(ApiSchema):
    """A page of a customer's points, newest first."""

    transactions: list[Transaction]
    page: int
    page_size: int
    pages: int
    total: int


def _entry(entry: PointsEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "created_at": entry.created_at,
        "type": entry.kind,
        "label": entry.label,
        "points": entry.points,
        "description": entry.description,
    }


def _customer(request: HttpRequest) -> Customer:
    customer: Customer = request.auth  # type: ignore[attr-defined]
    return customer


@router.get(
    "/loyalty/summary",
    response=LoyaltySummary,
    summary="My points",
    operation_id="myPoints",
    openapi_extra=documented(EXAMPLE_SUMMARY),
)
def loyalty_summary(request: HttpRequest) -> dict[str, Any]:
    """Return the signed-in customer's balance, what it is about worth, and the latest three entries."""
    summary = points_summary(_customer(request).pk)
    return {
        "points_balance": summary.balance,
        "approximate_value": format_minor(summary.value_minor, summary.currency),
        "approximate_value_minor": summary.value_minor,
        "currency": summary.currency,
        "message": points_sentence(summary.balance, summary.value_minor, summary.currency),
        "limits": points_rules().limits,
        "recent_transactions": [_entry(entry) for entry in summary.recent],
    }


@router.get(
    "/loyalty/transactions",
    response=Transactions,
    summary="My points, entry by entry",
    operation_id="myPointsTransactions",
    openapi_extra=documented({"transactions": [EXAMPLE_ENTRY], "page": 1, "pageSize": 20, "pages": 1, "total": 1}),
)
def loyalty_transactions(
    request: HttpRequest,
    page: Annotated[int, Query(ge=1, le=1_000_000, description="which page, from 1", examples=[1])] = 1,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=PAGE_ROWS_MAX, description="rows a page", examples=[20])] = 20,
) -> dict[str, Any]:
    """Return a page of the signed-in customer's entries, newest first; a page beyond the last is the last."""
    found = points_history(_customer(request).pk, page, page_size)
    return {
        "transactions": [_entry(entry) for entry in found.entries],
        "page": found.page,
        "page_size": found.page_size,
        "pages": found.pages,
        "total": found.total,
    }
