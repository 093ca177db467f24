"""A provider in trouble while somebody registers: one call at a time, before or after it did what was asked."""

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.simulator.compliance import Registration
from tests.simulator.conftest import ACCOUNT_SID, RedirectedClient

CALLS = {
    "profile": "POST /trusthub/v1/CustomerProfiles$",
    "end user": "POST /trusthub/v1/EndUsers$",
    "address": "POST .*/Addresses.json$",
    "document": "POST /trusthub/v1/SupportingDocuments$",
    "assignment": "POST .*/EntityAssignments$",
    "submission": r"POST /trusthub/v1/CustomerProfiles/BU\w+$",
    "product": "POST /trusthub/v1/TrustProducts$",
    "brand": "POST .*/BrandRegistrations$",
    "service": "POST /messaging/v1/Services$",
    "campaign": "POST .*/Usa2p$",
}


@pytest.fixture
def registration(twilio) -> Registration:
    """A business that has registered nothing yet."""
    return Registration(twilio)


def services_named_luna(client):
    return sum(row.friendly_name == "luna" for row in client.messaging.v1.services.list())


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize(("fault", "status", "code"), [("throttle", 429, 20429), ("unauthorized", 401, 20003), ("reject500", 500, 20500)])
def test_each_call_goes_wrong_alone_and_does_nothing(registration, server, call, fault, status, code):
    server.faults(api="twilio", call=call, count=1, **{fault: 1})
    with pytest.raises(TwilioRestException) as refused:
        registration.submit_campaign()
    assert (refused.value.status, refused.value.code) == (status, code)
    again = Registration(registration.twilio)
    assert again.submit_campaign().campaign_status == "IN_PROGRESS"  # the fault is over


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage"])
def test_what_was_asked_is_done_though_the_answer_is_lost(registration, twilio, server, fault):
    registration.submit_profile()
    registration.submit_product()
    server.faults(api="twilio", call="POST .*/BrandRegistrations$", count=1, **{fault: 1})
    with pytest.raises((TwilioException, requests.ConnectionError, ValueError)):
        registration.register_brand()
    assert len(twilio.messaging.v1.brand_registrations.list()) == 1


def test_an_answer_that_does_not_come_in_time_is_lost_too(server):
    server.faults(api="twilio", call="POST /messaging/v1/Services$", acceptTimeout=1, timeoutSeconds=2, count=1)
    hasty = Client(ACCOUNT_SID, "simulator-auth-token", http_client=RedirectedClient(server.base_url, timeout=0.2))
    with pytest.raises(requests.ReadTimeout):
        hasty.messaging.v1.services.create(friendly_name="luna")
    assert services_named_luna(hasty) == 1


def test_a_cut_line_does_nothing(twilio, server):
    server.faults(api="twilio", call="POST /messaging/v1/Services$", reset=1, count=1)
    with pytest.raises(requests.ConnectionError):
        twilio.messaging.v1.services.create(friendly_name="luna")
    assert services_named_luna(twilio) == 0


def test_the_second_call_of_a_kind_can_be_the_one_that_fails(registration, server):
    server.faults(api="twilio", call="POST /trusthub/v1/EndUsers$", skip=1, count=1, reject500=1)
    with pytest.raises(TwilioRestException):
        registration.make_profile()
    assert len(registration.twilio.trusthub.v1.end_users.list()) == 1


def test_a_fault_of_one_call_leaves_texts_alone(twilio, server):
    server.faults(api="twilio", call="POST .*/Usa2p$", reject500=1)
    assert twilio.messages.create(to="+15125550142", from_="+15125550100", body="Hello").sid


@pytest.mark.parametrize("faults", [{"call": "("}, {"call": 1}, {"skip": -1}])
def test_a_senseless_fault_is_refused(server, browser, faults):
    assert browser.post(f"{server.base_url}/control/faults", json=faults).status_code == 400


def test_strangers_see_nothing(server, browser):
    for path in ("/trusthub/v1/CustomerProfiles", "/messaging/v1/Services", f"/api/2010-04-01/Accounts/{ACCOUNT_SID}/Addresses.json"):
        answer = browser.get(f"{server.base_url}{path}", auth=(ACCOUNT_SID, "wrong"))
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("registrations", {"brandSeconds": -1}), ("registrations", {"edits": "maybe"}), ("registrations", {"unknown": 1}),
        ("registrations", [1]), ("registrations/advance", {}), ("registrations/advance", {"seconds": -1}),
        ("registrations/decide", {"sid": "BN1", "status": "FAILED"}), ("registrations/decide", {"sid": 1}),
    ],
)  # fmt: skip
def test_a_senseless_control_is_refused_and_changes_nothing(server, browser, name, payload):
    before = server.control("GET", "registrations")
    assert browser.post(f"{server.base_url}/control/{name}", json=payload).status_code == 400
    assert server.control("GET", "registrations") == before


def test_a_parameter_nobody_knows_and_a_verb_that_does_not_exist_are_refused(server, browser):
    account = (ACCOUNT_SID, "simulator-auth-token")
    answer = browser.post(f"{server.base_url}/messaging/v1/Services", data={"FriendlyName": "x", "Colour": "red"}, auth=account)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001) and "Colour" in answer.json()["message"]
    assert browser.delete(f"{server.base_url}/messaging/v1/Services", auth=account).status_code == 405
    for path in (
        "/trusthub/v1/",
        "/trusthub/v1/Nothing",
        "/messaging/v1/Services/MG1/Nothing",
        "/messaging/v1/Deactivations",
        "/messaging/v1/",
    ):
        assert browser.get(f"{server.base_url}{path}", auth=account).status_code == 404
    assert browser.post(f"{server.base_url}/messaging/v1/Services", data=b"\xff=%ff", auth=account).status_code == 400
