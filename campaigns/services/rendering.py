"""Turn a campaign's words into one person's message."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import cycle

from django.conf import settings

from campaigns.errors import BadCampaignInput
from campaigns.kinds import KINDS
from campaigns.models import Campaign, Target
from campaigns.selectors import OFFER_LINK, UNSUBSCRIBE_LINK
from campaigns.services.email_frames import PREFERENCES_FIELD, EmailWords, FramedEmail
from loyalty.selectors import points_limits
from messaging.services import deliver
from messaging.types import Channel, ConsentPolicy, Envelope, MessageClass, Receipt
from servicepro.lib.merge_fields import Template, plain_value, split_fallback
from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.segments import SegmentCount, count_segments
from servicepro.lib.signing import sign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import User, business_settings, current_tenant, public_url
from tenants.services import record_action

_NUMBERED = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One person's message, and what its text costs."""

    sms: str
    subject: str
    email_text: str
    email_html: str
    segments: SegmentCount


class NumberedTemplate:
    """An approved WhatsApp template's words; its fields are numbers."""

    def __init__(self, body: str) -> None:
        self.pieces = _NUMBERED.split(body)

    def render(self, numbers: Mapping[str, str]) -> str:
        """Return the words as a person reads them; a number nothing stands for stays as it is."""
        parts = zip(self.pieces, cycle((False, True)), strict=False)
        return "".join(numbers.get(piece, f"{{{{{piece}}}}}") if is_number else piece for piece, is_number in parts)


class Renderer:
    """A campaign's templates, split once, to be filled for many people."""

    def __init__(self, campaign: Campaign) -> None:
        kind = KINDS[campaign.kind]
        fields = kind.fields
        self.campaign = campaign
        self.is_personal = kind.is_personal
        self.personal: Mapping[int, Mapping[str, str]] = {}
        self.schema = connection.schema_name
        tenant = current_tenant()
        self.base = public_url(tenant)
        self.shared = {"business_name": tenant.name, "points": str(campaign.points)}
        self.fallbacks = kind.fallbacks
        self.sms = Template(campaign.sms_text, fields, kind.fallbacks)
        self.approved = NumberedTemplate(campaign.content_body)
        address = business_settings().postal_address
        self.email = FramedEmail(
            EmailWords(
                subject=Template(campaign.email_subject, fields, kind.fallbacks),
                text=Template(campaign.email_text, fields, kind.fallbacks),
                page=Template(campaign.email_html, fields, kind.fallbacks),
                sender=f"{tenant.name}{', ' + address if address else ''}",
                limits=points_limits() if campaign.points else "",  # points are never promised without their limits
                has_preferences=PREFERENCES_FIELD in fields,
                tracks_opens=campaign.tracks_opens,
            )
        )
        self.policy = ConsentPolicy(campaign.consent_policy)
        self.message_class = kind.message_class
        self.backoff_seconds = kind.backoff_seconds

    def values(self, name: str, target_id: int) -> Mapping[str, str]:
        """Return the fields of one person; the link is signed for them alone. A kind with fields of its own has put them in `personal`."""
        if self.is_personal:
            return self.personal[target_id]
        link = f"{self.base}/o/{sign_number(OFFER_LINK, self.schema, target_id)}"
        return {**self.shared, "customer_name": plain_value(name, "there"), "magicBookingUrl": link}

    def unsubscribe_url(self, target_id: int) -> str:
        """Return the address of one person's unsubscribe page, which also takes the one-click POST."""
        return f"{self.base}/u/{sign_number(UNSUBSCRIBE_LINK, self.schema, target_id)}"

    def sms_envelope(self, target: Target) -> Envelope:
        """Return one person's text."""
        return Envelope(
            reference=target.pk,
            channel=Channel.SMS,
            campaign_key=self.campaign.key,
            address=target.phone,
            address_raw=target.phone_raw,
            body=self.sms.render(self.values(target.name, target.pk)) if target.phone else "",
            message_class=self.message_class,
            consent_policy=self.policy,
            channel_enabled=self.campaign.sms_enabled,
            quiet_hours_released=self.campaign.quiet_hours_released_at is not None,
            opted_out=target.opted_out,
            customer_id=target.customer_id,
            backoff_seconds=self.backoff_seconds,
        )

    def whatsapp_envelope(self, target: Target) -> Envelope:
        """Return one person's WhatsApp message: the approved template where there is one, with what they will read beside it."""
        envelope = replace(self.sms_envelope(target), channel=Channel.WHATSAPP)
        if not self.campaign.content_sid:
            return envelope
        numbers = template_variables(self.campaign.content_variables, self.values(target.name, target.pk), self.fallbacks)
        return replace(envelope, body=self.approved.render(numbers), content_sid=self.campaign.content_sid, content_variables=numbers)

    def email_envelope(self, target: Target) -> Envelope:
        """Return one person's email: the frame it shares with everybody's, and their own values."""
        own: Mapping[str, str] | None = None
        unsubscribe_url = ""
        if target.email and self.campaign.email_enabled:
            unsubscribe_url = self.unsubscribe_url(target.pk)
            own = self.email.substitutions(self.values(target.name, target.pk), unsubscribe_url)
        return Envelope(
            reference=target.pk,
            channel=Channel.EMAIL,
            campaign_key=self.campaign.key,
            address=target.email,
            body="",
            frame=self.email.frame,
            substitutions=own,
            unsubscribe_url=unsubscribe_url,
            message_class=self.message_class,
            consent_policy=self.policy,
            channel_enabled=self.campaign.email_enabled,
            customer_id=target.customer_id,
        )


def template_variables(mapping: Mapping[str, str], values: Mapping[str, str], fallbacks: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a template's numbers stand for with one person; "first_name|there" and `fallbacks` say what stands in."""
    filled = {}
    for number, name in mapping.items():
        field, own = split_fallback(name)
        filled[number] = values[field] or (own if own is not None else (fallbacks or {}).get(field, ""))
    return filled


def preview_for(campaign: Campaign, target: Target | None) -> Rendered:
    """Return the message as one person (or nobody in particular) would get it."""
    renderer = Renderer(campaign)
    target_id, name = (target.pk, target.name) if target else (0, "")
    values = renderer.values(name, target_id)
    email = renderer.email.filled(values, renderer.unsubscribe_url(target_id))
    sms = renderer.sms.render(values)
    return Rendered(sms, email.subject, email.text, email.html, count_segments(sms))


def owner_phone(actor: User | None, to: str = "") -> str:
    """Return the number a test goes to: `to`, else the configured owner phone, else the signed-in owner's. Raises BadCampaignInput."""
    chosen = to or settings.BUSINESS_OWNER_PERSONAL_PHONE or (actor.phone if actor else "") or business_settings().owner_phone or ""
    parsed = parse_phone(chosen, current_tenant().region)
    if not isinstance(parsed, Phone):
        raise BadCampaignInput(f"There is no phone to send the test to. {parsed.sentence} Add yours to your profile.")
    return parsed.e164


def send_test(campaign: Campaign, *, actor: User | None, to: str = "") -> Receipt:
    """Send the text to the owner's own phone, as `owner_phone` finds it.

    It is refused where that is the sending number. Raises BadCampaignInput where there is no usable number.
    """
    envelope = Envelope(
        reference="test",
        channel=Channel.SMS,
        campaign_key=f"{campaign.key}:test:{uuid.uuid4().hex[:12]}",
        address=owner_phone(actor, to),
        body=preview_for(campaign, None).sms,
        message_class=MessageClass.TRANSACTIONAL,
        channel_enabled=campaign.sms_enabled,
    )
    receipt = deliver([envelope])[0]
    record_action(actor, "campaign_test_sent", f"campaign:{campaign.pk}", outcome=receipt.outcome.value, reason=str(receipt.reason))
    return receipt
