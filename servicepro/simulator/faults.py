"""Misbehave on request, reproducibly.

POST /control/faults takes JSON: `api` (twilio, sendgrid, both), `seed`, `latencyMs`, `jitterMs`, and probabilities from 0 to 1:
`throttle` (429; with `retryAfter` seconds), `reject500` (500, not accepted), `accept500` (accepted, then 500), `acceptTimeout`
(accepted, never answered in time: `timeoutSeconds`), `acceptReset` and `reset` (connection cut after, before accepting), `garbage`
(accepted, unreadable answer), `unauthorized` (401). `count` ends them after so many faulty answers. Callbacks: `callbacks` is
one of on, off, late, repeated, shuffled, before.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

KINDS = ("throttle", "reject500", "accept500", "acceptTimeout", "acceptReset", "reset", "garbage", "unauthorized")


@dataclass
class Faults:
    """The misbehaviour in force."""

    settings: dict[str, Any] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311  reproducible on purpose
    left: int | None = None

    def set(self, settings: dict[str, Any]) -> None:
        """Replace what is in force."""
        self.settings = settings
        self.random = Random(settings.get("seed", 1))  # noqa: S311
        self.left = settings.get("count")

    def pick(self, api: str) -> str | None:
        """Return the fault for this request, or None."""
        if not self.settings or self.settings.get("api", "both") not in (api, "both") or self.left == 0:
            return None
        draw = self.random.random()
        for kind in KINDS:
            share = float(self.settings.get(kind, 0))
            if draw < share:
                if self.left is not None:
                    self.left -= 1
                return kind
            draw -= share
        return None

    def latency_seconds(self) -> float:
        """Return how long this answer takes."""
        if not self.settings:
            return 0.0
        base, jitter = float(self.settings.get("latencyMs", 0)), float(self.settings.get("jitterMs", 0))
        return (base + self.random.uniform(0, jitter)) / 1000 if base or jitter else 0.0

    @property
    def callbacks(self) -> str:
        """Return how callbacks behave."""
        return str(self.settings.get("callbacks", "on"))
