"""Points used on a booking: only what is needed, together with it or not at all, and back once when it is cancelled."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django_tenants.utils import schema_context

from customers.errors import UnknownCustomer
from customers.models import Customer
from customers.services import merge_customers, unmerge_customers
from loyalty.errors import PointsReturned, RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import apply_redemption, check_redemption_eligibility, grant_points, reverse_redemption
from loyalty.types import RedemptionContext
from tenants.business.models import BusinessSettings


def wish(customer, points=500, total=10_000, *, core=True, add_ons=False):
    return RedemptionContext(customer.pk, total, core, add_ons, points)


def redeem(customer, points=500, total=10_000, key="booking:a"):
    return apply_redemption(wish(customer, points, total), source_key=key, reason="Booking discount", metadata={"booking": "a"})


def balance(customer):
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


@pytest.fixture
def ana(people):
    grant_points(customer_ids=[people[0].pk], points=500, reason="port_recovery_500_points", campaign_key="c1")
    return people[0]


def test_points_become_a_discount_and_an_entry(ana):
    used = redeem(ana)
    entry = PointsTransaction.objects.get(pk=used.transaction_id)
    assert (used.points_used, used.discount_minor, used.point_value_minor) == (500, 5000, 10)
    assert (entry.kind, entry.points, entry.origin, entry.source_key) == ("REDEEM", -500, "", "booking:a")
    assert entry.metadata == {"booking": "a", "cart_total_minor": 10_000, "discount_minor": 5000, "point_value_minor": 10}
    assert balance(ana) == 0
    assert drifting_balances() == []


def test_only_the_points_needed_are_spent(ana):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    used = redeem(ana, 500, 1_995)
    assert (used.points_used, used.discount_minor) == (200, 1_995)
    assert balance(ana) == 300
    BusinessSettings.objects.update(loyalty_min_cart_total=7500)


def test_a_blocked_redemption_says_which_rule_and_takes_nothing(ana):
    with pytest.raises(RedemptionBlocked) as blocked:
        redeem(ana, 500, 7_499)
    assert (blocked.value.status, blocked.value.code, blocked.value.reason_code) == (400, "LOYALTY_REDEMPTION_BLOCKED", "MIN_TOTAL_NOT_MET")
    assert "$75" in blocked.value.message
    assert balance(ana) == 500
    assert PointsTransaction.objects.filter(kind="REDEEM").count() == 0


def test_asking_holds_nothing(ana):
    assert check_redemption_eligibility(wish(ana)).can_redeem
    assert check_redemption_eligibility(wish(ana, 501)).reason_code == "INSUFFICIENT_POINTS"
    assert balance(ana) == 500


def test_nobody_has_no_points(people):
    context = RedemptionContext(10**9, 10_000, True, False, 5)
    with pytest.raises(UnknownCustomer):
        check_redemption_eligibility(context)
    with pytest.raises(UnknownCustomer):
        apply_redemption(context, source_key="booking:x", reason="Booking discount")


def test_the_same_purchase_takes_points_once(ana):
    first = redeem(ana, 200)
    assert redeem(ana, 200) == first
    assert balance(ana) == 300


def test_an_error_after_the_redemption_leaves_neither(ana):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        redeem(ana)
        _ = 1 // 0
    assert balance(ana) == 500
    assert not PointsTransaction.objects.filter(kind="REDEEM").exists()


def test_points_go_back_once(ana):
    used = redeem(ana, 300)
    assert reverse_redemption(source_key="booking:a", reason="Booking cancelled") == 300
    assert reverse_redemption(source_key="booking:a", reason="Booking cancelled") == 0
    assert balance(ana) == 500
    assert PointsTransaction.objects.get(kind="REVERSE").reverses_id == used.transaction_id
    assert drifting_balances() == []
    with pytest.raises(PointsReturned):
        redeem(ana, 300)


def test_what_took_no_points_returns_none(ana):
    assert reverse_redemption(source_key="booking:nothing", reason="Booking cancelled") == 0


def test_booking_and_cancelling_over_and_over_changes_nothing(ana):
    for turn in range(10):
        redeem(ana, 500, key=f"booking:{turn}")
        assert reverse_redemption(source_key=f"booking:{turn}", reason="Booking cancelled") == 500
    assert balance(ana) == 500


def test_an_entry_is_reversed_once_by_the_database_itself(ana):
    used = redeem(ana, 300)
    reverse_redemption(source_key="booking:a", reason="Booking cancelled")
    with pytest.raises(IntegrityError):
        PointsTransaction.objects.create(customer=ana, kind="REVERSE", points=300, reason="x", reverses_id=used.transaction_id)


@pytest.mark.parametrize(
    "fields",
    [{"kind": "REVERSE", "points": 5}, {"kind": "EARN", "points": 5, "origin": ""}, {"kind": "EARN", "points": 5, "origin": "luck"}],
)
def test_the_database_refuses_entries_that_explain_nothing(ana, fields):
    with pytest.raises(IntegrityError):
        PointsTransaction.objects.create(customer=ana, reason="x", **fields)


def test_only_a_reversal_says_what_it_reverses(ana):
    with pytest.raises(IntegrityError):
        PointsTransaction.objects.create(customer=ana, kind="ADJUST", points=5, reason="x", reverses=PointsTransaction.objects.get())


@pytest.mark.parametrize("statement", ["UPDATE loyalty_pointstransaction SET origin = 'earned'", "DELETE FROM loyalty_pointstransaction"])
def test_the_past_stays_as_it_was(ana, statement):
    redeem(ana)
    with pytest.raises(DatabaseError, match="only ever added"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_merged_record_uses_the_points_of_the_person(people, ana):
    kept = people[1]
    merge_customers(kept, ana, actor=None)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        used = redeem(ana, 500)
    assert PointsTransaction.objects.get(pk=used.transaction_id).customer_id == kept.pk
    assert (balance(kept), balance(ana)) == (0, 0)


def test_points_used_before_a_merge_go_back_to_who_stands_for_the_person(people, ana):
    kept = people[1]
    redeem(ana, 500)
    merge = merge_customers(kept, ana, actor=None)
    assert reverse_redemption(source_key="booking:a", reason="Booking cancelled") == 500
    assert (balance(kept), balance(ana)) == (500, 0)
    unmerge_customers(merge, actor=None)
    assert (balance(kept), balance(ana)) == (0, 500)
    assert drifting_balances() == []


def test_two_hundred_at_once_spend_the_same_points_once(ana):
    turns, together = [], threading.Semaphore(150)

    def spend(number):
        with together, schema_context("shop"):
            try:
                turns.append(redeem(ana, 500, key=f"booking:{number}").points_used)
            except RedemptionBlocked as blocked:
                turns.append(blocked.reason_code)
            finally:
                connections.close_all()

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(200)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(turns, key=str) == [500] + ["INSUFFICIENT_POINTS"] * 199
    assert balance(ana) == 0
    assert drifting_balances() == []
