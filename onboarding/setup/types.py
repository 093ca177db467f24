"""What the wizard is told of a business, and what it makes of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Piece(StrEnum):
    """Something a business can lack."""

    OWNER_NAME = "OWNER_NAME"
    OWNER_PHONE = "OWNER_PHONE"
    POSTAL_ADDRESS = "POSTAL_ADDRESS"
    PHONE_NUMBER = "PHONE_NUMBER"
    MESSAGING_SERVICE = "MESSAGING_SERVICE"
    A2P_APPROVAL = "A2P_APPROVAL"
    PLACE = "PLACE"
    OPENING_HOURS = "OPENING_HOURS"
    SERVICE = "SERVICE"
    CUSTOMERS = "CUSTOMERS"
    FIRST_CAMPAIGN = "FIRST_CAMPAIGN"


class StepStatus(StrEnum):
    """How far a step is; none of them keeps anybody from going on."""

    COMPLETE = "COMPLETE"
    PARTIALLY_CONFIGURED = "PARTIALLY_CONFIGURED"
    NOT_STARTED = "NOT_STARTED"

    @property
    def label(self) -> str:
        """Say it to the owner."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class BusinessFacts:
    """What the owner said of the business; "" where nothing."""

    owner_name: str
    owner_phone: str
    postal_address: str


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """How the phone is set up. `a2p_status` is None where no registration was begun; `routing_mode` "" where nobody decided.

    `numbers_known` of `numbers_total` numbers are known to the carriers, as far as we were told. `attachable` are the business's US numbers
    (E.164) while not all of them are in the messaging service of the registration.
    """

    has_phone_number: bool
    phone_number: str | None
    has_messaging_service: bool
    messaging_service_sid: str | None
    a2p_status: str | None
    routing_mode: str = ""
    a2p_label: str = ""
    a2p_error: str = ""
    numbers_total: int = 0
    numbers_known: int = 0
    needs_registration: bool = True
    is_us_texting_closed: bool = True
    is_number_asked_for: bool = False
    attachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A place customers can book at."""

    has_hours: bool
    has_services: bool


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """Whether anything was ever sent, and of which kinds ("invitation", "messaging", "port_recovery") drafts are there."""

    has_started: bool
    drafts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the wizard asks of the other apps."""

    business: BusinessFacts
    phone: PhoneFacts
    places: Sequence[PlaceFacts]
    customers: int
    campaigns: CampaignFacts


@dataclass(frozen=True, slots=True)
class Link:
    """Where something is done."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """A part of a step: what there is (`value`), what is to be said of it, what it lacks, and where that is done.

    `problem` is what went wrong, in words for people; `chip` a state of its own, as the page it comes from calls it; `offers`
    are numbers (E.164) that can be put into the registration right there.
    """

    key: str
    title: str
    says: tuple[str, ...]
    links: tuple[Link, ...]
    missing: tuple[Piece, ...] = ()
    value: str = ""
    chip: str = ""
    problem: str = ""
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the wizard."""

    key: str
    number: int
    title: str
    about: str
    status: StepStatus
    cards: tuple[Card, ...]

    @property
    def missing(self) -> tuple[Piece, ...]:
        """Return what the step lacks, in the order in which it is best added."""
        return tuple(piece for card in self.cards for piece in card.missing)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.status is StepStatus.COMPLETE
