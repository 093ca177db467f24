"""Nobody sends quicker than the sender may, however many workers there are."""

import multiprocessing
import time
import uuid

import pytest
import redis
from django.conf import settings

from servicepro.lib.pace import IDLE_SECONDS, PENALTY_SECONDS_MAX, Pace

RATE, BURST = 400, 20


@pytest.fixture
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


@pytest.fixture
def pace(client: redis.Redis) -> Pace:
    return Pace(client, key=uuid.uuid4().hex, rate_per_second=RATE, burst=BURST)


@pytest.fixture
def slow(client: redis.Redis) -> Pace:
    """A bucket that does not fill while a test looks at it."""
    return Pace(client, key=uuid.uuid4().hex, rate_per_second=0.001, burst=10)


def _server_now(client: redis.Redis) -> float:
    seconds, micros = client.time()
    return seconds + micros / 1_000_000


def _take(url: str, key: str, seconds: float, ready: "multiprocessing.Barrier", results: "multiprocessing.Queue[tuple]") -> None:
    client = redis.Redis.from_url(url)
    pace = Pace(client, key=key, rate_per_second=RATE, burst=BURST)
    ready.wait()
    first, taken, end = _server_now(client), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        taken += pace.take(7).granted
    results.put((taken, first, _server_now(client)))


def test_eight_processes_together_never_take_more_than_the_rate_allows_nor_much_less():
    context, workers = multiprocessing.get_context("spawn"), 8
    results, ready, key = context.Queue(), context.Barrier(workers), uuid.uuid4().hex
    takers = [context.Process(target=_take, args=(settings.REDIS_URL, key, 1.0, ready, results)) for _n in range(workers)]
    for taker in takers:
        taker.start()
    takings = [results.get(timeout=60) for _taker in takers]
    for taker in takers:
        taker.join()
    seconds = max(last for _taken, _first, last in takings) - min(first for _taken, first, _last in takings)
    total = sum(taken for taken, _first, _last in takings)
    assert RATE * 0.5 < total <= BURST + RATE * seconds


def test_a_full_bucket_hands_out_its_burst_and_says_when_the_next_token_comes(slow):
    grant = slow.take(50)
    assert grant.granted == 10 and 900 < grant.wait_seconds <= 1_000
    assert slow.take(1).granted == 0


@pytest.mark.parametrize("wanted", [0, -5])
def test_asking_for_nothing_gets_nothing_and_puts_nothing_in(slow, wanted):
    assert slow.take(10).granted == 10
    assert slow.take(wanted).granted == 0
    assert slow.take(5).granted == 0


def test_a_penalty_closes_the_bucket_for_everybody(pace, client):
    pace.penalise(30)
    grant = Pace(client, key=pace.key.removeprefix("pace:"), rate_per_second=RATE, burst=BURST).take(1)
    assert grant.granted == 0 and 29 < grant.wait_seconds <= 30


def test_a_short_penalty_never_shortens_a_long_one(pace):
    pace.penalise(30)
    pace.penalise(1)
    assert pace.take(1).wait_seconds > 29


@pytest.mark.parametrize("seconds", [0, -3, float("nan")])
def test_a_penalty_of_no_time_is_none(slow, seconds):
    slow.penalise(seconds)
    assert slow.take(10).granted == 10


def test_a_penalty_is_kept_for_its_whole_time_and_never_longer_than_an_hour(pace, client):
    pace.penalise(10_000_000)
    assert PENALTY_SECONDS_MAX - 1 < pace.take(1).wait_seconds <= PENALTY_SECONDS_MAX < client.ttl(pace.key)


def test_after_a_penalty_sending_starts_slowly_not_with_a_burst(pace, client):
    pace.penalise(0.05)
    while (grant := pace.take(BURST)).granted == 0:
        continue
    assert grant.granted < BURST
    opened = float(client.hget(pace.key, "closed_until"))
    assert grant.granted <= RATE * (_server_now(client) - opened)


def test_a_bucket_is_forgotten_when_nobody_uses_it(pace, client):
    pace.take(1)
    assert 0 < client.ttl(pace.key) <= IDLE_SECONDS


def test_two_senders_do_not_share_a_bucket(slow, client):
    slow.take(10)
    assert Pace(client, key=uuid.uuid4().hex, rate_per_second=0.001, burst=10).take(10).granted == 10


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_sender_without_a_pace_stands_still(client, rate):
    grant = Pace(client, key=uuid.uuid4().hex, rate_per_second=rate, burst=10).take(5)
    assert (grant.granted, grant.wait_seconds) == (0, PENALTY_SECONDS_MAX)


def test_a_slow_sender_may_still_send_one(client):
    assert Pace(client, key=uuid.uuid4().hex, rate_per_second=0.2, burst=0.1).take(1).granted == 1
