"""Put a number of the business into its registration: only when its owner says so."""

from a2p.errors import BadRegistration, NeedsConfirmation, NotNow
from a2p.providers.registry import Registry
from a2p.providers.results import ProviderTrouble, Refused
from a2p.selectors import latest_attempt, working_campaign
from a2p.services.attempts import DONE, note
from a2p.services.outcomes import hear_trouble
from a2p.services.texting import ALREADY_IN, IN_ANOTHER
from a2p.services.work import inbound_url
from messaging.selectors import line_numbers
from tenants.selectors import User
from tenants.services import record_action


def attach_number(phone: str, *, actor: User | None, confirmed: bool = False) -> bool:
    """Put one of the business's numbers (E.164) into its registration's messaging service; return whether it was not there yet.

    A number that another messaging service or another address serves today is moved only when `confirmed`. Raises BadRegistration where it
    is none of the business's, NotNow before anything was submitted, NeedsConfirmation, and TwilioError.
    """
    if phone not in line_numbers():
        raise BadRegistration("This number is none of this business's.", fields={"phone": "Choose one of your numbers."})
    campaign = working_campaign()
    if campaign is None or not campaign.messaging_service_sid:
        raise NotNow("Submit the registration first: its messaging service does not exist yet.")
    attempt = latest_attempt(campaign)
    try:
        with Registry() as registry:
            is_new = _attach(registry, campaign.messaging_service_sid, phone, confirmed=confirmed)
            campaign.numbers_total = len(registry.numbers_of(campaign.messaging_service_sid))
            if registry.is_registered(campaign.messaging_service_sid):
                campaign.numbers_provisioned = campaign.numbers_total
    except ProviderTrouble as trouble:
        raise hear_trouble(campaign, attempt, trouble, step="number", is_final=False) from trouble
    campaign.save(update_fields=["numbers_total", "numbers_provisioned", "updated_at"])
    if is_new:
        record_action(actor, "a2p_number_attached", f"a2p:{campaign.pk}", service=campaign.messaging_service_sid)
        if attempt:
            note(attempt, "number", DONE, sid=campaign.messaging_service_sid)
    return is_new


def _attach(registry: Registry, service: str, phone: str, *, confirmed: bool) -> bool:
    number = registry.account_number(phone)
    if number is None:
        raise BadRegistration("Twilio does not have this number in our account.", fields={"phone": "Write to us to bring it over."})
    if number.sid in registry.numbers_of(service):
        return False
    if number.sms_url and number.sms_url != inbound_url() and not confirmed:
        raise NeedsConfirmation("Texts to this number go to another address today. Attached, they come here.")
    try:
        registry.attach(service, number.sid)
    except Refused as refusal:
        if refusal.code == ALREADY_IN:
            return False
        if refusal.code != IN_ANOTHER:
            raise
        if not confirmed:
            raise NeedsConfirmation("This number is in another messaging service today. It would be taken out of that one.") from refusal
        other = registry.service_with(number.sid)
        if other:
            registry.detach(other, number.sid)
        registry.attach(service, number.sid)
    return True
