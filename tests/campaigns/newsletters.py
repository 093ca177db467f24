"""What the tests of messaging campaigns' sending share: drafts that are ready to be sent, and laws that always hold."""

import itertools
from collections import Counter

from bookings.models import Place
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts
from campaigns.services import release_quiet_hours, start_campaign
from campaigns.types import EVERYBODY, MessagingStats, Selection
from messaging.services import record_email_events
from tenants.accounts.models import User
from tests.campaigns import inviting
from tests.campaigns.inviting import wait_over as wait_over  # the same for every kind
from tests.campaigns.messaging_shop import a_place

APPROVED, REJECTED = "HX" + "1" * 32, "HX" + "3" * 32
MAPPING = {
    "1": "first_name|friend",
    "2": "business_name",
    "3": "points",
    "4": "booking_link",
    "5": "preferences_link",
    "6": "business_name",
}
_numbers = itertools.count(1)


def newsletter(channels: str = "email", *, places: tuple[Place, ...] = (), **about: object) -> Campaign:
    """Draft a campaign to everybody who may be chosen at the places, released from quiet hours."""
    by_email, by_whatsapp = "email" in channels, "whatsapp" in channels
    number = next(_numbers)
    ids = tuple(place.pk for place in places or (a_place(),))
    columns: dict[str, object] = {
        "key": f"messaging-test-{number}",
        "kind": "messaging",
        "name": f"News {number}",
        "consent_policy": "required",
        "email_enabled": by_email,
        "sms_enabled": by_whatsapp,
        "channel": "whatsapp" if by_whatsapp else "",
        "email_subject": "News for {{first_name|you}}" if by_email else "",
        "email_html": "<p>Hi {{first_name}}, you have {{points|no}} points: <a href='{{booking_link}}'>book</a></p>" if by_email else "",
        "email_text": "Hi {{first_name}}, you have {{points|no}} points: {{booking_link}}" if by_email else "",
        "content_sid": APPROVED if by_whatsapp else "",
        "content_variables": MAPPING if by_whatsapp else {},
        "audience": Selection(ids).mark(EVERYBODY, is_added=True).as_json(),
        "created_by": User.objects.get(email="owner@shop.example"),
    }
    campaign = Campaign.objects.create(**columns | about)
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    return campaign


def started(channels: str = "email", **about: object) -> Campaign:
    campaign = newsletter(channels, **about)
    start_campaign(campaign, actor=None)
    return campaign


def stats_of(campaign: Campaign) -> MessagingStats:
    return messaging_stats([campaign])[campaign.pk]


def finish(campaign: Campaign) -> None:
    """Drain until nobody is due on either channel."""
    inviting.finish(campaign, turns=40)


def check_laws(campaign: Campaign, simulator: object) -> None:
    """Nobody gets two of one kind, and whatever happened adds up."""
    counts, stats = campaign_counts(campaign.pk), stats_of(campaign)
    assert counts.sms.adds_up and counts.email.adds_up
    for channel in stats.channels:
        told = counts.email if channel.channel == "email" else counts.sms
        assert channel.total == channel.sent + channel.failed + channel.skipped + channel.pending == told.total
        assert channel.opened <= channel.delivered <= channel.sent == told.sent and channel.bounced <= channel.sent
        assert channel.pending == told.pending + told.held + told.in_doubt
    mails = Counter(mail["to"] for mail in simulator.emails())
    texts = Counter(text["to"] for text in simulator.texts() if text["status"] not in ("failed", "undelivered"))
    assert max((mails | texts).values(), default=0) <= 1, (mails, texts)


def told(campaign: Campaign, email: str, event: str, **about: object) -> None:
    """Tell, as SendGrid's event would, what became of an email."""
    target = Target.objects.get(campaign_id=campaign.pk, email=email)
    attempt = str(target.email_attempt_id)
    record_email_events([{"event": event, "email": email, "attempt_id": attempt, "sg_event_id": f"{attempt}:{event}", **about}])
