"""The JSON API of the registration for texting: where it stands, submit it, ask again, submit it again."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import Field

from a2p.models import A2pCampaign, Attempt
from a2p.selectors import working_campaign
from a2p.services import refresh_campaign_status, submit_or_update_campaign
from servicepro.lib.api_schema import ApiSchema, documented
from tenants.selectors import User
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Registration"], by_alias=True)
READ, WRITE = api_access(ApiScope.REGISTRATION_READ), api_access(ApiScope.REGISTRATION_WRITE)
CampaignId = Annotated[int, Path(alias="registrationId", description="the registration", examples=[1])]


class Refusal(ApiSchema):
    """Why a reviewer refused, in plain words; `fields` are those of the form."""

    code: int
    meaning: str
    fix: str
    fields: list[str]
    is_final: bool = Field(description="changing the form does not help")


class Registration(ApiSchema):
    """Where a registration stands."""

    id: int
    status: str = Field(description="DRAFT, READY_TO_SUBMIT, SUBMITTED, APPROVED, REJECTED or ERROR")
    trusthub_status: str | None
    trusthub_last_error: str | None
    twilio_brand_sid: str | None
    twilio_campaign_sid: str | None
    messaging_service_sid: str | None
    brand_status: str | None
    identity_status: str | None = Field(description="texts can be sent once this is verified")
    numbers_total: int
    numbers_provisioned: int = Field(description="of them known to the carriers")
    submitted_at: datetime | None
    approved_at: datetime | None
    rejected_at: datetime | None
    trusthub_last_checked_at: datetime | None
    rejections: list[Refusal]


class Registrations(ApiSchema):
    """The registration of this business, where one was begun."""

    registrations: list[Registration]


class SubmitIn(ApiSchema):
    """What may be said along with submitting."""

    confirmed_fee: bool = Field(default=False, description="the owner agrees to the fee that a campaign made anew costs")


_EXAMPLE: dict[str, Any] = {
    "id": 1,
    "status": "SUBMITTED",
    "trusthubStatus": "submitted",
    "trusthubLastError": None,
    "twilioBrandSid": "BN5e0b1f2c3d4a5b6c7d8e9f0a1b2c3d4e",
    "twilioCampaignSid": "QE2c6890da8086d771620e9b13fadeba0b",
    "messagingServiceSid": "MG5e0b1f2c3d4a5b6c7d8e9f0a1b2c3d4e",
    "brandStatus": "APPROVED",
    "identityStatus": "VERIFIED",
    "numbersTotal": 1,
    "numbersProvisioned": 0,
    "submittedAt": "2026-11-21T09:30:00Z",
    "approvedAt": None,
    "rejectedAt": None,
    "trusthubLastCheckedAt": "2026-11-21T10:00:00Z",
    "rejections": [],
}
_BODY = {"requestBody": {"content": {"application/json": {"example": {"confirmedFee": False}}}}}


@router.get(
    "",
    auth=READ,
    response=Registrations,
    summary="Where it stands",
    description="Tells where the registration stands as we heard last. Empty where nobody has begun one.",
    operation_id="listRegistrations",
    openapi_extra=documented({"registrations": [_EXAMPLE]}),
)
def list_registrations(request: HttpRequest) -> dict[str, Any]:
    """Return the registration the business works on."""
    campaign = working_campaign()
    return {"registrations": [_shown(campaign)] if campaign else []}


@router.post(
    "/{int:registrationId}/submit",
    auth=WRITE,
    response=Registration,
    summary="Submit to Twilio",
    description=(
        "Submits a registration that is READY_TO_SUBMIT. Sent twice, nothing is made twice. What Twilio refuses is recorded, and"
        " answered with A2P_TWILIO_ERROR."
    ),
    operation_id="submitRegistration",
    openapi_extra=documented(_EXAMPLE, 404, 409, 502, 503) | _BODY,
)
def submit(request: HttpRequest, registration_id: CampaignId, body: SubmitIn | None = None) -> dict[str, Any]:
    """Submit it."""
    return _sent(request, registration_id, Attempt.Verb.SUBMIT, body)


@router.post(
    "/{int:registrationId}/resubmit",
    auth=WRITE,
    response=Registration,
    summary="Resubmit with fixes",
    description=(
        "Submits a registration again that is REJECTED or ERROR. Where Twilio takes no changes, a new campaign costs a fee: the answer is"
        " then A2P_NEEDS_CONFIRMATION with a sentence that names it, and the same call with confirmedFee goes on."
    ),
    operation_id="resubmitRegistration",
    openapi_extra=documented(_EXAMPLE, 404, 409, 502, 503) | _BODY,
)
def resubmit(request: HttpRequest, registration_id: CampaignId, body: SubmitIn | None = None) -> dict[str, Any]:
    """Submit it again."""
    return _sent(request, registration_id, Attempt.Verb.RESUBMIT, body)


@router.post(
    "/{int:registrationId}/refresh-status",
    auth=WRITE,
    response=Registration,
    summary="Refresh the status",
    description="Asks Twilio how it stands now. We ask every quarter of an hour by ourselves.",
    operation_id="refreshRegistration",
    openapi_extra=documented(_EXAMPLE, 404, 409, 502, 503),
)
def refresh_status(request: HttpRequest, registration_id: CampaignId) -> dict[str, Any]:
    """Ask how it stands."""
    return _shown(refresh_campaign_status(registration_id, actor=_actor(request)))


def _sent(request: HttpRequest, registration_id: int, verb: Attempt.Verb, body: SubmitIn | None) -> dict[str, Any]:
    has_agreed = body.confirmed_fee if body else False
    return _shown(submit_or_update_campaign(registration_id, actor=_actor(request), verb=verb, confirmed_fee=has_agreed))


def _actor(request: HttpRequest) -> User:
    actor: User = request.auth.user  # type: ignore[attr-defined]
    return actor


def _shown(campaign: A2pCampaign) -> dict[str, Any]:
    brand = campaign.brand
    return {
        "id": campaign.pk,
        "status": campaign.status,
        "trusthub_status": campaign.trusthub_status,
        "trusthub_last_error": campaign.trusthub_last_error,
        "twilio_brand_sid": campaign.twilio_brand_sid or brand.twilio_brand_sid or None,
        "twilio_campaign_sid": campaign.twilio_campaign_sid or None,
        "messaging_service_sid": campaign.messaging_service_sid or None,
        "brand_status": brand.brand_status or None,
        "identity_status": brand.identity_status or None,
        "numbers_total": campaign.numbers_total,
        "numbers_provisioned": campaign.numbers_provisioned,
        "submitted_at": campaign.submitted_at,
        "approved_at": campaign.approved_at,
        "rejected_at": campaign.rejected_at,
        "trusthub_last_checked_at": campaign.trusthub_last_checked_at,
        "rejections": [{name: row[name] for name in Refusal.model_fields} for row in (*brand.rejections, *campaign.rejections)],
    }
