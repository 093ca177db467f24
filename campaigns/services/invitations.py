"""Invitations before they are sent: drafted, changed, counted, shown and tried out."""

import uuid
from typing import Any

from django.conf import settings

from campaigns.audience import count_audience
from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.kinds import KINDS
from campaigns.kinds.invitation import first_name, link_base, shared_values
from campaigns.models import Campaign, Target
from campaigns.services.invitation_words import check_invitation, is_text_sent, word_problems
from campaigns.services.rendering import NumberedTemplate, owner_phone, template_variables
from campaigns.types import Audience, AudiencePreview, InvitationDraft, MessagePreview
from customers.selectors import Customer
from loyalty.selectors import offer_terms, promised_codes
from messaging.errors import ProviderAway, UnknownTemplate
from messaging.services import deliver, whatsapp_template_shown
from messaging.types import Channel, Envelope, MessageClass, Receipt
from servicepro.lib.merge_fields import Template
from servicepro.lib.segments import count_segments
from servicepro.lib.signing import sign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import BusinessSettings, User, business_settings
from tenants.services import record_action

KIND = KINDS["invitation"]
SAMPLE_LINK = "invitation_sample"  # as long as a real link, and it opens nobody's invitation, now or later
SAMPLE_CODE = "WELCOME-A7K9M2"  # as long as everybody's
SAMPLE_NAME = "Priya"


def create_invitation_campaign(*, actor: User | None, name: str, draft: InvitationDraft, audience: Audience) -> Campaign:
    """Create a draft; who it goes to is found when it is scheduled or started. Raises BadCampaignInput."""
    check_invitation(name, draft, audience)
    campaign = Campaign.objects.create(
        key=f"invitation-{uuid.uuid4().hex}",
        kind=KIND.name,
        consent_policy="required" if _needs_consent() else "opt_out",
        email_enabled=False,
        created_by=actor,
        **_columns(name, draft, audience),
    )
    record_action(actor, "invitation_created", f"campaign:{campaign.pk}", channel=draft.channel)
    return campaign


def edit_invitation_campaign(
    campaign: Campaign, *, actor: User | None, name: str, draft: InvitationDraft, audience: Audience
) -> Campaign:  # fmt: skip
    """Change a draft. Raises BadCampaignInput, WrongStatus where it is no draft any more."""
    check_invitation(name, draft, audience)
    columns = _columns(name, draft, audience) | {"content_body": "", "pause_reason": ""}
    if not Campaign.objects.filter(pk=campaign.pk, kind=KIND.name, status=Campaign.Status.DRAFT).update(**columns):
        raise WrongStatus("An invitation can only be changed while it is a draft.")
    record_action(actor, "invitation_edited", f"campaign:{campaign.pk}")
    campaign.refresh_from_db()
    return campaign


def _columns(name: str, draft: InvitationDraft, audience: Audience) -> dict[str, Any]:
    return {
        "name": name.strip(),
        "channel": draft.channel,
        "sms_text": draft.message_template,
        "offer_id": draft.offer_id,
        "content_sid": draft.content_sid,
        "content_variables": dict(draft.content_variables),
        "audience": audience.as_json(),
    }


def preview_audience(audience: Audience, channel: str) -> AudiencePreview:
    """Count who an invitation would reach now, and why others would get none; nothing is written."""
    return count_audience(audience, channel, needs_consent=_needs_consent())


def _needs_consent() -> bool:
    return business_settings().unknown_consent == BusinessSettings.UnknownConsent.REQUIRE


def draft_of(campaign: Campaign) -> InvitationDraft:
    """Return what a campaign says, as it was written."""
    return InvitationDraft(campaign.channel, campaign.sms_text, campaign.offer_id, campaign.content_sid, campaign.content_variables)


def preview_message(shown: Campaign | InvitationDraft, *, customer_id: int | None = None) -> MessagePreview:
    """Return an invitation as a customer, or nobody in particular, would get it. Raises BadCampaignInput where it cannot be filled.

    A code nobody was promised yet is shown as a sample of the same length, and so is the link: the segments are those of sending.
    """
    draft, words = (draft_of(shown), shown.content_body) if isinstance(shown, Campaign) else (shown, "")
    if problems := word_problems(draft, with_rules=False):
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    values = _sample_values(draft, customer_id)
    text = Template(draft.message_template, KIND.fields).render(values) if is_text_sent(draft) else ""
    segments = count_segments(text)
    return MessagePreview(
        text=text,
        segments=segments,
        cost_micros=segments.segments * settings.SMS_SEGMENT_PRICE_MICROS,
        whatsapp_text=_whatsapp_text(draft, text, values, words),
        values=values,
    )


def _sample_values(draft: InvitationDraft, customer_id: int | None) -> dict[str, str]:
    customer = Customer.objects.filter(pk=customer_id).first() if customer_id else None
    terms = offer_terms(draft.offer_id) if draft.offer_id else None
    codes = promised_codes(terms.id, [customer.pk]) if terms and customer else {}
    newest = Target.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return {
        **shared_values(terms),
        "customer_name": first_name(customer.name if customer else SAMPLE_NAME),
        "offer_code": (codes.get(customer.pk) if customer else None) or (SAMPLE_CODE if terms else ""),
        "download_link": f"{link_base()}{sign_number(SAMPLE_LINK, connection.schema_name, newest + 1)}",
    }


def _whatsapp_text(draft: InvitationDraft, text: str, values: dict[str, str], words: str) -> str:
    if draft.channel == Campaign.Channel.SMS:
        return ""
    if not draft.content_sid:
        return text
    try:
        body = words or whatsapp_template_shown(draft.content_sid).body
    except (ProviderAway, UnknownTemplate):
        return ""
    known = {number: name for number, name in draft.content_variables.items() if name in values}
    return NumberedTemplate(body).render(template_variables(known, values))


def send_invitation_test(campaign: Campaign, *, actor: User | None, to: str = "") -> Receipt:
    """Send an invitation to the owner's own phone, by WhatsApp where it goes by WhatsApp alone. Raises BadCampaignInput.

    Its link leads nowhere yet and its code is a sample: a test promises nothing.
    """
    phone, draft = owner_phone(actor, to), draft_of(campaign)
    shown = preview_message(campaign)
    is_whatsapp = campaign.channel == Campaign.Channel.WHATSAPP
    has_template = is_whatsapp and bool(draft.content_sid)
    envelope = Envelope(
        reference="test",
        channel=Channel.WHATSAPP if is_whatsapp else Channel.SMS,
        campaign_key=f"{campaign.key}:test:{uuid.uuid4().hex[:12]}",
        address=phone,
        body=shown.whatsapp_text if is_whatsapp else shown.text,
        message_class=MessageClass.TRANSACTIONAL,
        content_sid=draft.content_sid if has_template else "",
        content_variables=template_variables(draft.content_variables, shown.values) if has_template else None,
        backoff_seconds=KIND.backoff_seconds,
    )
    receipt = deliver([envelope])[0]
    record_action(actor, "campaign_test_sent", f"campaign:{campaign.pk}", outcome=receipt.outcome.value, reason=str(receipt.reason))
    return receipt
