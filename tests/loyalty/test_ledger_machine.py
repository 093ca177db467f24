"""Whatever happens to points in whatever order: every balance is the sum of its entries, and none is below zero."""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test

from customers.errors import CannotMerge, CannotUnmerge
from customers.models import ContactChange, Customer
from customers.services import merge_customers, unmerge_customers
from loyalty.errors import BadAdjustment, PointsReturned, RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances, living_record
from loyalty.services import adjust_points, apply_redemption, grant_points, reverse_redemption
from loyalty.types import RedemptionContext
from servicepro.lib.tenancy import connection
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings

PEOPLE = 4
_keys = itertools.count(1)
people_numbers = st.integers(0, PEOPLE - 1)


class Ledger(RuleBasedStateMachine):
    """Grants, redemptions, reversals, adjustments, merges and their undoing, on four people."""

    bookings = Bundle("bookings")
    merges = Bundle("merges")

    @initialize()
    def begin(self):
        BusinessSettings.objects.update(loyalty_min_cart_total=0)
        self.people = [Customer.objects.create(name=f"Person {number}") for number in range(PEOPLE)]
        self.actor = User.objects.create(email=f"machine{next(_keys)}@work.example", role="owner", is_staff=True)
        self.outside = 0

    @rule(chosen=st.sets(people_numbers, min_size=1), points=st.integers(1, 500), key=st.sampled_from("abc"))
    def grant(self, chosen, points, key):
        ids = [self.people[number].pk for number in chosen]
        campaign = f"{self.people[0].pk}-{key}"
        self.outside += points * len(grant_points(customer_ids=ids, points=points, reason="x_y", campaign_key=campaign))

    @rule(target=bookings, number=people_numbers, points=st.integers(-5, 900), total=st.integers(0, 9_000))
    def redeem(self, number, points, total):
        key, customer = f"booking:{next(_keys)}", self.people[number]
        _living, before = living_record(customer.pk)
        try:
            used = apply_redemption(RedemptionContext(customer.pk, total, True, False, points), source_key=key, reason="Booking discount")
        except RedemptionBlocked:
            assert living_record(customer.pk)[1] == before
        else:
            assert living_record(customer.pk)[1] == before - used.points_used
            self.outside -= used.points_used
        return key

    @rule(key=bookings)
    def cancel(self, key):
        returned = reverse_redemption(source_key=key, reason="Booking cancelled")
        assert reverse_redemption(source_key=key, reason="Booking cancelled") == 0
        self.outside += returned
        if PointsTransaction.objects.filter(source_key=key).exists():
            with pytest.raises(PointsReturned):
                apply_redemption(RedemptionContext(self.people[0].pk, 9_000, True, False, 1), source_key=key, reason="Booking discount")

    @rule(number=people_numbers, points=st.integers(-300, 300))
    def adjust(self, number, points):
        try:
            key = f"m{next(_keys)}"
            done = adjust_points(customer=self.people[number], points=points, reason="By hand", actor=self.actor, idempotency_key=key)
        except BadAdjustment:
            return
        self.outside += done.points

    @rule(target=merges, kept=people_numbers, gone=people_numbers)
    def merge(self, kept, gone):
        try:
            merge = merge_customers(self.people[kept], self.people[gone], actor=None)
        except CannotMerge:
            return None
        ContactChange.objects.update(changed_at="2020-01-01T00:00:00Z")  # a day passes, after which points can be used again
        return merge

    @rule(merge=consumes(merges))
    def unmerge(self, merge):
        if merge is not None:
            try:
                unmerge_customers(merge, actor=None)
            except CannotUnmerge:
                return

    @invariant()
    def everything_adds_up(self):
        if not hasattr(self, "people"):
            return
        assert drifting_balances() == []
        balances = list(
            Customer.objects.filter(pk__in=[person.pk for person in self.people]).values_list("loyalty_points_balance", flat=True)
        )
        assert min(balances) >= 0
        assert sum(balances) == self.outside

    def teardown(self):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "DELETE FROM loyalty_pointstransaction; DELETE FROM customers_customermerge; DELETE FROM customers_contactchange; DELETE FROM customers_customer"
            )
            cursor.execute("SET session_replication_role = DEFAULT")
        BusinessSettings.objects.update(loyalty_min_cart_total=7_500)


def test_a_grant_asked_for_again_after_two_merges_moves_nothing_twice(tenant):
    first, second, third = (Customer.objects.create(name=f"Person {number}") for number in range(3))
    merge_customers(second, first, actor=None)
    assert grant_points(customer_ids=[first.pk], points=5, reason="x_y", campaign_key="late") == {first.pk}
    merge_customers(third, second, actor=None)
    assert grant_points(customer_ids=[first.pk], points=5, reason="x_y", campaign_key="late") == set()
    assert [living_record(person.pk) for person in (first, second, third)] == [(third.pk, 5)] * 3
    assert drifting_balances() == []


def test_points_add_up_whatever_happens(tenant):
    calm = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Ledger, settings=calm)
