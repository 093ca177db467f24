"""A campaign's two ways, to phones and by email, rest apart from each other: their providers are away apart from each other."""

import datetime
from typing import Any

from campaigns.models import Campaign
from messaging.types import Channel

# What goes to a phone is a text or WhatsApp, and the sms_… columns tell of it.
WAYS = (Channel.SMS, Channel.EMAIL)
# Where a campaign notes, for each way, the rounds in a row that reached nobody and how long it rests.
_NOTES = {Channel.SMS: ("setbacks", "rests_until"), Channel.EMAIL: ("email_setbacks", "email_rests_until")}


def setbacks_of(campaign: Campaign, way: Channel) -> int:
    """Return how many rounds in a row did not reach a way's provider."""
    setbacks: int = getattr(campaign, _NOTES[way][0])
    return setbacks


def is_resting(campaign: Campaign, way: Channel, now: datetime.datetime) -> bool:
    """Tell whether nothing is sent on a way now."""
    until = _until(campaign, way)
    return until is not None and until > now


def awake_ways(campaign: Campaign, now: datetime.datetime) -> tuple[Channel, ...]:
    """Return the ways that do not rest."""
    return tuple(way for way in WAYS if not is_resting(campaign, way, now))


def rests_until(campaign: Campaign, now: datetime.datetime) -> datetime.datetime | None:
    """Return when a campaign goes on of which every way rests; None where one of them goes on."""
    if campaign.rests_until is None and campaign.email_rests_until is None:
        return None
    used = [way for way, is_used in zip(WAYS, (campaign.sms_enabled, campaign.email_enabled), strict=True) if is_used]
    untils = [_until(campaign, way) for way in used if is_resting(campaign, way, now)]
    return min(until for until in untils if until) if untils and len(untils) == len(used) else None


def let_rest(campaign: Campaign, way: Channel, *, setbacks: int, until: datetime.datetime | None) -> None:
    """Note how a round on a way ended, and until when it rests."""
    changed: dict[str, Any] = dict(zip(_NOTES[way], (setbacks, until), strict=True))
    for name, value in changed.items():
        setattr(campaign, name, value)
    Campaign.objects.filter(pk=campaign.pk).update(**changed)


def _until(campaign: Campaign, way: Channel) -> datetime.datetime | None:
    until: datetime.datetime | None = getattr(campaign, _NOTES[way][1])
    return until
