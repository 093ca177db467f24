"""How often something may be done in a while, counted in Valkey for all workers together."""

import math
import secrets
from dataclasses import dataclass

import redis

# One atomic step on the server's own clock: forget what is older than the window, and note this turn where there is room.
_TAKE = """
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local taken = redis.call('ZCARD', KEYS[1])
if taken < limit then
    redis.call('ZADD', KEYS[1], now, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], window)
    return {1, limit - taken - 1, 0}
end
-- Room comes when so many turns have grown old that fewer than the limit are left.
local oldest = redis.call('ZRANGE', KEYS[1], taken - limit, taken - limit, 'WITHSCORES')
return {0, 0, oldest[2] + window - now}
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether it may be done now, how often more within the window, and else how long until it may."""

    is_granted: bool
    remaining: int
    retry_after_seconds: int
    ticket: str


class RateLimit:
    """At most `limit` turns within any `window_seconds`. Every method raises redis.RedisError where Valkey is away."""

    def __init__(self, client: redis.Redis, *, key: str, limit: int, window_seconds: float) -> None:
        """Count under `key`; turns of the past window count whenever they were taken, so there is no burst at the full hour."""
        if limit < 1:
            raise ValueError("A rate limit lets at least one through.")
        self.client, self.key, self.limit, self.window_seconds = client, f"ratelimit:{key}", limit, window_seconds
        self._take = client.register_script(_TAKE)

    def take(self) -> Turn:
        """Take a turn, or learn when there is one; a refused try does not count."""
        ticket = secrets.token_hex(8)
        granted, remaining, wait = self._take(keys=[self.key], args=[int(self.window_seconds * 1000), self.limit, ticket])
        return Turn(bool(granted), int(remaining), max(1, math.ceil(int(wait) / 1000)) if not granted else 0, ticket)

    def give_back(self, turn: Turn) -> None:
        """Return a turn that was not used."""
        self.client.zrem(self.key, turn.ticket)
