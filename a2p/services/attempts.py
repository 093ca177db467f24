"""What was sent, kept for ever: each attempt with its difference from the one before, each step with what was answered."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from a2p.models import A2pCampaign, Attempt, AttemptEvent
from a2p.selectors import latest_attempt
from a2p.services.facts import brand_facts, campaign_facts
from servicepro.lib.phone import mask_phone
from tenants.selectors import User

# How a step ended. After the first three it need not be taken again in the same attempt.
DONE, FOUND, CORRECTED = "done", "found", "corrected"
ASKED, LEFT, REFUSED, UNREACHABLE, HEARD = "asked", "left", "refused", "unreachable", "heard"
FINISHED = (DONE, FOUND, CORRECTED)


def open_attempt(campaign: A2pCampaign, *, verb: str, actor: User | None, confirmed_fee: bool) -> Attempt:
    """Write down what is about to be sent, and what changed since it was sent last."""
    before = latest_attempt(campaign)
    sent = _snapshot(campaign)
    was = {**before.sent["brand"], **before.sent["campaign"]} if before else {}
    now = {**sent["brand"], **sent["campaign"]}
    return Attempt.objects.create(
        campaign=campaign,
        number=before.number + 1 if before else 1,
        verb=verb,
        sent={**sent, "confirmed_fee": confirmed_fee},
        difference={name: [was.get(name), value] for name, value in now.items() if was.get(name) != value} if before else {},
        actor=actor.email[:120] if actor else "",
    )


def note(attempt: Attempt, step: str, outcome: str, *, sid: str = "", code: int = 0, answer: dict[str, Any] | None = None) -> None:
    """Add a step of an attempt and what became of it."""
    AttemptEvent.objects.create(attempt=attempt, step=step, outcome=outcome, sid=sid, code=str(code) if code else "", answer=answer or {})


def is_repeated(attempt: Attempt, step: str, outcome: str) -> bool:
    """Return whether the last that was written down is the same: the beat asks for weeks, and one line tells it."""
    last = AttemptEvent.objects.filter(attempt=attempt).order_by("-pk").values_list("step", "outcome").first()
    return last == (step, outcome)


def keep(attempt: Attempt, step: str, outcome: str, sid: str, *, place: tuple[Any, str] | None = None, seal: str = "") -> None:
    """Write down what was made before anything is made of it, its id at `place` (row and column), committed by itself."""
    with transaction.atomic(durable=True):
        if place:
            row, column = place
            setattr(row, column, sid)
            row.save(update_fields=[column, "updated_at"])
        note(attempt, step, outcome, sid=sid, answer={"seal": seal} if seal else None)


def finished_steps(attempt: Attempt) -> set[str]:
    """Return the steps of an attempt that need not be taken again."""
    return set(AttemptEvent.objects.filter(attempt=attempt, outcome__in=FINISHED).values_list("step", flat=True))


def seals_of(campaign: A2pCampaign) -> dict[str, str]:
    """Return {step: seal of what the provider got last} over all attempts."""
    events = AttemptEvent.objects.filter(attempt__campaign=campaign, answer__has_key="seal").order_by("pk")
    return {event.step: event.answer["seal"] for event in events}


def seal_of(values: dict[str, Any]) -> str:
    """Return what tells whether values changed, without telling them."""
    return salted_hmac("a2p.sent", repr(sorted(values.items())), algorithm="sha256").hexdigest()[:32]


def _snapshot(campaign: A2pCampaign) -> dict[str, dict[str, Any]]:
    brand = asdict(brand_facts(campaign.brand))
    digits = "".join(filter(str.isdigit, brand["registration_number"]))
    brand["registration_number"] = f"•••{digits[-4:]}" if digits else ""
    brand["contact_phone"] = mask_phone(brand["contact_phone"]) if brand["contact_phone"] else ""
    words = asdict(campaign_facts(campaign))
    return {"brand": brand, "campaign": {name: list(value) if isinstance(value, tuple) else value for name, value in words.items()}}
