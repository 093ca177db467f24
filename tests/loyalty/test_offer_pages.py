"""The owner's pages of welcome offers: typed as a person writes, refused where it was typed, and shown with what became of them."""

import pytest
from django.test import Client

from customers.models import PersonalDataAccess
from loyalty.models import WelcomeOffer
from loyalty.services import claim_offer, create_offer, promise_offer, use_offer
from loyalty.types import OfferWish
from tenants.accounts.models import AuditEntry, User

URL = "/admin/welcome-offers/"
TYPED = {
    "name": " First   visit",
    "kind": "percentage",
    "value": "15 %",
    "cap": "$20.00",
    "minimum": "50",
    "days": "30",
    "uses": "1",
    "is_active": "on",
}


@pytest.fixture
def offer(tenant):
    return create_offer(OfferWish("First visit", True, 15, 2_000, 5_000), actor=None)


def test_an_offer_is_typed_as_a_person_writes_it(owner):
    assert "No welcome offer yet." in owner.get(URL).content.decode()
    answer = owner.post(f"{URL}new/", TYPED, follow=True)
    page = answer.content.decode()
    made = WelcomeOffer.objects.get()
    assert (made.name, made.discount_value, made.max_discount_minor, made.minimum_purchase_minor) == ("First visit", 15, 2_000, 5_000)
    assert "Saved: 15% off, at most $20, on bookings from $50." in page
    assert "15% off, at most $20, on bookings from $50" in owner.get(URL).content.decode()
    assert AuditEntry.objects.get(action="offer_created").actor.email == "owner@shop.example"


def test_a_fixed_amount_is_typed_in_money(owner):
    owner.post(f"{URL}new/", TYPED | {"kind": "fixed", "value": "$12.50", "cap": "", "minimum": ""})
    made = WelcomeOffer.objects.get()
    assert (made.discount_type, made.discount_value, made.max_discount_minor, made.minimum_purchase_minor) == ("fixed", 1_250, None, 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Give the offer a name."),
        ({"kind": "free"}, "Select a valid choice"),
        ({"value": ""}, "Say what it takes off, such as 15 or 100."),
        ({"value": "12.5"}, "Type the percentage as a whole number, such as 15."),
        ({"value": "150"}, "A percentage is a whole number from 1 to 100."),
        ({"kind": "fixed", "cap": "", "value": "-5"}, "Type an amount such as 75 or 12.50, without a minus."),
        ({"kind": "fixed", "value": "5"}, "A fixed amount has no maximum beside it."),
        ({"cap": "0"}, "The most it takes off is between"),
        ({"minimum": "lots"}, "Type an amount such as 75 or 12.50, without a minus."),
        ({"days": "0"}, "It runs for 1 to 365 days."),
        ({"days": "soon"}, "Type the days as a whole number."),
        ({"uses": "101"}, "One customer can use it 1 to 100 times."),
    ],
)
def test_what_cannot_be_kept_is_named_and_what_was_typed_stays(owner, change, says):
    answer = owner.post(f"{URL}new/", TYPED | change)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert says in page
    assert 'value="15 %"' in page or "value" in change
    assert not WelcomeOffer.objects.exists()


def test_an_offer_is_shown_to_be_changed_as_it_would_be_typed(owner, offer):
    page = owner.get(f"{URL}{offer.id}/change/").content.decode()
    for typed in ('value="First visit"', 'value="15"', 'value="20"', 'value="50"', 'value="30"', "checked"):
        assert typed in page
    saved = owner.post(f"{URL}{offer.id}/change/", TYPED | {"value": "20", "minimum": ""}, follow=True)
    assert "Saved: 20% off, at most $20." in saved.content.decode()


def test_what_was_promised_becomes_no_worse(owner, offer, people):
    promise_offer(offer.id, [people[0].pk])
    answer = owner.post(f"{URL}{offer.id}/change/", TYPED | {"value": "5"})
    assert answer.status_code == 400
    assert "1 person was promised this offer, so it takes off no less." in answer.content.decode()


def test_an_offer_shows_its_numbers_and_whoever_used_it_recorded(owner, offer, people):
    promise_offer(offer.id, [customer.pk for customer in people[:3]])
    claim_offer(customer_id=people[0].pk, offer_id=offer.id)
    use_offer(customer_id=people[0].pk, offer_id=offer.id, total_minor=10_000, source_key="booking:a")
    page = owner.get(f"{URL}{offer.id}/").content.decode()
    for said in ("Person 0", "redeemed", "$15.00", "$100.00", "+1512•••0200"):
        assert said in page
    assert "+15125550200" not in page
    assert PersonalDataAccess.objects.get(subject="welcome offer redemptions").how_many == 1
    assert "$15.00" in owner.get(URL).content.decode()


def test_an_offer_is_switched_off_with_a_button(owner, offer):
    page = owner.post(f"{URL}{offer.id}/off/", follow=True).content.decode()
    assert "Switched off." in page
    assert not WelcomeOffer.objects.get().is_active
    assert "Switch it off" not in page


def test_an_offer_that_is_not_there_is_not_found(owner):
    for path in ("404/", "404/change/"):
        assert owner.get(URL + path).status_code == 404
    assert owner.post(f"{URL}404/off/").status_code == 404


def test_only_the_owner_decides(offer):
    client = Client(headers={"host": "shop.localhost"})
    assert client.get(URL).status_code == 302
    manager = User.objects.get_or_create(email="offers-manager@work.example", defaults={"role": "manager", "is_staff": True})[0]
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"{URL}new/", TYPED | {"name": "Mine"}).status_code == 403
    assert WelcomeOffer.objects.count() == 1


def test_the_menu_leads_the_owner_there(owner):
    assert f'href="{URL}"' in owner.get("/admin/").content.decode()
