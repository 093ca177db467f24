"""The messaging campaign: customers of chosen places who agreed to it are written to, by email and by WhatsApp."""

from collections.abc import Mapping, Sequence

from bookings.selectors import all_places, places_of
from campaigns.choosing import channels_of, count_selected, write_messaging_targets
from campaigns.errors import BadCampaignInput
from campaigns.guards import guard_sentence
from campaigns.kinds.approval import template_problem, template_withdrawn
from campaigns.kinds.base import Kind, Texts
from campaigns.models import Campaign, Target
from campaigns.selectors import PREFERENCES_LINK
from campaigns.types import Selection
from customers.selectors import Customer
from customers.types import ConsentFacts
from messaging.selectors import sender_for
from messaging.types import Channel, Reason
from servicepro.lib.merge_fields import plain_value, split_fallback
from servicepro.lib.signing import sign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import User, business_settings, current_tenant, public_url


class Messaging(Kind):
    """Write to who agreed, on the channels that were chosen."""

    name = "messaging"
    log_label = "MESSAGING"
    fields = frozenset({"first_name", "customer_name", "business_name", "points", "booking_link", "preferences_link"})
    fallbacks = {"first_name": "there", "customer_name": "there", "points": "0"}
    attempts_max = 3
    backoff_seconds = 60.0
    is_personal = True
    is_drafted_again = True
    can_remove = True
    nobody = "Nobody of your selection can be written to: they have withdrawn, or were taken off. Choose customers again."

    def texts(self, owner_name: str, business_name: str) -> Texts:
        """Return no words: an owner writes their own."""
        return Texts("")

    def plan(self, campaign: Campaign) -> int:
        """Make the list of people; one that was made from ticks when it was scheduled stays as it is, a segment is looked up anew."""
        return _standing_list(campaign) or write_messaging_targets(campaign)

    def expected(self, campaign: Campaign) -> int:
        """Return how many customers are on the list that stays, or are selected now."""
        return _standing_list(campaign) or count_selected(campaign)

    def check(self, campaign: Campaign, *, actor: User | None = None) -> None:
        """Object where a channel, its words, the places or the selection are not fit for it. Raises BadCampaignInput, ProviderAway."""
        channels = channels_of(campaign)
        if not channels:
            raise BadCampaignInput("Choose how it is sent: by email, by WhatsApp, or both.")
        for channel in channels:
            if sentence := _channel_problem(campaign, channel):
                raise BadCampaignInput(sentence)
        if sentence := _place_problem(campaign, actor) or template_problem(campaign):
            raise BadCampaignInput(sentence)

    def paced_by(self, campaign: Campaign) -> Sequence[Channel]:
        """Return the chosen channels: email alone goes by the thousand."""
        return channels_of(campaign)

    def halts(self, campaign: Campaign, *, thoroughly: bool) -> str:
        """Return why it must stop: too many failures, opt-outs or complaints, or WhatsApp no longer lets the template through."""
        sentence = guard_sentence(campaign, channels_of(campaign), thoroughly=thoroughly)
        return template_withdrawn(campaign) if thoroughly and not sentence else sentence

    def leave_out(self, campaign: Campaign, targets: Sequence[Target], consents: Mapping[int, ConsentFacts]) -> Mapping[int, str]:
        """Leave out whose consent is not there any more: an opt-in to WhatsApp alone does not stand for it."""
        willing = {pk for pk, known in consents.items() if known.gdpr_marketing_consent is True}
        refusing = {pk for pk, known in consents.items() if known.opted_out}  # that is said with its own reason
        return {target.pk: Reason.CONSENT_REQUIRED for target in targets if target.customer_id not in willing | refusing}

    def values(self, campaign: Campaign, targets: Sequence[Target]) -> Mapping[int, Mapping[str, str]]:
        """Return everybody's fields; what is empty has something to stand in."""
        shared = shared_values()
        points = _points_of(targets) if _names_points(campaign) else {}
        link, schema = preferences_base(), connection.schema_name
        return {
            target.pk: {
                **shared,
                **name_values(target.name),
                "points": points.get(target.customer_id or 0, ""),
                "preferences_link": f"{link}{sign_number(PREFERENCES_LINK, schema, target.pk)}",
            }
            for target in targets
        }


def name_values(name: str) -> dict[str, str]:
    """Return what a person is called, fit for a message; empty where we do not know."""
    words = name.split()
    return {"first_name": plain_value(words[0]) if words else "", "customer_name": plain_value(name)}


def shared_values() -> dict[str, str]:
    """Return the fields that are the same for everybody."""
    return {"business_name": current_tenant().name, "booking_link": f"{public_url(current_tenant())}/book"}


def preferences_base() -> str:
    """Return what every personal link to the preferences begins with."""
    return f"{public_url(current_tenant())}/p/"


def content_problem(campaign: Campaign, channel: Channel) -> str:
    """Return what is missing to say something on a channel, as a sentence; empty where nothing is."""
    if channel is Channel.WHATSAPP:
        if wrong := [name for name in campaign.content_variables.values() if split_fallback(name)[0] not in Messaging.fields]:
            return f"We cannot fill {{{{{wrong[0]}}}}}. Use one of: {', '.join(sorted(Messaging.fields))}."
        return "" if campaign.content_sid or campaign.sms_text.strip() else "Write the WhatsApp message, or choose a template."
    if not campaign.email_subject.strip():
        return "Write a subject for the email."
    return "" if campaign.email_html.strip() and campaign.email_text.strip() else "Write the email."


def _standing_list(campaign: Campaign) -> int:
    """Return how many people the list has that was made of ticks when it was scheduled; 0 where there is none, or a segment."""
    stays = campaign.status == Campaign.Status.SCHEDULED and campaign.segment_id is None
    return Target.objects.filter(campaign_id=campaign.pk).count() if stays else 0


def _channel_problem(campaign: Campaign, channel: Channel) -> str:
    if sender_for(channel) is None:
        if channel is Channel.WHATSAPP:
            return "WhatsApp is not set up yet: add the number you send from, or choose another channel."
        return "Email is not set up yet: add the address you send from, or choose another channel."
    if channel is Channel.EMAIL and not business_settings().postal_address.strip():
        return "Every email must say where your business is. Add your postal address in the business settings."
    return content_problem(campaign, channel)


def _place_problem(campaign: Campaign, actor: User | None) -> str:
    selection = Selection.from_json(campaign.audience)
    if not selection.place_ids:
        return "Choose at least one place: its customers are written to."
    if not selection.steps and campaign.segment_id is None:
        return "Choose at least one customer."
    who = actor or campaign.created_by
    managed = {place.pk for place in (places_of(who) if who else all_places())}
    if managed.issuperset(selection.place_ids):
        return ""
    return "One of the chosen places is looked after by other owners, so its customers cannot be written to. Choose places again."


def _names_points(campaign: Campaign) -> bool:
    written = (campaign.sms_text, campaign.email_subject, campaign.email_text, campaign.email_html, *campaign.content_variables.values())
    return any("points" in text for text in written)


def _points_of(targets: Sequence[Target]) -> dict[int, str]:
    people = Customer.objects.filter(pk__in=[target.customer_id for target in targets if target.customer_id])
    return {pk: str(points) for pk, points in people.values_list("pk", "loyalty_points_balance") if points}
