"""What a link to an appointment opens, changes and keeps from others."""

import datetime
import uuid

import pytest
from django_tenants.utils import schema_context

from bookings.models import Booking, Place
from bookings.selectors import manage_token
from bookings.services import cancel
from bookings.types import Contact
from customers.models import Customer
from tests.bookings.conftest import Shop, at, make_shop
from tests.conformance.walk import fingerprint
from tests.portal.booking_form import CONTACT, TEN, cart, fields, form, press
from tests.portal.conftest import client_of
from tests.portal.test_pages import words
from tests.support.simulator import SimulatorProcess


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop, somebody who takes messages, and no turns taken."""


def test_the_draft_can_be_read_by_nobody_else(browser, shop):
    client = browser()
    press(client, form(client, cart(shop)), action="time")
    kept = client.cookies["booking_draft"]
    assert "Ben" not in kept.value and kept["httponly"]
    for value in ("junk", kept.value[:-4] + "AAAA", ""):
        client.cookies["booking_draft"] = value
        assert fields(client.get("/book/details", cart(shop)))["name"] == ""


def test_another_businesss_place_service_and_link_open_nothing(browser, shop, indian_tenant):
    with schema_context("salon"):
        theirs = make_shop()
        Place.objects.filter(pk=theirs.place.pk).update(name="Salon of the neighbour")
        booking = theirs.book(contact=Contact("Meera", "+919812345678"))
        token = manage_token(booking)
    client = browser()
    assert browser("salon.localhost").get(f"/b/{token}").status_code == 200
    for way in ("", "/move", "/calendar.ics"):
        answer = client.get(f"/b/{token}{way}")
        assert answer.status_code == 404 and b"Salon" not in answer.content and b"Meera" not in answer.content
    assert client.post(f"/b/{token}/cancel").status_code == client.post(f"/b/{token}/move", {"t": TEN}).status_code == 404
    with schema_context("salon"):
        assert Booking.objects.get().status == "confirmed"
    with schema_context("shop"):
        filled = form(client, cart(shop))
        for changed in ({"place": "987654"}, {"s": ["987654"]}, {"place": str(shop.other.pk), "s": [str(shop.wash.pk)]}):
            assert press(client, filled, **changed).status_code in (400, 404)
        assert Booking.objects.count() == 0


def test_links_cut_or_changed_are_told_apart_from_nothing(browser, shop):
    token = manage_token(shop.book())
    for broken in (token[:-1], token + "A", token[:-2] + "zz", "x", "0" * 40, "é"):
        answer = browser().get(f"/b/{broken}")
        assert answer.status_code == 404 and "does not open an appointment" in words(answer)


def test_opening_any_link_changes_nothing(browser, shop, loyal):
    customer = loyal(500)
    shop.book(customer_id=customer.pk, points_requested=100)
    token, before, client = manage_token(Booking.objects.get()), fingerprint("shop"), browser()
    for path in (
        f"/b/{token}",
        f"/b/{token}/move",
        f"/b/{token}/calendar.ics",
        f"/b/{token}?done=cancelled",
        "/book",
        "/book/time",
        "/book/details",
    ):
        for method in ("get", "head"):
            assert getattr(client, method)(path, cart(shop)).status_code in (200, 409), path
    assert client.get(f"/b/{token}/cancel").status_code == 405
    assert fingerprint("shop") == before and not client.cookies.get("portal_session")


def test_cancelling_gives_the_points_back_once_and_says_so(browser, shop, loyal):
    customer = loyal(500)
    path = f"/b/{manage_token(shop.book(customer_id=customer.pk, points_requested=200))}"
    assert "Your 200 points go back to your account" in words(browser().get(path))
    for _turn in range(2):
        answer = browser().post(f"{path}/cancel")
        assert answer.status_code == 303
        page = words(browser().get(answer["Location"]))
        assert "Your appointment is cancelled." in page and "Your 200 points are back on your account." in page
    customer.refresh_from_db()
    assert customer.loyalty_points_balance == 500


def test_moving_keeps_prices_and_takes_another_time(browser, shop):
    booking = shop.book()
    path = f"/b/{manage_token(booking)}"
    assert "2:00 PM" in words(browser().get(f"{path}/move?day=2026-11-10"))
    answer = browser().post(f"{path}/move", {"t": "2026-11-10T20:00Z"})
    assert answer.status_code == 303 and "Tuesday, November 10 at 2:00 PM" in words(browser().get(answer["Location"]))
    booking.refresh_from_db()
    assert booking.starts_at == at(14) and booking.sequence == 1


@pytest.mark.parametrize("when", ["", "x", "2026-11-08T16:00Z", "2026-11-10T04:00Z", "2026-11-10T18:00Z"])
def test_moving_to_where_nothing_is_free_changes_nothing(browser, shop, when):
    booking = shop.book()
    for _seat in range(2):
        shop.book(at(12))
    answer = browser().post(f"/b/{manage_token(booking)}/move", {"t": when})
    assert answer.status_code in (400, 409) and "There is a problem" in words(answer)
    booking.refresh_from_db()
    assert booking.starts_at == at(10)


def test_what_has_begun_or_is_cancelled_is_not_changed_any_more(browser, shop, clock):
    booking = shop.book()
    path = f"/b/{manage_token(booking)}"
    clock.move_to(at(10, 30))
    assert browser().post(f"{path}/cancel").status_code == browser().post(f"{path}/move", {"t": "2026-11-12T16:00Z"}).status_code == 409
    assert b"/cancel" not in browser().get(path).content
    clock.move_to(at(10) + datetime.timedelta(days=40))
    assert browser().get(path).status_code == 410


def test_changes_and_bookings_are_limited(browser, shop):
    path = f"/b/{manage_token(shop.book())}"
    times = ["2026-11-10T20:00Z", "2026-11-10T16:00Z"] * 6
    assert [browser().post(f"{path}/move", {"t": when}).status_code for when in times] == [303] * 10 + [429] * 2
    client, seen = browser(), []
    for _turn in range(21):
        seen.append(press(client, form(client, cart(shop)), name=""))
    assert [answer.status_code for answer in seen] == [400] * 20 + [429]
    assert "Please try again in" in words(seen[-1]) and int(seen[-1]["Retry-After"]) > 0 and fields(seen[-1])["note"] == CONTACT["note"]


def test_a_page_of_another_site_cannot_book_or_cancel(shop, loyal):
    customer = loyal(500)
    token = manage_token(shop.book())
    lured = client_of(customer, enforce_csrf_checks=True)
    choice = cart(shop, **CONTACT, action="confirm", key=uuid.uuid4().hex, total="15000", due="15000")
    assert client_of(customer).get(f"/b/{token}")["Referrer-Policy"] == "same-origin", "browsers send the origin with the forms"
    assert lured.post("/book/details", choice).status_code == lured.post(f"/b/{token}/cancel").status_code == 403
    assert Booking.objects.filter(status="confirmed").count() == 1


def test_appointments_stand_at_home_with_their_links(shop, loyal):
    customer = loyal(0)
    coming, gone = shop.book(customer_id=customer.pk), shop.book(at(13), customer_id=customer.pk)
    cancel(gone)
    stranger = Customer.objects.create(name="Else", phone="+15125550999")
    shop.book(at(15), customer_id=stranger.pk)
    page = client_of(customer).get("/portal/")
    assert manage_token(coming) in page.content.decode() and "Tuesday, November 10 at 10:00 AM" in words(page)
    assert "1:00 PM, 2026" in words(page) and "Cancelled" in words(page) and "3:00 PM" not in words(page)
