"""Page and API hold the same limits: what a person may have coming up, and what guests may book from one machine."""

import datetime
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django_tenants.utils import schema_context

from bookings.models import Booking, Place
from bookings.policy import GUEST_UPCOMING_MAX, UPCOMING_MAX
from portal.services.limits import GUESTS_IP
from tests.bookings.conftest import Shop, at
from tests.portal.booking_form import CONTACT, cart, fields, form, press
from tests.portal.conftest import client_of
from tests.portal.test_pages import words
from tests.support.simulator import SimulatorProcess

MOST_A_DAY = GUESTS_IP[0].most
DAYS = [datetime.date(2026, 11, day) for day in (10, 11, 12, 13, 14, 16)]
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with room for everybody, and no turns taken."""
    Place.objects.update(capacity=50)


def by_api(client, shop: Shop, contact: dict[str, str] | None = None, **changed: object):
    number = next(_numbers)
    body = {"place": shop.place.pk, "services": [shop.wash.pk], "date": "2026-11-17", "time": "10:00"}
    body |= {"contact": contact or {"name": "Ben", "phone": f"512555{number + 1000:04d}"}} | changed
    return client.post("/api/booking", body, content_type="application/json", headers={"Idempotency-Key": f"a-key-{number:04d}"})


def by_page(client, shop: Shop, **typed: str):
    return press(client, form(client, cart(shop, shop.wash), **typed))


def test_who_is_signed_in_reads_at_page_and_api_that_there_is_no_room_left(shop, loyal):
    customer = loyal(500)
    for day in DAYS[:UPCOMING_MAX]:
        shop.book(at(10, day=day), customer_id=customer.pk)
    client = client_of(customer)
    page = by_page(client, shop)
    assert page.status_code == 409 and "You have 6 appointments coming up" in words(page) and fields(page)["note"] == CONTACT["note"]
    answer = by_api(client, shop)
    assert answer.status_code == 409 and answer.json()["error"] == "BOOKING_TOO_MANY_UPCOMING"
    assert answer.json()["message"] in words(page) and Booking.objects.count() == UPCOMING_MAX


def test_a_guest_reads_it_at_page_and_api_and_the_refused_take_no_turn(browser, shop):
    for day in DAYS[:GUEST_UPCOMING_MAX]:
        shop.book(at(10, day=day))
    client = browser()
    page = by_page(client, shop, phone="512 555 0142", email="")
    answer = by_api(client, shop, {"name": "Eve", "email": "ana@example.com"})
    assert page.status_code == answer.status_code == 409 and answer.json()["message"] in words(page)
    assert [by_api(client, shop).status_code for _turn in range(MOST_A_DAY + 1)] == [201] * MOST_A_DAY + [429]


def test_guests_of_one_machine_share_a_day_between_page_and_api_and_who_signs_in_does_not(browser, shop, loyal):
    assert [by_api(browser(), shop).status_code for _turn in range(MOST_A_DAY)] == [201] * MOST_A_DAY
    page, answer = by_page(browser(), shop), by_api(browser(), shop)
    assert page.status_code == answer.status_code == 429 and int(page["Retry-After"]) == int(answer["Retry-After"]) > 3_600
    assert "Many appointments were booked from here. Please sign in to book another, try again in" in words(page)
    assert fields(page)["note"] == CONTACT["note"] and answer.json()["message"][:40] in words(page)
    assert by_api(client_of(loyal(0)), shop).status_code == 201
    assert by_api(browser(REMOTE_ADDR="198.51.100.7"), shop).status_code == 201, "another machine has its own day"


def test_guests_at_once_from_one_machine_book_as_often_as_one_after_the_other(browser, shop):
    def act(_turn: int) -> int:
        try:
            with schema_context("shop"):
                return by_api(browser(), shop).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as threads:
        seen = list(threads.map(act, range(20)))
    assert sorted(seen) == [201] * MOST_A_DAY + [429] * (20 - MOST_A_DAY) and Booking.objects.count() == MOST_A_DAY


def test_where_nobody_can_count_nothing_is_booked(browser, shop, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert by_api(browser(), shop).status_code == 503 and Booking.objects.count() == 0
