"""How the providers misbehave when told to, and that they behave otherwise."""

import time

import pytest
import requests
from python_http_client.exceptions import HTTPError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN, RedirectedClient

OWN, PERSON = "+15125550100", "+15125550142"
EMAIL = {
    "personalizations": [{"to": [{"email": "p@example.com"}]}], "from": {"email": "us@shop.example"}, "subject": "Hello",
    "content": [{"type": "text/plain", "value": "Hello"}],
}  # fmt: skip


def text(client):
    return client.messages.create(to=PERSON, from_=OWN, body="Hello")


def mail(client):
    return client.client.mail.send.post(request_body=EMAIL)


def status_of_a_text(client) -> int:
    """Return the status a text was answered with."""
    try:
        text(client)
    except TwilioRestException as error:
        return error.status
    return 201


@pytest.mark.parametrize(("fault", "status", "code"), [("throttle", 429, 20429), ("reject500", 500, 20500), ("unauthorized", 401, 20003)])
def test_twilio_refuses_and_takes_nothing(server, twilio, fault, status, code):
    server.faults(api="twilio", **{fault: 1})
    with pytest.raises(TwilioRestException) as caught:
        text(twilio)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert server.texts() == []


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage"])
def test_twilio_takes_a_text_and_its_answer_is_lost(server, twilio, fault):
    server.faults(api="twilio", **{fault: 1})
    with pytest.raises((TwilioException, requests.ConnectionError, ValueError)):
        text(twilio)
    assert len(server.texts(PERSON)) == 1


def test_a_cut_line_takes_nothing(server, twilio):
    server.faults(api="twilio", reset=1)
    with pytest.raises(requests.ConnectionError):
        text(twilio)
    assert server.texts() == []


def test_twilio_takes_a_text_and_never_answers_in_time(server):
    server.faults(api="twilio", acceptTimeout=1, timeoutSeconds=60)
    hasty = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=RedirectedClient(server.base_url, timeout=0.1))
    with pytest.raises(requests.ReadTimeout):
        text(hasty)
    assert len(server.texts(PERSON)) == 1


def test_a_burst_of_throttling_ends_after_its_count(server, twilio):
    server.faults(api="twilio", throttle=1, count=3)
    assert [status_of_a_text(twilio) for _turn in range(5)] == [429, 429, 429, 201, 201]


def test_a_throttled_caller_is_told_when_to_come_back_where_twilio_says_so(server, browser):
    url = f"{server.base_url}/api/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    server.faults(throttle=1, retryAfter=7)
    assert browser.post(url, auth=(ACCOUNT_SID, AUTH_TOKEN)).headers["Retry-After"] == "7"
    server.faults(throttle=1)
    assert "Retry-After" not in browser.post(url, auth=(ACCOUNT_SID, AUTH_TOKEN)).headers


def test_faults_come_in_their_share_and_the_same_way_for_a_seed(server, twilio):
    def run(seed: int) -> list[int]:
        server.faults(throttle=0.5, seed=seed, callbacks="off")
        return [status_of_a_text(twilio) for _turn in range(40)]

    first = run(5)
    assert first == run(5) != run(6)
    assert 8 <= first.count(429) <= 32


def test_an_answer_takes_as_long_as_told(server, twilio):
    server.faults(latencyMs=80, jitterMs=20)
    began = time.monotonic()
    text(twilio)
    assert time.monotonic() - began >= 0.08


def test_the_log_can_lag_behind(server, twilio):
    server.faults(logLagMs=60_000)
    sid = text(twilio).sid
    assert twilio.messages.list() == [] and twilio.messages(sid).fetch().sid == sid
    server.faults(logLagMs=0)
    assert [shown.sid for shown in twilio.messages.list()] == [sid]


def test_a_fault_of_one_provider_spares_the_other(server, twilio, sendgrid):
    server.faults(api="twilio", reject500=1)
    assert mail(sendgrid).status_code == 202 and status_of_a_text(twilio) == 500
    server.faults(api="sendgrid", reject500=1)
    assert status_of_a_text(twilio) == 201
    with pytest.raises(HTTPError):
        mail(sendgrid)


@pytest.mark.parametrize(("fault", "status"), [("throttle", 429), ("reject500", 500), ("unauthorized", 401)])
def test_sendgrid_refuses_and_takes_nothing(server, sendgrid, fault, status):
    server.faults(api="sendgrid", **{fault: 1}, retryAfter=30)
    with pytest.raises(HTTPError) as caught:
        mail(sendgrid)
    assert caught.value.status_code == status and caught.value.to_dict["errors"][0]["message"]
    if fault == "throttle":
        assert 25 <= int(caught.value.headers["X-RateLimit-Reset"]) - time.time() <= 31
        assert caught.value.headers["X-RateLimit-Remaining"] == "0"
    assert server.emails() == []


def test_sendgrid_takes_an_email_and_its_answer_is_lost(server, sendgrid):
    server.faults(api="sendgrid", accept500=1)
    with pytest.raises(HTTPError):
        mail(sendgrid)
    server.faults(api="sendgrid", acceptReset=1)
    with pytest.raises(OSError):
        mail(sendgrid)
    server.faults(api="sendgrid", acceptTimeout=1)
    sendgrid.client.timeout = 0.1
    with pytest.raises(OSError):
        mail(sendgrid)
    assert len(server.emails()) == 3


def test_sendgrid_garbage_carries_no_message_id(server, sendgrid):
    server.faults(api="sendgrid", garbage=1)
    answer = mail(sendgrid)
    assert answer.headers["X-Message-Id"] is None and answer.body == b"<html>not json" and len(server.emails()) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"throtle": 1}, {"throttle": 1.5}, {"throttle": -1}, {"throttle": "1"}, {"throttle": True}, {"callbacks": "of"}, {"api": "twillio"},
        {"count": -1}, {"latencyMs": None}, [], 5,
    ],
)  # fmt: skip
def test_a_fault_nobody_knows_is_refused_and_changes_nothing(server, twilio, browser, settings):
    server.faults(throttle=1)
    answer = browser.post(f"{server.base_url}/control/faults", json=settings)
    assert answer.status_code == 400 and answer.json()["error"]
    assert status_of_a_text(twilio) == 429


def test_without_faults_everything_is_well(server, twilio, sendgrid):
    server.faults(throttle=1)
    server.behave()
    assert status_of_a_text(twilio) == 201 and mail(sendgrid).status_code == 202
