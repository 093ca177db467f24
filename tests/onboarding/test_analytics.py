"""The figures are what counting the rows one by one gives, for any days; nobody is counted twice and nothing is divided by nothing."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Target
from campaigns.selectors import invitation_stats
from customers.models import Customer
from customers.services import erase_person, merge_customers, unmerge_customers
from onboarding.analytics.definitions import metrics
from onboarding.analytics.report import DAYS_MAX, WEEKS_MAX, Analytics, Period, campaign_comparison, onboarding_analytics
from tests.onboarding.journeys import (
    NOW,
    WORLDS,
    ZONE,
    Journey,
    Message,
    Record,
    Use,
    Visit,
    Wave,
    World,
    by_day,
    days_between,
    journeys,
    wipe,
    write,
)

TODAY = date(2026, 11, 20)
RANDOM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
DAY_OR_NONE = st.none() | st.integers(0, 70).map(lambda days: TODAY - timedelta(days=days))


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def chosen(every: list[Journey], period: Period) -> list[Journey]:
    first, last = period.first or date.min, period.last or date.max
    return [journey for journey in every if first <= local_day(journey.imported) <= last]


def same_as(found: Analytics, every: list[Journey], world: World) -> None:
    """Compare every figure with the plain count."""
    registered = [j for j in every if j.registered]
    assert found.total_imported == len(every)
    assert (found.invited_people, found.delivered_people) == (sum(j.sent > 0 for j in every), sum(j.delivered > 0 for j in every))
    assert (found.total_invites_sent, found.invites_delivered) == (sum(j.sent for j in every), sum(j.delivered for j in every))
    assert (found.registered_from_import, found.booked_people) == (len(registered), sum(j.booked is not None for j in every))
    assert (found.offers_redeemed, found.total_discount_given) == (sum(j.uses for j in every), sum(j.discount for j in every))
    assert found.offer_users == sum(j.uses > 0 for j in registered)
    for share, part, whole in (
        (found.delivery_rate, found.invites_delivered, found.total_invites_sent),
        (found.conversion_rate, len(registered), len(every)),
        (found.redemption_rate, found.offer_users, len(registered)),
    ):
        assert share is None if whole == 0 else share == pytest.approx(100 * part / whole)
    assert found.avg_days_to_register == pytest.approx(days_between(every, "registered"))
    assert found.avg_days_to_first_booking == pytest.approx(days_between(every, "booked"))
    kept = [use for use in world.uses if not use.is_returned]
    assert (found.every_offer_redeemed, found.every_discount_given) == (len(kept), sum(use.discount for use in kept))


def funnel_narrows(found: Analytics, every: list[Journey]) -> None:
    """Check that each step holds those who came through all before it, and the others beside."""
    through = [j for j in every if j.delivered]
    registered = [j for j in through if j.registered]
    people = [len(every), sum(j.sent > 0 for j in every), len(through), len(registered), sum(j.booked is not None for j in registered)]
    assert [stage.people for stage in found.funnel] == people
    assert all(earlier.people >= later.people for earlier, later in pairwise(found.funnel))
    assert [stage.people + stage.otherwise for stage in found.funnel] == [
        *people[:3], found.registered_from_import, found.booked_people,
    ]  # fmt: skip
    for stage in found.funnel:
        assert stage.of_imported is None or 0 <= stage.of_imported <= 100
        assert stage.of_before is None or 0 <= stage.of_before <= 100


@RANDOM
@given(world=WORLDS, first=DAY_OR_NONE, last=DAY_OR_NONE, unit=st.sampled_from(["", "day", "week", "month"]))
def test_whatever_happened_the_figures_are_those_of_a_plain_count(tenant, world, first, last, unit):
    wipe()
    write(world)
    everybody, period = journeys(world), Period(first, last, unit)
    people = chosen(everybody, period)
    with time_machine.travel(NOW, tick=False):
        found = onboarding_analytics(period)
    same_as(found, people, world)
    funnel_narrows(found, people)
    week, month = date(2026, 11, 15), date(2026, 11, 1)  # Sunday, as calendars begin here
    assert found.imported_this_week == sum(local_day(j.imported) >= week for j in everybody)
    assert found.imported_this_month == sum(local_day(j.imported) >= month for j in everybody)
    assert [sum(column) for column in zip(*(bucket.numbers for bucket in found.buckets), strict=True)] == list(found.totals)
    if found.unit == "day":
        counted = by_day(people)
        for bucket in found.buckets:
            assert bucket.numbers == tuple(counted[step, bucket.first] for step in ("imported", "invited", "registered", "booked"))


def plain_comparison(world: World) -> dict[str, tuple[int, ...]]:
    """Return what each started invitation did, counted message by message."""
    lines = {}
    for number, wave in enumerate(world.waves):
        if wave.kind != "invitation" or wave.started is None:
            continue
        theirs = [message for message in world.messages if message.wave == number]
        sent = [message for message in theirs if message.status == "sent"]
        reached = {world.person(message.record) for message in sent}

        def after(moments: list[tuple[int, int]], sent: list[Message] = sent) -> int:
            return len(
                {
                    world.person(m.record)
                    for m in sent
                    for who, hour in moments
                    if world.person(who) == world.person(m.record) and hour <= m.sent
                }
            )

        registered = [(who, record.registered) for who, record in enumerate(world.records) if record.registered is not None]
        booked = [(visit.record, visit.made) for visit in world.visits if visit.status != "cancelled"]
        uses = [use for use in world.uses if use.offer == wave.offer and not use.is_returned and world.person(use.record) in reached]
        failed = sum(m.status == "failed" for m in theirs) + sum(m.said in ("failed", "undelivered") for m in sent)
        lines[f"Wave {number}"] = (
            *(len(theirs), len(sent), sum(m.said in ("delivered", "read") for m in sent), sum(m.said == "read" for m in sent), failed),
            *(sum(m.status == "skipped" for m in theirs), len(reached), after(registered), after(booked)),
            *(len(uses), sum(use.discount for use in uses)),
        )
    return lines


@RANDOM
@given(world=WORLDS, first=DAY_OR_NONE)
def test_the_campaigns_compare_as_a_plain_count_has_it(tenant, world, first):
    wipe()
    write(world)
    found = campaign_comparison(Period(first=first))
    expected = plain_comparison(world)
    wanted = {name for name in expected if first is None or local_day(world.ago(world.waves[int(name.split()[1])].started or 0)) >= first}
    assert {line.name for line in found} == wanted
    for line in found:
        numbers = (line.people, line.sent, line.delivered, line.read, line.failed, line.skipped, line.reached, line.registered)
        assert (*numbers, line.booked, line.offers_redeemed, line.discount_minor) == expected[line.name]
    assert [line.started_on for line in found] == sorted((line.started_on for line in found), reverse=True)


def small_world() -> World:
    """Two people from lists, one of them with two records, and somebody from no list."""
    return World(
        [Record(200, 50, True, 0), Record(100, None, True, 1), Record(190, 60, False, 0), Record(90, 40, False, 2)],
        [Wave("invitation", 99, 0), Wave("port_recovery", 80, None)],
        [
            Message(0, 0, "sent", "sms", 90, "delivered"),
            Message(0, 1, "sent", "whatsapp", 90, "read"),
            Message(0, 3, "sent", "sms", 90, "undelivered"),
            Message(1, 1, "sent", "sms", 80, "delivered"),
        ],
        [Visit(2, 30, "confirmed"), Visit(1, 20, "cancelled")],
        [Use(2, 0, 500, False), Use(2, 0, 300, True), Use(3, 0, 70, False)],
    )


def test_a_person_with_several_records_counts_once(tenant):
    write(small_world())
    found = onboarding_analytics(Period())
    assert (found.total_imported, found.registered_from_import, found.booked_people) == (2, 1, 1)
    assert [stage.people for stage in found.funnel] == [2, 2, 2, 1, 1]
    assert (found.offers_redeemed, found.total_discount_given, found.redemption_rate) == (1, 500, 100)
    assert (found.every_offer_redeemed, found.every_discount_given) == (2, 570)
    (line,) = campaign_comparison(Period())
    assert (line.reached, line.registered, line.booked, line.offers_redeemed, line.discount_minor) == (3, 2, 1, 2, 570)


def test_merging_two_people_makes_them_one_and_parting_makes_them_two_again(tenant):
    world = World([Record(200, None, True, 0), Record(100, 20, True, 1)], [], [], [], [])
    kept, gone = write(world)
    before = onboarding_analytics(Period())
    merge = merge_customers(kept, gone, actor=None)
    merged = onboarding_analytics(Period())
    assert (before.total_imported, merged.total_imported, merged.registered_from_import) == (2, 1, 1)
    unmerge_customers(merge, actor=None)
    assert onboarding_analytics(Period()).total_imported == 2


def test_erasing_somebody_leaves_every_sum(tenant):
    customers = write(small_world())
    before, campaigns = onboarding_analytics(Period()), campaign_comparison(Period())
    erase_person(customers[1], reason="asked", actor=None)
    assert Customer.objects.get(pk=customers[1].pk).name == ""
    assert (onboarding_analytics(Period()), campaign_comparison(Period())) == (before, campaigns)


def test_a_business_without_people_has_zeros_and_dashes(tenant):
    found = onboarding_analytics(Period())
    assert (found.total_imported, found.delivery_rate, found.conversion_rate, found.avg_days_to_register) == (0, None, None, None)
    assert [stage.of_before for stage in found.funnel] == [None] * 5 and campaign_comparison(Period()) == ()
    assert {metric.said for metric in metrics(found)} == {"0", "–", "$0.00"}


def test_a_campaign_says_the_same_on_its_own_page(tenant):
    write(small_world())
    target = Target.objects.select_related("campaign").earliest("pk")
    stats, (line,) = invitation_stats(target.campaign), campaign_comparison(Period())
    assert (line.people, line.sent, line.delivered, line.read, line.failed) == (
        stats.target, stats.sent, stats.delivered, stats.read, stats.failed,
    )  # fmt: skip
    assert (line.registered, line.booked) == (stats.registered, stats.booked)


def test_a_day_ends_at_midnight_on_the_business_own_clocks(tenant):
    customers = write(World([Record(1, None, True, 0), Record(1, None, True, 1)], [], [], [], []))
    for customer, moment in zip(customers, ("2026-11-02T05:59:59Z", "2026-11-02T06:00:00Z"), strict=True):
        Customer.objects.filter(pk=customer.pk).update(created_at=moment)
    with time_machine.travel(NOW, tick=False):
        found = onboarding_analytics(Period(unit="day"))
        assert {bucket.first: bucket.imported for bucket in found.buckets if bucket.imported} == {
            date(2026, 11, 1): 1,
            date(2026, 11, 2): 1,
        }
        assert onboarding_analytics(Period(last=date(2026, 11, 1))).total_imported == 1


@pytest.mark.parametrize(
    ("days", "asked", "unit"),
    [
        (0, "", "day"), (30, "", "day"), (31, "", "week"), (31, "day", "day"), (DAYS_MAX - 1, "day", "day"), (DAYS_MAX, "day", "week"),
        (WEEKS_MAX * 7 - 1, "", "week"), (WEEKS_MAX * 7, "", "month"), (WEEKS_MAX * 7, "day", "month"), (5, "month", "month"), (5, "year", "day"),
    ],
)  # fmt: skip
def test_the_unit_of_time_grows_with_the_days(tenant, days, asked, unit):
    with time_machine.travel(NOW, tick=False):
        found = onboarding_analytics(Period(TODAY - timedelta(days=days), None, asked))
    assert found.unit == unit and len(found.buckets) <= WEEKS_MAX + 1
    assert found.buckets[0].first <= TODAY - timedelta(days=days) and found.buckets[-1].first <= TODAY
    assert all(earlier.first < later.first for earlier, later in pairwise(found.buckets))


def test_one_business_never_counts_anothers_people_or_messages(tenant, indian_tenant):
    with schema_context("shop"):
        write(small_world())
        attempt = Target.objects.filter(sms_attempt_id__isnull=False).earliest("pk").sms_attempt_id
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.port_recovery_sms_sends SET tenant_id = 'salon' WHERE attempt_id = %s", [attempt])
    with schema_context("salon"):
        assert onboarding_analytics(Period()).total_imported == 0 and campaign_comparison(Period()) == ()
    with schema_context("shop"):
        assert onboarding_analytics(Period()).invites_delivered == 1


@pytest.mark.parametrize("ask", [onboarding_analytics, campaign_comparison])
def test_each_block_is_one_query_for_ten_people_and_for_a_thousand(tenant, ask):
    for count in (10, 1_000):
        wipe()
        records = [Record(100, 50 if number % 3 else None, True, number) for number in range(count)]
        messages = [Message(0, number, "sent", "sms", 90, "delivered") for number in range(count)]
        write(World(records, [Wave("invitation", 99, 0)], messages, [], []))
        with CaptureQueriesContext(connection) as captured:
            ask(Period())
        assert len(captured) == 1
