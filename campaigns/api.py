"""Invitation campaigns over the API: draft them, send, pause, resume, and see what came of them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Path, Query, Router, Status
from pydantic import AwareDatetime, Field
from pydantic.alias_generators import to_camel

from campaigns import services
from campaigns.errors import BadCampaignInput
from campaigns.models import Campaign
from campaigns.selectors import invitation_by_id, invitation_campaigns, stats_of_invitations
from campaigns.tasks import drain_soon
from campaigns.types import Audience, InvitationDraft, InvitationStats
from servicepro.lib.api_schema import PAGE_ROWS_MAX, ApiSchema, documented
from servicepro.lib.paging import page_count
from tenants.selectors import User, current_tenant
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Invitations"], by_alias=True)
READ, WRITE = api_access(ApiScope.CAMPAIGNS_READ), api_access(ApiScope.CAMPAIGNS_WRITE)
CampaignId = Annotated[int, Path(alias="campaignId", description="the campaign", examples=[12])]
Page = Annotated[int, Query(ge=1, le=100_000, description="from 1; beyond the last it is the last", examples=[1])]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="rows a page, at most 100", examples=[50])]
# What the fields of a draft are called by those who send one.
NAMES = {"offer_id": "welcomeOfferId"}


Life = Literal["imported", "invited", "expired"]
LIVES: list[Life] = ["imported", "invited", "expired"]


class AudienceIn(ApiSchema):
    """Who is invited: people from a list who have not registered, narrowed down by whatever is given."""

    statuses: list[Life] = Field(default=["imported", "invited", "expired"], description="how far they have come")
    tags: list[str] = Field(default=[], description="one of these tags")
    import_batch_id: UUID | None = Field(default=None, description="brought by this list")
    place_id: int | None = Field(default=None, ge=1, le=2**31, description="with an appointment at this place")
    last_visit_before: date | None = Field(default=None, description="whose last appointment was before this day")
    last_visit_after: date | None = Field(default=None, description="whose last appointment was on this day or later")


class InvitationIn(ApiSchema):
    """An invitation to be drafted."""

    name: str = Field(description="what the owner calls it")
    channel: Literal["whatsapp", "sms", "both"] = Field(default="whatsapp", description="both: WhatsApp, and a text where that fails")
    message_template: str = Field(description="the words, with fields such as {{customer_name}}; texts must say how to stop")
    welcome_offer_id: int | None = Field(default=None, ge=1, le=2**31, description="promised to everybody under a code of their own")
    content_sid: str = Field(default="", description="the approved WhatsApp template; without one it reaches only who wrote within a day")
    content_variables: dict[str, str] = Field(default={}, description='what the template\'s numbers stand for: {"1": "customer_name"}')
    audience: AudienceIn = Field(default_factory=AudienceIn)
    scheduled_for: AwareDatetime | None = Field(default=None, description="when it starts by itself; null leaves it a draft")


class Stats(ApiSchema):
    """What came of a campaign, in people."""

    target: int = Field(description="people on its list; 0 before it is scheduled or sent")
    sent: int = Field(description="taken by the provider")
    delivered: int = Field(description="of them arrived, as the provider said since")
    read: int = Field(description="of them read, which WhatsApp alone tells")
    failed: int = Field(description="refused, or reported later as not delivered")
    opted_out: int = Field(description="not written to, for they asked for it")
    registered: int = Field(description="after they were written to")
    booked: int = Field(description="after they were written to, cancelled appointments left out")


class InvitationCampaign(ApiSchema):
    """An invitation campaign as it stands."""

    id: int
    name: str
    channel: Literal["whatsapp", "sms", "both"]
    message_template: str
    welcome_offer_id: int | None
    content_sid: str
    content_variables: dict[str, str]
    audience: AudienceIn
    status: Literal["draft", "scheduled", "sending", "paused", "completed", "cancelled"]
    pause_reason: str = Field(description="why it stands still, to be shown to people; empty where nothing is to be said")
    scheduled_for: datetime | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    stats: Stats


class InvitationCampaigns(ApiSchema):
    """A page of campaigns, newest first."""

    campaigns: list[InvitationCampaign]
    page: int
    limit: int
    total: int


EXAMPLE_IN: dict[str, Any] = {
    "name": "Spring list",
    "channel": "sms",
    "messageTemplate": "Hi {{customer_name}}, join {{salon_name}}: {{download_link}} Reply STOP to opt out.",
    "welcomeOfferId": None,
    "contentSid": "",
    "contentVariables": {},
    "audience": {
        "statuses": ["imported", "expired"],
        "tags": ["vip"],
        "importBatchId": None,
        "placeId": None,
        "lastVisitBefore": None,
        "lastVisitAfter": None,
    },
    "scheduledFor": None,
}
EXAMPLE_STATS = {
    "target": 1000,
    "sent": 800,
    "delivered": 720,
    "read": 410,
    "failed": 35,
    "optedOut": 40,
    "registered": 180,
    "booked": 90,
}
EXAMPLE = EXAMPLE_IN | {
    "id": 12,
    "status": "sending",
    "pauseReason": "",
    "createdAt": "2026-11-21T09:30:00Z",
    "startedAt": "2026-11-21T10:00:00Z",
    "completedAt": None,
    "stats": EXAMPLE_STATS,
}
_BODY = {"requestBody": {"content": {"application/json": {"example": EXAMPLE_IN}}}}


@router.post(
    "",
    auth=WRITE,
    response={201: InvitationCampaign},
    summary="Draft an invitation",
    operation_id="createInvitationCampaign",
    openapi_extra=documented(EXAMPLE, 409, 503, status=201) | _BODY,
)
def create(request: HttpRequest, body: InvitationIn) -> Status:
    """Keep a draft, or schedule it where `scheduledFor` is given. Every field that cannot be used is named in `details.fields`."""
    draft = InvitationDraft(
        body.channel, body.message_template, body.welcome_offer_id, body.content_sid, body.content_variables if body.content_sid else {}
    )
    wanted = body.audience
    audience = Audience(
        statuses=frozenset(wanted.statuses),
        tags=tuple(wanted.tags),
        import_batch_id=wanted.import_batch_id,
        place_id=wanted.place_id,
        last_visit_before=wanted.last_visit_before,
        last_visit_after=wanted.last_visit_after,
    )
    try:
        with transaction.atomic():  # one that cannot be scheduled as asked is not kept either
            made = services.create_invitation_campaign(actor=_actor(request), name=body.name, draft=draft, audience=audience)
            if body.scheduled_for:
                services.schedule_campaign(made, actor=_actor(request), at=body.scheduled_for)
    except BadCampaignInput as error:
        raise _in_their_names(error) from error
    return Status(201, _shown([made])[0])


@router.get(
    "",
    auth=READ,
    response=InvitationCampaigns,
    summary="Invitations",
    operation_id="listInvitationCampaigns",
    openapi_extra=documented({"campaigns": [EXAMPLE], "page": 1, "limit": 50, "total": 1}),
)
def list_campaigns(request: HttpRequest, page: Page = 1, limit: Limit = 50) -> dict[str, Any]:
    """Return the invitations with what came of them, newest first."""
    every = invitation_campaigns()
    total = every.count()
    page = min(page, page_count(total, limit))
    return {"campaigns": _shown(list(every[(page - 1) * limit : page * limit])), "page": page, "limit": limit, "total": total}


@router.get(
    "/{int:campaignId}",
    auth=READ,
    response=InvitationCampaign,
    summary="One invitation",
    operation_id="getInvitationCampaign",
    openapi_extra=documented(EXAMPLE, 404),
)
def one(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Return an invitation with what came of it."""
    return _shown([invitation_by_id(campaign_id)])[0]


@router.post(
    "/{int:campaignId}/send",
    auth=WRITE,
    response=InvitationCampaign,
    summary="Send an invitation",
    operation_id="sendInvitationCampaign",
    openapi_extra=documented(EXAMPLE, 404, 409, 503),
)
def send(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Start sending a draft or a scheduled invitation now. One campaign of a business is sent at a time."""
    campaign = invitation_by_id(campaign_id)
    services.start_campaign(campaign, actor=_actor(request))
    drain_soon(current_tenant().schema_name, campaign.pk)
    return _shown([campaign])[0]


@router.post(
    "/{int:campaignId}/pause",
    auth=WRITE,
    response=InvitationCampaign,
    summary="Pause an invitation",
    operation_id="pauseInvitationCampaign",
    openapi_extra=documented(EXAMPLE | {"status": "paused"}, 404, 409),
)
def pause(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Pause it: what is on its way still arrives, nothing more leaves."""
    campaign = invitation_by_id(campaign_id)
    services.pause_campaign(campaign, actor=_actor(request))
    return _shown([campaign])[0]


@router.post(
    "/{int:campaignId}/resume",
    auth=WRITE,
    response=InvitationCampaign,
    summary="Resume an invitation",
    operation_id="resumeInvitationCampaign",
    openapi_extra=documented(EXAMPLE, 404, 409),
)
def resume(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Go on where it stopped; refused where what stopped it still does."""
    campaign = invitation_by_id(campaign_id)
    services.resume_campaign(campaign, actor=_actor(request))
    drain_soon(current_tenant().schema_name, campaign.pk)
    return _shown([campaign])[0]


@router.get(
    "/{int:campaignId}/stats",
    auth=READ,
    response=Stats,
    summary="What came of an invitation",
    operation_id="getInvitationCampaignStats",
    openapi_extra=documented(EXAMPLE_STATS, 404),
)
def stats(request: HttpRequest, campaign_id: CampaignId) -> InvitationStats:
    """Return the numbers alone."""
    campaign = invitation_by_id(campaign_id)
    return stats_of_invitations([campaign])[campaign.pk]


def _actor(request: HttpRequest) -> User:
    actor: User = request.auth.user  # type: ignore[attr-defined]
    return actor


def _in_their_names(error: BadCampaignInput) -> BadCampaignInput:
    """Return the refusal with the fields as a program calls them."""
    found = error.details.get("fields", {})
    fields = [{"field": NAMES.get(field, to_camel(field)), "message": sentence} for field, sentence in found.items()]
    return type(error)(error.message, **({"fields": fields} if fields else {}))


def _shown(campaigns: list[Campaign]) -> list[dict[str, Any]]:
    counted = stats_of_invitations(campaigns)
    return [
        {
            "id": campaign.pk,
            "name": campaign.name,
            "channel": campaign.channel,
            "message_template": campaign.sms_text,
            "welcome_offer_id": campaign.offer_id,
            "content_sid": campaign.content_sid,
            "content_variables": campaign.content_variables,
            "audience": campaign.audience,
            "status": "sending" if campaign.status == Campaign.Status.RUNNING else campaign.status,
            "pause_reason": campaign.pause_reason,
            "scheduled_for": campaign.scheduled_at,
            "created_at": campaign.created_at,
            "started_at": campaign.started_at,
            "completed_at": campaign.finished_at,
            "stats": counted[campaign.pk],
        }
        for campaign in campaigns
    ]
