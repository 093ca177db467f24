"""A worker outlives its broker."""

import pytest
import redis as redis_client
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


def test_a_worker_waits_for_its_broker_for_ever():
    assert app.conf.broker_connection_max_retries is None and app.conf.broker_connection_retry
