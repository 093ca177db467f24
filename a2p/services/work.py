"""One piece of work on a registration: what is known, what this attempt has done already, and how something is made once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import reverse

from a2p.models import A2pCampaign, Attempt, Brand
from a2p.providers.registry import Registry
from a2p.services.attempts import CORRECTED, DONE, FINISHED, FOUND, finished_steps, keep, note, seal_of, seals_of
from a2p.types import BrandFacts, CampaignFacts
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant, public_url


@dataclass
class Work:
    """An attempt at work; `step` is the one it is at, for whoever has to say where it stopped."""

    registry: Registry
    campaign: A2pCampaign
    attempt: Attempt
    who: BrandFacts
    what: CampaignFacts
    step: str = "begin"
    finished: set[str] = field(default_factory=set)
    seals: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.finished, self.seals = finished_steps(self.attempt), seals_of(self.campaign)

    @property
    def brand(self) -> Brand:
        """Return who registers."""
        return self.campaign.brand

    def enter(self, step: str) -> bool:
        """Go to a step; return whether this attempt has still to take it."""
        self.step = step
        return step not in self.finished

    def note(self, outcome: str, *, sid: str = "", code: int = 0) -> None:
        """Write down what became of the step, which made nothing."""
        note(self.attempt, self.step, outcome, sid=sid, code=code)
        if outcome in FINISHED:
            self.finished.add(self.step)

    def keep(self, outcome: str, sid: str, *, place: tuple[Any, str] | None = None, seal: str = "") -> None:
        """Commit what the step made."""
        keep(self.attempt, self.step, outcome, sid, place=place, seal=seal)
        self.finished.add(self.step)
        if seal:
            self.seals[self.step] = seal


@dataclass(frozen=True)
class Thing:
    """Something that is made once: where its id is kept, how it is looked for and made, and how it is corrected where it can be."""

    step: str
    row: Any
    column: str
    find: Callable[[], str]
    create: Callable[[], str]
    correct: Callable[[str], None] | None = None
    values: dict[str, Any] | None = None


def ensure(work: Work, thing: Thing) -> str:
    """Return the id of something: the one that is kept, else the one that is found by name, else a new one; corrected where it differs."""
    sid = str(getattr(thing.row, thing.column))
    if not work.enter(thing.step):
        return sid
    seal = seal_of(thing.values) if thing.values else ""
    if sid:
        if thing.correct and work.seals.get(thing.step) != seal:
            thing.correct(sid)
            work.keep(CORRECTED, sid, seal=seal)
        return sid
    sid = thing.find()
    outcome = FOUND if sid else DONE
    if sid and thing.correct:
        thing.correct(sid)
    sid = sid or thing.create()
    work.keep(outcome, sid, place=(thing.row, thing.column), seal=seal)
    return sid


def name_of(what: str) -> str:
    """Return what the provider calls something of this business: unique in the account, at most 64 characters."""
    return f"servicepro:{connection.schema_name}:{what}"


def platform_email() -> str:
    """Return where the provider writes to about what is made for businesses."""
    return str(settings.A2P_CONTACT_EMAIL or settings.SENDGRID_FROM_EMAIL)


def inbound_url() -> str:
    """Return where texts to this business's numbers go."""
    return f"{public_url(current_tenant())}{reverse('twilio-inbound')}"
