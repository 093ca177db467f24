"""A welcome offer beside points, and on a bill that changes after it was used."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from loyalty.errors import OfferRefused, OfferReturned
from loyalty.models import OfferUse, WelcomeOffer
from loyalty.services import check_offer_revision, claim_offer, return_offer, revise_offer, together_problem, use_offer
from tenants.business.models import BusinessSettings


@pytest.fixture
def offer(people):
    made = WelcomeOffer.objects.create(name="Tenth", discount_type="percentage", discount_value=10, minimum_purchase_minor=5_000)
    claim_offer(customer_id=people[0].pk, offer_id=made.pk)
    use_offer(customer_id=people[0].pk, offer_id=made.pk, total_minor=10_000, source_key="booking:a")
    return made


def test_together_with_points_only_where_the_business_lets_them(tenant):
    assert together_problem().reason_code == "OFFER_WITH_POINTS"
    BusinessSettings.objects.update(loyalty_may_stack=True)
    assert together_problem() is None


def test_a_bill_that_changes_changes_the_discount_and_no_other_use(offer):
    assert check_offer_revision(source_key="booking:a", total_minor=20_009).discount_minor == 2_000
    assert OfferUse.objects.get().discount_minor == 1_000, "asking changes nothing"
    assert revise_offer(source_key="booking:a", total_minor=20_009).discount_minor == 2_000
    use = OfferUse.objects.get()
    assert (use.total_minor, use.discount_minor, use.use_number, use.returned_at) == (20_009, 2_000, 1, None)


def test_a_bill_below_the_minimum_cannot_keep_it(offer):
    assert check_offer_revision(source_key="booking:a", total_minor=4_999).reason_code == "OFFER_MINIMUM_NOT_MET"
    with pytest.raises(OfferRefused, match=r"Minimum purchase of \$50 required"):
        revise_offer(source_key="booking:a", total_minor=4_999)
    assert OfferUse.objects.get().total_minor == 10_000


def test_what_was_used_in_time_stays_though_the_offer_ended_since(offer):
    WelcomeOffer.objects.update(is_active=False)
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        assert revise_offer(source_key="booking:a", total_minor=6_000).discount_minor == 600


def test_what_was_given_back_or_never_used_is_not_fitted(offer):
    return_offer(source_key="booking:a")
    for key, error in (("booking:a", OfferReturned), ("booking:b", OfferRefused)):
        with pytest.raises(error):
            revise_offer(source_key=key, total_minor=10_000)
        with pytest.raises(error):
            check_offer_revision(source_key=key, total_minor=10_000)
