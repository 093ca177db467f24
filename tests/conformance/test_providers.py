"""One set of cases for every provider adapter: whoever it speaks to, the engine hears the same words."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import time_machine

from messaging.providers.results import Answer, LogUnreadable, Outbound, Verdict
from messaging.providers.sendgrid import SendGridEmail
from messaging.providers.transport import retry_after_seconds
from messaging.providers.twilio import TwilioSms
from messaging.types import Channel, Sender
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

    def send(self, base_url: str, *addresses: str, is_known: bool = True) -> list[Answer]:
        """Send one message to each address and return the answers."""
        messages = [Outbound(uuid.uuid4(), to=address, body="Hello", subject="Hello") for address in addresses]

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
SENDGRID = Adapter(
    "sendgrid", Sender(Channel.EMAIL, "us@shop.example"), "p@example.com", "nobody", _sendgrid, lambda simulator: len(simulator.emails())
)


@pytest.fixture(params=[TWILIO, SENDGRID], ids=lambda adapter: adapter.api)
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
    address = (lambda n: f"+1512555{n:04d}") if adapter is TWILIO else (lambda n: f"p{n}@example.com")
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


def test_an_unreadable_log_is_one_error_whatever_broke(server):
    import datetime

    async def read(base_url: str) -> list[object]:
        account = _twilio(base_url, True)
        since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
        return [entry async for entry in account.log(since, TWILIO.sender)]

    with pytest.raises(LogUnreadable):
        asyncio.run(read(NOBODY_LISTENS))
    assert asyncio.run(read(server.base_url)) == []
