"""The owner's welcome offers: checked, audited, and never made worse for somebody they were promised to."""

from dataclasses import replace

import pytest

from loyalty.errors import BadOffer, UnknownOffer
from loyalty.models import WelcomeOffer
from loyalty.selectors import active_offers, offer_amount, offer_in_words, offer_terms
from loyalty.services import claim_offer, create_offer, deactivate_offer, edit_offer, promise_offer
from loyalty.types import OfferWish
from tenants.accounts.models import AuditEntry

TENTH = OfferWish("First visit", True, 10, max_discount_minor=20_000, minimum_purchase_minor=50_000)
FIXED = OfferWish("A hundred", False, 10_000)


@pytest.fixture
def offer(tenant):
    return create_offer(TENTH, actor=None)


def test_an_offer_is_kept_as_it_was_wished_for(offer):
    assert offer_terms(offer.id) == offer
    assert active_offers() == [offer]
    assert (offer.name, offer.is_percentage, offer.discount_value, offer.max_discount_minor) == ("First visit", True, 10, 20_000)
    line = AuditEntry.objects.get(action="offer_created")
    assert (line.subject, line.details["discount_value"]) == (f"offer:{offer.id}", 10)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": ""}, "name", "Give the offer a name"),
        ({"name": "x" * 256}, "name", "Give the offer a name"),
        ({"name": "two\nlines"}, "name", "Give the offer a name"),
        ({"name": "nothing\0here"}, "name", "Give the offer a name"),
        ({"name": "FIRST visit"}, "name", "Another welcome offer has this name"),
        ({"discount_value": 0}, "discount_value", "A percentage is a whole number from 1 to 100."),
        ({"discount_value": 101}, "discount_value", "A percentage is a whole number from 1 to 100."),
        ({"is_percentage": False, "max_discount_minor": None, "discount_value": 0}, "discount_value", "A fixed amount is between"),
        ({"is_percentage": False, "discount_value": 5_000}, "max_discount_minor", "A fixed amount has no maximum beside it"),
        ({"max_discount_minor": 0}, "max_discount_minor", "The most it takes off"),
        ({"minimum_purchase_minor": -1}, "minimum_purchase_minor", "The smallest bill is between"),
        ({"minimum_purchase_minor": 10**9}, "minimum_purchase_minor", "The smallest bill is between"),
        ({"validity_days": 0}, "validity_days", "It runs for 1 to 365 days."),
        ({"validity_days": 366}, "validity_days", "It runs for 1 to 365 days."),
        ({"usage_limit": 0}, "usage_limit", "One customer can use it 1 to 100 times."),
        ({"usage_limit": 101}, "usage_limit", "One customer can use it 1 to 100 times."),
    ],
)
def test_terms_that_make_no_sense_are_named_and_nothing_is_kept(offer, change, field, sentence):
    with pytest.raises(BadOffer) as refused:
        create_offer(replace(TENTH, **{"name": "Another", **change}), actor=None)
    assert refused.value.details["fields"][field].startswith(sentence)
    assert WelcomeOffer.objects.count() == 1


def test_every_field_that_is_wrong_is_named_at_once(tenant):
    with pytest.raises(BadOffer) as refused:
        create_offer(replace(TENTH, name="", discount_value=0, usage_limit=0), actor=None)
    assert set(refused.value.details["fields"]) == {"name", "discount_value", "usage_limit"}


def test_an_offer_nobody_has_may_change_in_every_way(offer):
    changed = edit_offer(offer.id, replace(FIXED, name="Smaller"), actor=None)
    assert offer_terms(offer.id) == changed
    assert (changed.is_percentage, changed.discount_value, changed.max_discount_minor) == (False, 10_000, None)
    line = AuditEntry.objects.get(action="offer_changed")
    assert line.details["is_percentage"] == [True, False] and line.details["name"] == ["First visit", "Smaller"]
    assert "validity_days" not in line.details


def test_what_is_saved_as_it_was_leaves_no_line(offer):
    assert edit_offer(offer.id, TENTH, actor=None) == offer
    assert not AuditEntry.objects.filter(action="offer_changed").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"is_percentage": False, "max_discount_minor": None, "discount_value": 10**6}, "discount_type"),
        ({"discount_value": 9}, "discount_value"),
        ({"max_discount_minor": 19_999}, "max_discount_minor"),
        ({"minimum_purchase_minor": 50_001}, "minimum_purchase_minor"),
        ({"validity_days": 29}, "validity_days"),
    ],
)
def test_what_was_promised_becomes_no_worse(offer, people, change, field):
    promise_offer(offer.id, [people[0].pk])
    with pytest.raises(BadOffer, match="1 person was promised this offer") as refused:
        edit_offer(offer.id, replace(TENTH, **change), actor=None)
    assert set(refused.value.details["fields"]) == {field}
    assert offer_terms(offer.id) == offer


def test_what_was_promised_may_become_better_and_keeps_its_days(offer, people):
    first = claim_offer(customer_id=people[0].pk, offer_id=offer.id)
    better = OfferWish("Better", True, 20, minimum_purchase_minor=0, validity_days=60, usage_limit=2)
    assert edit_offer(offer.id, better, actor=None).usage_limit == 2
    assert claim_offer(customer_id=people[0].pk, offer_id=offer.id).expires_at == first.expires_at


def test_an_offer_is_switched_off_once(offer):
    assert deactivate_offer(offer.id, actor=None) is True
    assert deactivate_offer(offer.id, actor=None) is False
    assert active_offers() == []
    assert AuditEntry.objects.get(action="offer_changed").details == {"is_active": [True, False]}


def test_an_offer_that_is_not_there_is_not_found(tenant):
    for act in (lambda: edit_offer(404, TENTH, actor=None), lambda: deactivate_offer(404, actor=None)):
        with pytest.raises(UnknownOffer):
            act()


def test_an_offer_is_said_with_its_limits(indian_tenant):
    tenth, fixed = create_offer(TENTH, actor=None), create_offer(FIXED, actor=None)
    assert (offer_amount(tenth), offer_amount(fixed)) == ("10%", "₹100")
    assert offer_in_words(tenth) == "10% off, at most ₹200, on bookings from ₹500"
    assert offer_in_words(fixed) == "₹100 off"
