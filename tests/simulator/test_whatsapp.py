"""WhatsApp and its templates, as Twilio's own SDK sees them."""

import json

import pytest
from twilio.base.exceptions import TwilioRestException

NUMBER, PERSON = "whatsapp:+14155238886", "whatsapp:+447911123456"
APPROVED, PENDING, REJECTED, PAUSED = ("HX" + digit * 32 for digit in "1234")
VARIABLES = json.dumps({"1": "Ana", "2": "Luna", "3": "$10", "4": "WELCOME-ABC234", "5": "https://x.example/i/1", "6": "30"})


def send(twilio, to=PERSON, **fields):
    return twilio.messages.create(**({"to": to, "from_": NUMBER} | fields))


def end_of(twilio, eventually, sid):
    """Return how a message ended."""
    final = {"delivered", "undelivered", "failed", "read"}
    return eventually(lambda: twilio.messages(sid).fetch(), lambda message: message.status in final)


def test_a_template_is_filled_delivered_and_read(twilio, doors, eventually):
    sent = send(twilio, content_sid=APPROVED, content_variables=VARIABLES, status_callback=doors.url("/s"))
    assert sent.status == "queued" and sent.body.startswith("Hi Ana, Luna now takes")
    calls = doors.wait(3, "/s")
    assert [call.form["MessageStatus"] for call in calls] == ["sent", "delivered", "read"]
    assert {(call.form["To"], call.form["From"], call.form["ChannelPrefix"]) for call in calls} == {(PERSON, NUMBER, "whatsapp")}
    assert twilio.messages(sent.sid).fetch().status == "read"


def test_who_does_not_read_is_delivered_to(twilio, server, doors, eventually):
    server.faults(callbackDelayMs=1, reads="off")
    send(twilio, content_sid=APPROVED, content_variables=VARIABLES, status_callback=doors.url("/s"))
    assert [call.form["MessageStatus"] for call in doors.wait(2, "/s")] == ["sent", "delivered"]


def test_free_words_go_within_24_hours_after_the_person_wrote(twilio, server, eventually):
    assert end_of(twilio, eventually, send(twilio, body="Hello").sid).error_code == 63016
    server.control("POST", "inbound", {"from": PERSON, "to": NUMBER, "body": "Hi", "hoursAgo": 24.01})
    assert end_of(twilio, eventually, send(twilio, body="Hello").sid).error_code == 63016
    server.control("POST", "inbound", {"from": PERSON, "to": NUMBER, "body": "Hi", "hoursAgo": 23.9})
    assert end_of(twilio, eventually, send(twilio, body="Hello").sid).status in ("delivered", "read")


@pytest.mark.parametrize(("content", "code"), [(PENDING, 63016), (REJECTED, 63040), (PAUSED, 63041)])
def test_a_template_that_may_not_be_used_fails_later(twilio, eventually, content, code):
    ended = end_of(twilio, eventually, send(twilio, content_sid=content, content_variables=VARIABLES).sid)
    assert (ended.status, ended.error_code) == ("failed", code)


def test_a_template_can_be_stopped_in_the_middle(twilio, server, eventually):
    server.control("POST", "templates", {"sid": APPROVED, "status": "disabled"})
    assert end_of(twilio, eventually, send(twilio, content_sid=APPROVED, content_variables=VARIABLES).sid).error_code == 63042


def test_a_missing_variable_fails_later(twilio, eventually):
    ended = end_of(twilio, eventually, send(twilio, content_sid=APPROVED, content_variables='{"1": "Ana"}').sid)
    assert (ended.status, ended.error_code) == ("failed", 63028)


@pytest.mark.parametrize("code", [63003, 63014, 63018, 63024, 63032, 63049])
def test_numbers_that_mean_an_error_fail_later(twilio, eventually, code):
    sent = send(twilio, to=f"whatsapp:+151255{code}", content_sid=APPROVED, content_variables=VARIABLES)
    ended = end_of(twilio, eventually, sent.sid)
    assert (sent.status, ended.status, ended.error_code) == ("queued", "undelivered", code)


def test_marketing_to_americans_fails_where_the_fault_says_so(twilio, server, eventually):
    server.faults(callbackDelayMs=1, whatsappUs="blocked")
    fields = {"content_sid": APPROVED, "content_variables": VARIABLES}
    assert end_of(twilio, eventually, send(twilio, "whatsapp:+15125550142", **fields).sid).error_code == 63049
    assert end_of(twilio, eventually, send(twilio, **fields).sid).error_code is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "+15125550142", "body": "Hi"}, 21910),
        ({"from_": "+15125550100", "body": "Hi"}, 21910),
        ({"to": "whatsapp:nobody", "body": "Hi"}, 21211),
        ({"from_": "whatsapp:+15005550007", "body": "Hi"}, 63007),
        ({}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"body": "Hi", "content_sid": APPROVED}, 20001),
        ({"content_sid": "HX" + "9" * 32}, 21655),
        ({"content_sid": APPROVED, "content_variables": "Ana"}, 21656),
        ({"content_sid": APPROVED, "content_variables": '{"1": 7}'}, 21656),
        ({"body": "Hi", "status_callback": "nowhere"}, 21609),
    ],
)
def test_what_twilio_refuses_at_once(twilio, fields, code):
    with pytest.raises(TwilioRestException) as refused:
        send(twilio, **fields)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert twilio.messages.list() == []


def test_a_message_from_the_phone_is_handed_on_signed_and_twilio_answers_nothing(twilio, server, doors):
    server.control("POST", "numbers", {"number": NUMBER, "inboundUrl": doors.url("/in")})
    server.control("POST", "inbound", {"from": PERSON, "to": NUMBER, "body": "STOP"})
    (call,) = doors.wait(1, "/in")
    assert (call.form["From"], call.form["To"], call.form["WaId"]) == (PERSON, NUMBER, "447911123456")
    assert "X-Twilio-Signature" in call.headers
    assert [message.direction for message in twilio.messages.list()] == ["inbound"]


def test_the_templates_are_listed_page_by_page_with_what_whatsapp_said(twilio):
    found = list(twilio.content.v1.content_and_approvals.stream(page_size=3))
    assert {record.sid: record.approval_requests["status"] for record in found} == {
        APPROVED: "approved", PENDING: "pending", REJECTED: "rejected", PAUSED: "paused",
    }  # fmt: skip
    one = twilio.content.v1.contents(APPROVED)
    assert one.fetch().types["twilio/text"]["body"].startswith("Hi {{1}}")
    assert one.approval_fetch().fetch().whatsapp["category"] == "MARKETING"


def test_a_new_template_waits_until_it_is_approved(twilio, server, browser):
    made = browser.post(
        f"{server.base_url}/content/v1/Content",
        json={"friendly_name": "mine", "language": "de", "types": {"twilio/text": {"body": "Hallo {{1}}"}}, "variables": {"1": "Ana"}},
        auth=("AC" + "5" * 32, "simulator-auth-token"),
    )
    assert made.status_code == 201
    sid = made.json()["sid"]
    approvals = twilio.content.v1.contents(sid).approval_fetch()
    assert approvals.fetch().whatsapp["status"] == "unsubmitted"
    asked = browser.post(
        f"{server.base_url}/content/v1/Content/{sid}/ApprovalRequests/whatsapp",
        json={"name": "mine", "category": "UTILITY"},
        auth=("AC" + "5" * 32, "simulator-auth-token"),
    )
    assert (asked.status_code, approvals.fetch().whatsapp["status"]) == (201, "pending")
    server.control("POST", "templates", {"sid": sid, "status": "approved"})
    assert approvals.fetch().whatsapp["status"] == "approved"
    twilio.content.v1.contents(sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        twilio.content.v1.contents(sid).fetch()
    assert gone.value.status == 404


def test_templates_are_kept_from_strangers(server, browser):
    answer = browser.get(f"{server.base_url}/content/v1/ContentAndApprovals", auth=("AC" + "5" * 32, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_the_phone_page_shows_the_thread_and_answers_on_whatsapp(twilio, server, browser, doors):
    server.control("POST", "numbers", {"number": NUMBER, "inboundUrl": doors.url("/in")})
    send(twilio, content_sid=APPROVED, content_variables=VARIABLES)
    assert "+447911123456 on WhatsApp" in browser.get(server.base_url).text
    page = f"{server.base_url}/phones/{PERSON}"
    assert "Hi Ana, Luna" in browser.get(page).text
    browser.post(page, data={"number": NUMBER, "body": "Yes please"})
    assert doors.wait(1, "/in")[0].form["From"] == PERSON
