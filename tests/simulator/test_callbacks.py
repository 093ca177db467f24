"""What Twilio tells the application, and what a person's answer changes."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN

OWN, OTHER, PERSON, SERVICE = "+15125550100", "+15125550101", "+15125550142", "MG" + "b" * 32
STATUS, INBOUND = "/twilio/status?a=4f%2B1&b=", "/twilio/inbound"


def send(twilio, doors, **changed):
    return twilio.messages.create(**{"to": PERSON, "from_": OWN, "body": "Hello", "status_callback": doors.url(STATUS), **changed})


def told(calls):
    return [call.form["MessageStatus"] for call in calls]


def is_refused(twilio, **changed):
    """Tell whether a text is refused because the person opted out."""
    try:
        twilio.messages.create(**{"to": PERSON, "from_": OWN, "body": "Hello", **changed})
    except TwilioRestException as error:
        assert (error.status, error.code) == (400, 21610)
        return True
    return False


@pytest.fixture
def listens(server, doors):
    """The person can answer, and the application hears it."""
    for number in (OWN, OTHER):
        server.control("POST", "numbers", {"number": number, "inboundUrl": doors.url(INBOUND)})

    def text(body, number=OWN, person=PERSON):
        server.control("POST", "inbound", {"from": person, "to": number, "body": body})

    return text


def screen(server, person=PERSON):
    """Return what the person's phone shows, oldest first: theirs and ours."""
    texts = server.control("GET", "messages")["texts"]
    return [text["body"] for text in texts if person in (text["to"], text["sender"])]


def test_a_text_is_told_step_by_step_signed_by_the_account(twilio, doors):
    taken = send(twilio, doors)
    calls = doors.wait(2, STATUS)
    assert told(calls) == ["sent", "delivered"]
    checker = RequestValidator(AUTH_TOKEN)
    for call in calls:
        signature = call.headers["X-Twilio-Signature"]
        assert checker.validate(doors.url(STATUS), call.form, signature)
        assert not checker.validate(doors.url("/twilio/status?a=other"), call.form, signature)
        assert not checker.validate(doors.url(STATUS), call.form | {"MessageStatus": "failed"}, signature)
        assert not RequestValidator("another-token").validate(doors.url(STATUS), call.form, signature)
        assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert call.form["MessageSid"] == call.form["SmsSid"] == taken.sid and call.form["SmsStatus"] == call.form["MessageStatus"]
        assert (call.form["From"], call.form["To"], call.form["AccountSid"]) == (OWN, PERSON, ACCOUNT_SID)
    assert "RawDlrDoneDate" in calls[1].form and "RawDlrDoneDate" not in calls[0].form
    assert not any("ErrorCode" in call.form for call in calls)


def test_the_fragment_of_a_callback_is_neither_sent_nor_signed(twilio, doors):
    send(twilio, doors, status_callback=doors.url("/status") + "#rc=3&ct=2000")
    call = doors.wait(1, "/status")[0]
    assert RequestValidator(AUTH_TOKEN).validate(doors.url("/status"), call.form, call.headers["X-Twilio-Signature"])


def test_a_messaging_service_tells_that_it_queued_first(twilio, doors):
    send(twilio, doors, from_=None, messaging_service_sid=SERVICE)
    calls = doors.wait(3)
    assert told(calls) == ["queued", "sent", "delivered"]
    assert {call.form["MessagingServiceSid"] for call in calls} == {SERVICE} and all(call.form["From"] for call in calls)


@pytest.mark.parametrize(("ending", "statuses"), [("93007", ["sent", "undelivered"]), ("93001", ["failed"])])
def test_a_text_that_fails_says_why_at_its_end(twilio, doors, ending, statuses):
    send(twilio, doors, to=f"+151255{ending}")
    calls = doors.wait(len(statuses))
    assert told(calls) == statuses
    assert [call.form.get("ErrorCode") for call in calls] == [None] * (len(statuses) - 1) + [f"30{ending[2:]}"]


def test_repeated_news_comes_twice_each(server, twilio, doors):
    server.faults(callbacks="repeated", callbackDelayMs=1)
    send(twilio, doors)
    assert told(doors.wait(4)) == ["sent", "sent", "delivered", "delivered"]


def test_shuffled_news_comes_last_first(server, twilio, doors):
    server.faults(callbacks="shuffled", callbackDelayMs=1)
    send(twilio, doors)
    assert told(doors.wait(2)) == ["delivered", "sent"]


def test_news_can_overtake_the_answer_to_the_request(server, twilio, doors):
    server.faults(callbacks="before")
    taken = send(twilio, doors)
    assert told(doors.at(STATUS)) == ["sent", "delivered"]  # no waiting: all was told when the SDK returned
    assert taken.status == "queued" and doors.calls[0].form["MessageSid"] == taken.sid


def test_late_news_is_later_than_that_of_a_younger_text(server, twilio, doors):
    server.faults(callbacks="late", callbackDelayMs=200)
    late = send(twilio, doors).sid
    server.faults(callbackDelayMs=1)
    prompt = send(twilio, doors).sid
    assert [call.form["MessageSid"] for call in doors.wait(4)] == [prompt, prompt, late, late]


def test_without_callbacks_nobody_is_told_and_nothing_moves(server, twilio, doors):
    server.faults(callbacks="off")
    silent = send(twilio, doors).sid
    server.faults(callbackDelayMs=1)
    loud = send(twilio, doors).sid
    assert {call.form["MessageSid"] for call in doors.wait(2)} == {loud}
    assert twilio.messages(silent).fetch().status == "queued"


def test_a_reset_takes_back_news_not_told_yet(server, twilio, doors):
    server.faults(callbackDelayMs=50)
    send(twilio, doors)
    server.reset()
    server.faults(callbackDelayMs=100)
    younger = send(twilio, doors).sid
    assert {call.form["MessageSid"] for call in doors.wait(2)} == {younger}
    assert [text["sid"] for text in server.texts()] == [younger]


def test_twilio_calls_once_where_somebody_answered_whatever_it_was(twilio, doors):
    doors.answer = (500, "text/plain", "broken")
    send(twilio, doors)
    assert told(doors.wait(2)) == ["sent", "delivered"]


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop ", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
def test_a_stop_word_blocks_the_number_and_is_confirmed(server, twilio, listens, doors, word):
    listens(word)
    assert is_refused(twilio) and server.texts() == []
    assert not is_refused(twilio, from_=OTHER) and not is_refused(twilio, to="+15125550143")
    assert screen(server)[:2] == [word, "You have successfully been unsubscribed. Reply START to resubscribe."]
    assert doors.at(INBOUND)[0].form["Body"] == word  # the application hears it as well


@pytest.mark.parametrize("word", ["START", "start", "YES", "UNSTOP"])
def test_a_start_word_lifts_the_block(server, twilio, listens, word):
    listens("STOP")
    listens(word)
    assert not is_refused(twilio)
    assert "You have been resubscribed. Reply STOP to unsubscribe." in screen(server)


@pytest.mark.parametrize("words", ["please stop", "stop it", "STOP!", "Yes please", "help me", ""])
def test_other_words_block_nobody_and_get_no_answer(server, twilio, listens, words):
    listens(words)
    assert screen(server) == [words] and not is_refused(twilio)


def test_yes_from_somebody_who_never_stopped_is_just_a_text(server, listens):
    listens("YES")
    assert screen(server) == ["YES"]


@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_is_answered(server, twilio, listens, word):
    listens(word)
    assert screen(server) == [word, "Reply STOP to unsubscribe. Msg & data rates may apply."] and not is_refused(twilio)


def test_a_stop_to_a_messaging_service_blocks_all_its_senders(server, twilio, doors, listens):
    for number in (OWN, OTHER):
        server.control("POST", "numbers", {"number": number, "inboundUrl": doors.url(INBOUND), "serviceSid": SERVICE})
    listens("STOP", OTHER)
    assert is_refused(twilio) and is_refused(twilio, from_=OTHER)
    assert is_refused(twilio, from_=None, messaging_service_sid=SERVICE)
    assert not is_refused(twilio, from_=None, messaging_service_sid="MG" + "c" * 32)
    listens("START", OWN)
    assert not is_refused(twilio, from_=None, messaging_service_sid=SERVICE)


def test_an_incoming_text_is_signed_and_whole(listens, doors):
    listens("Grüße & <b>100%</b> +1 🙂")
    call = doors.at(INBOUND)[0]
    assert RequestValidator(AUTH_TOKEN).validate(doors.url(INBOUND), call.form, call.headers["X-Twilio-Signature"])
    assert call.form["Body"] == "Grüße & <b>100%</b> +1 🙂"
    assert (call.form["From"], call.form["To"], call.form["SmsStatus"], call.form["NumMedia"]) == (PERSON, OWN, "received", "0")
    assert call.form["MessageSid"] == call.form["SmsSid"] == call.form["SmsMessageSid"] and call.form["AccountSid"] == ACCOUNT_SID
    assert "OptOutType" not in call.form and "MessagingServiceSid" not in call.form


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ((200, "text/plain", "OK"), ["OK"]),
        ((200, "text/html", "OK"), []),
        ((200, "text/xml", "<Response/>"), []),
        ((200, "text/xml", '<?xml version="1.0"?><Response></Response>'), []),
        ((200, "text/xml", "<Response><Message>Fish &amp; chips</Message></Response>"), ["Fish & chips"]),
        ((200, "text/html", "<Response><Message>a\nb</Message><Message to='x'><Body>c</Body></Message></Response>"), ["a\nb", "c"]),
        ((204, "text/plain", ""), []),
        ((500, "text/plain", "Traceback"), []),
    ],
)
def test_the_answer_to_a_webhook_is_read_as_twilio_reads_it(server, listens, doors, answer, texts):
    doors.answer = answer
    listens("hi")
    assert screen(server) == ["hi", *texts]


def test_a_text_to_a_number_without_a_webhook_only_shows(server, listens, doors):
    listens("hi", "+15125550177")
    assert screen(server) == ["hi"] and doors.calls == []
