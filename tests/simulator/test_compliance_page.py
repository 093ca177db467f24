"""The page where a person approves or refuses, and what survives a restart."""

import re

import pytest
from twilio.rest import Client

from tests.simulator.compliance import BUSINESS, Registration
from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN, RedirectedClient
from tests.support.simulator import SimulatorProcess


@pytest.fixture
def page(server):
    """The address of the page."""
    return f"{server.base_url}/registrations"


def test_the_phones_page_leads_to_the_registrations(server, browser, page):
    assert 'href="/registrations"' in browser.get(server.base_url).text
    assert "Nothing was submitted yet." in browser.get(page).text


def test_a_person_decides_everything(twilio, browser, page):
    browser.post(page, data={"reviews": "held"})
    registration = Registration(twilio)
    registration.register_brand()
    assert registration.brand_now().status == "PENDING"
    text = browser.get(page).text
    assert "Everything waits for you." in text and text.count("<strong>Waiting</strong>") == 3 and "Luna Salon LLC" in text
    for sid, status in (
        (registration.profile, "twilio-approved"),
        (registration.product, "twilio-approved"),
        (registration.brand, "APPROVED"),
    ):
        answer = browser.post(page, data={"sid": sid, "status": status})
        assert answer.status_code == 200 and answer.history[0].status_code == 303
    assert (registration.brand_now().status, registration.brand_now().identity_status) == ("APPROVED", "VERIFIED")
    registration.submit_campaign()
    browser.post(page, data={"sid": registration.service, "status": "FAILED", "code": "30896"})
    failed = registration.campaign()
    assert (failed.campaign_status, failed.errors[0]["error_code"], failed.errors[0]["fields"]) == ("FAILED", 30896, ["MESSAGE_FLOW"])
    assert "30896 (MESSAGE_FLOW)" in browser.get(page).text
    browser.post(page, data={"sid": registration.service, "status": "VERIFIED"})
    assert registration.campaign().campaign_status == "VERIFIED" and registration.campaign().campaign_id


def test_what_was_decided_by_itself_can_be_undone_by_hand(twilio, browser, page):
    registration = Registration(twilio)
    registration.submit_campaign()
    assert registration.campaign().campaign_status == "VERIFIED"
    browser.post(page, data={"sid": registration.service, "status": "SUSPENDED"})
    assert registration.campaign().campaign_status == "SUSPENDED"


def test_what_makes_no_sense_is_not_decided(browser, page):
    for form in ({"sid": "BN1", "status": "APPROVED"}, {"sid": "BN1"}, {"reviews": "perhaps"}, {"sid": "x", "status": "y", "code": "z"}):
        assert browser.post(page, data=form).status_code == 400


def test_nothing_that_was_submitted_is_markup(twilio, browser, page):
    Registration(twilio, BUSINESS | {"business_name": "<script>alert(1)</script>"}).submit_profile()
    text = browser.get(page).text
    assert "servicepro:luna:profile" in text
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_the_page_names_every_field_it_asks_for(twilio, browser, page):
    Registration(twilio).submit_campaign()
    assert "No number yet" in browser.get(page).text
    inputs = re.findall(r"<input (?!type=.hidden)[^>]*>", browser.get(page).text)
    assert len(inputs) == 4 and all("aria-label" in one for one in inputs)


def test_a_restart_forgets_nothing(tmp_path):
    first = SimulatorProcess(tmp_path)
    first.control("POST", "registrations", {"campaignSeconds": 3600, "edits": "beta"})
    first.control("POST", "numbers", {"number": "+15125550100", "inboundUrl": "http://127.0.0.1:1/in"})
    registration = Registration(Client(ACCOUNT_SID, AUTH_TOKEN, http_client=RedirectedClient(first.base_url)))
    registration.submit_campaign()
    (number,) = registration.twilio.incoming_phone_numbers.list()
    registration.twilio.messaging.v1.services(registration.service).phone_numbers.create(phone_number_sid=number.sid)
    before = first.control("GET", "registrations")
    first.stop()
    second = SimulatorProcess(tmp_path)
    try:
        assert second.control("GET", "registrations") == before
        second.control("POST", "registrations/advance", {"seconds": 3601})
        again = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=RedirectedClient(second.base_url))
        registration.twilio = again
        assert registration.campaign().campaign_status == "VERIFIED"
        assert [row.sid for row in again.messaging.v1.services(registration.service).phone_numbers.list()] == [number.sid]
    finally:
        second.stop()
