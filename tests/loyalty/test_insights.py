"""What points add up to is what counting the entries one by one gives, on any day, kept figures or not."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.errors import CannotMerge, CannotUnmerge
from customers.models import Customer
from customers.services import merge_customers, unmerge_customers
from loyalty.insights.figures import KEPT_TOP, LATE_BEFORE_REFRESH, figures_before, forget_figures, kept_figures_add_up, refresh_figures
from loyalty.insights.report import AGES, ORIGINS, Insights, loyalty_insights
from loyalty.models import LedgerFigures
from loyalty.selectors import points_history, points_summary
from loyalty.tasks import refresh_every_business
from tenants.models import Tenant
from tests.loyalty.ledgers import NOW, STEPS, Count, Entry, counted, people, planned, wipe, write

ZONE = "America/Chicago"
TODAY = date(2026, 11, 20)
RANDOM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def same_as(found: Insights, count: Count) -> None:
    """Compare every number of the insights with the plain count."""

    def total(kind: str, first: date = date.min) -> int:
        return sum(row[kind] for day, row in count.days.items() if first <= day)

    month_ago = found.day - timedelta(days=29)
    assert (found.earned, found.redeemed) == (total("EARN"), -total("REDEEM"))
    assert (found.earned_last_30_days, found.redeemed_last_30_days) == (total("EARN", month_ago), -total("REDEEM", month_ago))
    assert found.outstanding == sum(count.balances.values()) == found.owed_total.total
    assert found.customers_with_points == sum(points > 0 for points in count.balances.values())
    best = sorted(((-points, customer) for customer, points in count.balances.items() if points > 0))[:5]
    assert [(-customer.points, customer.id) for customer in found.top] == best
    expected = {(number, origin): 0 for number in range(len(AGES)) for origin in ORIGINS}
    for (day, origin), points in count.lots.items():
        number = next(n for n, (end, _label) in enumerate(AGES) if end is None or (found.day - day).days <= end)
        expected[number, origin] += points
    assert {(n, o): p for n, row in enumerate(found.owed) for o, p in zip(ORIGINS, row.points, strict=True)} == expected
    adds_up(found)
    for row in found.days:
        theirs = count.days.get(row.day, {})
        kinds = ("EARN", "REDEEM", "ADJUST", "REVERSE")
        assert (row.earned, row.redeemed, row.adjusted, row.reversed) == tuple(theirs.get(kind, 0) for kind in kinds)
        assert row.closing == sum(sum(kinds.values()) for day, kinds in count.days.items() if day <= row.day)


def kept_now() -> None:
    """Let the worker keep what there is; whoever else uses this database may be writing for a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM loyalty_pointstransaction")
        (last,) = cursor.fetchone()
    for _turn in range(50):
        refresh_figures(ZONE, late_min=0)
        found = LedgerFigures.objects.filter(pk=1, through=last).first()
        if found:
            return
    raise AssertionError("nothing was kept")


def may_happen(entry: Entry) -> bool:
    """Tell whether an entry fits a ledger in which merges have moved points meanwhile."""
    if entry.reverses is not None and not entry.reverses.id:
        return False
    return Customer.objects.get(pk=entry.customer).loyalty_points_balance + entry.points >= 0


def adds_up(found: Insights) -> None:
    """Check every row and every column of the day report and of what is owed."""
    for row in (*found.days, found.days_total):
        assert row.opening + row.earned + row.redeemed + row.adjusted + row.reversed == row.closing
    assert all(later.opening == earlier.closing for earlier, later in pairwise(found.days))
    for name in ("earned", "redeemed", "adjusted", "reversed"):
        assert sum(getattr(row, name) for row in found.days) == getattr(found.days_total, name)
    assert found.days_total.closing == found.outstanding
    assert all(sum(row.points) == row.total for row in (*found.owed, found.owed_total))
    assert sum(row.total for row in found.owed) == found.owed_total.total == found.outstanding
    assert found.outstanding_minor == found.outstanding * found.point_value_minor


@RANDOM
@given(steps=STEPS, splits=st.lists(st.integers(0, 25), max_size=3))
def test_whatever_happened_the_numbers_are_those_of_a_plain_count(tenant, steps, splits):
    wipe()
    with time_machine.travel(NOW, tick=False):
        entries, done = planned(steps, people()), 0
        for split in [*sorted(splits), len(entries)]:
            write(entries[done:split])
            done = max(done, split)
            if split < len(entries):
                kept_now()
        same_as(loyalty_insights(), counted(entries, ZONE))
        kept_now()
        same_as(loyalty_insights(), counted(entries, ZONE))
        assert kept_figures_add_up(ZONE)


@RANDOM
@given(
    steps=STEPS,
    merges=st.lists(
        st.tuples(st.integers(0, 25), st.sampled_from(["merge", "merge", "undo", "keep"]), st.integers(0, 4), st.integers(0, 4)),
        max_size=12,
    ),
)
def test_merges_and_their_undoing_leave_what_is_kept_the_sum_of_the_ledger(tenant, steps, merges):
    wipe()
    with time_machine.travel(NOW, tick=False):
        ids, made, done = people(), [], 0
        entries = planned(steps, ids)
        for place, act, one, other in sorted(merges, key=lambda row: row[0]):
            for entry in entries[done:place]:
                if may_happen(entry):
                    write([entry])
            done = max(done, place)
            if act == "merge":
                with suppress(CannotMerge):
                    made.append(merge_customers(Customer(pk=ids[one]), Customer(pk=ids[other]), actor=None))
            elif act == "undo" and made:
                with suppress(CannotUnmerge):
                    unmerge_customers(made.pop(), actor=None)
            else:
                kept_now()
            assert kept_figures_add_up(ZONE)
            adds_up(loyalty_insights())
        live = loyalty_insights()
        kept_now()
        assert kept_figures_add_up(ZONE) and loyalty_insights() == live
        forget_figures()
        assert loyalty_insights() == live


@RANDOM
@given(steps=STEPS, days_ago=st.integers(0, 400))
def test_any_day_of_the_past_is_as_it_was(tenant, steps, days_ago):
    wipe()
    with time_machine.travel(NOW, tick=False):
        entries, day = planned(steps, people()), TODAY - timedelta(days=days_ago)
        write(entries)
        same_as(loyalty_insights(day), counted(entries, ZONE, day))


def test_a_day_ends_at_midnight_on_the_business_own_clocks(tenant):
    (person,) = people(1)
    before, after = (
        datetime(2026, 11, 1, 4, 59, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
    )  # Chicago, hours before clocks go back
    night = datetime(2026, 11, 2, 5, 59, tzinfo=UTC)
    write(
        [
            Entry(person, "EARN", 1, "earned", before),
            Entry(person, "EARN", 10, "earned", after),
            Entry(person, "EARN", 100, "earned", night),
        ]
    )
    with time_machine.travel(NOW, tick=False):
        rows = {row.day: row.earned for row in loyalty_insights().days}
        assert (rows[date(2026, 10, 31)], rows[date(2026, 11, 1)], rows[date(2026, 11, 2)]) == (1, 110, 0)
        assert loyalty_insights(date(2026, 11, 1)).outstanding == 111


def test_a_business_without_entries_has_zeros(tenant):
    found = loyalty_insights()
    assert not found.has_entries and found.outstanding == found.earned == 0 and found.top == ()
    adds_up(found)


def test_points_of_merged_records_keep_their_age_and_origin(tenant):
    kept, gone = (Customer.objects.get(pk=pk) for pk in people(2))
    old = datetime.now(UTC) - timedelta(days=200)
    write([Entry(gone.pk, "EARN", 300, "goodwill", old), Entry(kept.pk, "EARN", 50, "earned", old + timedelta(days=190))])
    before = loyalty_insights()
    assert before.owed[3].points == (300, 0, 0) and before.owed[0].points == (0, 50, 0)
    merge = merge_customers(kept, gone, actor=None)
    merged = loyalty_insights()
    assert merged.owed == before.owed and merged.customers_with_points == 1
    adds_up(merged)
    unmerge_customers(merge, actor=None)
    assert loyalty_insights().owed == before.owed
    adds_up(loyalty_insights())


def test_points_spent_between_a_merge_and_its_undoing_add_up(tenant):
    kept, gone = (Customer.objects.get(pk=pk) for pk in people(2))
    old = datetime.now(UTC) - timedelta(days=10)
    write([Entry(gone.pk, "EARN", 300, "goodwill", old), Entry(kept.pk, "EARN", 50, "earned", old)])
    merge = merge_customers(kept, gone, actor=None)
    write([Entry(kept.pk, "REDEEM", -200, "", datetime.now(UTC))])
    adds_up(loyalty_insights())
    unmerge_customers(merge, actor=None)
    found = loyalty_insights()
    assert found.outstanding == 150
    adds_up(found)


def test_kept_figures_of_a_ledger_made_anew_are_not_used(tenant):
    (person,) = people(1)
    write([Entry(person, "EARN", 5, "earned", datetime.now(UTC))])
    kept_now()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM loyalty_pointstransaction")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert loyalty_insights().outstanding == 0
    write([Entry(person, "EARN", 7, "earned", datetime.now(UTC))])
    kept_now()
    assert loyalty_insights().outstanding == 7 and kept_figures_add_up(ZONE)


def test_looking_writes_nothing(tenant):
    (person,) = people(1)
    write([Entry(person, "EARN", 5, "earned", datetime.now(UTC)) for _number in range(LATE_BEFORE_REFRESH + 2)])
    loyalty_insights()
    assert not LedgerFigures.objects.exists()


def test_without_valkey_the_numbers_are_the_same(tenant, settings):
    (person,) = people(1)
    write([Entry(person, "EARN", 5, "earned", datetime.now(UTC))])
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock"}}
    assert loyalty_insights().outstanding == 5


def test_who_has_most_is_known_also_when_all_of_them_change(tenant):
    ids = people(KEPT_TOP + 10)
    now = datetime.now(UTC)
    write([Entry(pk, "EARN", 1000 - number, "earned", now) for number, pk in enumerate(ids)])
    kept_now()
    write([Entry(pk, "REDEEM", -900, "", now) for pk in ids[: KEPT_TOP - 2]])
    best = ids[KEPT_TOP - 2 : KEPT_TOP + 3]
    assert [customer.id for customer in loyalty_insights().top] == best
    kept_now()
    assert [customer.id for customer in loyalty_insights().top] == best and kept_figures_add_up(ZONE)


def test_other_midnights_make_other_days(tenant):
    (person,) = people(1)
    write([Entry(person, "EARN", 5, "earned", datetime(2026, 11, 20, 3, 0, tzinfo=UTC))])
    kept_now()
    Tenant.objects.filter(schema_name="shop").update(time_zone="UTC")
    try:
        with tenant_context(Tenant.objects.get(schema_name="shop")), time_machine.travel(NOW, tick=False):
            assert {row.day: row.earned for row in loyalty_insights().days}[TODAY] == 5
    finally:
        Tenant.objects.filter(schema_name="shop").update(time_zone=ZONE)


def test_one_business_never_counts_anothers_points(tenant, indian_tenant):
    with schema_context("shop"):
        (person,) = people(1)
        write([Entry(person, "EARN", 777, "earned", datetime.now(UTC))])
        assert loyalty_insights().outstanding == 777
    with schema_context("salon"):
        assert loyalty_insights().outstanding == 0
        assert points_history(person).total == 0
    with schema_context("shop"):
        assert loyalty_insights().outstanding == 777


@pytest.mark.parametrize(
    "ask", [loyalty_insights, lambda: points_history(Customer.objects.earliest("pk").pk), lambda: figures_before(NOW, ZONE)]
)
def test_a_thousand_cost_as_many_queries_as_ten(tenant, ask):
    def queries(count: int) -> int:
        ids = [row.pk for row in Customer.objects.bulk_create([Customer(name="x") for _number in range(count)])]
        write([Entry(pk, "EARN", 5, "earned", datetime.now(UTC)) for pk in ids])
        with CaptureQueriesContext(connection) as captured:
            ask()
        return len(captured)

    kept_now()
    assert queries(10) == queries(490)


def test_a_customers_history_has_pages_and_adds_up_to_the_balance(tenant):
    (person,) = people(1)
    now = datetime.now(UTC)
    write([Entry(person, "EARN", number + 1, "earned", now + timedelta(seconds=number)) for number in range(45)])
    first, last, beyond = points_history(person), points_history(person, 3), points_history(person, 99)
    assert (first.total, first.pages, len(first.entries), len(last.entries)) == (45, 3, 20, 5) and beyond == last
    assert [entry.points for entry in first.entries] == list(range(45, 25, -1))
    summary = points_summary(person)
    assert summary.balance == sum(entry.points for page in (1, 2, 3) for entry in points_history(person, page).entries)
    assert (summary.value_minor, [entry.points for entry in summary.recent]) == (summary.balance * 10, [45, 44, 43])


def test_a_worker_keeps_the_figures_before_anybody_waits_for_them(tenant):
    (person,) = people(1)
    write([Entry(person, "EARN", 5, "earned", datetime.now(UTC)) for _number in range(LATE_BEFORE_REFRESH + 2)])
    for _turn in range(50):
        refresh_every_business()
        with schema_context("shop"):
            if LedgerFigures.objects.exists():
                break
    write([Entry(person, "EARN", 1, "earned", datetime.now(UTC))])
    with schema_context("shop"), CaptureQueriesContext(connection) as captured:
        assert loyalty_insights().outstanding == 5 * (LATE_BEFORE_REFRESH + 2) + 1

    assert sum("WITH RECURSIVE" in query["sql"] for query in captured) == 1
