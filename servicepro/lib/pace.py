"""A token bucket in Valkey, one per sender, shared by every worker: nobody sends quicker than the sender is allowed to."""

from dataclasses import dataclass

import redis

PENALTY_SECONDS_MAX = 3_600.0  # a provider that names a longer wait is asked again after this
IDLE_SECONDS = 7_200  # a bucket nobody asked for this long is forgotten: it would be full and open anyway

# Every script is one atomic step on the server's own clock. Numbers are stored with all their digits ("%.17g"): Lua's own
# conversion keeps 14, which turns an instant into tenths of a millisecond.
_NOW = "local now = redis.call('TIME'); now = now[1] + now[2] / 1000000\n"
_SAVE = """
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.17g', at))
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""
# Refill, hand out what is there, say how long until the next token.
_TAKE = (
    _NOW
    + """
local rate, burst, wanted = tonumber(ARGV[2]), tonumber(ARGV[3]), math.max(0, tonumber(ARGV[4]))
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'closed_until')
local closed = tonumber(state[3] or '0')
if closed > now then return {0, string.format('%.17g', closed - now)} end
local at = tonumber(state[2]) or now
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, now - at) * rate)
local granted = math.min(wanted, math.max(0, math.floor(tokens)))
tokens, at = tokens - granted, now
local wait = 0
if granted < wanted then wait = math.max(0, (1 - tokens) / rate) end
"""
    + _SAVE
    + "return {granted, string.format('%.17g', wait)}"
)
# The bucket is empty when it opens again: whoever was told to slow down does not start with a burst.
_CLOSE = (
    _NOW
    + """
local before = tonumber(redis.call('HGET', KEYS[1], 'closed_until') or '0')
local at, tokens = math.max(before, now + tonumber(ARGV[2])), 0
redis.call('HSET', KEYS[1], 'closed_until', string.format('%.17g', at))
"""
    + _SAVE
)


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may leave now, and how long until one more may."""

    granted: int
    wait_seconds: float


class Pace:
    """The bucket of one sender. Every method raises redis.RedisError where Valkey is away."""

    def __init__(self, client: redis.Redis, *, key: str, rate_per_second: float, burst: float) -> None:
        """Open the bucket called `key`: `rate_per_second` fills it, `burst` is what it holds. A rate of 0 stops the sender."""
        self.client, self.key, self.rate, self.burst = client, f"pace:{key}", rate_per_second, max(1.0, burst)
        self._take = client.register_script(_TAKE)
        self._close = client.register_script(_CLOSE)

    def take(self, wanted: int) -> Grant:
        """Take up to `wanted` tokens."""
        if not self.rate > 0:
            return Grant(0, PENALTY_SECONDS_MAX)
        granted, wait = self._take(keys=[self.key], args=[IDLE_SECONDS, self.rate, self.burst, wanted])
        return Grant(int(granted), float(wait))

    def penalise(self, seconds: float) -> None:
        """Close the bucket for `seconds` (at most an hour): the provider said to wait. A longer wait already running stands."""
        if seconds > 0:
            self._close(keys=[self.key], args=[IDLE_SECONDS, min(seconds, PENALTY_SECONDS_MAX)])
