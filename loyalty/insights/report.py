"""What the owner is shown of the points: cards, months, days, who has most, and what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from loyalty.insights import statements
from loyalty.insights.alerts import ManyRedemptions, many_redemptions
from loyalty.insights.figures import TOP, Day, Figures, Lots, current_figures, figures_before
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.phone import mask_phone
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings, current_tenant

REPORT_DAYS, MONTHS = 30, 12
ORIGINS = ("goodwill", "earned", "manual")
# Last day of each age in days; the last bucket has no end.
AGES = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"), (365, "181 to 365 days"), (None, "more than a year"))


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day, or a sum of days: opening + earned + redeemed + adjusted + reversed = closing."""

    day: date | None
    opening: int
    earned: int
    redeemed: int
    adjusted: int
    reversed: int
    closing: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the six columns."""
        return self.opening, self.earned, self.redeemed, self.adjusted, self.reversed, self.closing


@dataclass(frozen=True, slots=True)
class Month:
    """What was earned and redeemed in a month; both zero or more."""

    first: date
    earned: int
    redeemed: int

    @property
    def numbers(self) -> tuple[int, int]:
        """Return both columns."""
        return self.earned, self.redeemed


@dataclass(frozen=True, slots=True)
class Owed:
    """Points of one age by origin; `total` is their sum. Money follows by the value of a point."""

    age: str
    points: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TopCustomer:
    """Somebody with many points; the phone is masked."""

    id: int
    name: str
    phone: str
    points: int


@dataclass(frozen=True, slots=True)
class Insights:
    """The points of a business at the end of a day, or now."""

    today: date
    day: date
    is_live: bool
    currency: str
    point_value_minor: int
    has_entries: bool
    customers_with_points: int
    outstanding: int
    earned: int
    redeemed: int
    earned_last_30_days: int
    redeemed_last_30_days: int
    months: tuple[Month, ...]
    days: tuple[DayRow, ...]
    days_total: DayRow
    owed: tuple[Owed, ...]
    owed_total: Owed
    top: tuple[TopCustomer, ...]
    many_redemptions: tuple[ManyRedemptions, ...]

    @property
    def outstanding_minor(self) -> int:
        """Return what all points are worth today."""
        return self.outstanding * self.point_value_minor


def loyalty_insights(day: date | None = None, *, days: int = REPORT_DAYS) -> Insights:
    """Return what the points add up to now, or at the end of an earlier local day; a day to come is today.

    A day is the business's own, midnight to midnight on its clocks. An earlier day reads the whole ledger.
    """
    tenant, zone = current_tenant(), ZoneInfo(current_tenant().time_zone)
    today = timezone.now().astimezone(zone).date()
    is_live = day is None or day >= today
    last = today if is_live or day is None else day
    figures = current_figures(tenant.time_zone) if is_live else figures_before(_end_of(last, zone), tenant.time_zone)
    rows = tuple(_day_rows(figures, last, days))
    recent = _sum(figures, last - timedelta(days=29), last)
    whole = _sum(figures, date.min, date.max)
    return Insights(
        today=today,
        day=last,
        is_live=is_live,
        currency=tenant.currency,
        point_value_minor=business_settings().point_value_minor,
        has_entries=bool(figures.days),
        customers_with_points=figures.holders,
        outstanding=figures.outstanding,
        earned=whole.earned,
        redeemed=-whole.redeemed,
        earned_last_30_days=recent.earned,
        redeemed_last_30_days=-recent.redeemed,
        months=tuple(_months(figures, last)),
        days=rows,
        days_total=_total(rows),
        owed=(owed := _owed(figures.lots, last)),
        owed_total=Owed("Total", tuple(map(sum, zip(*(row.points for row in owed), strict=True))), figures.outstanding),
        top=_named(figures.top[:TOP]),
        many_redemptions=many_redemptions(last - timedelta(days=days - 1), last, tenant.time_zone),
    )


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a local day."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)


def _sum(figures: Figures, first: date, last: date) -> Day:
    whole = Day()
    for day, row in figures.days.items():
        if first <= day <= last:
            whole.add(row)
    return whole


def _day_rows(figures: Figures, last: date, days: int) -> Iterator[DayRow]:
    """Yield `days` days, oldest first, each opening where the one before closed."""
    first = last - timedelta(days=days - 1)
    opening = sum(row.total for day, row in figures.days.items() if day < first)
    for number in range(days):
        day = first + timedelta(days=number)
        row = figures.days.get(day, Day())
        closing = opening + row.total
        yield DayRow(day, opening, row.earned, row.redeemed, row.adjusted, row.reversed, closing)
        opening = closing


def _total(rows: tuple[DayRow, ...]) -> DayRow:
    earned, redeemed = sum(row.earned for row in rows), sum(row.redeemed for row in rows)
    adjusted, reversed_ = sum(row.adjusted for row in rows), sum(row.reversed for row in rows)
    return DayRow(None, rows[0].opening, earned, redeemed, adjusted, reversed_, rows[-1].closing)


def _months(figures: Figures, last: date) -> Iterator[Month]:
    """Yield the months up to the one of `last`, oldest first."""
    sums: dict[tuple[int, int], Day] = {}
    for day, row in figures.days.items():
        sums.setdefault((day.year, day.month), Day()).add(row)
    newest = last.year * 12 + last.month - 1
    for number in range(newest - MONTHS + 1, newest + 1):
        year, month = divmod(number, 12)
        row = sums.get((year, month + 1), Day())
        yield Month(date(year, month + 1, 1), row.earned, -row.redeemed)


def _owed(lots: Lots, last: date) -> tuple[Owed, ...]:
    """Return what is left, by age and origin; an origin nobody knows counts as manual."""
    cells = [dict.fromkeys(ORIGINS, 0) for _age in AGES]
    for (day, origin), points in lots.items():
        age = (last - day).days
        bucket = next(number for number, (end, _label) in enumerate(AGES) if end is None or age <= end)
        cells[bucket][origin if origin in ORIGINS else "manual"] += points
    return tuple(Owed(label, tuple(row.values()), sum(row.values())) for (_end, label), row in zip(AGES, cells, strict=True))


def _named(top: list[tuple[int, int]]) -> tuple[TopCustomer, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statements.PEOPLE, [[customer for customer, _points in top]])
        people = {row[0]: row[1:] for row in cursor.fetchall()}
    return tuple(
        TopCustomer(customer, people[customer][0] or f"Customer {customer}", _masked(people[customer][1]), points)
        for customer, points in top
        if customer in people
    )


def _masked(stored: str | None) -> str:
    return mask_phone(decrypt_address(connection.schema_name, "phone", stored)) if stored else ""
