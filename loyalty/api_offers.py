"""Welcome offers over the API: make them, change them, and see what became of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Status
from pydantic import Field
from pydantic.alias_generators import to_camel

from customers.services import record_access
from loyalty import services
from loyalty.errors import BadOffer, UnknownOffer
from loyalty.selectors import offer_redemptions, offer_terms, offer_usage, offer_usages
from loyalty.types import OfferUsage, OfferWish
from servicepro.lib.api_schema import PAGE_ROWS_MAX, ApiSchema, documented
from servicepro.lib.paging import page_count
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Welcome offers"], by_alias=True)
READ, WRITE = api_access(ApiScope.LOYALTY_READ), api_access(ApiScope.LOYALTY_WRITE)
OfferId = Annotated[int, Path(alias="offerId", description="the offer", examples=[7])]
Page = Annotated[int, Query(ge=1, le=100_000, description="from 1; beyond the last it is the last", examples=[1])]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="rows a page, at most 100", examples=[50])]


class OfferTermsIn(ApiSchema):
    """What an offer promises; what is left out is as it is for a new offer."""

    name: str = Field(description="customers see it; no two offers have the same")
    discount_type: Literal["percentage", "fixed"]
    discount_value: int = Field(description="a percentage from 1 to 100, or an amount in cents or paise")
    max_discount_minor: int | None = Field(default=None, description="the most a percentage takes off, in cents or paise; null for any")
    minimum_purchase_minor: int = Field(default=0, description="the smallest bill it can be used on, in cents or paise; 0 for any")
    validity_days: int = Field(default=30, description="how long it runs, from the day somebody registers")
    usage_limit: int = Field(default=1, description="how often one customer can use it")
    is_active: bool = Field(default=True, description="whether it can be promised, claimed and used")


class WelcomeOffer(OfferTermsIn):
    """An offer with what became of it."""

    id: int
    currency: str
    promised: int = Field(description="codes given out")
    claimed: int = Field(description="of them by people who registered")
    expired: int = Field(description="claimed codes that ran out without a use")
    total_redemptions: int = Field(description="uses, without those that were given back")
    discount_given_minor: int = Field(description="what they took off, in cents or paise")


class WelcomeOffers(ApiSchema):
    """A page of offers, newest first."""

    offers: list[WelcomeOffer]
    page: int
    limit: int
    total: int


class Redemption(ApiSchema):
    """A use of an offer, or a claim of it that has none."""

    code: str
    customer_id: int
    name: str
    phone: str = Field(description="masked")
    status: Literal["active", "redeemed", "returned", "expired"]
    claimed_at: datetime
    expires_at: datetime
    paid_for: str | None = Field(description="what was paid with it, such as booking:…; null for a claim without a use")
    total_minor: int = Field(description="the bill, in cents or paise")
    discount_minor: int
    redeemed_at: datetime | None
    returned_at: datetime | None


class Redemptions(ApiSchema):
    """A page of what became of an offer's codes, newest first."""

    redemptions: list[Redemption]
    page: int
    limit: int
    total: int


EXAMPLE_TERMS = {
    "name": "First visit",
    "discountType": "percentage",
    "discountValue": 15,
    "maxDiscountMinor": 20000,
    "minimumPurchaseMinor": 50000,
    "validityDays": 30,
    "usageLimit": 1,
    "isActive": True,
}
EXAMPLE_OFFER = EXAMPLE_TERMS | {
    "id": 7,
    "currency": "INR",
    "promised": 800,
    "claimed": 180,
    "expired": 12,
    "totalRedemptions": 90,
    "discountGivenMinor": 1215000,
}
EXAMPLE_REDEMPTION = {
    "code": "WELCOME-A7K9M2",
    "customerId": 4711,
    "name": "Priya Rao",
    "phone": "+9198•••3210",
    "status": "redeemed",
    "claimedAt": "2026-11-21T09:30:00Z",
    "expiresAt": "2026-12-21T09:30:00Z",
    "paidFor": "booking:6f1c2a34-5a3e-4f2b-9d0e-3b1f0a6c7d55",
    "totalMinor": 90000,
    "discountMinor": 13500,
    "redeemedAt": "2026-11-24T11:05:00Z",
    "returnedAt": None,
}
_BODY = {"requestBody": {"content": {"application/json": {"example": EXAMPLE_TERMS}}}}


@router.post(
    "",
    auth=WRITE,
    response={201: WelcomeOffer},
    summary="Make a welcome offer",
    operation_id="createWelcomeOffer",
    openapi_extra=documented(EXAMPLE_OFFER, status=201) | _BODY,
)
def create(request: HttpRequest, body: OfferTermsIn) -> Status:
    """Keep a new offer. Every field that makes no sense is named in `details.fields`."""
    try:
        made = services.create_offer(_wish(body), actor=request.auth.user)  # type: ignore[attr-defined]
    except BadOffer as error:
        raise _in_their_names(error) from error
    return Status(201, _shown(offer_usage(made)))


@router.get(
    "",
    auth=READ,
    response=WelcomeOffers,
    summary="Welcome offers",
    operation_id="listWelcomeOffers",
    openapi_extra=documented({"offers": [EXAMPLE_OFFER], "page": 1, "limit": 50, "total": 1}),
)
def list_offers(request: HttpRequest, page: Page = 1, limit: Limit = 50) -> dict[str, Any]:
    """Return the offers with what became of them, newest first."""
    every = offer_usages()
    page = min(page, page_count(len(every), limit))
    shown = every[(page - 1) * limit : page * limit]
    return {"offers": [_shown(usage) for usage in shown], "page": page, "limit": limit, "total": len(every)}


@router.put(
    "/{int:offerId}",
    auth=WRITE,
    response=WelcomeOffer,
    summary="Change a welcome offer",
    operation_id="changeWelcomeOffer",
    openapi_extra=documented(EXAMPLE_OFFER, 404) | _BODY,
)
def change(request: HttpRequest, offer_id: OfferId, body: OfferTermsIn) -> dict[str, Any]:
    """Put these terms in place of those of before. Once it was promised to somebody, an offer only becomes better for them."""
    try:
        changed = services.edit_offer(offer_id, _wish(body), actor=request.auth.user)  # type: ignore[attr-defined]
    except BadOffer as error:
        raise _in_their_names(error) from error
    return _shown(offer_usage(changed))


@router.get(
    "/{int:offerId}/redemptions",
    auth=READ,
    response=Redemptions,
    summary="What became of an offer",
    operation_id="listWelcomeOfferRedemptions",
    openapi_extra=documented({"redemptions": [EXAMPLE_REDEMPTION], "page": 1, "limit": 50, "total": 1}, 404),
)
def redemptions(request: HttpRequest, offer_id: OfferId, page: Page = 1, limit: Limit = 50) -> dict[str, Any]:
    """Return the uses of an offer and its claims without one, phones masked. Looking at people is recorded."""
    if offer_terms(offer_id) is None:
        raise UnknownOffer("There is no such welcome offer.")
    found = offer_redemptions(offer_id, page, limit)
    actor = request.auth.user  # type: ignore[attr-defined]
    record_access(actor=actor, action="view", how_many=len(found.rows), subject="welcome offer redemptions")
    names = [name for name in Redemption.model_fields if name != "paid_for"]
    rows = [{name: getattr(row, name) for name in names} | {"paid_for": row.source_key or None} for row in found.rows]
    return {"redemptions": rows, "page": found.page, "limit": limit, "total": found.total}


def _wish(body: OfferTermsIn) -> OfferWish:
    return OfferWish(
        name=" ".join(body.name.split()),
        is_percentage=body.discount_type == "percentage",
        discount_value=body.discount_value,
        max_discount_minor=body.max_discount_minor,
        minimum_purchase_minor=body.minimum_purchase_minor,
        validity_days=body.validity_days,
        usage_limit=body.usage_limit,
        is_active=body.is_active,
    )


def _in_their_names(error: BadOffer) -> BadOffer:
    """Return the refusal with the fields as a program calls them."""
    fields = [{"field": to_camel(field), "message": sentence} for field, sentence in error.details["fields"].items()]
    return BadOffer(error.message, fields=fields)


def _shown(usage: OfferUsage) -> dict[str, Any]:
    terms = usage.terms
    return {
        "id": terms.id,
        "name": terms.name,
        "discount_type": "percentage" if terms.is_percentage else "fixed",
        "discount_value": terms.discount_value,
        "max_discount_minor": terms.max_discount_minor,
        "minimum_purchase_minor": terms.minimum_purchase_minor,
        "validity_days": terms.validity_days,
        "usage_limit": terms.usage_limit,
        "is_active": terms.is_active,
        "currency": terms.currency,
        "promised": usage.promised,
        "claimed": usage.claimed,
        "expired": usage.expired,
        "total_redemptions": usage.used,
        "discount_given_minor": usage.discount_minor,
    }
