"""What became of codes: used by whoever they were given to, run out once, shown, exported, and forgotten with the person."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from customers.services import erase_person, export_person, merge_customers, unmerge_customers
from loyalty.models import OfferCode
from loyalty.selectors import offer_redemptions, offer_usages, promised_codes, usable_offers
from loyalty.services import (
    claim_offer,
    create_offer,
    deactivate_offer,
    expire_offers,
    promise_offer,
    return_offer,
    use_offer,
)
from loyalty.tasks import expire_offers_everywhere
from loyalty.types import OfferWish


@pytest.fixture
def offer(tenant):
    return create_offer(OfferWish("First visit", True, 15), actor=None)


def use(customer, offer, key="booking:a", total=10_000):
    return use_offer(customer_id=customer.pk, offer_id=offer.id, total_minor=total, source_key=key)


def test_the_codes_of_all_records_are_the_persons(people, offer):
    code = promise_offer(offer.id, [people[0].pk])[people[0].pk]
    merge = merge_customers(people[1], people[0], actor=None)
    claimed = claim_offer(customer_id=people[1].pk, offer_id=offer.id)
    assert claimed.code == code
    use(people[1], offer)
    assert usable_offers(people[0].pk) == []
    unmerge_customers(merge, actor=None)
    assert promised_codes(offer.id, [people[0].pk, people[1].pk]) == {people[0].pk: code}


def test_an_offer_is_usable_while_it_runs_and_a_use_is_left(people, offer):
    assert usable_offers(people[0].pk) == []
    promise_offer(offer.id, [people[0].pk])
    assert usable_offers(people[0].pk) == []
    promise = claim_offer(customer_id=people[0].pk, offer_id=offer.id)
    assert [(found.terms, found.promise) for found in usable_offers(people[0].pk)] == [(offer, promise)]
    use(people[0], offer)
    assert usable_offers(people[0].pk) == []
    return_offer(source_key="booking:a")
    assert len(usable_offers(people[0].pk)) == 1
    with time_machine.travel(promise.expires_at + timedelta(seconds=1)):
        assert usable_offers(people[0].pk) == []
    deactivate_offer(offer.id, actor=None)
    assert usable_offers(people[0].pk) == []


def test_an_unused_offer_runs_out_once(people, offer):
    for customer in people[:3]:
        claim_offer(customer_id=customer.pk, offer_id=offer.id)
    promise_offer(offer.id, [people[3].pk])
    use(people[0], offer)
    use(people[1], offer, "booking:b")
    assert expire_offers() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        expire_offers_everywhere()
        assert OfferCode.objects.get(expired_at__isnull=False).customer_id == people[2].pk
        assert expire_offers() == 0
        return_offer(source_key="booking:b")  # what is taken back after its days ran out is as if it had never been used
        assert expire_offers() == 1
    assert OfferCode.objects.get(customer=people[3]).expired_at is None


def test_an_offer_shows_what_became_of_it(people, offer):
    other = create_offer(OfferWish("Nobody's", False, 500), actor=None)
    promise_offer(offer.id, [customer.pk for customer in people[:4]])
    for customer in people[:3]:
        claim_offer(customer_id=customer.pk, offer_id=offer.id)
    use(people[0], offer)
    use(people[1], offer, "booking:b")
    return_offer(source_key="booking:b")
    usage = {row.terms.id: (row.promised, row.claimed, row.expired, row.used, row.discount_minor) for row in offer_usages()}
    assert usage == {offer.id: (4, 3, 0, 1, 1_500), other.id: (0, 0, 0, 0, 0)}
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert {row.terms.id: row.expired for row in offer_usages()}[offer.id] == 2
        rows = offer_redemptions(offer.id).rows
    assert sorted((row.customer_id, row.status, row.discount_minor) for row in rows) == [
        (people[0].pk, "redeemed", 1_500),
        (people[1].pk, "expired", 0),
        (people[1].pk, "returned", 1_500),
        (people[2].pk, "expired", 0),
    ]
    assert all("•••" in row.phone for row in rows if row.phone)
    assert sum(row.discount_minor for row in rows if row.status == "redeemed") == 1_500


def test_redemptions_come_page_by_page(people, offer):
    for customer in people[:5]:
        claim_offer(customer_id=customer.pk, offer_id=offer.id)
    pages = [offer_redemptions(offer.id, page, 2) for page in (1, 2, 3, 99)]
    assert [(page.page, page.pages, page.total, len(page.rows)) for page in pages] == [
        (1, 3, 5, 2),
        (2, 3, 5, 2),
        (3, 3, 5, 1),
        (3, 3, 5, 1),
    ]
    assert [row.customer_id for page in pages[:3] for row in page.rows] == [customer.pk for customer in reversed(people[:5])]
    assert offer_redemptions(404).total == 0


def test_a_person_takes_their_offers_along_and_leaves_no_code_behind(people, offer):
    code = promise_offer(offer.id, [people[0].pk])[people[0].pk]
    claim_offer(customer_id=people[0].pk, offer_id=offer.id)
    use(people[0], offer)
    with zipfile.ZipFile(io.BytesIO(export_person(people[0], actor=None).content)) as archive:
        assert code in archive.read("welcome_offers.csv").decode()
        assert "1500" in archive.read("welcome_offers_used.csv").decode()
    erase_person(people[0], actor=None, reason="asked")
    kept = OfferCode.objects.get(customer=people[0])
    assert kept.code == f"GONE-{kept.pk}"
    assert offer_usages()[0].discount_minor == 1_500
