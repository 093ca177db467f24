"""A worker that dies: it drains campaigns like any other and kills itself with SIGKILL at named points, from a seed.

The points are laid around the engine's own functions from outside, so that the code under test is the code that runs.
"""

import importlib
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def _die_around(chance: float, dice: random.Random, note: str, function: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = None if before else function(*arguments, **named)
        if dice.random() < chance:
            sys.stdout.write(f"died {note}\n")
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named) if before else result

    return wrapped


def main(schema: str, campaign_id: int, seed: int, chance: float) -> None:
    """Drain until somebody kills us or nothing is left to do."""
    django.setup()
    from django_tenants.utils import tenant_context

    from campaigns.errors import WrongStatus
    from campaigns.selectors import campaign_by_id
    from campaigns.services import recording
    from messaging.services import delivery
    from tenants.selectors import tenant_by_schema

    engine = importlib.import_module("campaigns.services.drain")  # the package exports a function of that name
    dice = random.Random(seed)
    for module, name, note, before in (
        (engine, "_give_records", "after take, before points", True),
        (engine, "_fly", "after points, before claim", True),
        (delivery, "claim", "between claim and call", False),
        (delivery, "_answers", "between call and record", False),
        (delivery, "settle", "before the outcome is written", True),
        (delivery, "settle", "after the ledger, before the target", False),
        (recording, "granted_customers", "during record", False),
        (recording, "log_summary", "after record", True),
    ):
        setattr(module, name, _die_around(chance, dice, note, getattr(module, name), before=before))
    with tenant_context(tenant_by_schema(schema)):
        try:
            engine.drain(campaign_by_id(campaign_id), seconds=5)
        except WrongStatus:
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
