"""Registration from nothing to allowed to text, as Twilio's own SDK sees it."""

import pytest

from tests.simulator.compliance import CAMPAIGN, Registration

CONSTANT = "QE2c6890da8086d771620e9b13fadeba0b"


@pytest.fixture
def registration(twilio) -> Registration:
    """A business that has registered nothing yet."""
    return Registration(twilio)


def test_a_registration_goes_from_nothing_to_verified(registration, twilio):
    assert registration.submit_profile() == "pending-review"
    assert twilio.trusthub.v1.customer_profiles(registration.profile).fetch().status == "twilio-approved"
    assert registration.submit_product() == "pending-review"
    brand = registration.register_brand(skip_automatic_sec_vet=True)
    assert (brand.status, brand.identity_status, brand.errors, brand.skip_automatic_sec_vet) == ("PENDING", None, [], True)
    approved = registration.brand_now()
    assert (approved.status, approved.identity_status, approved.tcr_id[0]) == ("APPROVED", "VERIFIED", "B")
    campaign = registration.submit_campaign()
    assert (campaign.campaign_status, campaign.sid, campaign.campaign_id) == ("IN_PROGRESS", CONSTANT, None)
    verified = registration.campaign()
    assert (verified.campaign_status, verified.sid, verified.campaign_id[0]) == ("VERIFIED", CONSTANT, "C")
    assert verified.message_samples == CAMPAIGN["message_samples"]
    service = twilio.messaging.v1.services(registration.service).fetch()
    assert (service.us_app_to_person_registered, service.inbound_request_url) == (True, "https://luna.example/in")
