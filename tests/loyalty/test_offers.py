"""Welcome offers: promised once a person, running from the claim, used no more often than promised, returned once."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from customers.models import Customer
from customers.services import merge_customers
from loyalty.errors import OfferRefused, OfferReturned
from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.services import check_offer, claim_offer, promise_offer, return_offer, use_offer


@pytest.fixture
def offer(tenant):
    return WelcomeOffer.objects.create(name="First visit", discount_type="percentage", discount_value=15, max_discount_minor=2_000)


def use(customer, offer, key="booking:a", total=10_000):
    return use_offer(customer_id=customer.pk, offer_id=offer.pk, total_minor=total, source_key=key)


def test_everybody_gets_a_code_of_their_own_and_keeps_it(people, offer):
    ids = [customer.pk for customer in people]
    codes = promise_offer(offer.pk, ids)
    assert codes.keys() == set(ids) and len(set(codes.values())) == len(ids)
    assert all(re.fullmatch(r"WELCOME-[A-HJ-NP-Z2-9]{6}", code) for code in codes.values())
    assert promise_offer(offer.pk, ids) == codes


def test_an_offer_runs_from_the_first_claim(people, offer):
    promise_offer(offer.pk, [people[0].pk])
    with time_machine.travel(timezone.now(), tick=False):
        first = claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
        assert first.expires_at == timezone.now() + timedelta(days=30)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert claim_offer(customer_id=people[0].pk, offer_id=offer.pk) == first


def test_an_offer_cannot_be_used_before_its_claim_or_after_its_end(people, offer):
    promise_offer(offer.pk, [people[0].pk])
    with pytest.raises(OfferRefused) as refused:
        use(people[0], offer)
    assert refused.value.reason_code == "OFFER_NOT_CLAIMED"
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    with time_machine.travel(timezone.now() + timedelta(days=31)), pytest.raises(OfferRefused) as refused:
        use(people[0], offer)
    assert refused.value.reason_code == "OFFER_EXPIRED"
    assert not OfferUse.objects.exists()


def test_an_offer_switched_off_is_neither_promised_nor_claimed_nor_used(people, offer):
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    WelcomeOffer.objects.update(is_active=False)
    for attempt in (
        lambda: promise_offer(offer.pk, [people[1].pk]),
        lambda: claim_offer(customer_id=people[1].pk, offer_id=offer.pk),
        lambda: use(people[0], offer),
    ):
        with pytest.raises(OfferRefused) as refused:
            attempt()
        assert refused.value.reason_code == "OFFER_INACTIVE"


def test_a_use_is_told_again_for_the_same_thing_and_refused_for_another(people, offer):
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    first = use(people[0], offer)
    assert first.discount_minor == 1_500
    assert use(people[0], offer) == first
    with pytest.raises(OfferRefused) as refused:
        use(people[0], offer, "booking:b")
    assert refused.value.reason_code == "OFFER_USED"


def test_what_is_taken_back_gives_the_use_back_once(people, offer):
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    use(people[0], offer)
    assert return_offer(source_key="booking:a") is True
    assert return_offer(source_key="booking:a") is False
    with pytest.raises(OfferReturned):
        use(people[0], offer)
    assert use(people[0], offer, "booking:b").discount_minor == 1_500
    assert check_offer(customer_id=people[0].pk, offer_id=offer.pk, total_minor=10_000).reason_code == "OFFER_USED"


@pytest.mark.parametrize("limit", [1, 3])
def test_a_hundred_at_once_use_an_offer_as_often_as_promised(people, offer, limit):
    WelcomeOffer.objects.update(usage_limit=limit)
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    outcomes, gate, schema = [], threading.Barrier(20), connection.schema_name

    def work(worker: int) -> None:
        with schema_context(schema):
            gate.wait(10)
            for turn in range(5):
                try:
                    use(people[0], offer, f"booking:{worker}-{turn}")
                    outcomes.append("used")
                except OfferRefused as error:
                    outcomes.append(error.reason_code)
        connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert outcomes.count("used") == limit == OfferUse.objects.count()
    assert outcomes.count("OFFER_USED") == 100 - limit


def test_promised_and_claimed_at_once_there_is_one_code_and_one_claim_each(people, offer):
    ids, schema, gate = [customer.pk for customer in people], connection.schema_name, threading.Barrier(8)
    promised, claimed = [], []

    def work() -> None:
        with schema_context(schema):
            gate.wait(10)
            promised.append(promise_offer(offer.pk, ids))
            claimed.append([claim_offer(customer_id=customer_id, offer_id=offer.pk) for customer_id in ids])
        connection.close()

    workers = [threading.Thread(target=work) for _number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(promised) == len(claimed) == 8
    assert all(codes == promised[0] for codes in promised)
    assert all(promises == claimed[0] for promises in claimed)
    assert [promise.code for promise in claimed[0]] == [promised[0][customer_id] for customer_id in ids]
    assert OfferCode.objects.count() == len(ids)


def test_two_records_of_one_person_use_an_offer_once(people, offer):
    for customer in people[:2]:
        claim_offer(customer_id=customer.pk, offer_id=offer.pk)
    use(people[0], offer)
    merge_customers(people[1], people[0], actor=None)
    with pytest.raises(OfferRefused) as refused:
        use(people[1], offer, "booking:b")
    assert refused.value.reason_code == "OFFER_USED"
    assert Customer.objects.get(pk=people[0].pk).same_person_as_id == people[1].pk


def test_the_database_refuses_one_use_too_many_and_a_discount_above_the_bill(people, offer):
    claim_offer(customer_id=people[0].pk, offer_id=offer.pk)
    code = OfferCode.objects.get()
    good = {"code": code, "use_number": 1, "usage_limit": 1, "source_key": "a", "total_minor": 100, "discount_minor": 15}
    OfferUse.objects.create(**good)
    for change in ({}, {"use_number": 2}, {"use_number": 0}, {"source_key": "b"}, {"source_key": "b", "discount_minor": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OfferUse.objects.create(**{**good, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"discount_value": 0},
        {"discount_value": 101},
        {"discount_type": "fixed", "max_discount_minor": 5},
        {"max_discount_minor": 0},
        {"validity_days": 0},
        {"usage_limit": 0},
    ],
)
def test_the_database_refuses_terms_that_make_no_sense(offer, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        WelcomeOffer.objects.update(**change)
