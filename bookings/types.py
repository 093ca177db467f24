"""What other apps say to the bookings, and what they are told. Money is in minor units of the business's currency."""

import datetime
from dataclasses import dataclass, field

from loyalty.types import OfferCheck, RedemptionCheck


@dataclass(frozen=True, slots=True)
class Cart:
    """What somebody wants at which place, and the welcome offer of theirs it shall be paid with, if any.

    `quoted_total_minor` and `quoted_due_minor` are what the customer was shown, before and after offer and points; where they are
    given and no longer right, nothing is booked.
    """

    place_id: int
    service_ids: tuple[int, ...]
    quoted_total_minor: int | None = None
    quoted_due_minor: int | None = None
    offer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Who comes and how to reach them, as they typed it; a phone or an email is needed. `note` is for the people on site."""

    name: str
    phone: str = ""
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time that can be booked, both ends aware, in the place's own time zone."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class FreeWeek:
    """The free times of seven days by day, which of them is looked at, and a day of the weeks around it; None where there are none."""

    day: datetime.date
    slots: dict[datetime.date, list[Slot]]
    earlier: datetime.date | None
    later: datetime.date | None


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One service of a quote."""

    service_id: int
    name: str
    category: str
    price_minor: int
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart costs and how long it takes.

    `check` is the answer about points, None where none were asked for or there are none; `coach` says the cheapest way to make a
    blocked redemption work, empty where nothing blocks it. `balance` is 0 without a customer. `offer` is the answer about a welcome
    offer, None where none was asked for; `discount_minor` is what points take off after it.
    """

    lines: tuple[QuoteLine, ...]
    total_minor: int
    duration_minutes: int
    has_core_service: bool
    has_only_add_ons: bool
    check: RedemptionCheck | None
    discount_minor: int
    due_minor: int
    coach: str
    currency: str
    balance: int = 0
    offer: OfferCheck | None = None
    offer_name: str = ""
    offer_discount_minor: int = 0


@dataclass(frozen=True, slots=True)
class NewContents:
    """What an appointment shall consist of from now on.

    `starts_at` is another time at its place, None keeps the one it has. `returns_points` gives back the points that were used, without
    asking whether they could stay, and `returns_offer` the welcome offer likewise. `seen` is the `sequence` of the page it was chosen
    on and `quoted_due_minor` what that page said is to be paid; where they are given and no longer right, nothing is changed.
    """

    service_ids: tuple[int, ...]
    starts_at: datetime.datetime | None = None
    returns_points: bool = False
    returns_offer: bool = False
    seen: int | None = None
    quoted_due_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeQuote:
    """What an appointment would be with other services.

    Lines that were booked keep their price. `blocked` says why the points cannot stay, and `coach` the cheapest way to make them; both
    are empty where they can or none are used. `offer_blocked` says why the welcome offer cannot stay. `time_problem` says why it cannot
    keep its time, empty where it can. `discount_minor` is what points take off, after the offer.
    """

    lines: tuple[QuoteLine, ...]
    total_minor: int
    duration_minutes: int
    points: int
    points_returned: int
    discount_minor: int
    due_minor: int
    blocked: str
    coach: str
    time_problem: str
    is_change: bool
    offer_discount_minor: int = 0
    offer_blocked: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a weekday in which a place takes appointments; `closes_at` 00:00 is the end of the day. Monday is 0."""

    weekday: int
    opens_at: datetime.time
    closes_at: datetime.time


@dataclass(frozen=True, slots=True)
class Busy:
    """A seat that is taken from one instant to another."""

    seat: int
    starts_at: datetime.datetime
    ends_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """When a place takes appointments and how many at a time."""

    time_zone: str
    capacity: int
    slot_minutes: int
    lead_minutes: int
    horizon_days: int
    windows: tuple[Window, ...]
    closed_on: frozenset[datetime.date] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place to be described: what it is called, where it is, and when it is open."""

    name: str
    address: str
    time_zone: str
    capacity: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class NewService:
    """A service to be offered; `category` is core or add_on."""

    name: str
    description: str
    category: str
    price_minor: int
    duration_minutes: int
    is_add_on_only: bool = False
