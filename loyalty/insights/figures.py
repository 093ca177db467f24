"""What the ledger adds up to: kept through one entry in a table, with what came in since read beside it.

Adding up a million entries takes seconds, and an old entry never changes. So a worker keeps the figures through one entry, together with
the merges they are about, and moves them on by what changed: the cost is that of the new entries, not of the ledger. A look reads what
is kept and the entries after it: the answer is the same as from the first entry on, at any moment, also after everything was started
anew. Looking writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from loyalty.insights import statements
from servicepro.lib.tenancy import connection

# A worker moves what is kept on once so many entries came in.
LATE_BEFORE_REFRESH = 50
KEPT_TOP, TOP = 60, 5
ALWAYS, FOREVER = "infinity", 2**63 - 1
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
    """Days, points left by (day of the lot, origin), how many customers have points, and who has most: (customer id, points).

    `top` names so many that nobody else has more, or everybody.
    """

    days: dict[date, Day] = field(default_factory=dict)
    lots: Lots = field(default_factory=dict)
    holders: int = 0
    top: list[tuple[int, int]] = field(default_factory=list)

    @property
    def outstanding(self) -> int:
        """Return the points that customers have."""
        return sum(day.total for day in self.days.values())


@dataclass(slots=True)
class Kept:
    """Figures through an entry, the merges that were not undone then, and whether nothing has changed since."""

    through: int
    merges: list[int]
    figures: Figures
    is_current: bool = False


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


def _ask(statement: str, values: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def figures_before(moment: datetime, zone: str) -> Figures:
    """Return the figures as they were at a moment, from the first entry on. Reads the whole ledger."""
    return _whole(zone, FOREVER, before=moment).figures


def _whole(zone: str, through: int, *, before: datetime | str = ALWAYS, merges: Sequence[int] | None = None) -> Kept:
    """Add up the ledger, as these merges have it or, where none are named, those of now."""
    values = {"zone": zone, "through": through, "before": before, "top": KEPT_TOP, "merges": None if merges is None else list(merges)}
    days, lots, holders, top, about = _ask(statements.ALL, values)
    figures = Figures(holders=holders, top=[(customer, points) for customer, points in top])
    _add_days(figures.days, days)
    _add_lots(figures.lots, lots)
    return Kept(through, about, figures)


def current_figures(zone: str) -> Figures:
    """Return the figures of this moment, days as the clocks of `zone` have them."""
    kept = _kept(zone)
    if kept is None:
        return _whole(zone, FOREVER).figures
    if not kept.is_current:
        _move_on(kept, zone, FOREVER)
    if not _names_the_best(kept.figures, TOP):
        kept.figures.top = _rows(statements.TOP_NOW, [TOP])
    return kept.figures


def refresh_figures(zone: str, *, late_min: int = LATE_BEFORE_REFRESH) -> None:
    """Move what is kept on where many entries or another merge came in since, so that nobody has to wait for it.

    Where somebody keeps writing for long, it is left for the next time.
    """
    kept = _kept(zone)
    if kept is not None:
        late, merges = _ask(statements.LATE, [kept.through, late_min])
        if kept.is_current or (late < late_min and merges == kept.merges):
            return
    through = _settled_entry()
    if through is None:
        return
    if kept is None:
        _keep(_whole(zone, through), zone)
        return
    before = kept.through
    _move_on(kept, zone, through)
    if not _names_the_best(kept.figures, KEPT_TOP // 2):
        kept.figures.top = _rows(statements.TOP_THROUGH, [through, KEPT_TOP])
    _keep(kept, zone, instead_of=before)


def kept_figures_add_up(zone: str) -> bool:
    """Tell whether what is kept is what adding up the ledger from its first entry gives, number by number. Reads the whole ledger."""
    kept = _kept(zone)
    if kept is None:
        return True
    found, anew = kept.figures, _whole(zone, kept.through, merges=kept.merges).figures
    best = min(len(found.top), len(anew.top))
    days = {day: row for day, row in found.days.items() if row != Day()} == {day: row for day, row in anew.days.items() if row != Day()}
    return days and (found.lots, found.holders, found.top[:best]) == (anew.lots, anew.holders, anew.top[:best])


def forget_figures() -> None:
    """Let go of what is kept: the next worker adds everything up anew."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM loyalty_ledgerfigures")


def _names_the_best(figures: Figures, least: int) -> bool:
    return len(figures.top) >= min(least, figures.holders)


def _move_on(kept: Kept, zone: str, until: int) -> None:
    """Bring figures to another entry, and to the merges of now."""
    values = {"zone": zone, "through": kept.through, "until": until, "merges": kept.merges}
    days, gone, come, changed, kept.merges = _ask(statements.SINCE, values)
    figures = kept.figures
    _add_days(figures.days, days)
    _add_lots(figures.lots, gone, -1)
    _add_lots(figures.lots, come)
    _rank(figures, changed)
    kept.through = until


def _rank(figures: Figures, changed: list[list[int]]) -> None:
    """Put changed balances, (customer, was, is now), among those who have most; whoever falls below the last one named is left out."""
    has_all = len(figures.top) >= figures.holders
    last = None if has_all or not figures.top else _place(figures.top[-1])
    figures.holders += sum((is_now > 0) - (was > 0) for _customer, was, is_now in changed)
    now = {customer: points for customer, _was, points in changed}
    best = [entry for entry in figures.top if entry[0] not in now] + [(customer, points) for customer, points in now.items() if points > 0]
    figures.top = sorted((entry for entry in best if last is None or _place(entry) <= last), key=_place)[:KEPT_TOP]


def _place(entry: tuple[int, int]) -> tuple[int, int]:
    customer, points = entry
    return (-points, customer)


def _rows(statement: str, values: list[int]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _settled_entry() -> int | None:
    """Return the number of the last entry, once nobody can bring an earlier one any more; None where somebody keeps writing."""
    last, moment = _ask(statements.LAST)
    for _turn in range(_QUIET_TURNS):
        if not _ask(statements.STILL_WRITING, [moment])[0]:
            return int(last)
        time.sleep(_QUIET_PAUSE_SECONDS)
    return None


def _kept(zone: str) -> Kept | None:
    found = _ask(statements.KEPT, [zone])
    if found is None:
        return None
    through, merges, days, lots, holders, top, is_current = found
    figures = Figures(holders=holders, top=[(customer, points) for customer, points in orjson.loads(top)])
    figures.days = {date.fromisoformat(text): Day(*numbers) for text, *numbers in orjson.loads(days)}
    figures.lots = {(date.fromisoformat(text), origin): points for text, origin, points in orjson.loads(lots)}
    return Kept(through, merges, figures, is_current)


def _keep(kept: Kept, zone: str, *, instead_of: int | None = None) -> None:
    figures = kept.figures
    days = [[day.isoformat(), row.earned, row.redeemed, row.adjusted, row.reversed] for day, row in figures.days.items()]
    lots = [[day.isoformat(), origin, points] for (day, origin), points in figures.lots.items()]
    values = {
        "through": kept.through,
        "zone": zone,
        "merges": kept.merges,
        "holders": figures.holders,
        "instead_of": instead_of,
        "days": orjson.dumps(days).decode(),
        "lots": orjson.dumps(lots).decode(),
        "top": orjson.dumps(figures.top).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.KEEP, values)
