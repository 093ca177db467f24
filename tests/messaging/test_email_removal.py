"""SendGrid is asked to erase an address, which is kept only until it has answered."""

import datetime
import uuid

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from messaging.models import CopyRemoval
from messaging.services import ask_for_email_removal, deliver, remove_provider_copies
from messaging.types import Channel, Envelope, MessageClass
from tests.support.simulator import SimulatorProcess

EMAIL, OTHER = "ana.silva@example.com", "bob@example.com"


@pytest.fixture
def written(tenant, simulator: SimulatorProcess) -> SimulatorProcess:
    """Two people who got an email."""
    frame = {"subject": "Hi", "message_class": MessageClass.TRANSACTIONAL}
    deliver([Envelope(address, Channel.EMAIL, "key", address, "hello", **frame) for address in (EMAIL, OTHER)])
    assert len(simulator.emails()) == 2
    return simulator


def state() -> tuple[str, str, str | None]:
    return CopyRemoval.objects.values_list("state", "answer", "address").get()


def test_it_is_asked_at_once_and_the_address_is_gone(written: SimulatorProcess):
    assert ask_for_email_removal(uuid.uuid4(), [EMAIL, EMAIL]) == 1
    assert [mail["to"] for mail in written.emails()] == [OTHER]
    assert state() == ("deleted", "", None)
    assert EMAIL not in CopyRemoval.objects.get().message_sid


def test_nothing_is_asked_where_the_erasure_fails(written: SimulatorProcess):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask_for_email_removal(uuid.uuid4(), [EMAIL])
        raise ZeroDivisionError
    assert len(written.emails()) == 2 and not CopyRemoval.objects.exists()


@pytest.mark.parametrize("fault", ["throttle", "reject500", "unauthorized", "reset", "accept500", "acceptReset", "acceptTimeout"])
def test_an_outage_is_asked_through(written: SimulatorProcess, fault: str):
    written.faults(api="sendgrid", **{fault: 1.0}, callbacks="off")
    ask_for_email_removal(uuid.uuid4(), [EMAIL])
    assert state()[0] == "waiting" and state()[2] == EMAIL
    written.faults(callbacks="off")
    assert remove_provider_copies().settled == 0  # not due yet
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        assert remove_provider_copies().settled == 1
    assert state()[0] == "deleted" and state()[2] is None
    assert [mail["to"] for mail in written.emails()] == [OTHER]


def test_an_account_that_may_not_ask_does_not_keep_the_address_waiting(written: SimulatorProcess, caplog: pytest.LogCaptureFixture):
    written.faults(callbacks="off", removal="refuse")
    ask_for_email_removal(uuid.uuid4(), [EMAIL])
    assert state() == ("refused", "403", None)
    assert "provider_copy_stays" in caplog.text and EMAIL not in caplog.text


def test_a_refused_key_is_said_in_the_log(written: SimulatorProcess, caplog: pytest.LogCaptureFixture):
    written.faults(api="sendgrid", unauthorized=1.0, callbacks="off")
    ask_for_email_removal(uuid.uuid4(), [EMAIL])
    assert "provider_copies_account_refused code=401" in caplog.text


def test_without_an_account_the_wish_is_kept(written: SimulatorProcess, settings):
    settings.SENDGRID_API_KEY = ""
    ask_for_email_removal(uuid.uuid4(), [EMAIL])
    assert state()[0] == "waiting"


def test_who_comes_back_and_is_erased_again_is_asked_for_again(written: SimulatorProcess):
    for _turn in range(2):
        ask_for_email_removal(uuid.uuid4(), [EMAIL])
    assert CopyRemoval.objects.filter(state="deleted").count() == 2
