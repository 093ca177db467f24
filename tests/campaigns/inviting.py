"""What the tests of invitations share: people from a list, an offer, drafts, and the beat's work done at once."""

import datetime
import itertools

import redis
from django.conf import settings
from django.utils import timezone

from bookings.models import Booking, Place
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts, invitation_stats
from campaigns.services import create_invitation_campaign, drain, release_quiet_hours
from campaigns.types import Audience, InvitationDraft
from customers.models import Customer, ImportBatch
from customers.services import register_customer
from loyalty.models import WelcomeOffer
from messaging.services import reconcile_sends, record_message_status

APPROVED, PENDING, REJECTED = ("HX" + digit * 32 for digit in "123")
MAPPING = {"1": "customer_name", "2": "salon_name", "3": "offer_amount", "4": "offer_code", "5": "download_link", "6": "expiry_days"}
TEXT = "Hi {{customer_name}}! {{salon_name}} gives you {{offer_amount}} OFF: {{offer_code}} {{download_link}} Reply STOP to opt out."
PLAIN = "Hi {{customer_name}}, join {{salon_name}}: {{download_link}} Reply STOP to opt out."
_numbers = itertools.count(1)


def a_list(name: str = "clients.csv") -> ImportBatch:
    return ImportBatch.objects.create(file_name=name, file_digest="d", file_format="csv", status="completed")


def listed(count: int, batch: ImportBatch | None = None, *, first: int = 200, **about: object) -> list[Customer]:
    """People a list brought, with phones of their own."""
    batch = batch or a_list()
    made = [register_customer(name=f"Person{n} Last", region="US", phone_text=f"+1512555{first + n:04d}") for n in range(count)]
    Customer.objects.filter(pk__in=[person.pk for person in made]).update(import_batch=batch, **about)
    return list(Customer.objects.filter(pk__in=[person.pk for person in made]).order_by("pk"))


def an_offer(**terms: object) -> WelcomeOffer:
    wanted = {"name": f"Welcome {next(_numbers)}", "discount_type": "percentage", "discount_value": 15, **terms}
    return WelcomeOffer.objects.create(**wanted)


def invite(
    channel: str = "sms", *, offer: WelcomeOffer | None = None, audience: Audience | None = None, text: str = "", **draft: object
) -> Campaign:
    """Draft an invitation, released from quiet hours."""
    has_template = channel != "sms" and draft.pop("has_template", True)
    template = {"content_sid": APPROVED, "content_variables": MAPPING} if has_template else {}
    offer = offer or (an_offer() if has_template else None)
    said = InvitationDraft(channel, text or (TEXT if offer else PLAIN), offer.pk if offer else None, **{**template, **draft})
    campaign = create_invitation_campaign(actor=None, name=f"Invitation {next(_numbers)}", draft=said, audience=audience or Audience())
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    return campaign


def wait_over(campaign: Campaign) -> None:
    """Let every wait be over, as time would."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    Target.objects.filter(campaign_id=campaign.pk).update(not_before=None)
    Campaign.objects.filter(pk=campaign.pk).update(rests_until=None, email_rests_until=None)
    campaign.refresh_from_db()


def finish(campaign: Campaign, turns: int = 30) -> None:
    """Drain until nobody is due, settling doubt as the beat would."""
    for _turn in range(turns):
        wait_over(campaign)
        if campaign.status != "running":
            return
        drain(campaign)
        reconcile_sends()
    raise AssertionError(campaign_counts(campaign.pk))


def check_laws(campaign: Campaign, simulator: object) -> None:
    """Nobody is reached twice, and whatever happened adds up."""
    counts, stats = campaign_counts(campaign.pk), invitation_stats(campaign)
    assert counts.sms.adds_up and counts.email.adds_up and not counts.has_email
    assert sum(counts.skipped_by_reason.values()) == counts.sms.skipped
    assert stats.target == counts.sms.total and stats.sent == counts.sms.sent
    assert stats.read <= stats.delivered <= stats.sent <= stats.target
    delivered = [text for text in simulator.texts() if text["status"] not in ("failed", "undelivered")]
    phones = [text["to"].removeprefix("whatsapp:") for text in delivered]
    assert len(phones) == len(set(phones))


def said(target: Target) -> tuple[str, str, str]:
    target.refresh_from_db()
    return target.phone_channel, target.sms_status, target.sms_reason


def hours_ago(hours: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(hours=hours)


def booked(customer: Customer, place: Place, start: datetime.datetime) -> Booking:
    return Booking.objects.create(
        customer=customer, place=place, starts_at=start, ends_at=start + datetime.timedelta(hours=1), seat=1, currency="USD",
        total_minor=100, due_minor=100, idempotency_key=start.isoformat(), request_digest="d",
    )  # fmt: skip


def late(campaign, phone, code, status="undelivered"):
    """Tell, as the provider's callback would, that a message was not delivered after all."""
    target = Target.objects.get(campaign_id=campaign.pk, phone=phone)
    record_message_status(attempt_id=target.sms_attempt_id, sid=target.sms_sid, status=status, error_code=code, to=f"whatsapp:{phone}")
