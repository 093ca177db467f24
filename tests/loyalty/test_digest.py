"""The weekly email to the owners: everything that was changed by hand, once a week, unless they turned it off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from redis import Redis

from customers.models import Customer
from loyalty.models import PointsTransaction
from loyalty.services import adjust_points, approve_adjustment, choose_weekly_digest, request_adjustment, send_weekly_digest
from servicepro.celery import app
from tenants.accounts.models import AuditEntry, User
from tenants.business.models import BusinessSettings

OWNER, SECOND = "owner@shop.example", "second@shop.example"
# A Monday in Austin, where the business is: 7 in the morning is 13:00 UTC.
MONDAY = datetime(2026, 11, 16, 13, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def team(tenant: object, simulator: object) -> Iterator[None]:
    for email, role in ((SECOND, "owner"), ("manager@shop.example", "manager")):
        User.objects.get_or_create(email=email, defaults={"role": role, "is_staff": True})
    yield
    BusinessSettings.objects.update(loyalty_weekly_digest=True)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("loyalty_adjustmentrequest", "customers_personaldataaccess", "accounts_auditentry"):
            cursor.execute(f"DELETE FROM shop.{table}")
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.exclude(email=OWNER).delete()


def who(name: str) -> User:
    return User.objects.get(email=f"{name}@shop.example")


def adjust(customer: Customer, points: int, at: datetime, key: str, by: str = "owner", reason: str = "Sorry for the wait") -> None:
    """Change points at a moment; an entry takes its time from the database, so the moment is put in afterwards."""
    with time_machine.travel(at, tick=False):
        done = adjust_points(customer=customer, points=points, reason=reason, actor=who(by), idempotency_key=key)
    date_entry(done.transaction_id, at)


def date_entry(entry: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        PointsTransaction.objects.filter(pk=entry).update(created_at=at)
        cursor.execute("SET session_replication_role = DEFAULT")


def send(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return send_weekly_digest()


def test_the_digest_lists_all_with_who_whom_how_many_and_why(people, simulator):
    for number in range(60):
        adjust(people[number % 10], 100 + number, MONDAY - timedelta(days=1 + number % 6), f"k{number}")
    adjust(people[0], -50, MONDAY - timedelta(days=2), "taken", "manager", "Given twice")
    wish = request_adjustment(customer=people[1], points=30_000, reason="A large repair", actor=who("manager"), idempotency_key="big")
    date_entry(approve_adjustment(wish, actor=who("owner")).transaction_id, MONDAY - timedelta(days=3))
    assert send(MONDAY) == 2
    letter = simulator.emails(OWNER)[-1]
    text = str(letter)
    assert letter["subject"] == "Clean Machine Auto Detail: points changed by hand, Nov 9 to Nov 15"
    assert f"62 adjustments: {sum(range(100, 160)) + 30_000:,} points given, 50 taken." in text
    for number in range(60):
        assert (
            f"+{100 + number:,} for Person {number % 10} (customer {people[number % 10].pk}), by {OWNER}. Reason: Sorry for the wait"
            in text
        )
    assert f"-50 for Person 0 (customer {people[0].pk}), by manager@shop.example. Reason: Given twice" in text
    assert f"+30,000 for Person 1 (customer {people[1].pk}), by manager@shop.example, approved by {OWNER}. Reason: A large repair" in text
    assert simulator.emails(SECOND)[-1]["subject"] == letter["subject"] and not simulator.emails("manager@shop.example")


def test_it_comes_once_a_week_however_often_it_is_asked_for(people, simulator):
    adjust(people[0], 5, MONDAY - timedelta(days=1), "k")
    sent = [send(MONDAY + timedelta(hours=hour)) for hour in range(-1, 24 * 7, 5)]
    assert sum(sent) == 4 and [len(simulator.emails(email)) for email in (OWNER, SECOND)] == [2, 2]
    subjects = [mail["subject"].partition(", ")[2] for mail in simulator.emails(OWNER)]
    assert sorted(subjects) == ["Nov 2 to Nov 8", "Nov 9 to Nov 15"]


@pytest.fixture(autouse=True)
def _older_entries(people) -> None:
    """Let there have been points before all of this."""
    adjust(people[9], 1, MONDAY - timedelta(days=60), "old")


def test_a_worker_that_dies_before_the_week_is_closed_sends_nothing_twice(people, simulator):
    assert send(MONDAY) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        AuditEntry.objects.filter(action="points_digest_sent").delete()
        cursor.execute("SET session_replication_role = DEFAULT")
    assert send(MONDAY + timedelta(hours=1)) == 0
    assert len(simulator.emails(OWNER)) == 1
    assert AuditEntry.objects.get(action="points_digest_sent").subject == "points-week:2026-11-09"


def test_a_week_ends_at_the_business_s_midnight(people, simulator):
    midnight = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
    adjust(people[0], 7, midnight - timedelta(seconds=1), "in")
    adjust(people[0], 8, midnight, "out")
    send(MONDAY)
    text = str(simulator.emails(OWNER)[-1])
    assert "1 adjustment: 7 points given, 0 taken." in text and "+8 for" not in text


def test_a_quiet_week_is_said_so(simulator):
    assert send(MONDAY) == 2
    assert "Nobody changed points by hand." in str(simulator.emails(OWNER)[-1])


def test_what_waits_is_named(people, simulator):
    with time_machine.travel(MONDAY - timedelta(days=1), tick=False):
        request_adjustment(customer=people[1], points=30_000, reason="A large repair", actor=who("manager"), idempotency_key="big")
    send(MONDAY)
    assert "1 more waits for an owner:" in str(simulator.emails(OWNER)[-1])


def test_a_provider_that_turns_it_away_is_asked_again_the_next_hour(simulator):
    simulator.faults(api="sendgrid", throttle=1.0, retryAfter=1, callbacks="off")
    assert send(MONDAY) == 0 and not AuditEntry.objects.filter(action="points_digest_sent").exists()
    simulator.faults(callbacks="off")
    Redis.from_url(settings.REDIS_URL).flushdb()  # the wait the provider asked for is over
    assert send(MONDAY + timedelta(hours=1)) == 2 and len(simulator.emails(OWNER)) == 1


def test_turned_off_nothing_is_sent_and_the_trail_says_who_did_it(people, simulator):
    assert choose_weekly_digest(is_wanted=False, actor=who("owner")) and not choose_weekly_digest(is_wanted=False, actor=who("owner"))
    assert send(MONDAY) == 0 and not simulator.emails(OWNER)
    line = AuditEntry.objects.get(action="loyalty_settings_changed")
    assert (line.actor.email, line.details) == (OWNER, {"weekly_digest": [True, False]})


def test_the_switch_is_on_the_settings_page(tenant):
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(User.objects.get(email=OWNER))
    url = "/admin/loyalty-settings/"
    assert "Turn it off" in client.get(url).content.decode()
    assert "It is off" in client.post(url, {"digest": "off"}, follow=True).content.decode()
    assert not BusinessSettings.objects.get().loyalty_weekly_digest
    client.post(url, {"digest": "on"})
    assert BusinessSettings.objects.get().loyalty_weekly_digest
    manager = Client(HTTP_HOST="shop.localhost")
    manager.force_login(who("manager"))
    assert manager.post(url, {"digest": "off"}).status_code == 403 and BusinessSettings.objects.get().loyalty_weekly_digest


def test_a_business_without_points_gets_no_letters(tenant, simulator):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM loyalty_pointstransaction")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert send(MONDAY) == 0 and not simulator.emails(OWNER)


def test_the_digest_is_on_the_beat():
    assert "loyalty.send_digests" in {entry["task"] for entry in app.conf.beat_schedule.values()}
