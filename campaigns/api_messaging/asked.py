"""What a program asks of a messaging campaign, turned into the services' words, and their refusals turned back into its own."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from pydantic.alias_generators import to_camel

from bookings.errors import UnknownPlace
from bookings.selectors import places_of
from campaigns.api_messaging.schemas import CampaignChanges, CampaignIn, MessagingConfigIn, RecipientsIn
from campaigns.errors import BadCampaignInput
from campaigns.messaging_rows import segments_of
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.types import MessagingContent, Selection
from tenants.selectors import User

# What the fields of a draft are called by those who send one.
_NAMES = {
    "places": "placeIds",
    "customers": "recipients",
    "segment": "segmentId",
    "channels": "messagingConfig.channels",
    "email_subject": "messagingConfig.emailSubject",
    "email_html": "messagingConfig.emailBody",
    "whatsapp_text": "messagingConfig.whatsappMessage",
    "content_sid": "messagingConfig.contentSid",
    "content_variables": "messagingConfig.contentVariables",
}


def actor_of(request: HttpRequest) -> User:
    """Return the owner who is asking, or whose key is."""
    actor: User = request.auth.user  # type: ignore[attr-defined]
    return actor


@contextmanager
def in_their_names() -> Iterator[None]:
    """Have refusals name the fields as a program calls them."""
    try:
        yield
    except BadCampaignInput as error:
        found = error.details.get("fields", {})
        fields = [{"field": _their_name(field), "message": sentence} for field, sentence in found.items()]
        raise type(error)(error.message, **({"fields": fields} if fields else {})) from error


def own_places(actor: User, place_ids: Collection[int]) -> tuple[int, ...]:
    """Return the places, each once. Raises UnknownPlace for one that is not there, or that another owner looks after."""
    if missing := sorted(set(place_ids) - {place.pk for place in places_of(actor)}):
        raise UnknownPlace(f"There is no place {missing[0]} in this business, or it is not among yours.")
    return tuple(sorted(set(place_ids)))


def campaign_key(actor: User, wish: str) -> str:
    """Return the key of the campaign that an owner's program calls so; empty where it gave no name."""
    return f"messaging-{hashlib.sha256(f'{actor.pk}:{wish}'.encode()).hexdigest()[:40]}" if wish else ""


def make_draft(actor: User, body: CampaignIn, *, key: str = "") -> Campaign:
    """Make a campaign of what was sent, inside the caller's transaction."""
    if body.segment_id and (body.place_ids or body.recipients):
        sentence = "A segment says by itself who is meant: send it alone, or send placeIds and recipients."
        raise BadCampaignInput(sentence, fields={"segment": sentence})
    own_places(actor, body.place_ids)
    campaign = drafts.create_messaging_campaign(actor=actor, name=body.name, description=body.description, key=key)
    if body.place_ids:
        drafts.save_places(campaign, actor=actor, place_ids=body.place_ids)
    _save_config(campaign, actor, body.messaging_config)
    if body.segment_id:
        _choose_segment(campaign, actor, body.segment_id)
    if body.recipients:
        choose(campaign, actor, body.recipients)
    return campaign


def change_draft(campaign: Campaign, actor: User, body: CampaignChanges) -> None:
    """Change what was sent of a draft, inside the caller's transaction."""
    if body.segment_id and body.place_ids is not None:
        sentence = "A segment has places of its own: send one of the two."
        raise BadCampaignInput(sentence, fields={"segment": sentence})
    if body.name is not None or body.description is not None:
        name = campaign.name if body.name is None else body.name
        description = campaign.description if body.description is None else body.description
        drafts.save_info(campaign, actor=actor, name=name, description=description)
    if body.place_ids is not None:
        own_places(actor, body.place_ids)
        drafts.save_places(campaign, actor=actor, place_ids=body.place_ids)
    if body.segment_id:
        _choose_segment(campaign, actor, body.segment_id)
    _save_config(campaign, actor, body.messaging_config)


def choose(campaign: Campaign, actor: User, who: RecipientsIn) -> None:
    """Tick or untick people. Raises BadCampaignInput where nobody, or both kinds of choosing, are named."""
    if who.all_matching == bool(who.user_ids):
        sentence = "Name the customers in userIds, or say allMatching: one of the two."
        raise BadCampaignInput(sentence, fields={"user_ids": sentence})

    def change(chosen: Selection) -> Selection:
        if who.all_matching:
            return chosen.mark(who.filter.wanted(), is_added=who.selected)
        return chosen.mark_people(who.user_ids, is_added=who.selected)

    drafts.change_selection(campaign, actor=actor, change=change)


def _choose_segment(campaign: Campaign, actor: User, segment_id: int) -> None:
    if segment_id not in {segment.pk for segment in segments_of(actor)}:
        sentence = f"There is no segment {segment_id} in this business, or it is not among yours."
        raise BadCampaignInput(sentence, fields={"segment": sentence})
    drafts.save_segment_choice(campaign, actor=actor, segment_id=segment_id)


def _save_config(campaign: Campaign, actor: User, config: MessagingConfigIn) -> None:
    sent: dict[str, Any] = config.model_dump(exclude_none=True, include=set(MessagingConfigIn.model_fields))
    channels = sent.pop("channels", None)
    if channels is not None:
        drafts.save_channels(campaign, actor=actor, channels=set(channels))
    if sent:
        content = MessagingContent(
            email_subject=sent.get("email_subject", campaign.email_subject),
            email_html=sent.get("email_body", campaign.email_html),
            whatsapp_text=sent.get("whatsapp_message", campaign.sms_text),
            content_sid=sent.get("content_sid", campaign.content_sid),
            content_variables=sent.get("content_variables", campaign.content_variables),
        )
        drafts.save_content(campaign, actor=actor, content=content)


def _their_name(field: str) -> str:
    return field if "." in field else _NAMES.get(field, to_camel(field))
