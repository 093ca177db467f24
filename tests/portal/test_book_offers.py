"""Booking with a welcome offer: on the page, over the API, on the bill, on the appointment and on the team's pages."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking
from bookings.selectors import manage_token
from customers.models import Customer
from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.services import claim_offer, promise_offer
from portal.models import PortalSession
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import Shop, at
from tests.bookings.conftest import client_of as team_browser
from tests.portal.booking_form import CONTACT, cart, fields, form, press
from tests.portal.conftest import client_of
from tests.portal.test_book_api import points, send, wish
from tests.portal.test_pages import words
from tests.support.simulator import SimulatorProcess

__all__ = ["team_browser"]  # who works here


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop, somebody who takes messages, and no turns taken."""


@pytest.fixture
def offer(shop: Shop) -> WelcomeOffer:
    """A fifth off, at most $20, on bills from $50, once."""
    return WelcomeOffer.objects.create(
        name="First visit", discount_type="percentage", discount_value=20, max_discount_minor=2_000, minimum_purchase_minor=5_000
    )


@pytest.fixture
def ana(loyal, offer) -> Customer:
    made = loyal(500)
    claim_offer(customer_id=made.pk, offer_id=offer.pk)
    return made


@pytest.fixture
def client(ana: Customer) -> Client:
    return client_of(ana)


def ways(answer) -> dict[str, bool]:
    """Return what the page lets be chosen, and whether it is."""
    found = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"( checked)?', answer.content.decode())
    return {f"{name} {value}": bool(checked) for name, value, checked in found}


def expire() -> None:
    OfferCode.objects.update(claimed_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1))


def test_the_offer_is_on_the_bill_before_anything_is_pressed(client, shop, offer):
    page = client.get("/book/details", cart(shop))
    said = words(page)
    assert ways(page) == {f"with {offer.pk}": True, "with points": False, "with none": False}
    assert "20% off, at most $20, on bookings from $50" in said and OfferCode.objects.get().code in said
    assert "until Wednesday, December 9" in said and "Total $150 First visit -$20 To pay on site $130" in said
    assert not OfferUse.objects.exists()


def test_one_press_books_with_it_and_every_page_says_so(client, shop, offer, team_browser):
    done = press(client, form(client, cart(shop)))
    booking = Booking.objects.get()
    assert done.status_code == 303 and (booking.offer_discount_minor, booking.due_minor, booking.points_used) == (2_000, 13_000, 0)
    page = words(client.get(done["Location"]))
    assert f"First visit {booking.offer_code} -$20" in page and "To pay on site $130" in page and "0 points" not in page
    owner = team_browser("owner")
    day = words(owner.get("/admin/bookings/day/?day=2026-11-10"))
    assert "First visit took $20.00 off" in day and "Taken off by welcome offers $20.00" in day and "the welcome offer goes back" in day
    record = words(owner.get(f"/admin/bookings/booking/{booking.pk}/change/"))
    assert booking.offer_code in record and "$20.00" in record
    cancelled = words(client.post(f"/b/{manage_token(booking)}/cancel", follow=True))
    assert "Your welcome offer can be used again until Wednesday, December 9 at 8:00 AM" in cancelled
    assert ways(client.get("/book/details", cart(shop)))[f"with {offer.pk}"]


def test_points_or_neither_can_be_chosen_instead_and_not_both(client, shop, offer):
    filled = form(client, cart(shop))
    shown = press(client, filled, **{"with": "points"})
    assert shown.status_code == 200 and "as you want them now" in words(shown) and "500 points -$50" in words(shown)
    neither = press(client, fields(shown), action="update", **{"with": "none"})
    assert "To pay on site $150" in words(neither) and ways(neither)["with none"]
    assert press(client, fields(neither), action="confirm").status_code == 303
    booking = Booking.objects.get()
    assert (booking.points_used, booking.offer_id, booking.due_minor) == (0, None, 15_000) and not OfferUse.objects.exists()


def test_another_choice_than_the_bill_shows_is_looked_at_again_first(client, shop, offer):
    filled = form(client, cart(shop))
    answer = press(client, filled, **{"with": "none"})
    assert answer.status_code == 200 and "This is the bill as you want to pay it now. Nothing is booked yet." in words(answer)
    assert Booking.objects.count() == 0 and press(client, fields(answer), action="confirm").status_code == 303
    assert Booking.objects.get().due_minor == 15_000


def test_what_was_declined_stays_declined_on_the_way_back(client, shop, offer):
    away = press(client, form(client, cart(shop)), action="time", **{"with": "none"})
    assert "offer=0" in away["Location"]
    kept = fields(client.get(away["Location"]))
    assert kept["offer"] == "0" and fields(client.get("/book", cart(shop, offer="0", t="")))["offer"] == "0"
    assert ways(client.get("/book/details", cart(shop, offer="0")))["with none"]


def test_where_both_may_be_the_offer_stands_beside_the_points(client, shop, offer, ana):
    BusinessSettings.objects.update(loyalty_may_stack=True)
    page = client.get("/book/details", cart(shop, use="1", points=""))
    assert ways(page) == {f"offer {offer.pk}": True, "offer 0": False} and 'name="use" value="1" checked' in page.content.decode()
    assert "First visit -$20 500 points -$50 To pay on site $80" in words(page)
    assert press(client, fields(page) | CONTACT, action="confirm").status_code == 303
    booking = Booking.objects.get()
    assert (booking.offer_discount_minor, booking.discount_minor, booking.points_used, booking.due_minor) == (2_000, 5_000, 500, 8_000)
    answer = words(client.get(f"/b/{manage_token(booking)}"))
    assert "Total $150" in answer and "-$20 500 points -$50 To pay on site $80" in answer


def test_points_that_were_chosen_are_not_put_aside_for_an_offer(client, shop, offer):
    page = client.get("/book/details", cart(shop, use="1", points="100"))
    assert ways(page)["with points"] and "100 points -$10" in words(page)


def test_a_bill_that_is_too_small_says_what_it_takes(client, shop, offer):
    assert ways(client.get("/book/details", cart(shop, shop.wash)))["with none"], "what cannot be used is not suggested"
    page = client.get("/book/price", cart(shop, shop.wash, **{"with": str(offer.pk)}))
    assert "Your welcome offer cannot be used like this Minimum purchase of $50 required." in words(page)
    assert "To pay on site $40" in words(page)
    filled = form(client, cart(shop, shop.wash), **{"with": str(offer.pk)}, shown_offer=str(offer.pk))
    answer = press(client, filled)
    assert answer.status_code == 400 and Booking.objects.count() == 0 and fields(answer)["name"] == CONTACT["name"]
    assert press(client, fields(answer), action="without-offer").status_code == 303
    assert Booking.objects.get().due_minor == 4_000


def test_an_offer_that_ran_out_between_bill_and_press_books_nothing_and_says_so(client, shop, offer):
    filled = form(client, cart(shop))
    expire()
    answer = press(client, filled)
    said = words(answer)
    assert answer.status_code == 400 and "Offer has expired. Nothing is booked yet; the bill above is without it." in said
    assert "To pay on site $150" in said and ways(answer) == {} and Booking.objects.count() == 0
    assert {name: fields(answer)[name] for name in CONTACT} == CONTACT, "what was typed stays"
    assert press(client, fields(answer), action="confirm").status_code == 303
    assert Booking.objects.get().due_minor == 15_000


def test_who_is_signed_out_meanwhile_is_asked_to_sign_in(client, shop, offer):
    filled = form(client, cart(shop))
    PortalSession.objects.update(ended_at=timezone.now())
    answer = press(client, filled)
    assert answer.status_code == 401 and "Please sign in to use your welcome offer" in words(answer) and Booking.objects.count() == 0


def test_a_double_click_uses_it_once(client, shop, offer):
    filled = form(client, cart(shop))
    first, second = press(client, filled), press(client, filled)
    assert first["Location"] == second["Location"] and Booking.objects.count() == OfferUse.objects.count() == 1


@pytest.mark.parametrize("way", ["-1", "99999999", "x", "1e9", "²", "points'--", "9" * 40])
def test_strange_offers_take_nothing_off(client, shop, offer, way):
    page = client.get("/book/price", cart(shop, **{"with": way}))
    assert page.status_code == 200 and "To pay on site $150" in words(page)
    answer = press(client, form(client, cart(shop)), **{"with": way})
    assert answer.status_code in (200, 400) and Booking.objects.count() == 0


def test_somebody_elses_offer_is_not_shown_and_not_used(loyal, shop, offer, ana):
    other = client_of(loyal(0))
    page = other.get("/book/details", cart(shop, offer=str(offer.pk)))
    assert ways(page) == {} and OfferCode.objects.get().code not in page.content.decode()
    answer = press(other, fields(page) | CONTACT, action="confirm", offer=str(offer.pk), shown_offer=str(offer.pk))
    assert answer.status_code == 400 and Booking.objects.count() == 0


def test_a_guest_is_told_that_an_offer_can_be_used_after_signing_in(browser, shop, offer):
    page = browser().get("/book/details", cart(shop, offer=str(offer.pk)))
    assert "Do you have points or a welcome offer?" in words(page) and "To pay on site $150" in words(page)


def test_what_was_promised_is_had_by_registering_at_the_bill(loyal, shop, offer):
    ben = loyal(0)
    promise_offer(offer.pk, [ben.pk])
    client = client_of(ben)
    page = client.get("/book/details", cart(shop))
    assert "A welcome offer is waiting for you 20% off, at most $20, on bookings from $50." in words(page)
    assert OfferCode.objects.get(customer=ben).claimed_at is None and ways(page) == {}
    away = press(client, fields(page) | CONTACT, action="register")
    assert away.status_code == 302 and OfferCode.objects.get(customer=ben).claimed_at is not None
    again = client.get(away["Location"])
    assert ways(again)[f"with {offer.pk}"] and {name: fields(again)[name] for name in CONTACT} == CONTACT
    ben.refresh_from_db()
    assert ben.registered_at is not None
    assert press(client, fields(again), action="confirm").status_code == 303
    assert Booking.objects.get().offer_discount_minor == 2_000


def test_who_is_promised_nothing_reads_of_no_offer_and_cannot_take_one(loyal, shop, offer):
    client = client_of(loyal(0))
    page = client.get("/book/details", cart(shop))
    assert "waiting for you" not in words(page)
    press(client, fields(page) | CONTACT, action="register")
    assert not OfferCode.objects.exists() and Booking.objects.count() == 0


def test_other_services_keep_it_or_say_why_not_and_how(client, shop, offer, ana):
    booking = shop.book(at(10), cart=shop.cart(shop.wash, shop.wax, offer_id=offer.pk), customer_id=ana.pk)
    path = f"/b/{manage_token(booking)}/services"
    more = words(client.get(path, {"look": "1", "s": [shop.detail.pk]}))
    assert "First visit -$20" in more and "To pay on site $130" in more
    blocked = client.get(path, {"look": "1", "s": [shop.wash.pk]})
    assert "Your welcome offer cannot stay on this bill Minimum purchase of $50 required." in words(blocked)
    assert 'name="due"' not in blocked.content.decode()
    answer = client.post(path, {"s": [shop.wash.pk], "seen": 0, "due": 4_000})
    assert answer.status_code == 400 and OfferUse.objects.get().returned_at is None
    (link,) = re.findall(r'href="([^"]+offer_back=1[^"]*)"', blocked.content.decode())
    back = client.get(link.replace("&amp;", "&"))
    assert "To pay on site $40" in words(back) and 'name="offer_back" value="1"' in back.content.decode()
    done = client.post(path, {"s": [shop.wash.pk], "seen": 0, "due": 4_000, "offer_back": "1"})
    assert done.status_code == 303 and OfferUse.objects.get().returned_at is not None
    assert (Booking.objects.get().offer_id, Booking.objects.get().due_minor) == (None, 4_000)


def test_the_team_sees_and_gives_back_an_offer_when_services_change(shop, offer, ana, team_browser):
    booking = shop.book(at(10), cart=shop.cart(shop.wash, shop.wax, offer_id=offer.pk), customer_id=ana.pk)
    owner, path = team_browser("owner"), f"/admin/bookings/day/{booking.public_id}/services/"
    assert "First visit -$20.00" in words(owner.get(f"{path}?look=1&s={shop.detail.pk}"))
    page = owner.get(f"{path}?look=1&s={shop.wash.pk}")
    assert "The welcome offer cannot stay on it. Minimum purchase of $50 required." in words(page)
    assert "offer_back=1" in page.content.decode() and 'name="due"' not in page.content.decode()
    posted = {"s": shop.wash.pk, "seen": 0, "due": 4_000}
    assert owner.post(path, posted).status_code == 400
    answer = owner.post(path, posted | {"offer_back": "1"}, follow=True)
    assert "$40.00 to pay. The welcome offer went back." in words(answer) and OfferUse.objects.get().returned_at is not None


def test_the_team_gives_it_back_by_cancelling(shop, offer, ana, team_browser):
    booking = shop.book(cart=shop.cart(offer_id=offer.pk), customer_id=ana.pk)
    answer = team_browser("owner").post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "cancelled"}, follow=True)
    assert "cancelled. The welcome offer went back." in words(answer) and OfferUse.objects.get().returned_at is not None


def test_a_program_books_with_an_offer(client, shop, offer):
    body = send(client, wish(shop, offerId=offer.pk, quotedDueMinor=13_000)).json()
    assert (body["offerId"], body["offerCode"], body["offerDiscountMinor"]) == (offer.pk, OfferCode.objects.get().code, 2_000)
    assert body["totalMinor"] - body["offerDiscountMinor"] - body["discountMinor"] == body["dueMinor"] == 13_000
    assert send(client, wish(shop, offerId=offer.pk, quotedDueMinor=13_000)).json() == body and OfferUse.objects.count() == 1


def test_a_program_that_uses_none_is_told_so(browser, shop):
    body = send(browser(), wish(shop)).json()
    assert (body["offerId"], body["offerCode"], body["offerDiscountMinor"]) == (None, "", 0)


@pytest.mark.parametrize(
    ("more", "change", "reason"),
    [
        ({}, expire, "OFFER_EXPIRED"),
        ({}, lambda: WelcomeOffer.objects.update(is_active=False), "OFFER_INACTIVE"),
        ({}, lambda: WelcomeOffer.objects.update(minimum_purchase_minor=99_900), "OFFER_MINIMUM_NOT_MET"),
        (points(100), lambda: None, "OFFER_WITH_POINTS"),
    ],
)
def test_a_program_is_told_which_rule_refuses_an_offer_and_nothing_is_booked(client, shop, offer, more, change, reason):
    change()
    answer = send(client, wish(shop, offerId=offer.pk, **more))
    body = answer.json()
    assert (answer.status_code, body["error"], body["reasonCode"]) == (400, "LOYALTY_OFFER_REFUSED", reason) and body["message"]
    assert not Booking.objects.exists() and not OfferUse.objects.exists()


def test_a_program_of_a_guest_or_with_a_strange_offer_books_nothing(browser, client, shop, offer):
    answer = send(browser(), wish(shop, offerId=offer.pk))
    assert (answer.status_code, answer.json()["error"]) == (401, "BOOKING_OFFER_NEEDS_SIGN_IN")
    for strange in (0, -1, 10**30, "x"):
        assert send(client, wish(shop, offerId=strange)).status_code == 400
    assert send(client, wish(shop, offerId=999_999)).json()["reasonCode"] == "OFFER_INACTIVE"
    assert not Booking.objects.exists()
