"""How many lists a business may bring in an hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
from django.conf import settings

from customers.errors import TooManyImports
from servicepro.lib.errors import InvalidInput, Unavailable
from servicepro.lib.ratelimit import RateLimit
from servicepro.lib.tenancy import connection

IMPORTS_PER_HOUR = 5
HOUR_SECONDS = 3_600


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


@contextmanager
def import_turn() -> Iterator[None]:
    """Count one list of the current business; a file that cannot be used does not count. Raises TooManyImports, Unavailable."""
    limit = RateLimit(
        _client(settings.REDIS_URL), key=f"{connection.schema_name}:imports", limit=IMPORTS_PER_HOUR, window_seconds=HOUR_SECONDS
    )
    try:
        turn = limit.take()
    except redis.RedisError as error:
        raise Unavailable("Lists cannot be taken for a moment. Nothing was written: try again in a minute.") from error
    if not turn.is_granted:
        minutes = -(-turn.retry_after_seconds // 60)
        raise TooManyImports(
            f"{IMPORTS_PER_HOUR} lists were brought within the last hour. The next is possible in {minutes} minute{'s' * (minutes != 1)}.",
            retry_after_seconds=turn.retry_after_seconds,
        )
    try:
        yield
    except InvalidInput:
        limit.give_back(turn)
        raise
