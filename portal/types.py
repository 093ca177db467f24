"""What the customer's pages hand around."""

import datetime
from dataclasses import dataclass

from customers.selectors import Customer
from loyalty.types import OfferTerms


@dataclass(frozen=True, slots=True)
class Address:
    """Where a code may go: E.164 for sms, lower-case text for email."""

    channel: str
    value: str


@dataclass(frozen=True, slots=True)
class Device:
    """A browser somebody is signed in with."""

    name: str
    since: datetime.datetime
    last_seen_at: datetime.datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class Preference:
    """Whether offers may come on a channel, and what stands in the way of changing it here.

    `wording` is the sentence the person agrees to or withdraws with; it is kept with the event. `blocked` says what else they
    have to do, empty where nothing.
    """

    channel: str
    title: str
    is_on: bool
    wording: str
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a personal link of an invitation stands for: whom it went to, which offer it promised (if any), and how that stands."""

    customer_id: int
    offer: OfferTerms | None
    is_over: bool
    is_registered: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """Somebody registered: who, whether a list had brought them, whether this was the first time, and the offer they got by it."""

    customer: Customer
    is_imported: bool
    is_first_time: bool
    claimed_offer_id: int | None
