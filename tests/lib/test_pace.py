"""Nobody sends quicker than the sender may, however many workers there are."""

import multiprocessing
import time
import uuid

import redis
from django.conf import settings

from servicepro.lib.pace import Pace


def _take(url: str, key: str, seconds: float, results: "multiprocessing.Queue[int]") -> None:
    pace = Pace(redis.Redis.from_url(url), key=key, rate_per_second=100, burst=10)
    taken, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        taken += pace.take(5).granted
    results.put(taken)


def test_four_processes_together_never_take_more_than_the_rate_allows():
    key, results, context = uuid.uuid4().hex, None, multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_take, args=(settings.REDIS_URL, key, 1.0, results)) for _n in range(4)]
    started = time.monotonic()
    [worker.start() for worker in workers]
    total = sum(results.get(timeout=30) for _worker in workers)
    [worker.join() for worker in workers]
    assert 0 < total <= 10 + 100 * (time.monotonic() - started)


def test_a_penalty_closes_the_bucket_for_everybody():
    client, key = redis.Redis.from_url(settings.REDIS_URL), uuid.uuid4().hex
    Pace(client, key=key, rate_per_second=100, burst=10).penalise(30)
    grant = Pace(client, key=key, rate_per_second=100, burst=10).take(1)
    assert grant.granted == 0 and 29 < grant.wait_seconds <= 30
