"""Whether the carriers take a campaign's texts."""

from campaigns.errors import BadCampaignInput
from campaigns.models import Campaign, Target
from campaigns.wording import A2P_PAUSE
from messaging.selectors import is_us_texting_closed
from servicepro.lib.phone import is_us_number
from tenants.selectors import current_tenant


def registration_problem(campaign: Campaign | None = None) -> str:
    """Return why texts must wait for the registration, as a sentence; empty where they need not. Without a campaign, of any.

    A business in the US waits as a whole where one of its people is there, so that nobody loses their message. Elsewhere the few
    people with a number in the US are skipped with that reason: such a business may never register.
    """
    if not is_waiting_for_registration() or (campaign is not None and not _has_texts(campaign)):
        return ""
    if campaign is None or not Target.objects.filter(campaign_id=campaign.pk).exists():  # its list is made when it starts
        return A2P_PAUSE
    phones = Target.objects.filter(campaign_id=campaign.pk).exclude(phone=None).values_list("phone", flat=True)
    return A2P_PAUSE if any(is_us_number(phone or "") for phone in phones.iterator()) else ""


def is_waiting_for_registration() -> bool:
    """Return whether this is a business in the US whose texts the carriers do not take yet."""
    return current_tenant().region == "US" and is_us_texting_closed()


def refuse_unregistered(campaign: Campaign) -> None:
    """Object to a campaign whose texts must wait for the registration. Raises BadCampaignInput."""
    if sentence := registration_problem(campaign):
        raise BadCampaignInput(sentence)


def _has_texts(campaign: Campaign) -> bool:
    return campaign.sms_enabled and campaign.channel != Campaign.Channel.WHATSAPP
