"""Messaging campaigns over the API: choose customers who agreed, write to them now or later, and see what became of it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from ninja import Query, Router, Status

from campaigns import services
from campaigns.api_messaging import examples
from campaigns.api_messaging import schemas as s
from campaigns.api_messaging.asked import actor_of, campaign_key, change_draft, choose, in_their_names, make_draft, own_places
from campaigns.api_messaging.going import begin_soon, launch
from campaigns.api_messaging.going import router as going_router
from campaigns.api_messaging.parameters import (
    PEOPLE,
    READ,
    WRITE,
    CampaignId,
    IdempotencyKey,
    InCampaign,
    Limit,
    OfStatus,
    Page,
    PlaceIds,
    RecipientId,
    example_body,
)
from campaigns.api_messaging.shown import chosen_recipients, shown_campaigns, shown_customers, shown_recipients
from campaigns.choosing import count_reach, count_selected, list_customers, selection_of
from campaigns.errors import UnknownRecipient
from campaigns.messaging_rows import messaging_by_id, messaging_campaigns, recipients_of, segments_of
from campaigns.models import Campaign
from campaigns.selectors import campaign_by_key
from campaigns.types import Selection
from customers.services import record_access
from servicepro.lib.api_schema import documented
from servicepro.lib.paging import page_count

router = Router(tags=["Messaging campaigns"], by_alias=True)
router.add_router("", going_router)


@router.get(
    "/messaging/customers",
    auth=PEOPLE,
    response=s.ListedCustomers,
    summary="Customers who can be written to",
    operation_id="listMessagingCustomers",
    openapi_extra=documented(examples.CUSTOMERS, 404),
)
def customers(
    request: HttpRequest,
    place_ids: PlaceIds,
    matching: Query[s.FilterIn],
    campaign_id: InCampaign = None,
    page: Page = 1,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return customers with a booking at these places who agreed to marketing and have not asked to be left alone."""
    chosen = Selection() if campaign_id is None else selection_of(messaging_by_id(campaign_id, actor_of(request)))
    selection = Selection(own_places(actor_of(request), place_ids), chosen.steps)
    found = list_customers(selection, matching.wanted(), page=page, limit=limit)
    record_access(actor=actor_of(request), action="view", how_many=len(found.customers), subject="messaging customers")
    return shown_customers(found, limit)


@router.get(
    "/messaging/segments",
    auth=READ,
    response=s.ShownSegments,
    summary="Saved segments",
    operation_id="listMessagingSegments",
    openapi_extra=documented(examples.SEGMENTS),
)
def segments(request: HttpRequest) -> dict[str, Any]:
    """Return the descriptions of customers that were kept to be used again."""
    return {
        "segments": [
            {"id": each.pk, "name": each.name, "place_ids": each.filters.get("place_ids", []), "created_at": each.created_at}
            for each in segments_of(actor_of(request))
        ]
    }


@router.post(
    "",
    auth=WRITE,
    response={201: s.MessagingCampaign},
    summary="Make a messaging campaign",
    operation_id="createMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "draft"}, 404, 409, 503, status=201) | example_body(examples.IN),
)
def create(request: HttpRequest, body: s.CampaignIn, idempotency_key: IdempotencyKey = "") -> Status:
    """Keep a draft, or send or schedule it where `messagingConfig` says so. What cannot be used is named in `details.fields`."""
    key = campaign_key(actor_of(request), idempotency_key)
    made = campaign_by_key(key) if key else None
    if made is None:
        try:
            made = _make(request, body, key)
        except IntegrityError:  # the same wish was granted meanwhile
            made = campaign_by_key(key)
            if made is None:
                raise
    return Status(201, shown_campaigns([messaging_by_id(made.pk, actor_of(request))])[0])


def _make(request: HttpRequest, body: s.CampaignIn, key: str) -> Campaign:
    actor, config = actor_of(request), body.messaging_config
    with in_their_names(), transaction.atomic():  # one that cannot go as asked is not kept either
        made = make_draft(actor, body, key=key)
        if config.send_immediately or config.scheduled_send_time:
            launch(made, actor, config, field="messagingConfig.scheduledSendTime")
    if config.send_immediately:
        begin_soon()
    return made


@router.get(
    "",
    auth=READ,
    response=s.MessagingCampaigns,
    summary="Messaging campaigns",
    operation_id="listMessagingCampaigns",
    openapi_extra=documented({"campaigns": [examples.CAMPAIGN], "page": 1, "limit": 50, "total": 1}),
)
def list_campaigns(request: HttpRequest, page: Page = 1, limit: Limit = 50) -> dict[str, Any]:
    """Return the campaigns with what came of them, newest first."""
    every = messaging_campaigns(actor_of(request))
    total = every.count()
    page = min(page, page_count(total, limit))
    rows = shown_campaigns(list(every[(page - 1) * limit : page * limit]))
    return {"campaigns": rows, "page": page, "limit": limit, "total": total}


@router.get(
    "/{int:campaignId}",
    auth=READ,
    response=s.MessagingCampaign,
    summary="One messaging campaign",
    operation_id="getMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN, 404),
)
def one(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Return a campaign with what came of it."""
    return shown_campaigns([messaging_by_id(campaign_id, actor_of(request))])[0]


@router.patch(
    "/{int:campaignId}",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Change a draft",
    operation_id="changeMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "draft"}, 404, 409) | example_body(examples.CHANGES),
)
def change(request: HttpRequest, campaign_id: CampaignId, body: s.CampaignChanges) -> dict[str, Any]:
    """Change what is sent of a draft; all of it or nothing."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    with in_their_names(), transaction.atomic():
        change_draft(campaign, actor_of(request), body)
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/recipients",
    auth=WRITE,
    response=s.SelectionCount,
    summary="Choose customers",
    operation_id="chooseMessagingRecipients",
    openapi_extra=documented({"selected": 812}, 404, 409) | example_body(examples.RECIPIENTS),
)
def add_recipients(request: HttpRequest, campaign_id: CampaignId, body: s.RecipientsIn) -> dict[str, int]:
    """Add customers to a draft, or take them out; only customers of its places who agreed count. The last word on somebody holds."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    with in_their_names():
        choose(campaign, actor_of(request), body)
    return {"selected": count_selected(campaign)}


@router.get(
    "/{int:campaignId}/recipients",
    auth=PEOPLE,
    response=s.Recipients,
    summary="People of a campaign",
    operation_id="listMessagingRecipients",
    openapi_extra=documented({"recipients": [examples.RECIPIENT], "page": 1, "limit": 50, "total": 1}, 404),
)
def recipients(
    request: HttpRequest, campaign_id: CampaignId, status: OfStatus = "all", page: Page = 1, limit: Limit = 50
) -> dict[str, Any]:
    """Return who is on its list and what became of their messages; of a draft, who is chosen: they have no id and wait."""
    campaign, actor = messaging_by_id(campaign_id, actor_of(request)), actor_of(request)
    if campaign.status == Campaign.Status.DRAFT:
        found = chosen_recipients(campaign, status=status, page=page, limit=limit)
    else:
        every = recipients_of(campaign.pk, status=status)
        total = every.count()
        page = min(page, page_count(total, limit))
        rows = shown_recipients(campaign, list(every[(page - 1) * limit : page * limit]))
        found = {"recipients": rows, "page": page, "limit": limit, "total": total}
    record_access(actor=actor, action="view", how_many=len(found["recipients"]), subject=f"campaign:{campaign.pk}")
    return found


@router.delete(
    "/{int:campaignId}/recipients/{int:recipientId}",
    auth=WRITE,
    response=s.SelectionCount,
    summary="Take somebody off the list",
    operation_id="removeMessagingRecipient",
    openapi_extra=documented({"selected": 811}, 404, 409),
)
def remove_recipient(request: HttpRequest, campaign_id: CampaignId, recipient_id: RecipientId) -> dict[str, int]:
    """Remove somebody who was not written to yet, and return how many people are left."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    every = recipients_of(campaign.pk)
    if not every.filter(pk=recipient_id).exists():
        raise UnknownRecipient(f"There is nobody {recipient_id} on the list of this campaign.")
    services.remove_recipient(campaign, recipient_id, actor=actor_of(request))
    return {"selected": every.count()}


@router.get(
    "/{int:campaignId}/reach",
    auth=READ,
    response=s.Reach,
    summary="Whom it would reach",
    operation_id="getMessagingReach",
    openapi_extra=documented(examples.REACH, 404),
)
def reach(request: HttpRequest, campaign_id: CampaignId) -> Any:
    """Return people per channel, who is left out and why, the cost, and how long it takes: to be looked at before it is sent."""
    return count_reach(messaging_by_id(campaign_id, actor_of(request)))
