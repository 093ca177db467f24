"""What the ledger adds up to, kept beside what came in since.

Adding up a million entries takes a second or two, and an old entry never changes. So the figures through one entry are kept in the
cache, and asking again reads only the entries after it: the answer is the same as from the first entry on, at any moment. Nothing is
written to the database, and losing the cache costs that one addition.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import redis
from django.core.cache import cache

from loyalty.insights import statements
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
KEPT_FOR_SECONDS = 7 * 24 * 3600
# So many entries are read beside what is kept before a look adds everything up anew; a worker sees to it long before.
LATE_MAX, LATE_BEFORE_REFRESH = 20_000, 200
KEPT_TOP, TOP = 60, 5
ALWAYS, FOREVER = "infinity", 2**63 - 1
_CACHE_KEY = "loyalty:figures:1"
_QUIET_TURNS, _QUIET_PAUSE_SECONDS = 5, 0.02

Lots = dict[tuple[date, str], int]


@dataclass(slots=True)
class Day:
    """What one local day did to all balances, with its sign: redeemed is never above zero."""

    earned: int = 0
    redeemed: int = 0
    adjusted: int = 0
    reversed: int = 0

    @property
    def total(self) -> int:
        """Return by how much the balances changed."""
        return self.earned + self.redeemed + self.adjusted + self.reversed

    def add(self, other: Day) -> None:
        """Take another day's numbers in."""
        self.earned += other.earned
        self.redeemed += other.redeemed
        self.adjusted += other.adjusted
        self.reversed += other.reversed


@dataclass(slots=True)
class Figures:
    """Days, points left by (day of the lot, origin), how many customers have points, and who has most: (customer id, points)."""

    days: dict[date, Day] = field(default_factory=dict)
    lots: Lots = field(default_factory=dict)
    holders: int = 0
    top: list[tuple[int, int]] = field(default_factory=list)

    @property
    def outstanding(self) -> int:
        """Return the points that customers have."""
        return sum(day.total for day in self.days.values())


_COLUMNS = {"EARN": "earned", "REDEEM": "redeemed", "ADJUST": "adjusted", "REVERSE": "reversed"}


def _add_days(days: dict[date, Day], rows: list[list[Any]]) -> None:
    for text, kind, points in rows:
        day = days.setdefault(date.fromisoformat(text), Day())
        setattr(day, _COLUMNS[kind], getattr(day, _COLUMNS[kind]) + points)


def _add_lots(lots: Lots, rows: list[list[Any]], sign: int = 1) -> None:
    for text, origin, points in rows:
        key = (date.fromisoformat(text), origin)
        lots[key] = lots.get(key, 0) + sign * points
        if not lots[key]:
            del lots[key]


def _ask(statement: str, **values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def figures_before(moment: datetime, zone: str) -> Figures:
    """Return the figures as they were at a moment, from the first entry on. Reads the whole ledger."""
    return _whole(zone, FOREVER, moment)


def _whole(zone: str, through: int, before: datetime | str = ALWAYS) -> Figures:
    days, lots, holders, top = _ask(statements.ALL, zone=zone, through=through, before=before, top=KEPT_TOP)
    figures = Figures(holders=holders, top=[(customer, points) for customer, points in top])
    _add_days(figures.days, days)
    _add_lots(figures.lots, lots)
    return figures


def current_figures(zone: str, *, late_max: int = LATE_MAX) -> Figures:
    """Return the figures of this moment, days as the clocks of `zone` have them."""
    kept = _kept(zone)
    if kept is not None and _add_since(kept[1], zone, kept[0]) <= late_max:
        return kept[1]
    through = _settled_entry()
    if through is None:
        return kept[1] if kept is not None else _whole(zone, FOREVER)
    figures = _whole(zone, through)
    _keep(zone, through, figures)
    _add_since(figures, zone, through)
    return figures


def refresh_figures(zone: str) -> None:
    """Keep the figures of this moment where many entries came in since they were kept, so that nobody has to wait for it."""
    current_figures(zone, late_max=LATE_BEFORE_REFRESH)


def _add_since(figures: Figures, zone: str, through: int) -> int:
    """Bring figures through an entry up to now; return how many entries that were."""
    days, gone, come, changed, count = _ask(statements.SINCE, zone=zone, through=through)
    _add_days(figures.days, days)
    _add_lots(figures.lots, gone, -1)
    _add_lots(figures.lots, come)
    figures.holders += sum((is_now > 0) - (was > 0) for _customer, was, is_now in changed)
    has_all = len(figures.top) < KEPT_TOP
    now = {customer: points for customer, _was, points in changed}
    unchanged = [(customer, points) for customer, points in figures.top if customer not in now]
    if has_all or len(unchanged) >= TOP:
        best = unchanged + [(customer, points) for customer, points in now.items() if points > 0]
        figures.top = sorted(best, key=lambda entry: (-entry[1], entry[0]))
    else:
        figures.top = _top_now()
    return int(count)


def _top_now() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statements.TOP_NOW, [TOP])
        return cursor.fetchall()


def _mark(through: int) -> list[Any]:
    """Tell this ledger through an entry from any other: a table made anew, an entry that is gone, another set of merges."""
    table, made, merges, undone = _ask(statements.MARK, through=through)
    return [table, made.isoformat() if made else "", merges, undone]


def _settled_entry() -> int | None:
    """Return the number of the last entry, once nobody can bring an earlier one any more; None where somebody keeps writing."""
    last, moment = _ask(statements.LAST)
    for _turn in range(_QUIET_TURNS):
        with connection.cursor() as cursor:
            cursor.execute(statements.STILL_WRITING, [moment])
            if not cursor.fetchone()[0]:
                return int(last)
        time.sleep(_QUIET_PAUSE_SECONDS)
    return None


def _kept(zone: str) -> tuple[int, Figures] | None:
    try:
        found = cache.get(_CACHE_KEY)
    except redis.RedisError:
        logger.warning("loyalty_figures_not_read")
        return None
    if found is None or found["zone"] != zone or found["mark"] != _mark(found["through"]):
        return None
    figures = Figures(holders=found["holders"], top=[(customer, points) for customer, points in found["top"]])
    for text, *numbers in found["days"]:
        figures.days[date.fromisoformat(text)] = Day(*numbers)
    _add_lots(figures.lots, found["lots"])
    return found["through"], figures


def _keep(zone: str, through: int, figures: Figures) -> None:
    kept = {
        "zone": zone,
        "through": through,
        "mark": _mark(through),
        "days": [[day.isoformat(), row.earned, row.redeemed, row.adjusted, row.reversed] for day, row in figures.days.items()],
        "lots": [[day.isoformat(), origin, points] for (day, origin), points in figures.lots.items()],
        "holders": figures.holders,
        "top": figures.top,
    }
    try:
        cache.set(_CACHE_KEY, kept, KEPT_FOR_SECONDS)
    except redis.RedisError:
        logger.warning("loyalty_figures_not_kept")
