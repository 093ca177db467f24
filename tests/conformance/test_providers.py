"""One set of cases for every provider adapter: whoever it speaks to, the engine hears the same words."""

import asyncio
import datetime
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import time_machine
from twilio.base.exceptions import TwilioRestException

from messaging.providers.results import Answer, EmailOutbound, LogUnreadable, Outbound, Verdict, WhatsappOutbound
from messaging.providers.sendgrid import SendGridEmail, calls_for, mail_body
from messaging.providers.transport import retry_after_seconds
from messaging.providers.twilio import TwilioSms, sort_whatsapp_error
from messaging.types import Channel, EmailFrame, Sender
from tests.support.simulator import SimulatorProcess

TWILIO_ACCOUNT, TWILIO_TOKEN, SENDGRID_KEY = "AC" + "5" * 32, "simulator-auth-token", "SG.simulator"
NOBODY_LISTENS = "http://127.0.0.1:1"
TIMEOUT_SECONDS = 0.5


@dataclass(frozen=True)
class Adapter:
    """An adapter and what is different about its provider."""

    api: str
    sender: Sender
    good: str
    refused: str
    connect: Callable[[str, bool], TwilioSms | SendGridEmail]
    taken: Callable[[SimulatorProcess], int]
    message: Callable[[str], Outbound] = lambda address: Outbound(uuid.uuid4(), to=address, body="Hello")

    @property
    def name(self) -> str:
        """Return what the adapter sends."""
        return self.sender.channel.value

    def send(self, base_url: str, *addresses: str, is_known: bool = True) -> list[Answer]:
        """Send one message to each address and return the answers."""
        messages = [self.message(address) for address in addresses]

        async def both() -> list[Answer]:
            account = self.connect(base_url, is_known)
            try:
                return await account.send_many(messages, self.sender)
            finally:
                if isinstance(account, TwilioSms):
                    await account.transport.close()

        answers = asyncio.run(both())
        assert {answer.attempt_id for answer in answers} == {message.attempt_id for message in messages}
        return answers


def _twilio(base_url: str, is_known: bool) -> TwilioSms:
    return TwilioSms(TWILIO_ACCOUNT, TWILIO_TOKEN if is_known else "wrong", base_url, TIMEOUT_SECONDS)


def _sendgrid(base_url: str, is_known: bool) -> SendGridEmail:
    return SendGridEmail(SENDGRID_KEY if is_known else "SG.wrong", f"{base_url}/sendgrid", TIMEOUT_SECONDS)


TWILIO = Adapter(
    "twilio", Sender(Channel.SMS, "+15125550100"), "+15125550142", "+15005550001", _twilio, lambda simulator: len(simulator.texts())
)
TEMPLATE = "HX" + "1" * 32
FRAME = EmailFrame("Hello %1%", "Hi %1%", "<p>Hi %2%</p>")


def email_message(address: str, frame: EmailFrame = FRAME, **substitutions: str) -> EmailOutbound:
    return EmailOutbound(
        uuid.uuid4(), to=address, body="", frame=frame, substitutions={"%1%": "A & B", "%2%": "A &amp; B", **substitutions}
    )


SENDGRID = Adapter(
    "sendgrid", Sender(Channel.EMAIL, "us@shop.example"), "p@example.com", "nobody", _sendgrid, lambda simulator: len(simulator.emails()),
    email_message,
)  # fmt: skip


def template_message(address: str, content_sid: str = TEMPLATE) -> Outbound:
    variables = {str(number): "x" for number in range(1, 7)}
    return WhatsappOutbound(uuid.uuid4(), to=address, body="Hello", content_sid=content_sid, content_variables=json.dumps(variables))


WHATSAPP = replace(TWILIO, sender=Sender(Channel.WHATSAPP, "+14155238886"), message=template_message)


@pytest.fixture(params=[TWILIO, WHATSAPP, SENDGRID], ids=lambda adapter: adapter.name)
def adapter(request) -> Adapter:
    """Each adapter in turn."""
    return request.param


@pytest.fixture
def server(simulator_process: SimulatorProcess) -> SimulatorProcess:
    """The simulator, empty."""
    simulator_process.reset()
    simulator_process.faults(callbacks="off")
    yield simulator_process
    simulator_process.reset()


def only(answers: list[Answer]) -> Answer:
    assert len(answers) == 1
    return answers[0]


def test_an_accepted_message_has_the_providers_id(adapter, server):
    answer = only(adapter.send(server.base_url, adapter.good))
    assert answer.verdict is Verdict.ACCEPTED and answer.sid and not answer.error
    assert adapter.taken(server) == 1


def test_many_messages_get_an_answer_each(adapter, server):
    address = (lambda n: f"+1512555{n:04d}") if adapter is not SENDGRID else (lambda n: f"p{n}@example.com")
    answers = adapter.send(server.base_url, *[address(n) for n in range(1, 41)])
    assert {answer.verdict for answer in answers} == {Verdict.ACCEPTED}
    assert adapter.taken(server) == 40


def test_a_refused_address_is_rejected_with_its_code_and_never_taken(adapter, server):
    answer = only(adapter.send(server.base_url, adapter.refused))
    assert answer.verdict is Verdict.REJECTED and answer.code
    assert adapter.taken(server) == 0


def test_throttling_is_later_and_never_failed(adapter, server):
    server.faults(api=adapter.api, throttle=1.0, callbacks="off")
    assert only(adapter.send(server.base_url, adapter.good)).verdict is Verdict.THROTTLED
    assert adapter.taken(server) == 0


def test_throttling_says_how_long_the_provider_wants_to_be_left_alone(adapter, server):
    server.faults(api=adapter.api, throttle=1.0, retryAfter=37, callbacks="off")
    assert 35 < only(adapter.send(server.base_url, adapter.good)).retry_after_seconds <= 37


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("12", 12), ("0.5", 0.5), ("Sat, 21 Nov 2026 12:01:30 GMT", 90), ("Sat, 21 Nov 2026 11:00:00 GMT", 0)]
    + [(text, 0) for text in ("", None, "soon", "-5", "inf", "nan")],
)
def test_a_wait_is_read_as_seconds_or_as_a_date(header, seconds):
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        assert retry_after_seconds(header) == seconds


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "acceptTimeout", "reject500", "reset"])
def test_a_lost_or_broken_answer_is_ambiguous_and_never_repeated(adapter, server, fault):
    server.faults(api=adapter.api, **{fault: 1.0}, timeoutSeconds=3, callbacks="off")
    assert only(adapter.send(server.base_url, adapter.good)).verdict is Verdict.AMBIGUOUS
    assert adapter.taken(server) == (1 if fault.startswith("accept") else 0)


def test_a_wrong_credential_is_the_accounts_fault(adapter, server):
    answer = only(adapter.send(server.base_url, adapter.good, is_known=False))
    assert answer.verdict is Verdict.ACCOUNT
    assert adapter.taken(server) == 0


def test_an_account_error_spares_everybody_the_same_refusal(adapter, server):
    server.faults(api=adapter.api, unauthorized=1.0, callbacks="off")
    verdicts = {answer.verdict for answer in adapter.send(server.base_url, *[adapter.good] * 3)}
    assert verdicts <= {Verdict.ACCOUNT, Verdict.UNREACHABLE} and Verdict.ACCOUNT in verdicts


def test_nobody_listening_means_it_never_arrived(adapter):
    assert only(adapter.send(NOBODY_LISTENS, adapter.good)).verdict is Verdict.UNREACHABLE


def test_a_host_that_does_not_answer_the_door_was_never_reached():
    # An address of a network that exists for documentation alone: nobody picks up.
    assert only(TWILIO.send("http://192.0.2.1:81", TWILIO.good)).verdict is Verdict.UNREACHABLE


def test_an_answer_never_carries_an_address_or_a_secret(adapter, server):
    server.faults(api=adapter.api, unauthorized=0.5, reject500=0.5, seed=5, callbacks="off")
    for answer in [*adapter.send(server.base_url, adapter.good), *adapter.send(server.base_url, adapter.refused)]:
        assert adapter.good not in answer.error and adapter.refused not in answer.error
        assert TWILIO_TOKEN not in answer.error and SENDGRID_KEY not in answer.error


def test_an_opt_out_at_the_carrier_has_a_verdict_of_its_own(server):
    assert only(TWILIO.send(server.base_url, "+15005550004")).verdict is Verdict.OPTED_OUT


def test_a_whatsapp_message_has_both_ends_on_whatsapp_and_the_templates_words(server):
    only(WHATSAPP.send(server.base_url, WHATSAPP.good))
    (taken,) = server.texts("whatsapp:+15125550142")
    assert taken["sender"] == "whatsapp:+14155238886" and taken["body"].startswith("Hi x, x now takes")


def test_free_words_are_sent_as_they_are(server):
    free = replace(WHATSAPP, message=lambda address: template_message(address, content_sid=""))
    assert only(free.send(server.base_url, WHATSAPP.good)).verdict is Verdict.ACCEPTED
    assert [text["body"] for text in server.texts()] == ["Hello"]


def test_a_template_that_twilio_does_not_know_stops_the_rest(server):
    unknown = replace(WHATSAPP, message=lambda address: template_message(address, content_sid="HX" + "9" * 32))
    answers = unknown.send(server.base_url, *[f"+1512555{n:04d}" for n in range(1, 400)])
    verdicts = [answer.verdict for answer in answers]
    assert set(verdicts) <= {Verdict.TEMPLATE, Verdict.UNREACHABLE} and Verdict.TEMPLATE in verdicts
    assert server.texts() == []


def test_a_sender_that_is_not_on_whatsapp_is_the_accounts_fault(server):
    stranger = replace(WHATSAPP, sender=Sender(Channel.WHATSAPP, "+15005550007"))
    answer = only(stranger.send(server.base_url, WHATSAPP.good))
    assert (answer.verdict, answer.code) == (Verdict.ACCOUNT, "63007")


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 63003, Verdict.NOT_THERE),
        (400, 63024, Verdict.NOT_THERE),
        (400, 63016, Verdict.OUTSIDE_WINDOW),
        (400, 63049, Verdict.LIMITED),
        (400, 63014, Verdict.OPTED_OUT),
        (400, 21610, Verdict.OPTED_OUT),
        (400, 63018, Verdict.THROTTLED),
        (429, 63018, Verdict.THROTTLED),
        (400, 63041, Verdict.TEMPLATE),
        (400, 63051, Verdict.ACCOUNT),
        (401, 20003, Verdict.ACCOUNT),
        (400, 63015, Verdict.REJECTED),
        (503, 63003, Verdict.AMBIGUOUS),
    ],
)
def test_what_twilio_says_of_whatsapp_is_sorted_by_its_code(status, code, verdict):
    error = TwilioRestException(status, "/Messages.json", code=code)
    assert sort_whatsapp_error(template_message("+15125550142"), error).verdict is verdict


@pytest.mark.parametrize("sender", [TWILIO.sender, WHATSAPP.sender], ids=["sms", "whatsapp"])
def test_the_log_of_a_channel_holds_that_channels_messages_by_number(server, sender):
    for adapter in (TWILIO, WHATSAPP):
        only(adapter.send(server.base_url, adapter.good))

    async def read() -> list[str]:
        since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
        return [f"{entry.to} {entry.body[:5]}" async for entry in _twilio(server.base_url, True).log(since, sender)]

    assert asyncio.run(read()) == ["+15125550142 Hello" if sender is TWILIO.sender else "+15125550142 Hi x,"]


def test_an_unreadable_log_is_one_error_whatever_broke(server):
    async def read(base_url: str) -> list[object]:
        account = _twilio(base_url, True)
        since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
        return [entry async for entry in account.log(since, TWILIO.sender)]

    with pytest.raises(LogUnreadable):
        asyncio.run(read(NOBODY_LISTENS))
    assert asyncio.run(read(server.base_url)) == []


def call_ids(server: SimulatorProcess) -> dict[str, set[str]]:
    """Return {call: who was written to in it}."""
    calls: dict[str, set[str]] = {}
    for mail in server.emails():
        calls.setdefault(mail["message_id"], set()).add(mail["to"])
    return calls


def send_emails(base_url: str, messages: list[EmailOutbound], sender: Sender = SENDGRID.sender) -> dict[uuid.UUID, Answer]:
    answers = asyncio.run(_sendgrid(base_url, True).send_many(messages, sender))
    assert len(answers) == len(messages)
    return {answer.attempt_id: answer for answer in answers}


def test_an_email_to_many_is_a_call_for_each_thousand(server):
    answers = send_emails(server.base_url, [email_message(f"p{n}@example.com", **{"%1%": f"number {n}"}) for n in range(1_001)])
    assert {answer.verdict for answer in answers.values()} == {Verdict.ACCEPTED}
    assert sorted(map(len, call_ids(server).values())) == [1, 1_000]
    assert {mail["to"]: mail["subject"] for mail in server.emails()} == {f"p{n}@example.com": f"Hello number {n}" for n in range(1_001)}


def test_every_frame_is_a_call_of_its_own(server):
    other = EmailFrame("Bye", "Bye %1%", "<p>Bye %2%</p>")
    send_emails(server.base_url, [email_message(f"p{n}@example.com", FRAME if n % 2 else other) for n in range(6)])
    assert sorted(map(len, call_ids(server).values())) == [3, 3]
    assert {mail["text"] for mail in server.emails() if int(mail["to"][1]) % 2} == {"Hi A & B"}
    assert {mail["html"] for mail in server.emails() if not int(mail["to"][1]) % 2} == {"<p>Bye A &amp; B</p>"}


def test_one_bad_address_costs_nobody_else_their_email(server):
    messages = [email_message(f"p{n}@example.com" if n != 37 else "nobody") for n in range(100)]
    answers = send_emails(server.base_url, messages)
    refused = [message.to for message in messages if answers[message.attempt_id].verdict is not Verdict.ACCEPTED]
    assert refused == ["nobody"] and len(server.emails()) == 99


@pytest.mark.parametrize("value", ["x" * 9_980, "é" * 4_990, "x" * 9_981, "é" * 4_991])
def test_values_too_long_for_sendgrid_are_refused_here_and_the_others_go(server, value):
    frame = EmailFrame("Hello", "Hi %1%%2%", "Hi")
    long = replace(email_message("long@example.com", frame), substitutions={"%1%": value, "%2%": "x" * 14})
    fits = len(value.encode()) + 20 <= 10_000
    answers = send_emails(server.base_url, [email_message("a@example.com", frame), long, email_message("b@example.com", frame)])
    assert answers[long.attempt_id].verdict is (Verdict.ACCEPTED if fits else Verdict.REJECTED)
    assert {mail["to"] for mail in server.emails()} == {"a@example.com", "b@example.com"} | ({"long@example.com"} if fits else set())


def test_no_call_is_larger_than_sendgrid_takes(server):
    frame = EmailFrame("Hello", "Hi %1%", "<p>%1%</p>")
    messages = [replace(email_message(f"p{n}@example.com", frame), substitutions={"%1%": "\U0001f600" * 2_490}) for n in range(1_000)]
    sizes = [len(json.dumps(mail_body(call, SENDGRID.sender))) for call in calls_for(messages)]
    assert len(sizes) > 1 and max(sizes) < 30_000_000


def test_an_email_comes_from_the_business_and_answers_go_where_it_says(server):
    sender = Sender(Channel.EMAIL, "us@shop.example", name="The Shop, Austin", reply_to="desk@shop.example")
    send_emails(server.base_url, [email_message("p@example.com")], sender)
    (taken,) = server.emails()
    assert (taken["sender"], taken["sender_name"], taken["reply_to"]) == ("us@shop.example", "The Shop, Austin", "desk@shop.example")


def test_a_sender_that_sendgrid_did_not_verify_is_the_accounts_fault(server):
    answers = send_emails(server.base_url, [email_message("p@example.com")], Sender(Channel.EMAIL, "unverified@shop.example"))
    assert {(answer.verdict, answer.code) for answer in answers.values()} == {(Verdict.ACCOUNT, "403")}


@pytest.mark.parametrize("tracks", [False, True])
def test_opens_are_tracked_only_where_the_frame_says_so(server, tracks):
    send_emails(server.base_url, [email_message("p@example.com", replace(FRAME, tracks_opens=tracks))])
    assert [mail["tracks_opens"] for mail in server.emails()] == [tracks]


def test_one_click_unsubscribing_is_everybodys_own(server):
    messages = [replace(email_message(f"p{n}@example.com"), unsubscribe_url=f"https://shop.example/u/{n}") for n in range(3)]
    send_emails(server.base_url, messages)
    for n, mail in enumerate(sorted(server.emails(), key=lambda mail: mail["to"])):
        assert mail["headers"] == {
            "List-Unsubscribe": f"<https://shop.example/u/{n}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def test_a_refusal_of_the_sender_or_the_words_is_nobodys_who_was_written_to(server):
    people = [f"p{n}@example.com" for n in range(20)]
    answers = send_emails(server.base_url, [email_message(person) for person in people], replace(SENDGRID.sender, reply_to="nowhere"))
    answers |= send_emails(server.base_url, [email_message(person, EmailFrame("", "Hi", "Hi")) for person in people])
    assert len(answers) == 40 and {(answer.verdict, answer.code) for answer in answers.values()} == {(Verdict.ACCOUNT, "400")}
    assert server.emails() == []
