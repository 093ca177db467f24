"""Who is tried again when, and when a campaign rests or pauses: decided without a database or a clock."""

import datetime
import uuid

import pytest

from campaigns.services.backoff import stop_sentence, weigh
from messaging.types import Channel, Outcome, Reason, Receipt

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(seconds=60)


def receipt(number: int, reason: str = "", *, called: bool = True) -> Receipt:
    outcome = Outcome.LATER if reason else Outcome.SENT
    return Receipt(number, Channel.SMS, outcome, reason, attempt_id=uuid.uuid4() if called else None)


def decided(*receipts: Receipt, tries: dict[int, int] | None = None, setbacks: int = 0):
    by_id = {entry.reference: entry for entry in receipts}
    return weigh(by_id, tries or {}, setbacks=setbacks, attempts_max=3, throttle=MINUTE, now=NOW)


@pytest.mark.parametrize(("before", "seconds"), [(0, 10), (1, 20)])
def test_who_alone_was_not_reached_is_tried_again_after_a_growing_wait(before, seconds):
    found = decided(receipt(1), receipt(2, Reason.UNREACHABLE), tries={2: before})
    assert found.tries == {2: before + 1} and found.rests is None and not found.pauses
    assert found.receipts[2].outcome is Outcome.LATER and found.receipts[2].until == NOW + datetime.timedelta(seconds=seconds)


def test_the_third_time_they_failed():
    found = decided(receipt(1), receipt(2, Reason.UNREACHABLE), tries={2: 2})
    assert (found.receipts[2].outcome, found.receipts[2].reason, found.receipts[2].until) == (Outcome.FAILED, Reason.UNREACHABLE, None)


@pytest.mark.parametrize(("setbacks", "seconds"), [(0, 10), (1, 20)])
def test_where_nobody_was_reached_the_campaign_rests_and_nobody_loses_a_try(setbacks, seconds):
    found = decided(receipt(1, Reason.UNREACHABLE), receipt(2, Reason.UNREACHABLE), tries={1: 2, 2: 2}, setbacks=setbacks)
    assert (found.rests, found.setbacks) == (datetime.timedelta(seconds=seconds), setbacks + 1)
    assert found.receipts == {} and found.tries == {}


def test_the_third_time_nobody_was_reached_it_pauses():
    found = decided(receipt(1, Reason.UNREACHABLE), setbacks=2)
    assert "3 times in a row" in found.pauses and found.receipts == {}


def test_one_answer_ends_the_row():
    assert decided(receipt(1), setbacks=2).setbacks == 0
    assert decided(receipt(1, Reason.QUIET_HOURS, called=False), setbacks=2).setbacks == 2


def test_a_rate_limit_rests_and_is_nobodys_try():
    """After it the rest of a batch is not called at all, which looks like a provider that is away."""
    found = decided(receipt(1), receipt(2, Reason.THROTTLED), receipt(3, Reason.UNREACHABLE), tries={3: 2})
    assert (found.rests, found.receipts, found.tries) == (MINUTE, {}, {})


@pytest.mark.parametrize("reason", [Reason.ACCOUNT, Reason.TEMPLATE])
def test_what_somebody_must_mend_is_nobodys_try(reason):
    receipts = {1: receipt(1, reason), 2: receipt(2, Reason.UNREACHABLE)}
    found = decided(*receipts.values(), tries={2: 2})
    assert (found.rests, found.receipts, found.pauses) == (None, {}, "") and stop_sentence(receipts)


def test_nothing_stops_where_all_is_well():
    assert stop_sentence({1: receipt(1)}) == "" and decided(receipt(1)).rests is None
