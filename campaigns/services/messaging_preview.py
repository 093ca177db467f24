"""A messaging campaign before it is sent: shown as one customer gets it, and tried out on its owner."""

import copy
import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaigns.choosing import channels_of, customer_in
from campaigns.errors import BadCampaignInput, UnknownRecipient
from campaigns.kinds import KINDS
from campaigns.models import Campaign, Target
from campaigns.services.messaging_words import EMAIL, WHATSAPP, content_of, content_problems
from campaigns.services.rendering import NumberedTemplate, Renderer, owner_phone, template_variables
from campaigns.types import MessagingContent, MessagingPreview, Selection
from messaging.errors import ProviderAway, UnknownTemplate
from messaging.services import deliver, whatsapp_template_shown
from messaging.types import Channel, EmailFrame, Envelope, MessageClass, Receipt
from servicepro.lib.merge_fields import split_fallback
from servicepro.lib.rich_text import plain_twin, sanitise
from servicepro.lib.signing import sign_number
from tenants.selectors import User
from tenants.services import record_action

KIND = KINDS["messaging"]
SAMPLE_LINK = "messaging_sample"  # a link signed for this opens nobody's page
SAMPLE_NAME = "Priya Shah"
NOBODY = 0


def as_written(campaign: Campaign, content: MessagingContent) -> Campaign:
    """Return the campaign as it would be with this content; nothing is kept."""
    shown, page = copy.copy(campaign), sanitise(content.email_html)
    if shown.content_sid != content.content_sid:
        shown.content_body = ""
    shown.email_subject, shown.email_html, shown.email_text = content.email_subject, page, plain_twin(page)
    shown.sms_text, shown.content_sid = content.whatsapp_text, content.content_sid
    shown.content_variables = dict(content.content_variables)
    return shown


def preview_messaging(campaign: Campaign, customer_id: int | None = None) -> MessagingPreview:
    """Return the campaign as a selected customer, or somebody made up, would get it; links that are somebody's own lead nowhere.

    Raises UnknownRecipient where the customer is not among those it can be sent to.
    """
    renderer, values, name = _filled(campaign, customer_id)
    channels = channels_of(campaign)
    email = renderer.email.filled(values, _nowhere(renderer, "u")) if EMAIL in channels else EmailFrame("", "", "")
    return MessagingPreview(
        name=name,
        email_subject=email.subject,
        email_html=email.html,
        email_text=email.text,
        whatsapp_text=_whatsapp_text(renderer, values) if WHATSAPP in channels else "",
    )


def _filled(campaign: Campaign, customer_id: int | None) -> tuple[Renderer, Mapping[str, str], str]:
    """Return what fills the campaign's words, the values of one customer, and what they are called (nothing where they are made up)."""
    target = Target(pk=NOBODY, campaign=campaign, name=SAMPLE_NAME)
    name = ""
    if customer_id is not None:
        customer = customer_in(Selection.from_json(campaign.audience), customer_id)
        if customer is None:
            raise UnknownRecipient("This customer is not among those the campaign can be sent to. Choose another one.")
        target.customer_id, target.name, name = customer.id, customer.name, customer.name
    renderer = Renderer(campaign)
    values = {**KIND.values(campaign, [target])[NOBODY], "preferences_link": _nowhere(renderer, "p")}
    renderer.personal = {NOBODY: values}
    return renderer, values, name


def _nowhere(renderer: Renderer, page: str) -> str:
    return f"{renderer.base}/{page}/{sign_number(SAMPLE_LINK, renderer.schema, NOBODY)}"


def _whatsapp_text(renderer: Renderer, values: Mapping[str, str]) -> str:
    """Return the WhatsApp message; empty where it is a template whose words cannot be had just now."""
    campaign = renderer.campaign
    if not campaign.content_sid:
        return renderer.sms.render(values)
    try:
        body = campaign.content_body or whatsapp_template_shown(campaign.content_sid).body
    except (ProviderAway, UnknownTemplate):
        return ""
    known = {number: name for number, name in campaign.content_variables.items() if split_fallback(name)[0] in values}
    return NumberedTemplate(body).render(template_variables(known, values, KIND.fallbacks))


def send_messaging_test(campaign: Campaign, *, actor: User | None, channel: str, to: str = "") -> Receipt:
    """Send what a draft says to its owner: by email to `to` or their own address, by WhatsApp to `to` or their own phone.

    Links that would be a customer's own lead nowhere. Raises BadCampaignInput where it cannot be sent so, or there is no address.
    """
    if channel not in channels_of(campaign):
        raise BadCampaignInput("This campaign is not sent that way. Choose the channel first.")
    if problems := content_problems(content_of(campaign), [channel]):
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    envelope = _test_email(campaign, actor, to) if channel == EMAIL else _test_whatsapp(campaign, actor, to)
    receipt = deliver([envelope])[0]
    outcome = {"channel": channel, "outcome": receipt.outcome.value, "reason": str(receipt.reason)}
    record_action(actor, "campaign_test_sent", f"campaign:{campaign.pk}", **outcome)
    return receipt


def _test_email(campaign: Campaign, actor: User | None, to: str) -> Envelope:
    shown = preview_messaging(campaign)
    return Envelope(
        reference="test",
        channel=Channel.EMAIL,
        campaign_key=_test_key(campaign),
        address=_owner_email(actor, to),
        body=shown.email_text,
        html=shown.email_html,
        subject=f"[Test] {shown.email_subject}",
        message_class=MessageClass.TRANSACTIONAL,
    )


def _test_whatsapp(campaign: Campaign, actor: User | None, to: str) -> Envelope:
    renderer, values, _name = _filled(campaign, None)
    sid = campaign.content_sid
    return Envelope(
        reference="test",
        channel=Channel.WHATSAPP,
        campaign_key=_test_key(campaign),
        address=owner_phone(actor, to),
        body=_whatsapp_text(renderer, values),
        message_class=MessageClass.TRANSACTIONAL,
        content_sid=sid,
        content_variables=template_variables(campaign.content_variables, values, KIND.fallbacks) if sid else None,
        backoff_seconds=KIND.backoff_seconds,
    )


def _test_key(campaign: Campaign) -> str:
    return f"{campaign.key}:test:{uuid.uuid4().hex[:12]}"


def _owner_email(actor: User | None, to: str) -> str:
    address = (to or (actor.email if actor else "")).strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadCampaignInput("There is no email address to send the test to. Add yours to your profile.") from error
    return address
