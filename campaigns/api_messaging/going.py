"""A messaging campaign on its way, over the API: send or schedule it, pause, resume, cancel, retry, and its numbers."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from campaigns import services
from campaigns.api_messaging import examples
from campaigns.api_messaging import schemas as s
from campaigns.api_messaging.asked import actor_of, in_their_names
from campaigns.api_messaging.parameters import READ, WRITE, CampaignId, example_body
from campaigns.api_messaging.schemas import NewMessagingConfig, SendIn
from campaigns.api_messaging.shown import shown_campaigns, shown_stats
from campaigns.choosing import channels_of, count_selected
from campaigns.errors import BadCampaignInput, EmptyAudience
from campaigns.messaging_rows import messaging_by_id
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign
from campaigns.services.messaging_drafts import CHANNELS, CONTENT, CUSTOMERS, NOBODY, PLACES, step_problems
from campaigns.services.messaging_words import content_of, content_problems
from campaigns.tasks import drain_soon, start_soon
from servicepro.lib.api_schema import documented
from tenants.selectors import User, current_tenant

router = Router(tags=["Messaging campaigns"], by_alias=True)
# Which field of a draft each step of composing it fills in; the content's own are named one by one.
_FIELDS = {PLACES: "places", CHANNELS: "channels", CUSTOMERS: "customers"}


def launch(campaign: Campaign, actor: User, when: SendIn | NewMessagingConfig, *, field: str) -> None:
    """Start a campaign now or have it started at a time, which `field` was to say.

    Raises BadCampaignInput, CountChanged, WrongStatus and ProviderAway.
    """
    at, confirmed = when.scheduled_send_time, getattr(when, "confirmed_count", None)
    if when.send_immediately == (at is not None):
        sentence = "Say sendImmediately, or give the scheduledSendTime: one of the two."
        raise BadCampaignInput(sentence, fields={field: sentence})
    if campaign.status == Campaign.Status.DRAFT:
        _object_to(campaign, actor)
    if at is None:
        services.request_start(campaign, actor=actor, confirmed_count=confirmed)
        return
    try:
        services.schedule_campaign(campaign, actor=actor, at=at, confirmed_count=confirmed)
    except EmptyAudience:
        raise
    except BadCampaignInput as error:  # what else stands against it was said before
        raise BadCampaignInput(error.message, fields={field: error.message}) from error


def _object_to(campaign: Campaign, actor: User) -> None:
    """Say by field what stands against sending a draft, all of it at once. Raises BadCampaignInput."""
    found = step_problems(campaign, actor)
    fields = {_FIELDS[step]: sentence for step, sentence in found.items() if step in _FIELDS}
    if CONTENT in found:
        fields |= content_problems(content_of(campaign), channels_of(campaign))
    if found:
        raise BadCampaignInput(next(iter(found.values())), fields=fields)
    if not count_selected(campaign):
        raise EmptyAudience(NOBODY, fields={"customers": NOBODY})


def begin_soon() -> None:
    """Ask a worker to make the list of what was just requested and to start it."""
    start_soon(current_tenant().schema_name)


@router.post(
    "/{int:campaignId}/send",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Send or schedule",
    operation_id="sendMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "preparing"}, 404, 409, 503) | example_body(examples.SEND),
)
def send(request: HttpRequest, campaign_id: CampaignId, body: SendIn) -> dict[str, Any]:
    """Start it now, in the background, or have it started at a time. One campaign of a business is sent at a time."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    with in_their_names():
        launch(campaign, actor_of(request), body, field="scheduled_send_time")
    if body.send_immediately:
        begin_soon()
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/unschedule",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Take it off the calendar",
    operation_id="unscheduleMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "draft"}, 404, 409),
)
def unschedule(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Make a scheduled campaign a draft again, so that it can be changed."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    services.unschedule_campaign(campaign, actor=actor_of(request))
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/pause",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Pause it",
    operation_id="pauseMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "paused"}, 404, 409),
)
def pause(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Pause it: what is on its way still arrives, nothing more leaves."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    services.pause_campaign(campaign, actor=actor_of(request))
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/resume",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Resume it",
    operation_id="resumeMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN, 404, 409),
)
def resume(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Go on where it stopped; refused where what stopped it still does."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    services.resume_campaign(campaign, actor=actor_of(request))
    drain_soon(current_tenant().schema_name, campaign.pk)
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/cancel",
    auth=WRITE,
    response=s.MessagingCampaign,
    summary="Cancel it",
    operation_id="cancelMessagingCampaign",
    openapi_extra=documented(examples.CAMPAIGN | {"status": "cancelled"}, 404, 409),
)
def cancel(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Stop it for good: whoever was not written to yet is not."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    services.cancel_campaign(campaign, actor=actor_of(request))
    return shown_campaigns([campaign])[0]


@router.post(
    "/{int:campaignId}/retry-failed",
    auth=WRITE,
    response=s.Retried,
    summary="Retry what failed",
    operation_id="retryFailedMessages",
    openapi_extra=documented({"retried": 15}, 404, 409),
)
def retry_failed(request: HttpRequest, campaign_id: CampaignId) -> dict[str, int]:
    """Give everybody whose message was refused another turn, and nobody else."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    retried = services.retry_failed(campaign, actor=actor_of(request))
    drain_soon(current_tenant().schema_name, campaign.pk)
    return {"retried": retried}


@router.get(
    "/{int:campaignId}/messaging-stats",
    auth=READ,
    response=s.MessagingNumbers,
    summary="What came of a campaign",
    operation_id="getMessagingStats",
    openapi_extra=documented(examples.STATS, 404),
)
def stats(request: HttpRequest, campaign_id: CampaignId) -> dict[str, Any]:
    """Return the numbers alone."""
    campaign = messaging_by_id(campaign_id, actor_of(request))
    return shown_stats(messaging_stats([campaign])[campaign.pk])
