"""Random ledgers, and what they add up to counted plainly, entry by entry."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from hypothesis import strategies as st

from customers.models import Customer

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ORIGINS = ("goodwill", "earned", "manual")
KINDS = ("EARN", "EARN", "REDEEM", "ADJUST", "TAKE", "REVERSE")
PEOPLE = 5
# Who, what, how many, from where, how many minutes after the one before, which earlier entry a reversal means.
STEPS = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1), st.sampled_from(KINDS), st.integers(1, 900), st.sampled_from(ORIGINS), st.integers(0, 60_000), st.integers(0, 9)
    ),
    max_size=25,
)  # fmt: skip


@dataclass
class Entry:
    """One line of the ledger."""

    customer: int
    kind: str
    points: int
    origin: str
    at: datetime
    reverses: "Entry | None" = None
    id: int = 0


def wipe() -> None:
    """Empty the ledger; numbers of entries go on."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in (
            "loyalty_pointstransaction",
            "loyalty_ledgerfigures",
            "customers_customermerge",
            "customers_contactchange",
            "customers_customer",
        ):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET session_replication_role = DEFAULT")


def people(count: int = PEOPLE) -> list[int]:
    """Make customers and return their ids."""
    return [Customer.objects.create(name=f"Person {number}", phone=f"+1512555{number:04d}").pk for number in range(count)]


def planned(steps: Sequence[tuple], ids: Sequence[int], until: datetime = NOW) -> list[Entry]:
    """Turn steps into entries that keep every balance at zero or above, the last of them before `until`."""
    entries: list[Entry] = []
    balance: dict[int, int] = defaultdict(int)
    moment = until - timedelta(minutes=sum(step[4] for step in steps) + 1)
    for who, kind, points, origin, minutes, which in steps:
        moment += timedelta(minutes=minutes)
        customer, reverses = ids[who], None
        if kind == "REVERSE":
            done = {id(entry.reverses) for entry in entries if entry.reverses}
            open_ = [e for e in entries if e.customer == customer and e.kind in ("EARN", "REDEEM") and id(e) not in done]
            if not open_ or balance[customer] < (reverses := open_[which % len(open_)]).points:
                continue
            points = -reverses.points
        elif kind in ("REDEEM", "TAKE"):
            points = -min(points, balance[customer])
            if not points:
                continue
        real = "ADJUST" if kind == "TAKE" else kind
        entries.append(Entry(customer, real, points, origin if points > 0 and real != "REVERSE" else "", moment, reverses))
        if real == "EARN":
            entries[-1].origin = origin
        balance[customer] += points
    return entries


def write(entries: Sequence[Entry]) -> None:
    """Put entries into the ledger and bring the balances along."""
    with connection.cursor() as cursor:
        for entry in entries:
            cursor.execute(
                "INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, metadata, origin, reverses_id, created_at)"
                " VALUES (%s, %s, %s, 'test', '{}', %s, %s, %s) RETURNING id",
                [entry.customer, entry.kind, entry.points, entry.origin, entry.reverses.id if entry.reverses else None, entry.at],
            )
            entry.id = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE customers_customer c SET loyalty_points_balance = coalesce("
            "(SELECT sum(points) FROM loyalty_pointstransaction t WHERE t.customer_id = c.id), 0)"
        )


@dataclass
class Count:
    """What entries add up to, counted plainly."""

    days: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    balances: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    lots: dict[tuple[date, str], int] = field(default_factory=lambda: defaultdict(int))


def counted(entries: Sequence[Entry], zone: str, until: date = date.max) -> Count:
    """Walk entries in order: what is taken comes from the oldest lots, what is given back goes where it came from."""
    count, lots, used = Count(), defaultdict(list), defaultdict(int)
    for entry in entries:
        day = entry.at.astimezone(ZoneInfo(zone)).date()
        if day > until:
            continue
        count.days[day][entry.kind] += entry.points
        count.balances[entry.customer] += entry.points
        if entry.kind in ("EARN", "ADJUST") and entry.points > 0:
            lots[entry.customer].append([entry, day, entry.points])
        elif entry.kind == "REVERSE" and entry.points < 0:
            next(lot for lot in lots[entry.customer] if lot[0] is entry.reverses)[2] += entry.points
        else:
            used[entry.customer] -= entry.points
    for customer, theirs in lots.items():
        for entry, day, points in theirs:
            taken = min(points, used[customer])
            used[customer] -= taken
            if points > taken:
                count.lots[(day, entry.origin)] += points - taken
    return count
