"""Misbehave on request, reproducibly.

POST /control/faults takes JSON: `api` (twilio, sendgrid, both), `seed`, `latencyMs`, `jitterMs`, and probabilities from 0 to 1:
`throttle` (429; with `retryAfter` seconds), `reject500` (500, not accepted), `accept500` (accepted, then 500), `acceptTimeout`
(accepted, never answered in time: `timeoutSeconds`), `acceptReset` and `reset` (connection cut after, before accepting), `garbage`
(accepted, unreadable answer), `unauthorized` (401). `count` ends them after so many faulty answers. `logLagMs` keeps young messages
out of Twilio's list.

`call` is a regular expression for the calls that go wrong, all others are answered as usual: "POST .*/EntityAssignments$" finds its
place in verb, blank and path, such as "POST /trusthub/v1/EndUsers". `skip` lets so many calls pass before. Both hold for the
registration endpoints; messages and emails know no `call`, and one that is set leaves them alone.

`removal` says what an account may do with its copies of messages: `delete` them, only `redact` them, or neither (`refuse`).

`reads` says whether WhatsApp messages are read once they are delivered, `whatsappUs` whether marketing reaches +1 there.

`callbacks` says what becomes of a message and who hears of it: `on`; `off` (it stays as it was taken); `late`; `repeated`;
`shuffled` (the last news first); `before` (the news overtakes the answer to the request). `callbackDelayMs` is the time to the first.
A name nobody knows is refused: a misspelt fault would be a test that cannot fail.
"""

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

KINDS = ("throttle", "reject500", "accept500", "acceptTimeout", "acceptReset", "reset", "garbage", "unauthorized")
NUMBERS = ("seed", "latencyMs", "jitterMs", "retryAfter", "timeoutSeconds", "count", "logLagMs", "callbackDelayMs", "skip")
CHOICES = {
    "api": ("twilio", "sendgrid", "both"),
    "removal": ("delete", "redact", "refuse"),
    "reads": ("on", "off"),
    "whatsappUs": ("delivered", "blocked"),
    "callbacks": ("on", "off", "late", "repeated", "shuffled", "before"),
}
DELAY_MS, LATE_MS = 300, 2_000


def check(settings: Any) -> dict[str, Any]:
    """Return the settings where they make sense. Raises ValueError."""
    if not isinstance(settings, dict):
        raise ValueError("faults are a JSON object")
    for name, value in settings.items():
        if name in CHOICES:
            is_fine = value in CHOICES[name]
        elif name == "call":
            is_fine = isinstance(value, str) and _is_pattern(value)
        elif name in KINDS or name in NUMBERS:
            is_fine = type(value) in (int, float) and 0 <= value <= (1 if name in KINDS else 2**63)
        else:
            raise ValueError(f"no such fault: {name}")
        if not is_fine:
            raise ValueError(f"{name} cannot be {value!r}")
    return settings


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


@dataclass
class Faults:
    """The misbehaviour in force."""

    settings: dict[str, Any] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311  reproducible on purpose
    left: int | None = None
    skipped: int = 0

    def set(self, settings: Any) -> None:
        """Replace what is in force. Raises ValueError."""
        self.settings = check(settings)
        self.random = Random(settings.get("seed", 1))  # noqa: S311
        self.left, self.skipped = settings.get("count"), 0

    def pick(self, api: str, call: str = "") -> str | None:
        """Return the fault for this request, or None; `call` is its verb and path."""
        if not self.settings or self.settings.get("api", "both") not in (api, "both") or self.left == 0:
            return None
        if not re.search(self.settings.get("call", ""), call):
            return None
        if self.skipped < self.settings.get("skip", 0):
            self.skipped += 1
            return None
        draw = self.random.random()
        for kind in KINDS:
            share = self.settings.get(kind, 0)
            if draw < share:
                if self.left is not None:
                    self.left -= 1
                return kind
            draw -= share
        return None

    def latency_seconds(self) -> float:
        """Return how long this answer takes."""
        base, jitter = self.settings.get("latencyMs", 0), self.settings.get("jitterMs", 0)
        return (base + self.random.uniform(0, jitter)) / 1000 if base or jitter else 0.0

    @property
    def timeout_seconds(self) -> float:
        """Return how long an answer takes that nobody waits for."""
        return self.settings.get("timeoutSeconds", 60)

    @property
    def log_lag_seconds(self) -> float:
        """Return how old a message is before the list shows it."""
        return self.settings.get("logLagMs", 0) / 1000

    @property
    def callbacks(self) -> str:
        """Return how callbacks behave."""
        return self.settings.get("callbacks", "on")

    @property
    def callback_delay_seconds(self) -> float:
        """Return the time between taking a message and the first news of it."""
        if self.callbacks == "before":
            return 0.0
        return self.settings.get("callbackDelayMs", LATE_MS if self.callbacks == "late" else DELAY_MS) / 1000
