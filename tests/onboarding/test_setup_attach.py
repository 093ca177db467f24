"""A number is put into the registration from the wizard, by its owner's word alone."""

import pytest

from a2p.models import A2pCampaign
from a2p.providers.registry import Registry
from a2p.services import submit_or_update_campaign
from messaging.models import Line
from tenants.accounts.models import User
from tests.a2p.submitting import OWN_NUMBER, give_number, ready_campaign
from tests.onboarding.test_setup import SERVICE, asked, page_of, with_registration
from tests.support.browsing import signed_in

ATTACH, PUT, MOVE = "/setup-wizard/phone/attach/", f"Put {OWN_NUMBER} into your registration", f"Yes, move {OWN_NUMBER}"
Status = A2pCampaign.Status


@pytest.fixture
def live(owner, simulator) -> str:
    """The service that the number texts through today, beside a registration that was submitted."""
    with Registry() as registry:
        service = registry.create_service("the live one", "https://elsewhere.example/texts")
    give_number(simulator, serviceSid=service)
    submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    return service


def service_of(number: str) -> str | None:
    with Registry() as registry:
        found = registry.account_number(number)
        return registry.service_with(found.sid) if found else None


def test_a_free_number_is_in_it_from_the_start(owner, simulator):
    give_number(simulator)
    submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    told = asked(owner)
    assert told["missingPieces"] == ["A2P_APPROVAL"] and told["hasMessagingService"]
    assert PUT not in page_of(owner, "phone")


def test_a_live_number_is_moved_only_after_its_owner_was_asked(owner, live):
    assert PUT in page_of(owner, "phone") and asked(owner)["hasMessagingService"] is False
    question = owner.post(ATTACH, {"phone": OWN_NUMBER})
    page = question.content.decode()
    assert question.status_code == 409 and MOVE in page and "another messaging service" in page
    assert service_of(OWN_NUMBER) == live
    answer = owner.post(ATTACH, {"phone": OWN_NUMBER, "confirmed": "yes"}, follow=True).content.decode()
    assert f"{OWN_NUMBER} is in your registration now." in answer and PUT not in answer
    assert service_of(OWN_NUMBER) == asked(owner)["messagingServiceSid"] != live
    assert asked(owner)["missingPieces"] == ["A2P_APPROVAL"]


def test_a_number_of_somebody_else_is_not_moved(owner, live):
    answer = owner.post(ATTACH, {"phone": "+15125550177", "confirmed": "yes"}, follow=True)
    assert "none of this business" in answer.content.decode() and service_of(OWN_NUMBER) == live


def test_a_provider_that_is_away_is_told_in_words(owner, live, settings):
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    answer = owner.post(ATTACH, {"phone": OWN_NUMBER, "confirmed": "yes"}, follow=True)
    assert answer.status_code == 200 and "Traceback" not in answer.content.decode()
    assert asked(owner)["hasMessagingService"] is False


def test_before_anything_was_submitted_nothing_is_offered_and_nothing_done(owner):
    with_registration(Status.READY_TO_SUBMIT)
    assert PUT not in page_of(owner, "phone")
    assert "Submit the registration first" in owner.post(ATTACH, {"phone": OWN_NUMBER}, follow=True).content.decode()


def test_of_several_numbers_each_is_offered(owner):
    Line.objects.create(phone="+15125550101", channel="sms")
    with_registration(Status.APPROVED, messaging_service_sid=SERVICE, numbers_total=1, numbers_provisioned=1)
    page = page_of(owner, "phone")
    assert "Of your 2 numbers 1 are in" not in page and "Of your 2 numbers, 1 is in the messaging service" in page
    assert PUT in page and "Put +15125550101 into your registration" in page


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_only_owners_move_numbers(owner, live, role):
    User.objects.create_user("mover@shop.example", "a-long-password", is_staff=True, role=role)
    assert signed_in("mover@shop.example").post(ATTACH, {"phone": OWN_NUMBER, "confirmed": "yes"}).status_code == 403
    assert service_of(OWN_NUMBER) == live
