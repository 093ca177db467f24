"""Points by hand: with a reason, once a key, within the day's limit, never one's own, never below zero, on the record."""

import datetime
import threading

import pytest
import time_machine
from django.db import connections
from django_tenants.utils import schema_context

from customers.errors import UnknownCustomer
from customers.models import Customer
from customers.services import erase_person, merge_customers
from loyalty.errors import AdjustmentDiffers, AdjustmentRefused, BadAdjustment
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import adjust_points
from tenants.accounts.models import AuditEntry, User


def worker(role, email="", **fields):
    return User.objects.get_or_create(email=email or f"{role}@work.example", defaults={"role": role, "is_staff": True, **fields})[0]


@pytest.fixture
def owner(tenant):
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def manager(tenant):
    yield worker("manager")


def adjust(customer, points, actor, key="k1", reason="We were late"):
    return adjust_points(customer=customer, points=points, reason=reason, actor=actor, idempotency_key=key)


def balance(customer):
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def test_points_are_given_with_a_reason_and_on_the_record(people, manager):
    done = adjust(people[0], 120, manager)
    entry = PointsTransaction.objects.get(pk=done.transaction_id)
    assert (done.balance, done.is_new, balance(people[0])) == (120, True, 120)
    assert (entry.kind, entry.origin, entry.reason) == ("ADJUST", "manual", "We were late")
    line = AuditEntry.objects.get(action="points_adjusted")
    assert (line.actor, line.subject, line.details) == (manager, f"customer:{people[0].pk}", {"points": 120, "entry": entry.pk})


def test_the_same_key_counts_once(people, manager):
    first, second = adjust(people[0], 120, manager), adjust(people[0], 120, manager)
    assert (second.transaction_id, second.is_new, second.balance) == (first.transaction_id, False, 120)
    assert AuditEntry.objects.filter(action="points_adjusted").count() == 1


@pytest.mark.parametrize(("which", "points"), [(0, 121), (1, 120)])
def test_a_key_that_means_something_else_is_refused(people, manager, which, points):
    adjust(people[0], 120, manager)
    with pytest.raises(AdjustmentDiffers):
        adjust(people[which], points, manager)


def test_no_more_is_taken_than_there_is(people, manager):
    adjust(people[0], 100, manager)
    with pytest.raises(BadAdjustment, match=r"Only 100 points \(about \$10 off"):
        adjust(people[0], -101, manager, "k2")
    assert adjust(people[0], -100, manager, "k3").balance == 0
    assert drifting_balances() == []


@pytest.mark.parametrize(
    ("points", "reason", "key", "says"),
    [
        (0, "x", "k", "anything but 0"),
        (5, "  ", "k", "Say why"),
        (5, "x" * 65, "k", "longer than 64"),
        (10**12, "x", "k", "At most 200,000"),
        (-(10**12), "x", "k", "At most 200,000"),
        (5, "x", "", "idempotency key"),
        (5, "x", "k" * 65, "idempotency key"),
    ],
)
def test_what_makes_no_sense_is_refused_in_clear_words(people, manager, points, reason, key, says):
    with pytest.raises(BadAdjustment, match=says):
        adjust(people[0], points, manager, key, reason)
    assert not PointsTransaction.objects.exists()


def test_nobody_has_no_points(tenant, manager):
    with pytest.raises(UnknownCustomer):
        adjust_points(customer=Customer(pk=10**9), points=5, reason="x", actor=manager, idempotency_key="k")


def test_a_day_s_limit_counts_both_ways_and_ends_at_the_business_s_midnight(people, manager):
    adjust(people[0], 1_500, manager, "k1")
    adjust(people[0], -400, manager, "k2")
    with pytest.raises(AdjustmentRefused, match=r"2,000 points by hand in a day, and 100 are left"):
        adjust(people[1], 101, manager, "k3")
    assert adjust(people[1], 100, manager, "k4").is_new
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1), tick=False):
        assert adjust(people[1], 2_000, manager, "k5").is_new


def test_owners_may_more_and_staff_nothing(people, owner):
    assert adjust(people[0], 20_000, owner).balance == 20_000
    with pytest.raises(AdjustmentRefused, match="Your role"):
        adjust(people[0], 1, worker("staff"), "k2")


def test_who_left_the_team_changes_nothing(people):
    with pytest.raises(AdjustmentRefused):
        adjust(people[0], 1, worker("manager", "gone@work.example", is_active=False))


@pytest.mark.parametrize("points", [50, -1])
def test_own_points_are_somebody_else_s_to_change(people, points):
    by_email = worker("owner", people[0].email)
    by_phone = worker("owner", "other@work.example", phone=people[1].phone)
    for actor, customer in ((by_email, people[0]), (by_phone, people[1])):
        with pytest.raises(AdjustmentRefused, match="your own record"):
            adjust(customer, points, actor)


def test_own_points_are_recognised_behind_a_merge(people):
    merge_customers(people[2], people[3], actor=None)
    with pytest.raises(AdjustmentRefused, match="your own record"):
        adjust(people[2], 5, worker("owner", people[3].email))


def test_points_go_to_the_record_that_stands_for_the_person(people, manager):
    merge_customers(people[2], people[3], actor=None)
    assert adjust(people[3], 5, manager).customer_id == people[2].pk
    assert (balance(people[2]), balance(people[3])) == (5, 0)


def test_adjustments_at_once_fit_into_the_limit_together(people, manager):
    done = []

    def work(number):
        with schema_context("shop"):
            try:
                done.append(adjust(people[number], 500, manager, f"k{number}").points)
            except AdjustmentRefused:
                done.append(0)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(done) == 2_000
    assert drifting_balances() == []


def test_erasing_a_person_takes_the_typed_reason_and_keeps_the_points(people, manager):
    adjust(people[0], 30, manager, reason="Sorry for Person 0, who waited")
    erase_person(people[0], actor=None, reason="asked")
    entry = PointsTransaction.objects.get()
    assert (entry.reason, entry.points) == ("changed_by_hand", 30)
    assert drifting_balances() == []
