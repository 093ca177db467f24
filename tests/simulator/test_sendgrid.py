"""SendGrid's mail/send and event webhook, asked and checked by SendGrid's own SDK."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.mail import CustomArg, Email, Header, Mail, Personalization

from tests.simulator.conftest import DEADLINE_SECONDS

EVENTS = "/sendgrid/events"
SIGNATURE, STAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"


def person(address="p@example.com", **more):
    return {"to": [{"email": address}], **more}


def mail_body(*people, **changed):
    """Return a request; None leaves a part of it out."""
    body = {
        "personalizations": list(people or [person()]), "from": {"email": "us@shop.example"}, "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Hello %name%"}, {"type": "text/html", "value": "<p>Hello %name%</p>"}], **changed,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def post(sendgrid, body):
    return sendgrid.client.mail.send.post(request_body=body)


def test_what_an_address_got_is_erased_when_asked(server, sendgrid):
    post(sendgrid, mail_body(person("a@example.com"), person("b@example.com")))
    answer = sendgrid.client.recipients.erasejob.post(request_body={"email_addresses": ["A@example.com"]})
    assert answer.status_code == 202 and json.loads(answer.body)["job_id"]
    assert [mail["to"] for mail in server.emails()] == ["b@example.com"]


@pytest.mark.parametrize("addresses", [[], ["nobody"], ["a@example.com"] * 5_001, None])
def test_an_erasure_of_nobody_is_refused(sendgrid, addresses):
    with pytest.raises(HTTPError) as caught:
        sendgrid.client.recipients.erasejob.post(request_body={"email_addresses": addresses})
    assert caught.value.status_code == 400


def refusal(sendgrid, body) -> tuple[int, str | None]:
    """Return status and field of SendGrid's refusal."""
    with pytest.raises(HTTPError) as caught:
        post(sendgrid, body)
    errors = caught.value.to_dict["errors"]
    assert len(errors) == 1 and errors[0]["message"] and errors[0]["help"] is None
    return caught.value.status_code, errors[0]["field"]


@pytest.fixture
def hears(server, doors):
    """The application hears of its emails."""
    server.control("POST", "sendgrid-webhook", {"url": doors.url(EVENTS)})
    yield doors
    server.control("DELETE", "sendgrid-webhook", {"url": doors.url(EVENTS)})


def events(doors, kind_count):
    """Return the events of one batch that arrives."""
    batch = json.loads(doors.wait(1, EVENTS)[0].body)
    assert len(batch) == kind_count
    return batch


def test_an_email_is_accepted_with_an_id_and_no_body(server, sendgrid):
    answer = post(sendgrid, mail_body(person(substitutions={"%name%": "Ann"}, custom_args={"attempt_id": "a-1"})))
    assert (answer.status_code, answer.body) == (202, b"") and answer.headers["X-Message-Id"]
    (taken,) = server.emails("p@example.com")
    assert (taken["text"], taken["html"], taken["subject"]) == ("Hello Ann", "<p>Hello Ann</p>", "Hello")
    assert (taken["message_id"], taken["attempt_id"]) == (answer.headers["X-Message-Id"], "a-1")


def test_the_sdks_own_builder_is_understood(server, sendgrid):
    message = Mail(from_email="us@shop.example", subject="Hello", plain_text_content="Hi", html_content="<p>Hi</p>")
    for name in ("ann", "bob"):
        one = Personalization()
        one.add_to(Email(f"{name}@example.com"))
        one.add_header(Header("List-Unsubscribe", f"<https://shop.example/u/{name}>"))
        one.add_custom_arg(CustomArg("attempt_id", name))
        message.add_personalization(one)
    assert sendgrid.send(message).status_code == 202
    assert {(mail["to"], mail["attempt_id"], mail["headers"]["List-Unsubscribe"]) for mail in server.emails()} == {
        (f"{name}@example.com", name, f"<https://shop.example/u/{name}>") for name in ("ann", "bob")
    }


@pytest.mark.parametrize("key", ["SG.wrong", "SG.simulator2", "sg.simulator", ""])
def test_a_stranger_is_refused(server, key):
    stranger = SendGridAPIClient(key, host=f"{server.base_url}/sendgrid")
    stranger.client.timeout = DEADLINE_SECONDS
    assert refusal(stranger, mail_body()) == (401, None) and server.emails() == []


def test_a_thousand_people_are_one_call_and_see_only_themselves(server, sendgrid):
    people = [person(f"p{n}@example.com", substitutions={"%name%": f"number {n}"}) for n in range(1000)]
    assert post(sendgrid, mail_body(*people)).status_code == 202
    taken = server.emails()
    assert [(mail["to"], mail["text"]) for mail in taken] == [(f"p{n}@example.com", f"Hello number {n}") for n in range(1000)]
    assert len({mail["message_id"] for mail in taken}) == 1


def test_more_than_a_thousand_are_refused_however_they_are_spread(server, sendgrid):
    assert refusal(sendgrid, mail_body(*[person(f"p{n}@example.com") for n in range(1001)])) == (400, "personalizations")
    crowd = {"to": [{"email": f"p{n}@example.com"} for n in range(501)]}
    assert refusal(sendgrid, mail_body(crowd, crowd)) == (400, "personalizations")
    assert server.emails() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"personalizations": []}, "personalizations"), ({"personalizations": None}, "personalizations"),
        ({"personalizations": {"to": []}}, "personalizations"), ({"personalizations": [{}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [person(), person("nobody")]}, "personalizations.1.to"),
        ({"personalizations": [person("a@b")]}, "personalizations.0.to"), ({"personalizations": [person("a b@c.de")]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": 5}]}]}, "personalizations.0.to"), ({"personalizations": [{"to": ["p@example.com"]}]}, "personalizations.0.to"),
        ({"personalizations": [person(headers={"Subject": "x"})]}, "personalizations.0.headers"),
        ({"personalizations": [person(custom_args={"n": 5})]}, "personalizations.0.custom_args"),
        ({"personalizations": [person(custom_args={"n": "x" * 10_001})]}, "personalizations.0.custom_args"),
        ({"personalizations": [person(substitutions={"%n%": 5})]}, "personalizations.0.substitutions"),
        ({"personalizations": [person(substitutions={"%n%": "é" * 5_000})]}, "personalizations.0.substitutions"),
        ({"reply_to": {"email": "us"}}, "reply_to.email"), ({"reply_to": "us@shop.example"}, "reply_to.email"),
        ({"personalizations": [person(bcc=[{"email": "p@example.com"}])]}, "personalizations.0"), ({"personalizations": ["p"]}, None),
        ({"from": None}, "from.email"), ({"from": {"name": "us"}}, "from.email"), ({"from": {"email": "us"}}, "from.email"),
        ({"subject": None}, "subject"), ({"subject": ""}, "subject"), ({"subject": 5}, "subject"),
        ({"content": None}, "content"), ({"content": []}, "content"), ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"content": [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]}, "content"),
        ({"mail_settings": 5}, None), ({"send_at": 5}, None),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_with_its_field_and_takes_nothing(server, sendgrid, changed, field):
    assert refusal(sendgrid, mail_body(**changed)) == (400, field)
    assert server.emails() == []


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff", b"[]", b"5"])
def test_what_is_no_json_object_is_a_bad_request(server, browser, body):
    answer = browser.post(f"{server.base_url}/sendgrid/v3/mail/send", body, headers={"Authorization": "Bearer SG.simulator"})
    assert answer.status_code == 400 and answer.json()["errors"]


def test_too_large_a_request_is_refused_by_the_door_in_html(server, browser):
    answer = browser.post(f"{server.base_url}/sendgrid/v3/mail/send", b" " * 30_000_001, headers={"Authorization": "Bearer SG.simulator"})
    assert answer.status_code == 413 and answer.headers["Content-Type"] == "text/html"


def test_the_sandbox_checks_and_sends_nothing(server, sendgrid):
    sandbox = {"sandbox_mode": {"enable": True}}
    assert post(sendgrid, mail_body(mail_settings=sandbox)).status_code == 200
    assert refusal(sendgrid, mail_body(person("nobody"), mail_settings=sandbox))[0] == 400
    assert server.emails() == []


def test_events_are_signed_with_the_accounts_key(server, sendgrid, hears):
    message_id = post(sendgrid, mail_body(person(custom_args={"attempt_id": "a-1"}))).headers["X-Message-Id"]
    call = hears.wait(1, EVENTS)[0]
    checker = EventWebhook(server.control("GET", "sendgrid-public-key"))
    assert checker.verify_signature(call.body, call.headers[SIGNATURE], call.headers[STAMP])
    assert not checker.verify_signature(call.body + " ", call.headers[SIGNATURE], call.headers[STAMP])
    assert not checker.verify_signature(call.body, call.headers[SIGNATURE], str(int(call.headers[STAMP]) + 1))
    processed, delivered = json.loads(call.body)
    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    assert processed["sg_event_id"] != delivered["sg_event_id"]
    assert delivered["sg_message_id"].split(".")[0] == message_id
    assert (delivered["email"], delivered["attempt_id"]) == ("p@example.com", "a-1")


def test_custom_arguments_cannot_pass_for_an_events_own_words(sendgrid, hears):
    post(sendgrid, mail_body(person(custom_args={"event": "open", "email": "x@example.com", "message_id": "x", "mine": "1"})))
    for event in events(hears, 2):
        assert event["event"] in ("processed", "delivered") and event["email"] == "p@example.com" and event["mine"] == "1"
        assert not event["sg_message_id"].startswith("x.")


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("bounce@example.com", ["processed", "bounce"]), ("block@example.com", ["processed", "bounce"]),
        ("dropped@example.com", ["dropped"]), ("spam@example.com", ["processed", "delivered", "spamreport"]),
    ],
)  # fmt: skip
def test_magic_addresses_meet_their_fate(sendgrid, hears, address, kinds):
    post(sendgrid, mail_body(person(address)))
    told = events(hears, len(kinds))
    assert [event["event"] for event in told] == kinds
    if kinds[-1] == "bounce":
        assert told[-1]["type"] == ("bounce" if address.startswith("bounce") else "blocked") and told[-1]["reason"]
        assert ("sg_message_id" in told[-1]) is address.startswith("block")  # a hard bounce comes without it


@pytest.mark.parametrize(("address", "reason"), [("bounce@example.com", "Bounced Address"), ("SPAM@example.com", "Spam Reporting Address")])
def test_who_bounced_or_complained_is_accepted_and_dropped_from_then_on(server, sendgrid, hears, address, reason):
    assert [post(sendgrid, mail_body(person(address))).status_code for _turn in range(2)] == [202, 202]
    calls = [json.loads(call.body) for call in hears.wait(2, EVENTS)]
    (dropped,) = [event for batch in calls for event in batch if event["event"] == "dropped"]
    assert dropped["reason"] == reason
    assert server.emails(address.lower())[1]["status"] == "dropped"


def test_a_late_bounce_comes_after_the_delivery_and_suppresses(server, sendgrid, hears):
    post(sendgrid, mail_body(person("latebounce@example.com")))
    told = events(hears, 3)
    assert [event["event"] for event in told] == ["processed", "delivered", "bounce"] and "sg_message_id" not in told[-1]
    server.faults(callbacks="off")
    post(sendgrid, mail_body(person("latebounce@example.com")))
    assert [mail["status"] for mail in server.emails()] == ["latebounce", "dropped"]


def test_a_sender_nobody_verified_is_refused_and_nothing_is_taken(server, sendgrid):
    assert refusal(sendgrid, mail_body(**{"from": {"email": "unverified@shop.example"}})) == (403, "from")
    assert server.emails() == []


def test_a_sender_has_a_name_and_a_place_for_answers(server, sendgrid):
    post(sendgrid, mail_body(**{"from": {"email": "us@shop.example", "name": "The Shop"}}, reply_to={"email": "desk@shop.example"}))
    (taken,) = server.emails()
    assert (taken["sender"], taken["sender_name"], taken["reply_to"]) == ("us@shop.example", "The Shop", "desk@shop.example")


def tracked(is_tracked=True):
    return {"tracking_settings": {"open_tracking": {"enable": is_tracked}}}


def test_an_email_is_opened_once_when_its_mailbox_is_looked_at(server, sendgrid, browser, hears):
    server.faults(callbacks="off")
    post(sendgrid, mail_body(person(custom_args={"attempt_id": "a-1"}), **tracked()))
    server.faults(callbacks="on")
    for _look in range(2):
        assert "opened" in browser.get(f"{server.base_url}/mail/p@example.com").text
    (event,) = events(hears, 1)
    assert (event["event"], event["attempt_id"], event["email"]) == ("open", "a-1", "p@example.com")
    assert len(hears.at(EVENTS)) == 1


def test_nobody_hears_of_opens_they_did_not_ask_for(server, sendgrid, browser, hears):
    server.faults(callbacks="off")
    post(sendgrid, mail_body(**tracked(False)))
    server.faults(callbacks="on")
    assert "opened" not in browser.get(f"{server.base_url}/mail/p@example.com").text
    assert not hears.at(EVENTS)


def test_a_soft_bounce_suppresses_nobody(sendgrid, hears):
    for _turn in range(2):
        post(sendgrid, mail_body(person("block@example.com")))
    assert "dropped" not in {event["event"] for call in hears.wait(2, EVENTS) for event in json.loads(call.body)}


def test_events_come_again_until_they_are_taken(sendgrid, hears):
    hears.refuse_first = 1
    post(sendgrid, mail_body())
    first, second = hears.wait(2, EVENTS)
    assert first.body == second.body


def test_repeated_events_carry_the_same_ids(server, sendgrid, hears):
    server.faults(callbacks="repeated", callbackDelayMs=1)
    post(sendgrid, mail_body())
    first, second = [json.loads(call.body) for call in hears.wait(2, EVENTS)]
    assert first == second


def test_shuffled_events_come_last_first(server, sendgrid, hears):
    server.faults(callbacks="shuffled", callbackDelayMs=1)
    post(sendgrid, mail_body())
    assert [event["event"] for event in events(hears, 2)] == ["delivered", "processed"]


def test_events_can_overtake_the_answer(server, sendgrid, hears):
    server.faults(callbacks="before")
    post(sendgrid, mail_body())
    assert len(hears.at(EVENTS)) == 1  # no waiting


def test_the_activity_log_finds_an_attempt_unless_it_is_not_paid_for(server, sendgrid):
    message_id = post(sendgrid, mail_body(person(custom_args={"attempt_id": "a-1"}))).headers["X-Message-Id"]

    def ask(attempt_id):
        query = {"query": f"unique_args['attempt_id']=\"{attempt_id}\"", "limit": 1}
        return json.loads(sendgrid.client.messages.get(query_params=query).body)["messages"]

    assert [found["msg_id"] for found in ask("a-1")] == [message_id] and ask("a-2") == []
    server.control("POST", "activity", {"on": False})
    try:
        with pytest.raises(HTTPError, match="403"):
            ask("a-1")
    finally:
        server.control("POST", "activity", {"on": True})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_substitution_arrives_as_it_was_given(server, sendgrid, name):
    server.reset()
    post(sendgrid, mail_body(person(substitutions={"%name%": name})))
    assert [(mail["text"], mail["html"]) for mail in server.emails()] == [(f"Hello {name}", f"<p>Hello {name}</p>")]
