"""The invitation: people from a list hear that they can register, and of the welcome offer that waits for them."""

import datetime
from collections.abc import Mapping, Sequence

from django.utils import timezone

from campaigns.audience import AGAIN_AFTER, write_targets
from campaigns.errors import BadCampaignInput
from campaigns.kinds.approval import template_problem, template_withdrawn
from campaigns.kinds.base import Kind, Texts
from campaigns.kinds.registration import refuse_unregistered
from campaigns.models import Campaign, Target
from campaigns.selectors import INVITATION_LINK, lives_of
from customers.services import mark_invited
from customers.types import ConsentFacts
from loyalty.selectors import offer_amount, offer_terms
from loyalty.services import promise_offer
from loyalty.types import OfferTerms
from messaging.selectors import sender_for
from messaging.types import Channel
from servicepro.lib.merge_fields import plain_value
from servicepro.lib.signing import sign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import User, current_tenant, public_url

# Plain characters and few of them: with an emoji the same words cost three times as much.
SMS = (
    "Hi {{customer_name}}! {{salon_name}} now takes bookings online: book appointments, earn rewards and get offers."
    " For you: {{offer_amount}} OFF your next visit, code {{offer_code}}, valid {{expiry_days}} days."
    " Join: {{download_link}} Reply STOP to opt out."
)
SMS_WITHOUT_OFFER = (
    "Hi {{customer_name}}! {{salon_name}} now takes bookings online: book appointments, earn rewards and get offers."
    " Join: {{download_link}} Reply STOP to opt out."
)
OFFER_FIELDS = frozenset({"offer_amount", "offer_code", "expiry_days"})
REGISTERED, INVITED_RECENTLY = "registered_already", "invited_recently"


class Invitation(Kind):
    """Invite once, promise the offer once."""

    name = "invitation"
    log_label = "INVITATION"
    fields = frozenset({"customer_name", "salon_name", "download_link"}) | OFFER_FIELDS
    batch_max = 100
    attempts_max = 3
    backoff_seconds = 60.0
    is_personal = True
    nobody = "Nobody matches this audience: everybody has registered already, or no list brought such people. Widen it."

    def texts(self, owner_name: str, business_name: str) -> Texts:
        """Return the words of an invitation with an offer."""
        return Texts(SMS)

    def plan(self, campaign: Campaign) -> int:
        """Make the list of people anew from the audience."""
        return write_targets(campaign)

    def check(self, campaign: Campaign, *, actor: User | None = None) -> None:
        """Object where offer, template, channel or the carriers stand against it. Raises BadCampaignInput, ProviderAway."""
        for channel in _channels(campaign.channel):
            if sender_for(channel) is None:
                how = "WhatsApp is" if channel is Channel.WHATSAPP else "Texting is"
                raise BadCampaignInput(f"{how} not set up yet: add the number you send from, or choose another channel.")
        refuse_unregistered(campaign)
        if sentence := _offer_problem(campaign.offer_id) or template_problem(campaign):
            raise BadCampaignInput(sentence)

    def halts(self, campaign: Campaign, *, thoroughly: bool) -> str:
        """Return why it must stop: the offer ended, or WhatsApp no longer lets the template through."""
        sentence = _offer_problem(campaign.offer_id)
        return template_withdrawn(campaign) if thoroughly and not sentence else sentence

    def leave_out(self, campaign: Campaign, targets: Sequence[Target], consents: Mapping[int, ConsentFacts]) -> Mapping[int, str]:
        """Leave out who registered meanwhile, and who was invited within a day, unless it is this invitation that did not arrive."""
        lives = lives_of([target.customer_id for target in targets if target.customer_id])
        since = timezone.now() - AGAIN_AFTER
        left: dict[int, str] = {}
        for target in targets:
            life = lives.get(target.customer_id or 0)
            if life is None or target.opted_out:
                continue
            if life.registered_at:
                left[target.pk] = REGISTERED
            elif life.invited_at and life.invited_at > max(since, _undelivered_at(target) or since):
                left[target.pk] = INVITED_RECENTLY
        return left

    def values(self, campaign: Campaign, targets: Sequence[Target]) -> Mapping[int, Mapping[str, str]]:
        """Return everybody's fields, the codes promised in one go. Raises OfferRefused where the offer ended just now."""
        people = {target.customer_id for target in targets if target.customer_id and not target.opted_out}
        terms = offer_terms(campaign.offer_id) if campaign.offer_id else None
        codes = promise_offer(terms.id, people) if terms and people else {}
        shared = shared_values(terms)
        link = link_base()
        return {
            target.pk: {
                **shared,
                "customer_name": first_name(target.name),
                "offer_code": codes.get(target.customer_id or 0, ""),
                "download_link": f"{link}{sign_number(INVITATION_LINK, connection.schema_name, target.pk)}",
            }
            for target in targets
        }

    def reached(self, campaign: Campaign, targets: Sequence[Target]) -> None:
        """Note when they were invited: others must wait a day from it, and their invitation runs out some time after."""
        mark_invited([target.customer_id for target in targets if target.customer_id], timezone.now())


def shared_values(terms: OfferTerms | None) -> dict[str, str]:
    """Return the fields that are the same for everybody."""
    offer = {"offer_amount": offer_amount(terms), "expiry_days": str(terms.validity_days)} if terms else dict.fromkeys(OFFER_FIELDS, "")
    return {"salon_name": current_tenant().name, **offer}


def first_name(name: str) -> str:
    """Return what a person is called, fit for a text."""
    return plain_value(name.split()[0] if name.split() else "", "there")


def link_base() -> str:
    """Return what every personal invitation link begins with."""
    return f"{public_url(current_tenant())}/i/"


def _undelivered_at(target: Target) -> datetime.datetime | None:
    """Return when we heard that this invitation did not arrive: what was sent before that is what did not."""
    told = target.facts.get("undelivered_at")
    return datetime.datetime.fromisoformat(told) if told else None


def _channels(channel: str) -> tuple[Channel, ...]:
    return {"whatsapp": (Channel.WHATSAPP,), "sms": (Channel.SMS,)}.get(channel, (Channel.WHATSAPP, Channel.SMS))


def _offer_problem(offer_id: int | None) -> str:
    if offer_id is None:
        return ""
    terms = offer_terms(offer_id)
    if terms is None:
        return "The welcome offer is gone. Choose another one."
    return "" if terms.is_active else f"The welcome offer “{terms.name}” has ended. Activate it again, then resume: nobody is lost."
