"""What a provider keeps of an erased person is removed, however often it has to be asked."""

import asyncio
import datetime
import uuid

import pytest
import time_machine
from django.utils import timezone
from twilio.base.exceptions import TwilioRestException

from messaging.models import CopyRemoval
from messaging.providers.redaction import remove_messages, sort_answer
from messaging.providers.results import Removal
from messaging.providers.transport import Throttled
from messaging.providers.twilio import TwilioSms
from messaging.services import ask_for_removal, deliver, remove_provider_copies
from messaging.types import Channel, Envelope, MessageClass

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("status", "code", "removal", "stops"),
    [
        (401, 20003, Removal.ACCOUNT, True),
        (403, 20403, Removal.ACCOUNT, True),
        (404, 20404, Removal.ABSENT, False),
        (409, 20009, Removal.LATER, False),
        (400, 20009, Removal.LATER, False),
        (429, 20429, Removal.LATER, True),
        (500, 20500, Removal.LATER, False),
        (503, 0, Removal.LATER, False),
        (400, 21624, Removal.REFUSED, False),
        (405, 20004, Removal.REFUSED, False),
    ],
)
def test_every_answer_has_one_meaning(status, code, removal, stops):
    answer = sort_answer("SM1", TwilioRestException(status, "/x", "to +15125550142", code))
    assert (answer.removal, answer.stops_everything) == (removal, stops)
    assert "5550142" not in answer.code


def text_to(*phones: str) -> list[str]:
    """Text these phones and return the provider's ids."""
    receipts = deliver([Envelope(phone, Channel.SMS, "key", phone, "hello", message_class=MessageClass.TRANSACTIONAL) for phone in phones])
    return [receipt.sid for receipt in receipts]


def remove(sids: list[str]) -> dict[str, Removal]:
    return {answer.sid: answer.removal for answer in asyncio.run(remove_messages(_account(), sids))}


def _account() -> TwilioSms:
    from django.conf import settings

    return TwilioSms(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE_URL, 1.0)


def test_a_message_is_deleted_with_its_number_and_text(tenant, simulator):
    gone, stays = text_to("+15125550142", "+15125550143")
    assert remove([gone]) == {gone: Removal.DELETED}
    assert [text["sid"] for text in simulator.texts()] == [stays]


def test_a_message_that_is_gone_already_is_no_error(tenant, simulator):
    (gone,) = text_to("+15125550142")
    remove([gone])
    assert remove([gone]) == {gone: Removal.ABSENT}


def test_an_account_error_spares_everybody_the_same_refusal(tenant, simulator):
    sids = text_to(*[f"+1512555{n:04d}" for n in range(101, 131)])
    simulator.faults(api="twilio", unauthorized=1.0, callbacks="off")
    answers = remove(sids)
    assert set(answers.values()) == {Removal.ACCOUNT, Removal.LATER} and len(answers) == 30
    simulator.behave()
    assert len(simulator.texts()) == 30


def test_nobody_listening_means_later(tenant, simulator, settings):
    settings.TWILIO_API_BASE_URL = NOBODY_LISTENS
    assert remove(["SM1"]) == {"SM1": Removal.LATER}


@pytest.fixture
def asked(tenant, simulator) -> list[str]:
    """Two messages that a certificate wants removed."""
    sids = text_to("+15125550142", "+15125550143")
    ask_for_removal(uuid.uuid4(), sids)
    return sids


def test_asking_twice_notes_a_message_once(asked):
    assert ask_for_removal(uuid.uuid4(), asked) == 0
    assert CopyRemoval.objects.count() == 2


def test_throttling_means_later_for_everybody_and_says_how_long():
    answer = sort_answer("SM1", Throttled(7.5))
    assert (answer.removal, answer.stops_everything, answer.wait_seconds) == (Removal.LATER, True, 7.5)


def test_throttling_spares_everybody_the_same_answer(tenant, simulator):
    sids = text_to(*[f"+1512555{n:04d}" for n in range(101, 131)])
    simulator.faults(api="twilio", throttle=1.0, callbacks="off")
    answers = asyncio.run(remove_messages(_account(), sids))
    assert {answer.removal for answer in answers} == {Removal.LATER}
    assert sum(answer.code == "429" for answer in answers) <= 8 and sum(answer.code == "not asked" for answer in answers) >= 22


def test_the_wait_that_the_provider_asks_for_is_kept(asked, simulator):
    simulator.faults(api="twilio", throttle=1.0, retryAfter=7200, callbacks="off")
    assert remove_provider_copies().waiting == 2
    wait = min(CopyRemoval.objects.values_list("due_at", flat=True)) - timezone.now()
    assert datetime.timedelta(minutes=118) < wait <= datetime.timedelta(hours=2)


def test_where_records_stay_the_texts_are_emptied(asked, simulator):
    simulator.faults(callbacks="off", removal="redact")
    assert remove_provider_copies().settled == 2
    assert set(CopyRemoval.objects.values_list("state", flat=True)) == {"redacted"}
    assert [text["body"] for text in simulator.texts()] == ["", ""]


def test_what_the_provider_refuses_for_good_is_said_in_the_log(asked, simulator, caplog):
    simulator.faults(callbacks="off", removal="refuse")
    assert remove_provider_copies().settled == 2
    assert set(CopyRemoval.objects.values_list("state", "answer")) == {("refused", "21624")}
    assert caplog.text.count("provider_copy_stays") == 2


def test_an_account_that_is_refused_is_said_in_the_log(asked, simulator, caplog):
    simulator.faults(api="twilio", unauthorized=1.0, callbacks="off")
    remove_provider_copies()
    assert "provider_copies_account_refused code=20003" in caplog.text


@pytest.mark.parametrize("fault", ["accept500", "acceptTimeout", "acceptReset"])
def test_a_removal_whose_answer_was_lost_ends_as_gone(asked, simulator, fault):
    simulator.faults(api="twilio", **{fault: 1.0}, callbacks="off")
    assert remove_provider_copies().settled == 0
    assert simulator.texts() == []
    simulator.faults(callbacks="off")
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        assert remove_provider_copies().settled == 2
    assert set(CopyRemoval.objects.values_list("state", flat=True)) == {"absent"}


def test_a_worker_that_died_is_followed_by_the_next(asked, simulator, monkeypatch):
    def die(*_anything: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("messaging.services.copy_removal._record", die)
        remove_provider_copies()
    assert remove_provider_copies().settled == 0  # taken, so that two do not ask for the same
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
        assert remove_provider_copies().settled == 2


@pytest.mark.parametrize("fault", ["throttle", "reject500", "unauthorized", "reset"])
def test_an_outage_is_asked_through_until_the_provider_answers(asked, simulator, fault):
    simulator.faults(api="twilio", **{fault: 1.0}, callbacks="off")
    assert remove_provider_copies().settled == 0
    assert set(CopyRemoval.objects.values_list("state", flat=True)) == {"waiting"}
    simulator.faults(callbacks="off")
    assert remove_provider_copies().settled == 0  # not due yet
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        assert remove_provider_copies().settled == 2
    assert set(CopyRemoval.objects.values_list("state", flat=True)) == {"deleted"}
    assert simulator.texts() == []


def test_a_message_on_its_way_waits_for_its_end(asked, simulator):
    simulator.faults(callbacks="late")
    assert remove_provider_copies().waiting == 2
    assert set(CopyRemoval.objects.values_list("answer", flat=True)) == {"20009"}


def test_the_waits_grow_to_a_day_and_no_further(asked, simulator, settings):
    settings.TWILIO_API_BASE_URL = NOBODY_LISTENS
    waits = []
    for _attempt in range(14):
        CopyRemoval.objects.update(due_at=timezone.now())
        remove_provider_copies()
        due = CopyRemoval.objects.order_by("pk").values_list("due_at", flat=True)[0]
        waits.append(round((due - timezone.now()).total_seconds() / 60))
    assert waits[:4] == [1, 2, 4, 8] and waits[-1] == 24 * 60


def test_what_is_settled_is_not_asked_for_again(asked, simulator):
    assert remove_provider_copies().settled == 2
    CopyRemoval.objects.update(due_at=timezone.now())
    assert remove_provider_copies().settled == 0


def test_without_an_account_the_wish_is_kept(asked, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert remove_provider_copies().settled == 0
    assert CopyRemoval.objects.filter(state="waiting").count() == 2
