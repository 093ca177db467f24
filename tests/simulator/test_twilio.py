"""Twilio's Messages API, asked by Twilio's own SDK."""

import datetime
import re

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN, RedirectedClient

OWN, PERSON, SERVICE = "+15125550100", "+15125550142", "MG" + "a" * 32
MESSAGES = f"/api/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
NOW = datetime.datetime.now(datetime.UTC)


def refusal(call, *args, **named) -> TwilioRestException:
    """Return the SDK's error for a call that Twilio refuses."""
    with pytest.raises(TwilioRestException) as caught:
        call(*args, **named)
    return caught.value


@pytest.mark.parametrize("account", [(ACCOUNT_SID, "wrong"), ("AC" + "6" * 32, AUTH_TOKEN), ("SK" + "5" * 32, AUTH_TOKEN)])
def test_a_stranger_is_refused_with_twilios_error(server, account):
    stranger = Client(*account, ACCOUNT_SID, http_client=RedirectedClient(server.base_url))
    error = refusal(stranger.messages.create, to=PERSON, from_=OWN, body="Hello")
    assert (error.status, error.code, error.msg) == (401, 20003, "Unable to create record: Authenticate")
    with pytest.raises(TwilioException, match="401"):
        stranger.messages.list(limit=1)
    assert server.texts() == []


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic " + "5" * 7, "Bearer x", "Basic /////w=="])
def test_a_broken_authorization_is_refused_in_words(server, browser, header):
    answer = browser.get(server.base_url + MESSAGES, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_a_message_is_taken_as_twilio_takes_it(server, twilio):
    server.faults(callbacks="off")
    taken = twilio.messages.create(to=PERSON, from_=OWN, body="Hello")
    assert re.fullmatch("SM[0-9a-f]{32}", taken.sid) and taken.account_sid == ACCOUNT_SID
    assert (taken.status, taken.direction, taken.to, taken.from_, taken.body) == ("queued", "outbound-api", PERSON, OWN, "Hello")
    assert (taken.num_media, taken.num_segments, taken.error_code, taken.date_sent, taken.price) == ("0", "1", None, None, None)
    assert abs(taken.date_created - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(seconds=10)
    fetched = twilio.messages(taken.sid).fetch()
    assert (fetched.sid, fetched.body, fetched.status) == (taken.sid, "Hello", "queued")


def test_a_messaging_service_accepts_first_and_chooses_its_sender_later(server, twilio, eventually):
    server.control("POST", "numbers", {"number": "+15125550111", "inboundUrl": "http://127.0.0.1:1/", "serviceSid": SERVICE})
    server.faults(callbacks="off")
    taken = twilio.messages.create(to=PERSON, messaging_service_sid=SERVICE, body="Hello")
    assert (taken.status, taken.from_, taken.messaging_service_sid, taken.num_segments) == ("accepted", None, SERVICE, "0")
    server.faults(callbackDelayMs=0)
    taken = twilio.messages.create(to=PERSON, messaging_service_sid=SERVICE, body="Hello")
    sent = eventually(lambda: twilio.messages(taken.sid).fetch(), lambda text: text.status == "delivered")
    assert (sent.from_, sent.messaging_service_sid, sent.num_segments) == ("+15125550111", SERVICE, "1")


def test_a_message_lives_on_without_anybody_to_tell(twilio, eventually):
    taken = twilio.messages.create(to=PERSON, from_=OWN, body="Hello")
    sent = eventually(lambda: twilio.messages(taken.sid).fetch(), lambda text: text.status == "delivered")
    assert sent.date_sent is not None and sent.error_code is None


@pytest.mark.parametrize(
    ("body", "segments"), [("a" * 160, "1"), ("a" * 161, "2"), ("a" * 1600, "11"), ("é" * 160, "1"), ("ê" * 71, "2"), ("🙂" * 36, "2")]
)
def test_segments_are_counted_as_billed(server, twilio, body, segments):
    server.faults(callbacks="off")
    assert twilio.messages.create(to=PERSON, from_=OWN, body=body).num_segments == segments


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": ""}, 21604), ({"from_": ""}, 21603), ({"body": ""}, 21602), ({"body": "a" * 1601}, 21617),
        ({"to": "5125550142"}, 21211), ({"to": "+1"}, 21211), ({"to": "+0125550142"}, 21211), ({"to": "+1512555014x"}, 21211),
        ({"to": "+١٢٣٤٥٦٧٨٩"}, 21211), ({"to": OWN}, 21211), ({"to": "+1512555014200000000"}, 21211), ({"from_": "512"}, 21212),
        ({"from_": "+1x"}, 21212), ({"messaging_service_sid": "MG1"}, 21705), ({"status_callback": "/status"}, 21609),
        ({"status_callback": "http://my_host/status"}, 21609), ({"status_callback": "http://[::1"}, 21609),
        ({"status_callback": "ftp://host/"}, 21609), ({"media_url": ["https://x.example/a.png"]}, 20001),
        ({"schedule_type": "fixed"}, 20001), ({"validity_period": 60}, 20001),
    ],
)  # fmt: skip
def test_a_bad_request_has_twilios_code_and_takes_nothing(server, twilio, changed, code):
    error = refusal(twilio.messages.create, **{"to": PERSON, "from_": OWN, "body": "Hello", **changed})
    assert (error.status, error.code) == (400, code)
    assert server.texts() == []


def test_the_longest_body_is_still_taken(server, twilio):
    twilio.messages.create(to=PERSON, from_="51255", body="a" * 1600)
    assert len(server.texts(PERSON)) == 1


@pytest.mark.parametrize(
    ("field", "number", "code"),
    [
        ("to", "+15005550001", 21211), ("to", "+15005550002", 21612), ("to", "+15005550003", 21408), ("to", "+15005550004", 21610),
        ("to", "+15005550009", 21614), ("from_", "+15005550001", 21212), ("from_", "+15005550007", 21606), ("from_", "+15005550008", 21611),
    ],
)  # fmt: skip
def test_magic_numbers_are_refused_at_once(server, twilio, field, number, code):
    error = refusal(twilio.messages.create, **{"to": PERSON, "from_": OWN, "body": "Hello", field: number})
    assert (error.status, error.code) == (400, code)
    assert server.texts() == []


def test_the_valid_test_number_sends(server, twilio):
    assert twilio.messages.create(to=PERSON, from_="+15005550006", body="Hello").sid == server.texts()[0]["sid"]


@pytest.mark.parametrize("code", [30001, 30003, 30005, 30006, 30007, 30008, 30034])
def test_magic_endings_are_taken_and_fail_later(twilio, eventually, code):
    taken = twilio.messages.create(to=f"+151255{93000 + code - 30000}", from_=OWN, body="Hello")
    assert (taken.status, taken.error_code) == ("queued", None)
    end = "failed" if code == 30001 else "undelivered"
    lost = eventually(lambda: twilio.messages(taken.sid).fetch(), lambda text: text.status == end)
    assert lost.error_code == code


def test_what_is_not_there_is_not_found(server, twilio, browser):
    error = refusal(twilio.messages("SM" + "0" * 32).fetch)
    assert (error.status, error.code) == (404, 20404)
    answer = browser.get(f"{server.base_url}/api/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


@pytest.mark.parametrize("path", [MESSAGES, MESSAGES.replace(".json", f"/SM{'0' * 32}.json")])
def test_a_verb_twilio_does_not_know_is_refused(server, browser, path):
    answer = browser.put(server.base_url + path, auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (405, 20004)


def test_a_finished_message_can_be_redacted_and_deleted(server, twilio, eventually):
    taken = twilio.messages.create(to=PERSON, from_=OWN, body="Hello")
    eventually(lambda: twilio.messages(taken.sid).fetch().status, lambda status: status == "delivered")
    assert twilio.messages(taken.sid).update(body="").body == ""
    assert twilio.messages(taken.sid).fetch().body == "" and [text.body for text in twilio.messages.list()] == [""]
    assert twilio.messages(taken.sid).delete() is True
    assert refusal(twilio.messages(taken.sid).fetch).code == 20404
    assert twilio.messages.list() == [] and server.texts() == []


def test_an_account_may_be_allowed_to_redact_alone_or_neither(server, twilio, eventually):
    taken = twilio.messages.create(to=PERSON, from_=OWN, body="Hello")
    eventually(lambda: twilio.messages(taken.sid).fetch().status, lambda status: status == "delivered")
    server.faults(removal="refuse")
    assert refusal(twilio.messages(taken.sid).delete).status == 405
    assert refusal(twilio.messages(taken.sid).update, body="").code == 21624
    server.faults(removal="redact")
    assert refusal(twilio.messages(taken.sid).delete).status == 405
    assert twilio.messages(taken.sid).update(body="").body == ""


def test_a_message_on_its_way_can_be_neither_redacted_nor_deleted(server, twilio):
    server.faults(callbackDelayMs=60_000)
    taken = twilio.messages.create(to=PERSON, from_=OWN, body="Hello")
    assert refusal(twilio.messages(taken.sid).update, body="").code == 20009
    assert refusal(twilio.messages(taken.sid).delete).code == 20009
    assert twilio.messages(taken.sid).fetch().body == "Hello"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_any_body_comes_back_equal_from_the_log(twilio, body):
    sid = twilio.messages.create(to=PERSON, from_=OWN, body=body).sid
    newest = twilio.messages.list(to=PERSON, limit=1, page_size=1)
    assert [(text.sid, text.body) for text in newest] == [(sid, body)]
    assert twilio.messages(sid).fetch().body == body


def test_the_log_is_newest_first_and_filtered(server, twilio):
    sids = [
        twilio.messages.create(to=to, from_=sender, body="Hello").sid for to in (PERSON, "+15125550143") for sender in (OWN, "+15125550101")
    ]
    server.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "hi"})
    shown = [text for text in twilio.messages.list() if text.direction == "outbound-api"]
    assert [text.sid for text in shown] == sids[::-1]
    assert [text.sid for text in twilio.messages.list(to=PERSON)] == [sids[1], sids[0]]
    assert [text.sid for text in twilio.messages.list(from_=OWN)] == [sids[2], sids[0]]
    assert [text.sid for text in twilio.messages.list(from_=OWN, to=PERSON)] == [sids[0]]
    assert [text.body for text in twilio.messages.list(from_=PERSON)] == ["hi"]
    assert twilio.messages.list(to="+15125559999") == []


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 11])
def test_paging_shows_every_message_once(server, twilio, count):
    server.faults(callbacks="off")
    sids = [twilio.messages.create(to=f"+1512555{n:04d}", from_=OWN, body="Hello").sid for n in range(count)]
    assert [text.sid for text in twilio.messages.list(page_size=5)] == sids[::-1]
    pages, page = [], twilio.messages.page(page_size=5)
    while page is not None:
        pages.append([text.sid for text in page])
        page = page.next_page()
    assert [len(page) for page in pages] == [5] * (count // 5) + ([count % 5] if count % 5 or not count else [])


def test_a_message_that_comes_while_pages_are_read_repeats_none(server, twilio):
    server.faults(callbacks="off")
    sids = [twilio.messages.create(to=PERSON, from_=OWN, body=f"{n}").sid for n in range(4)]
    first = twilio.messages.page(to=PERSON, page_size=2)
    seen = [text.sid for text in first]
    twilio.messages.create(to=PERSON, from_=OWN, body="late")
    seen += [text.sid for text in first.next_page()]
    assert seen == sids[::-1]


def test_a_filter_holds_on_every_page_and_the_envelope_is_twilios(server, twilio, browser):
    server.faults(callbacks="off")
    for n in range(6):
        twilio.messages.create(to=PERSON if n % 2 else "+15125550143", from_=OWN, body="Hello")
    assert {text.to for text in twilio.messages.list(to=PERSON, page_size=1)} == {PERSON}
    first = browser.get(server.base_url + MESSAGES, params={"To": PERSON, "PageSize": 2}, auth=(ACCOUNT_SID, AUTH_TOKEN)).json()
    assert (first["page"], first["page_size"], first["start"], first["end"], first["previous_page_uri"]) == (0, 2, 0, 1, None)
    assert set(first) == {
        "messages", "page", "page_size", "start", "end", "first_page_uri", "next_page_uri", "previous_page_uri", "uri",
    }  # fmt: skip
    second = browser.get(f"{server.base_url}/api{first['next_page_uri']}", auth=(ACCOUNT_SID, AUTH_TOKEN)).json()
    assert (second["page"], len(second["messages"]), second["next_page_uri"]) == (1, 1, None)
    back = browser.get(f"{server.base_url}/api{second['previous_page_uri']}", auth=(ACCOUNT_SID, AUTH_TOKEN)).json()
    assert back["messages"] == first["messages"]


def test_the_largest_page_is_a_thousand(server, browser):
    answer = browser.get(server.base_url + MESSAGES, params={"PageSize": 5000}, auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert answer.json()["page_size"] == 1000


@pytest.mark.parametrize("query", ["PageSize=x", "PageSize=0", "PageSize=-1", "Page=x", "Page=-1"])
def test_a_senseless_page_is_a_bad_request(server, browser, query):
    answer = browser.get(f"{server.base_url}{MESSAGES}?{query}", auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_dates_bound_the_log_on_both_sides_inclusively(twilio, eventually):
    sid = twilio.messages.create(to=PERSON, from_=OWN, body="Hello").sid
    sent = eventually(lambda: twilio.messages(sid).fetch(), lambda text: text.status == "delivered").date_sent
    second = datetime.timedelta(seconds=1)
    found = lambda **dates: [text.sid for text in twilio.messages.list(**dates)]  # noqa: E731
    assert found(date_sent_after=sent) == found(date_sent_before=sent) == found(date_sent=sent.date()) == [sid]
    assert found(date_sent_after=sent - second, date_sent_before=sent + second) == [sid]
    assert found(date_sent_after=sent + second) == found(date_sent_before=sent - second) == []
    assert found(date_sent=sent.date() - datetime.timedelta(days=1)) == []


def test_a_date_filter_leaves_out_what_was_not_sent_yet(server, twilio):
    server.faults(callbacks="off")
    sid = twilio.messages.create(to=PERSON, from_=OWN, body="Hello").sid
    assert twilio.messages.list(date_sent_after=NOW - datetime.timedelta(days=1)) == []
    assert [text.sid for text in twilio.messages.list(to=PERSON)] == [sid]


def test_a_body_that_is_no_text_is_a_bad_request(server, browser):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.post(server.base_url + MESSAGES, b"To=\xff\xfe", headers=headers, auth=(ACCOUNT_SID, AUTH_TOKEN))
    assert isinstance(answer, requests.Response) and answer.status_code == 400
