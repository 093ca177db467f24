"""What an owner is shown of the way from a list to a first booking: figures, the funnel, its course in time, and the campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from onboarding.analytics import statements
from servicepro.lib.clock import first_day_of_week
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

STEPS = ("imported", "invited", "registered", "booked")
DAY, WEEK, MONTH = "day", "week", "month"
# A chart with more days, or weeks, than this is not readable: the next larger unit takes its place.
DAYS_MAX, WEEKS_MAX = 92, 260
_DAYS_BY_ITSELF = 31
CAMPAIGNS_MAX = 200
# The columns of the statement, in their order.
_COUNTED = (
    *("total_imported", "invited_people", "delivered_people", "registered_from_import", "booked_people"),
    *("registered_through", "booked_through", "total_invites_sent", "invites_delivered"),
    *("offer_users", "offers_redeemed", "total_discount_given", "avg_days_to_register", "avg_days_to_first_booking"),
    *("imported_this_week", "imported_this_month", "ever_imported", "every_offer_redeemed", "every_discount_given"),
)
_ALWAYS, _FOREVER = "-infinity", "infinity"


def share(part: int, whole: int) -> float | None:
    """Return a share in percent, None of nothing."""
    return 100 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Period:
    """The local days on which people came with lists, both included; None where there is no end. `unit` is day, week or month."""

    first: date | None = None
    last: date | None = None
    unit: str = ""

    def bounds(self, zone: ZoneInfo) -> dict[str, datetime | str]:
        """Return the moments from which on and before which somebody came."""
        return {
            "since": midnight(self.first, zone) if self.first else _ALWAYS,
            "until": midnight(self.last + timedelta(days=1), zone) if self.last else _FOREVER,
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel: who came through every step before it, and who came another way."""

    name: str
    people: int
    otherwise: int
    before: int
    imported: int

    @property
    def of_before(self) -> float | None:
        """Return the percentage of the step before."""
        return share(self.people, self.before)

    @property
    def of_imported(self) -> float | None:
        """Return the percentage of everybody imported."""
        return share(self.people, self.imported)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day, week or month by its first day, and how many people came to each step in it."""

    first: date
    imported: int
    invited: int
    registered: int
    booked: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the four columns."""
        return self.imported, self.invited, self.registered, self.booked


@dataclass(frozen=True, slots=True)
class Analytics:
    """The people who came with lists in a period, and how far they have come until now.

    People count once however many records they have; `invites_…` count messages, `offers_…` uses. Averages are days, None of nobody.
    """

    today: date
    currency: str
    total_imported: int
    invited_people: int
    delivered_people: int
    registered_from_import: int
    booked_people: int
    registered_through: int
    booked_through: int
    total_invites_sent: int
    invites_delivered: int
    offer_users: int
    offers_redeemed: int
    total_discount_given: int
    avg_days_to_register: float | None
    avg_days_to_first_booking: float | None
    imported_this_week: int
    imported_this_month: int
    ever_imported: int
    every_offer_redeemed: int
    every_discount_given: int
    unit: str
    buckets: tuple[Bucket, ...]

    @property
    def delivery_rate(self) -> float | None:
        """Return which percentage of the messages was delivered."""
        return share(self.invites_delivered, self.total_invites_sent)

    @property
    def conversion_rate(self) -> float | None:
        """Return which percentage of the people registered."""
        return share(self.registered_from_import, self.total_imported)

    @property
    def redemption_rate(self) -> float | None:
        """Return which percentage of the registered people used an offer."""
        return share(self.offer_users, self.registered_from_import)

    @property
    def totals(self) -> tuple[int, ...]:
        """Return how many people came to each step of the course."""
        return self.total_imported, self.invited_people, self.registered_from_import, self.booked_people

    @property
    def funnel(self) -> tuple[Stage, ...]:
        """Return the five steps; each has as many people as the one before, or fewer."""
        steps = (
            ("Imported", self.total_imported, self.total_imported),
            ("Invited", self.invited_people, self.invited_people),
            ("Delivered", self.delivered_people, self.delivered_people),
            ("Registered", self.registered_through, self.registered_from_import),
            ("First booking", self.booked_through, self.booked_people),
        )
        befores = (0, *(through for _name, through, _all in steps))
        return tuple(
            Stage(name, through, everybody - through, before, self.total_imported)
            for (name, through, everybody), before in zip(steps, befores, strict=False)
        )


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One invitation campaign: messages by what became of them, and the people it brought."""

    id: int
    name: str
    channel: str
    status: str
    started_on: date
    offer: str
    people: int
    sent: int
    delivered: int
    read: int
    failed: int
    skipped: int
    reached: int
    registered: int
    booked: int
    offers_redeemed: int
    discount_minor: int

    @property
    def delivery_rate(self) -> float | None:
        """Return which percentage of what was sent was delivered."""
        return share(self.delivered, self.sent)

    @property
    def conversion_rate(self) -> float | None:
        """Return which percentage of the people with a message registered after it."""
        return share(self.registered, self.reached)


def onboarding_analytics(period: Period) -> Analytics:
    """Return the figures of the people who came with lists in a period, in one query; days are those of the business's clocks."""
    tenant = current_tenant()
    zone = ZoneInfo(tenant.time_zone)
    today = timezone.now().astimezone(zone).date()
    found = _rows(
        statements.PEOPLE,
        {
            **period.bounds(zone),
            "tenant": tenant.schema_name,
            "zone": tenant.time_zone,
            "week": midnight(first_day_of_week(today, tenant.region), zone),
            "month": midnight(today.replace(day=1), zone),
        },
    )[0]
    *sums, by_day = found
    days = {(date.fromisoformat(day), step): people for day, step, people in by_day}
    first = period.first or min((day for day, _step in days), default=today)
    unit = _unit(period.unit, (today - first).days + 1)
    figures: dict[str, Any] = dict(zip(_COUNTED, sums, strict=True))
    buckets = _buckets(days, first, today, unit, tenant.region)
    return Analytics(today=today, currency=tenant.currency, unit=unit, buckets=buckets, **figures)


def campaign_comparison(period: Period) -> tuple[CampaignLine, ...]:
    """Return the newest invitation campaigns that were started in a period, in one query, at most 200."""
    tenant = current_tenant()
    zone = ZoneInfo(tenant.time_zone)
    rows = _rows(statements.CAMPAIGNS, {**period.bounds(zone), "tenant": tenant.schema_name, "most": CAMPAIGNS_MAX})
    return tuple(
        CampaignLine(number, name, channel, status, started.astimezone(zone).date(), *rest)
        for number, name, channel, status, started, *rest in rows
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _unit(asked_for: str, days: int) -> str:
    """Return the unit that was asked for, or a larger one where a chart of it could not be read."""
    finest = DAY if days <= DAYS_MAX else WEEK if days <= WEEKS_MAX * 7 else MONTH
    fitting = DAY if days <= _DAYS_BY_ITSELF else finest if finest == MONTH else WEEK
    units = (DAY, WEEK, MONTH)
    return max(asked_for, finest, key=units.index) if asked_for in units else fitting


def _begins(day: date, unit: str, region: str) -> date:
    """Return the first day of the day, week or month that a day belongs to."""
    if unit == WEEK:
        return first_day_of_week(day, region)
    return day.replace(day=1) if unit == MONTH else day


def _buckets(days: dict[tuple[date, str], int], first: date, last: date, unit: str, region: str) -> tuple[Bucket, ...]:
    """Return every unit of time from one day to another, oldest first, also those in which nothing happened."""
    sums: dict[date, dict[str, int]] = {}
    day = _begins(first, unit, region)
    while day <= last:
        sums[day] = dict.fromkeys(STEPS, 0)
        day = _begins(day + timedelta(days=32 if unit == MONTH else 7 if unit == WEEK else 1), unit, region)
    for (at, step), people in days.items():
        sums.setdefault(_begins(at, unit, region), dict.fromkeys(STEPS, 0))[step] += people
    return tuple(Bucket(begins, **sums[begins]) for begins in sorted(sums))
