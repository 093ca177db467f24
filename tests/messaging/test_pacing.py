"""The pace waits a moment for Valkey, then says that it is away."""

import time

import pytest

from messaging.errors import PaceUnavailable
from messaging.selectors import sender_for
from messaging.services import pacing
from messaging.types import Channel


@pytest.fixture
def away(tenant, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
    return sender_for(Channel.SMS)


def test_a_drain_does_not_rush_through_its_people_while_valkey_is_away(away):
    began = time.monotonic()
    with pytest.raises(PaceUnavailable):
        pacing.take_tokens(away, 10)
    assert 0.5 < time.monotonic() - began < 2


def test_a_providers_wish_for_less_is_no_error_while_valkey_is_away(away):
    pacing.slow_down(away, 5)


@pytest.mark.parametrize(("rate", "size"), [(1, 1), (2_000, 1_000), (4_000, 2_000), (100_000, 4_000)])
def test_a_batch_of_emails_is_half_a_second_of_the_pace_and_four_calls_at_most(tenant, settings, rate, size):
    settings.EMAIL_PER_SECOND = float(rate)
    assert pacing.batch_allowance(Channel.EMAIL) == size
