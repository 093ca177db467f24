"""Whatever happens to a welcome offer in whatever order: it is used as often as promised, in its days, and the sums stand."""

import datetime
import itertools

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test

from customers.errors import CannotMerge, CannotUnmerge
from customers.models import Customer
from customers.services import merge_customers, unmerge_customers
from loyalty.errors import OfferRefused, OfferReturned
from loyalty.models import OfferCode, OfferUse
from loyalty.selectors import living_record, offer_usage, usable_offers
from loyalty.services import check_offer, claim_offer, create_offer, expire_offers, promise_offer, return_offer, use_offer
from loyalty.types import OfferWish

PEOPLE, DAYS = 4, 10
_keys = itertools.count(1)
numbers = st.integers(0, PEOPLE - 1)


class Offers(RuleBasedStateMachine):
    """Promises, claims, uses, returns, merges and their undoing, on four people, while days pass."""

    bookings = Bundle("bookings")
    merges = Bundle("merges")

    @initialize(limit=st.integers(1, 3), registered=st.sets(numbers, min_size=2))
    def begin(self, limit, registered):
        self.clock = time_machine.travel(datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC), tick=False)
        self.hands = self.clock.start()
        self.people = [Customer.objects.create(name=f"Person {number}") for number in range(PEOPLE)]
        wish = OfferWish(f"Offer {next(_keys)}", True, 10, minimum_purchase_minor=1_000, validity_days=DAYS, usage_limit=limit)
        self.offer = create_offer(wish, actor=None)
        self.standing = {}
        self.returned = set()
        for number in registered:
            self.claim(number)

    def teardown(self):
        if hasattr(self, "clock"):
            self.clock.stop()

    def records(self, number):
        """Return all records of the person, the standing one first."""
        living = living_record(self.people[number].pk)[0]
        return [living, *Customer.objects.filter(same_person_as_id=living).values_list("pk", flat=True)]

    def uses_of(self, records):
        return OfferUse.objects.filter(code__customer_id__in=records, code__offer_id=self.offer.id, returned_at=None).count()

    @rule(chosen=st.sets(numbers, min_size=1))
    def promise(self, chosen):
        ids = [self.people[number].pk for number in chosen]
        codes = promise_offer(self.offer.id, ids)
        assert promise_offer(self.offer.id, ids) == codes and len(set(codes.values())) == len(ids)

    @rule(number=numbers)
    def claim(self, number):
        first = claim_offer(customer_id=self.people[number].pk, offer_id=self.offer.id)
        assert claim_offer(customer_id=self.people[number].pk, offer_id=self.offer.id) == first

    @rule(target=bookings, number=numbers, total=st.sampled_from([999, 1_000, 5_555, 70_000]))
    def use(self, number, total):
        key, customer, records = f"booking:{next(_keys)}", self.people[number], self.records(number)
        before = self.uses_of(records)
        check = check_offer(customer_id=customer.pk, offer_id=self.offer.id, total_minor=total)
        assert bool(usable_offers(customer.pk)) == (check.is_valid or check.reason_code == "OFFER_MINIMUM_NOT_MET")
        try:
            used = use_offer(customer_id=customer.pk, offer_id=self.offer.id, total_minor=total, source_key=key)
        except OfferRefused as error:
            assert (check.is_valid, error.reason_code) == (False, check.reason_code)
            assert self.uses_of(records) == before
        else:
            assert check.is_valid and used.discount_minor == check.discount_minor == total // 10
            assert self.uses_of(records) == before + 1 <= self.offer.usage_limit
            self.standing[key] = used.discount_minor
        return key

    @rule(key=bookings)
    def cancel(self, key):
        assert return_offer(source_key=key) is (key in self.standing)
        assert return_offer(source_key=key) is False
        if self.standing.pop(key, None):
            self.returned.add(key)
        if key in self.returned:
            with pytest.raises(OfferReturned):
                use_offer(customer_id=self.people[0].pk, offer_id=self.offer.id, total_minor=5_555, source_key=key)

    @rule(target=merges, kept=numbers, gone=numbers)
    def merge(self, kept, gone):
        try:
            return merge_customers(self.people[kept], self.people[gone], actor=None)
        except CannotMerge:
            return None

    @rule(merge=consumes(merges))
    def undo(self, merge):
        if merge is None:
            return
        try:
            unmerge_customers(merge, actor=None)
        except CannotUnmerge:
            return

    @rule(days=st.integers(1, 4))
    def pass_days(self, days):
        self.hands.shift(datetime.timedelta(days=days))
        expire_offers()
        assert expire_offers() == 0

    @invariant()
    def what_is_counted_is_what_stands(self):
        if not hasattr(self, "offer"):
            return
        usage = offer_usage(self.offer)
        assert (usage.used, usage.discount_minor) == (len(self.standing), sum(self.standing.values()))
        assert usage.promised >= usage.claimed >= usage.expired
        written = OfferCode.objects.filter(offer_id=self.offer.id, expired_at__isnull=False)
        assert not written.filter(uses__returned_at=None, uses__isnull=False).exists()


def test_an_offer_keeps_its_promise_whatever_happens(tenant):
    run_state_machine_as_test(
        Offers,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
