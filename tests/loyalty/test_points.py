"""The points ledger: only added to, never below zero, once per campaign, always adding up."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import grant_points


def grant(ids, key="c1"):
    return grant_points(customer_ids=ids, points=500, reason="port_recovery_500_points", campaign_key=key)


def test_a_grant_happens_once_per_campaign_and_customer(people):
    ids = [person.pk for person in people]
    assert grant(ids) == set(ids)
    assert grant(ids) == set()
    assert grant(ids, "c2") == set(ids)
    assert set(Customer.objects.values_list("loyalty_points_balance", flat=True)) == {1000}
    assert drifting_balances() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loyalty_pointstransaction SET points = 1",
        "DELETE FROM loyalty_pointstransaction",
        "TRUNCATE loyalty_pointstransaction CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_past(people, statement):
    grant([people[0].pk])
    with pytest.raises(DatabaseError, match="only ever added"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_balance_never_goes_below_zero(people):
    with pytest.raises(IntegrityError):
        Customer.objects.filter(pk=people[0].pk).update(loyalty_points_balance=-1)


def test_an_entry_has_the_sign_of_its_kind(people):
    with pytest.raises(IntegrityError):
        PointsTransaction.objects.create(customer=people[0], kind="EARN", points=-5, reason="x")


def test_parallel_grants_of_one_campaign_count_once(people):
    ids = [person.pk for person in people]

    def work() -> None:
        with schema_context("shop"):
            grant(ids)
        connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(Customer.objects.values_list("loyalty_points_balance", flat=True)) == {500}
    assert drifting_balances() == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.integers(0, 9))), max_size=6))
def test_whatever_is_granted_in_whatever_order_adds_up(people, rounds):
    for key, chosen in rounds:
        grant([people[index].pk for index in chosen], f"p-{key}")
    assert drifting_balances() == []
