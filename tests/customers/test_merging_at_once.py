"""Merging by several at once, and in any order."""

import itertools
import threading
from typing import Any

import pytest
from django.db import connections
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.errors import CannotMerge, CannotUnmerge
from customers.models import (
    Customer,
    CustomerMerge,
)
from customers.services import (
    merge_customers,
    unmerge_customers,
)
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from tests.customers.merges import A, B, balance, grant, person


def at_once(*works: Any) -> list[str]:
    """Run each work on a connection of its own, all starting together; return what came of each."""
    answers, gate = [], threading.Barrier(len(works))

    def run(work: Any) -> None:
        with schema_context("shop"):
            gate.wait(5)
            try:
                work()
                answers.append("done")
            except CannotMerge as error:
                answers.append(error.message)
        connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return sorted(answers)


@pytest.mark.parametrize("is_crossed", [False, True])
def test_of_two_merging_one_pair_at_once_exactly_one_does(tenant, is_crossed):
    kept, gone = person(phone=A), person(phone=B)
    grant(kept, 100), grant(gone, 200)
    pairs = [(kept, gone), (gone, kept) if is_crossed else (kept, gone)]
    answers = at_once(*(lambda pair=pair: merge_customers(*pair, actor=None) for pair in pairs))
    assert len(answers) == 2 and answers.count("done") == 1
    assert any("merged already" in answer for answer in answers)
    assert CustomerMerge.objects.count() == 1
    assert sorted((balance(kept), balance(gone))) == [0, 300]
    assert drifting_balances() == []


def test_a_circle_cannot_close(tenant):
    one, two, three = person("1"), person("2"), person("3")
    works = [lambda pair=pair: merge_customers(*pair, actor=None) for pair in ((one, two), (two, three), (three, one))]
    answers = at_once(*works)
    assert answers.count("done") <= 2
    heads = {row.pk: row.same_person_as_id for row in Customer.objects.all()}
    assert any(head is None for head in heads.values())
    assert all(head is None or heads[head] is None for head in heads.values())


def test_grants_and_a_merge_at_once_add_up(tenant):
    kept, gone = person(phone=A), person(phone=B)
    works = [lambda number=number: grant((kept, gone)[number % 2], 10) for number in range(6)]
    at_once(*works, lambda: merge_customers(kept, gone, actor=None))
    assert balance(kept) + balance(gone) == 60
    assert drifting_balances() == []


_STEPS = st.lists(
    st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4))
    | st.tuples(st.just("undo"), st.integers(0, 9), st.just(0))
    | st.tuples(st.just("grant"), st.integers(0, 4), st.integers(1, 50)),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, shapes=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=5, max_size=5))
def test_whatever_is_merged_and_undone_the_points_add_up_and_everything_comes_back(tenant, steps, shapes):
    Customer.objects.update(same_person_as=None)
    numbers = itertools.count(200)
    people = [
        person(
            f"P{index}" if named else "",
            phone=f"+1512555{next(numbers):04d}" if reachable else None,
            sms_opt_out=refuses,
            tags=[f"t{index}"],
            email=f"{index}@example.com" if named else None,
        )
        for index, (named, reachable, refuses) in enumerate(shapes)
    ]
    granted, merges = 0, []
    for kind, one, two in steps:
        if kind == "grant":
            grant(people[one], two)
            granted += two
        elif kind == "merge":
            try:
                merges.append(merge_customers(people[one], people[two], actor=None))
            except CannotMerge:
                continue
        elif one < len(merges):
            try:
                unmerge_customers(merges[one], actor=None)
            except CannotUnmerge:
                continue
        assert sum(balance(row) for row in people) == granted
        assert drifting_balances() == []
    before_points = {row.pk: 0 for row in people}
    for merge in reversed(merges):
        if not CustomerMerge.objects.get(pk=merge.pk).undone_at:
            unmerge_customers(merge, actor=None)
    for row in people:
        fresh = Customer.objects.get(pk=row.pk)
        same = ("name", "phone", "email", "sms_opt_out", "tags", "same_person_as_id")
        assert [getattr(fresh, column) for column in same] == [getattr(row, column) for column in same]
        earned = PointsTransaction.objects.filter(customer=row, kind="EARN").values_list("points", flat=True)
        before_points[row.pk] = sum(earned)
        assert fresh.loyalty_points_balance == before_points[row.pk]
    for row in people:
        Customer.objects.filter(pk=row.pk).update(phone=None, email=None)
