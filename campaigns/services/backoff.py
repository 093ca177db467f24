"""What a round of answers means for the next: who is tried again when, who is not, and whether the campaign rests or pauses."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from campaigns.wording import A2P_PAUSE, ACCOUNT_PAUSE, TEMPLATE_PAUSE, UNREACHABLE_PAUSE
from messaging.types import Outcome, Reason, Receipt

FIRST_WAIT = datetime.timedelta(seconds=10)  # doubled each time
STOPS: dict[str, str] = {Reason.ACCOUNT: ACCOUNT_PAUSE, Reason.TEMPLATE: TEMPLATE_PAUSE, Reason.A2P_NOT_REGISTERED: A2P_PAUSE}


@dataclass(slots=True)
class Weighed:
    """What a round came to: receipts that changed, people's failed tries, and what the campaign does now."""

    receipts: dict[int, Receipt] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    setbacks: int = 0
    rests: datetime.timedelta | None = None
    pauses: str = ""


def stop_sentence(receipts: Mapping[int, Receipt]) -> str:
    """Return why nothing more must be sent until somebody mends it; empty where nothing says so."""
    for receipt in receipts.values():
        if receipt.reason in STOPS and receipt.outcome is Outcome.LATER:
            return STOPS[receipt.reason].format(error=receipt.error)
    return ""


def keep_turns(receipts: Iterable[Receipt]) -> list[Receipt]:
    """Return receipts in which nobody lost their turn to a registration that is not approved yet."""
    return [replace(receipt, outcome=Outcome.LATER) if receipt.reason == Reason.A2P_NOT_REGISTERED else receipt for receipt in receipts]


def weigh(
    receipts: Mapping[int, Receipt], tries: Mapping[int, int], *, setbacks: int, attempts_max: int, throttle: datetime.timedelta,
    now: datetime.datetime,
) -> Weighed:  # fmt: skip
    """Weigh the receipts of a round, by target; `tries` are failed ones of before, `setbacks` the rounds before that reached nobody.

    Where the provider was reached for some, who it was not reached for has used up a try. Where it was reached for nobody, the
    campaign rests and nobody loses a try; after `attempts_max` such rounds it pauses. A rate limit is nobody's failure.
    """
    called = [receipt for receipt in receipts.values() if receipt.is_attempted]
    away = [receipt for receipt in called if receipt.reason == Reason.UNREACHABLE]
    if any(receipt.reason == Reason.THROTTLED for receipt in called):
        return Weighed(rests=throttle)
    if not away or stop_sentence(receipts):
        return Weighed(setbacks=0 if called else setbacks)
    if len(away) == len(called):
        if setbacks + 1 >= attempts_max:
            return Weighed(pauses=UNREACHABLE_PAUSE.format(attempts=attempts_max))
        return Weighed(setbacks=setbacks + 1, rests=FIRST_WAIT * 2**setbacks)
    weighed = Weighed()
    for receipt in away:
        count = tries.get(receipt.reference, 0) + 1
        weighed.tries[receipt.reference] = count
        weighed.receipts[receipt.reference] = (
            replace(receipt, outcome=Outcome.FAILED, until=None)
            if count >= attempts_max
            else replace(receipt, until=now + FIRST_WAIT * 2 ** (count - 1))
        )
    return weighed
