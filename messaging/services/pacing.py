"""How quickly a sender may send, shared by every worker."""

import logging
import time
from functools import lru_cache

import redis
from django.conf import settings

from messaging.errors import PaceUnavailable
from messaging.selectors import sender_for
from messaging.types import Channel, Sender
from servicepro.lib.pace import Pace
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)

FEEL_SECONDS = 0.5  # a batch is what the pace allows in this time, so that a pause is felt within a second
BATCH_MESSAGES_MAX = 1_000
BATCH_EMAILS_MAX = 4_000  # four calls, which go side by side: the fewer batches, the fewer waits for the database
WAIT_SECONDS_MAX = 1.0
RETRY_SECONDS = 0.2


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def pace_of(sender: Sender) -> Pace:
    """Return the bucket of one of the current tenant's senders."""
    rate = sender.messages_per_second
    key = f"{connection.schema_name}:{sender.channel.value}"
    return Pace(_client(settings.REDIS_URL), key=key, rate_per_second=rate, burst=max(1.0, rate * FEEL_SECONDS))


def batch_allowance(channel: Channel) -> int:
    """Return how many messages make a batch on `channel`, at least one."""
    sender = sender_for(channel)
    most = BATCH_EMAILS_MAX if channel is Channel.EMAIL else BATCH_MESSAGES_MAX
    if sender is None:
        return most
    return max(1, min(most, int(sender.messages_per_second * FEEL_SECONDS)))


def take_tokens(sender: Sender, wanted: int) -> int:
    """Take up to `wanted` tokens, waiting at most a second for the missing ones or for Valkey. Raises PaceUnavailable."""
    pace, taken, deadline = pace_of(sender), 0, time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            grant = pace.take(wanted - taken)
        except redis.RedisError as error:
            # Without the wait a drain would rush through the whole campaign and put everybody off in turn.
            if time.monotonic() + RETRY_SECONDS <= deadline:
                time.sleep(RETRY_SECONDS)
                continue
            if taken:
                return taken
            raise PaceUnavailable("The pace keeper is away for a moment; sending goes on when it is back.") from error
        taken += grant.granted
        if taken >= wanted or time.monotonic() + grant.wait_seconds > deadline:
            return taken
        time.sleep(min(grant.wait_seconds, max(0.0, deadline - time.monotonic())))


def slow_down(sender: Sender, seconds: float) -> None:
    """Close a sender's bucket for a while: the provider asked for it. Nothing leaves anyway while Valkey is away."""
    try:
        pace_of(sender).penalise(seconds)
    except redis.RedisError as error:
        logger.warning("slow_down_not_kept seconds=%s error=%r", seconds, error)
