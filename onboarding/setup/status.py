"""How far a business is: every answer is asked of the app that owns it, each time anew."""

from a2p.selectors import working_campaign
from bookings.selectors import active_places, active_services
from campaigns.selectors import has_started_campaign, kinds_of_drafts
from customers.selectors import customer_count
from messaging.selectors import is_us_texting_closed, line_numbers, open_number_request, phone_status
from onboarding.setup.steps import steps_of
from onboarding.setup.types import BusinessFacts, CampaignFacts, Facts, PhoneFacts, PlaceFacts, Step
from servicepro.lib.phone import is_us_number, mask_phone
from tenants.selectors import business_settings, current_tenant

US = "US"


def setup_steps() -> tuple[Step, ...]:
    """Return the steps of the current business as they stand now."""
    return steps_of(setup_facts())


def setup_facts() -> Facts:
    """Return everything the wizard needs to know of the current business."""
    decided = business_settings()
    return Facts(
        business=BusinessFacts(
            decided.owner_name.strip(), mask_phone(decided.owner_phone) if decided.owner_phone else "", decided.postal_address.strip()
        ),
        phone=phone_facts(),
        places=[PlaceFacts(place.hours.exists(), bool(active_services(place))) for place in active_places()],
        customers=customer_count(),
        campaigns=CampaignFacts(has_started_campaign(), kinds_of_drafts()),
    )


def phone_facts() -> PhoneFacts:
    """Return how the phone of the current business is set up.

    The messaging service is the one its texts leave through. Where no such service is named, it is the registration's own once every US
    number of the business is in it: then the one that texts leave from is too.
    """
    phone, campaign = phone_status(), working_campaign()
    service = phone.messaging_service_sid
    total = campaign.numbers_total if campaign else 0
    attachable: tuple[str, ...] = ()
    if not service and campaign and campaign.messaging_service_sid:
        own = tuple(filter(is_us_number, line_numbers()))
        if 0 < len(own) <= total:
            service = campaign.messaging_service_sid
        else:
            attachable = own
    return PhoneFacts(
        has_phone_number=phone.has_phone_number,
        phone_number=phone.phone_number,
        has_messaging_service=bool(service),
        messaging_service_sid=service,
        a2p_status=campaign.status if campaign else None,
        routing_mode=phone.routing_mode,
        a2p_label=campaign.get_status_display() if campaign else "",
        a2p_error=(campaign.trusthub_last_error or "") if campaign else "",
        numbers_total=total,
        numbers_known=campaign.numbers_provisioned if campaign else 0,
        needs_registration=campaign is not None or current_tenant().region == US,
        is_us_texting_closed=is_us_texting_closed(),
        is_number_asked_for=open_number_request() is not None,
        attachable=attachable,
    )
