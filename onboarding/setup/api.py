"""The set-up over the API: what the pages of the wizard show, for a program."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from onboarding.setup.phone import phone_step
from onboarding.setup.status import setup_facts
from onboarding.setup.steps import steps_of
from onboarding.setup.types import Card, Piece, Step, StepStatus
from onboarding.setup.views import address_of
from servicepro.lib.api_schema import ApiSchema, documented
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Setup"], by_alias=True)


class SetupCard(ApiSchema):
    """A part of a step, in the words of the page."""

    title: str
    value: str | None = Field(description="what there is, such as the number")
    text: str
    problem: str | None = Field(description="what went wrong, in words for people")
    missing_pieces: list[Piece]
    link: str | None = Field(description="the page where it is added or changed")


class SetupStep(ApiSchema):
    """A step of the wizard."""

    number: int
    key: str
    title: str
    status: StepStatus
    missing_pieces: list[Piece]
    link: str = Field(description="the step's page")
    cards: list[SetupCard]


class SetupStatus(ApiSchema):
    """How far the set-up of the business is; the names beside `steps` are about step 2, phone and texts."""

    has_phone_number: bool
    phone_number: str | None = Field(description="the number texts leave from, E.164: the business's own, so it is not masked")
    has_messaging_service: bool
    messaging_service_sid: str | None
    a2p_status: str | None = Field(
        alias="a2pStatus", description="DRAFT, READY_TO_SUBMIT, SUBMITTED, APPROVED, REJECTED or ERROR; null where nobody began"
    )
    missing_pieces: list[Piece] = Field(description="what step 2 lacks; empty: it is complete")
    steps: list[SetupStep]


_PHONE_CARDS = [
    {
        "title": "Business Line & SMS Number",
        "value": "+15125550100",
        "text": "No messaging service is linked to this number yet. One is made when you submit your registration.",
        "problem": None,
        "missingPieces": ["MESSAGING_SERVICE"],
        "link": "/settings/a2p/",
    },
    {
        "title": "Inbound Routing & IVR",
        "value": "Voicemail",
        "text": "Callers reach your voicemail.",
        "problem": None,
        "missingPieces": [],
        "link": "/admin/ivr-config/",
    },
    {
        "title": "A2P Registration Status",
        "value": None,
        "text": "Looks good! Submit now from the A2P page to unlock high-volume SMS. Until it is approved, no text is sent to US numbers.",
        "problem": None,
        "missingPieces": ["A2P_APPROVAL"],
        "link": "/settings/a2p/",
    },
]
EXAMPLE = {
    "hasPhoneNumber": True,
    "phoneNumber": "+15125550100",
    "hasMessagingService": False,
    "messagingServiceSid": None,
    "a2pStatus": "READY_TO_SUBMIT",
    "missingPieces": ["MESSAGING_SERVICE", "A2P_APPROVAL"],
    "steps": [
        {
            "number": 2,
            "key": "phone",
            "title": "Phone & SMS Setup",
            "status": "PARTIALLY_CONFIGURED",
            "missingPieces": ["MESSAGING_SERVICE", "A2P_APPROVAL"],
            "link": "/setup-wizard/phone/",
            "cards": _PHONE_CARDS,
        }
    ],
}


@router.get(
    "/status",
    auth=api_access(ApiScope.REGISTRATION_READ),
    response=SetupStatus,
    summary="How far the set-up is",
    description="Tells for each of the five steps of the wizard what is there and what is missing, read from the business as it is now.",
    operation_id="getSetupWizardStatus",
    openapi_extra=documented(EXAMPLE),
)
def status(request: HttpRequest) -> dict[str, Any]:
    """Return how far the set-up of the business is."""
    facts = setup_facts()
    phone = facts.phone
    return {
        "has_phone_number": phone.has_phone_number,
        "phone_number": phone.phone_number,
        "has_messaging_service": phone.has_messaging_service,
        "messaging_service_sid": phone.messaging_service_sid,
        "a2p_status": phone.a2p_status,
        "missing_pieces": list(phone_step(phone).missing),
        "steps": [_step(step) for step in steps_of(facts)],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "key": step.key,
        "title": step.title,
        "status": step.status,
        "missing_pieces": list(step.missing),
        "link": address_of(step),
        "cards": [_card(card) for card in step.cards],
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "title": card.title,
        "value": card.value or None,
        "text": " ".join(card.says),
        "problem": card.problem or None,
        "missing_pieces": list(card.missing),
        "link": card.links[0].url if card.links else None,
    }
