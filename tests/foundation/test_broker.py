"""A worker outlives its broker."""

import datetime
import json

import pytest
import redis as redis_client
from celery.beat import Scheduler
from celery.schedules import crontab
from django.conf import settings
from kombu import Connection

from servicepro.celery import SteadyChannel, app


@pytest.fixture
def channel():
    connection = Connection(settings.CELERY_BROKER_URL)
    channel = connection.default_channel
    yield channel
    connection.release()


def test_every_connection_to_valkey_has_the_steady_channel(channel):
    assert type(channel) is SteadyChannel


@pytest.mark.parametrize("loss", ["the connection", "its client"])
def test_an_acknowledgement_over_a_lost_connection_is_a_connection_error(channel, loss):
    kept, channel._pool = channel.connection, None
    client = kept.client
    if loss == "the connection":
        channel.connection = None
    else:
        kept.client = None
    try:
        with pytest.raises(redis_client.ConnectionError):
            channel.qos.ack("a task of long ago")
    finally:
        channel.connection, kept.client = kept, client


def test_a_tick_nobody_took_before_the_next_one_is_dropped():
    for name, entry in app.conf.beat_schedule.items():
        expires = entry["options"]["expires"]
        is_nightly = isinstance(entry["schedule"], crontab)
        assert 0 < expires <= (12 * 3600 if is_nightly else entry["schedule"].run_every.total_seconds()), name


def test_beat_sends_the_deadline_along(channel):
    beat = Scheduler(app, lazy=True)
    beat.setup_schedule()
    entry = beat.schedule["resume running campaigns"]
    sent = beat.apply_async(entry, producer=app.amqp.Producer(channel), advance=False)
    try:
        waiting = [json.loads(raw) for raw in channel.client.lrange("celery", 0, -1)]
        (headers,) = [task["headers"] for task in waiting if task["headers"]["id"] == sent.id]
        left = datetime.datetime.fromisoformat(headers["expires"]) - datetime.datetime.now(datetime.UTC)
        assert 0 < left.total_seconds() <= 5
    finally:
        channel.client.delete("celery")


def test_a_worker_waits_for_its_broker_for_ever():
    assert app.conf.broker_connection_max_retries is None and app.conf.broker_connection_retry
