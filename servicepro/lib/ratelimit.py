"""How often something may be asked, counted in Valkey, per business: the last `seconds` are looked at, not calendar hours."""

import math
import secrets
from functools import lru_cache

import redis
from django.conf import settings

from servicepro.lib.errors import TooMany
from servicepro.lib.tenancy import connection

# One atomic step on the server's own clock: forget what is too old, then count, and note this turn only where it is granted,
# so that asking again too early does not push the next turn further away.
_COUNT = """
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) < limit then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], window)
  return 0
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return math.max(1, tonumber(oldest[2] or now) + window - now)
"""


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def check_rate(name: str, *, limit: int, seconds: int) -> None:
    """Count one turn of `name` in the current business. Raises TooMany, with the seconds to wait, after `limit` turns in `seconds`."""
    key = f"rate:{connection.schema_name}:{name}"
    waiting_ms = int(_client(settings.REDIS_URL).eval(_COUNT, 1, key, limit, seconds, secrets.token_hex(8)))  # type: ignore[arg-type]
    if waiting_ms:
        wait = math.ceil(waiting_ms / 1000)
        raise TooMany(f"That was asked too often. Try again in {_spoken(wait)}.", retry_after_seconds=wait)


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{math.ceil(seconds / 60)} minutes"
