"""A token bucket in Valkey, one per sender, shared by every worker: nobody sends quicker than the sender is allowed to."""

from dataclasses import dataclass

import redis

IDLE_SECONDS = 3_600  # a bucket nobody asked for this long is forgotten (it would be full anyway)

# One atomic step on the server's own clock: refill, hand out what is there, say how long until the next token.
_TAKE = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'closed_until')
local closed = tonumber(state[3] or '0')
if closed > now then return {0, tostring(closed - now)} end
local tokens = math.min(burst, (tonumber(state[1]) or burst) + (now - (tonumber(state[2]) or now)) * rate)
local granted = math.min(wanted, math.max(0, math.floor(tokens)))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], ARGV[4])
local wait = 0
if granted < wanted then wait = math.max(0, (1 - tokens) / rate) end
return {granted, tostring(wait)}
"""
_CLOSE = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
redis.call('HSET', KEYS[1], 'closed_until', tostring(now + tonumber(ARGV[1])), 'tokens', '0', 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may leave now, and how long until one more may."""

    granted: int
    wait_seconds: float


class Pace:
    """The bucket of one sender."""

    def __init__(self, client: redis.Redis, *, key: str, rate_per_second: float, burst: float) -> None:
        self.client, self.key, self.rate, self.burst = client, f"pace:{key}", rate_per_second, max(1.0, burst)
        self._take = client.register_script(_TAKE)
        self._close = client.register_script(_CLOSE)

    def take(self, wanted: int) -> Grant:
        """Take up to `wanted` tokens. Raises redis.RedisError where Valkey is away."""
        granted, wait = self._take(keys=[self.key], args=[self.rate, self.burst, wanted, IDLE_SECONDS])
        return Grant(int(granted), float(wait))

    def penalise(self, seconds: float) -> None:
        """Close the bucket for `seconds`: the provider said to wait."""
        self._close(keys=[self.key], args=[seconds, IDLE_SECONDS])
