"""What the app on a customer's phone asks while somebody registers: prove the phone, see what waits for it, claim it.

Whether a phone is a customer's is told to nobody who has not proved it: asking for a code has one answer, and no address of this
part of the API carries a phone.
"""

import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from customers.selectors import Customer
from loyalty.selectors import offer_amount, offer_promise, offer_terms, usable_offers
from loyalty.types import OfferTerms
from portal.invitations import offer_to_claim, was_brought
from portal.models import PortalSession, SignInCode
from portal.policy import read_mobile
from portal.selectors import expires_at
from portal.services import ask_for_code, claim_promised, end_app_session, open_app_session, register_by_app, use_code
from portal.services.access import any_app, app_only
from portal.services.codes import LIFE
from portal.wording import offer_limits, texts_wording, welcome_sentence
from servicepro.lib.api_schema import ApiSchema, documented
from servicepro.lib.client_ip import client_ip
from tenants.selectors import current_tenant

router = Router(by_alias=True, tags=["Mobile"])
ID_MAX = 2**63 - 1
NO_TOKEN: dict[str, Any] = {"security": []}
OPAQUE = "7Qm2vJ0kR5h8X1cN4tB6yW9zL3pF0sD2aG5eH8uK1oM"
EXAMPLE_OFFER = {
    "id": 3,
    "name": "Welcome",
    "amount": "15%",
    "limits": "On bookings from $75, at most $50 off.",
    "minimumPurchaseMinor": 7500,
    "currency": "USD",
    "validityDays": 30,
    "status": "promised",
    "code": "WELCOME-A7K9M2",
    "expiresAt": None,
}


class CodeWish(ApiSchema):
    """Whose phone is to be proved."""

    phone: str = Field(min_length=1, max_length=40, description="as people of the business's country write it, or E.164")


class CodeSent(ApiSchema):
    """A code is on its way, where texts can reach that number; the answer is the same for every number."""

    request_token: str = Field(description="belongs to verify-code; the code works with it alone")
    expires_in_seconds: int


class CodeTyped(ApiSchema):
    """The code that arrived, and what somebody says of themselves who registers."""

    request_token: str = Field(min_length=1, max_length=100)
    code: str = Field(min_length=1, max_length=20)
    name: str = Field(default="", max_length=120, description="what they want to be called; empty leaves what is known")
    wants_texts: bool = Field(default=False, description="agrees to offers by text, in the words of `textsWording`; it ends no opt-out")


class SignedUp(ApiSchema):
    """Somebody is registered, and this app may ask on their behalf until `expiresAt`, or for a week without a visit."""

    token: str = Field(description="send it as Authorization: Bearer; it is told this once")
    expires_at: datetime.datetime
    is_first_time: bool = Field(description="false for who had registered before")
    message: str = Field(description="a greeting, to be shown to people")


class WelcomeOffer(ApiSchema):
    """A welcome offer that waits to be claimed (`promised`) or that runs (`claimed`, until `expiresAt`)."""

    id: int
    name: str
    amount: str = Field(description="what it takes off, for people")
    limits: str = Field(description="what it asks for, for people; empty for nothing")
    minimum_purchase_minor: int
    currency: str
    validity_days: int = Field(description="how long it runs from the day it is claimed")
    status: Literal["promised", "claimed"]
    code: str | None
    expires_at: datetime.datetime | None


class ImportedCustomer(ApiSchema):
    """Whether the business knew this customer before they registered, and what it promised them."""

    is_imported: bool
    salon_name: str
    texts_wording: str = Field(description="the sentence `wantsTexts` stands for")
    welcome_offer: WelcomeOffer | None


class OfferClaim(ApiSchema):
    """Which offer is wanted."""

    offer_id: int = Field(ge=1, le=ID_MAX)


def _session(request: HttpRequest) -> PortalSession:
    session: PortalSession = request.auth  # type: ignore[attr-defined]
    return session


def _customer(request: HttpRequest) -> Customer:
    found = _session(request).customer
    return found.same_person_as or found


def _body(example: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"example": example}}, "required": True}}


@router.post(
    "/request-code",
    response={202: CodeSent},
    auth=any_app,
    summary="Ask for a code",
    operation_id="requestMobileCode",
    openapi_extra=documented({"requestToken": OPAQUE, "expiresInSeconds": 300}, 503, status=202)
    | _body({"phone": "(512) 555-0142"})
    | NO_TOKEN,
)
def request_code(request: HttpRequest, wish: CodeWish) -> Status[dict[str, Any]]:
    """Text a code to a phone, whether or not it is a customer's; a few in ten minutes for each number and each machine."""
    address = read_mobile(wish.phone, current_tenant().region)
    token = ask_for_code(address, ip=client_ip(request), host="", purpose=SignInCode.Purpose.REGISTER)
    return Status(202, {"request_token": token, "expires_in_seconds": int(LIFE.total_seconds())})


@router.post(
    "/verify-code",
    response=SignedUp,
    auth=any_app,
    summary="Prove the phone and register",
    operation_id="verifyMobileCode",
    openapi_extra=documented(
        {"token": OPAQUE, "expiresAt": "2026-12-21T15:04:05Z", "isFirstTime": True, "message": "Welcome to Clean Machine, Ana!"}, 503
    )
    | _body({"requestToken": OPAQUE, "code": "482913", "name": "Ana Silva", "wantsTexts": False})
    | NO_TOKEN,
)
def verify_code(request: HttpRequest, typed: CodeTyped) -> dict[str, Any]:
    """Register whoever has the phone, as the customer they are or as a new one, and hand the app its token; five tries for a code."""
    row = use_code(browser_token=typed.request_token, typed=typed.code, purpose=SignInCode.Purpose.REGISTER)
    found = register_by_app(phone=row.address, name=typed.name, wants_texts=typed.wants_texts)
    session, token = open_app_session(request, found.customer)
    return {
        "token": token,
        "expires_at": expires_at(session),
        "is_first_time": found.is_first_time,
        "message": welcome_sentence(found.customer.name or "", is_imported=found.is_imported),
    }


@router.get(
    "/check-imported-customer",
    response=ImportedCustomer,
    auth=app_only,
    summary="What waits for me",
    operation_id="checkImportedCustomer",
    openapi_extra=documented(
        {
            "isImported": True,
            "salonName": "Clean Machine",
            "textsWording": "Clean Machine may text me offers and news at this number.",
            "welcomeOffer": EXAMPLE_OFFER,
        }
    ),
)
def check_imported_customer(request: HttpRequest) -> dict[str, Any]:
    """Tell whoever proved their phone whether the business knew them, and which welcome offer waits for them or runs."""
    customer = _customer(request)
    running = usable_offers(customer.pk)
    waiting = offer_to_claim(customer)
    offer = waiting or (running[0].terms if running else None)
    return {
        "is_imported": was_brought(customer),
        "salon_name": current_tenant().name,
        "texts_wording": texts_wording(),
        "welcome_offer": _offer(customer, offer) if offer else None,
    }


@router.post(
    "/claim-welcome-offer",
    response=WelcomeOffer,
    auth=app_only,
    summary="Claim my welcome offer",
    operation_id="claimWelcomeOffer",
    openapi_extra=documented(EXAMPLE_OFFER | {"status": "claimed", "expiresAt": "2026-12-21T15:04:05Z"}, 404) | _body({"offerId": 3}),
)
def claim_welcome_offer(request: HttpRequest, claim: OfferClaim) -> dict[str, Any]:
    """Let an offer that was promised to this customer run from now; asked again, the same answer comes back."""
    customer = _customer(request)
    claim_promised(customer, claim.offer_id)
    terms = offer_terms(claim.offer_id)
    assert terms is not None, "claimed a moment ago, and offers are kept"
    return _offer(customer, terms)


@router.post(
    "/sign-out",
    response={204: None},
    auth=app_only,
    summary="Sign out",
    operation_id="signOutOfApp",
    openapi_extra=documented(None, status=204),
)
def sign_out(request: HttpRequest) -> HttpResponse:
    """Revoke this app's token."""
    end_app_session(_session(request))
    return HttpResponse(status=204)


def _offer(customer: Customer, terms: OfferTerms) -> dict[str, Any]:
    promise = offer_promise(customer.pk, terms.id)
    return {
        "id": terms.id,
        "name": terms.name,
        "amount": offer_amount(terms),
        "limits": offer_limits(terms),
        "minimum_purchase_minor": terms.minimum_purchase_minor,
        "currency": terms.currency,
        "validity_days": terms.validity_days,
        "status": "claimed" if promise and promise.expires_at else "promised",
        "code": promise.code if promise else None,
        "expires_at": promise.expires_at if promise else None,
    }
