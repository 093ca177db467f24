"""Booking by the API: as a guest, with points, twice, blocked, tampered with."""

import datetime
import html
from typing import get_args

import pytest
from django.utils import timezone

from bookings.models import Booking, Place, Service
from bookings.selectors import manage_token
from loyalty import policy
from loyalty.errors import OfferReason, ReasonCode
from loyalty.models import PointsTransaction
from portal.api_booking import OfferBlocked, PointsBlocked
from portal.models import PortalSession
from servicepro.api import api
from tests.bookings.conftest import Shop, at
from tests.portal.booking_form import cart
from tests.portal.conftest import client_of
from tests.support.simulator import SimulatorProcess

PATH = "/api/booking"
CONTACT = {"name": "Ben Fox", "phone": "512 555 0177"}


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop, somebody who takes messages, and no turns taken."""


def wish(shop: Shop, *services: Service, **more: object) -> dict[str, object]:
    chosen = [row.pk for row in services or (shop.detail,)]
    return {"place": shop.place.pk, "services": chosen, "date": "2026-11-10", "time": "10:00", "contact": CONTACT} | more


def points(number: int, *, use: bool = True) -> dict[str, object]:
    return {"loyalty": {"usePoints": use, "pointsRequested": number}}


def send(client, body, key: str = "a-key-of-my-own", **headers: str):
    return client.post(PATH, body, content_type="application/json", headers={"Idempotency-Key": key, **headers})


def test_a_guest_books_without_points(browser, shop):
    answer = send(browser(), wish(shop))
    booking, body = Booking.objects.get(), answer.json()
    assert answer.status_code == 201 and booking.starts_at == at(10) and booking.contact_phone == "+15125550177"
    assert (body["totalMinor"], body["dueMinor"], body["pointsUsed"], body["status"]) == (15_000, 15_000, 0, "confirmed")
    assert body["startsAt"] == "2026-11-10T16:00:00Z" and body["manageUrl"].endswith(f"/b/{manage_token(booking)}")


def test_the_same_key_brings_the_same_appointment_and_no_other(browser, shop, loyal):
    client = client_of(loyal(500))
    first, second = (send(client, wish(shop, **points(500))) for _turn in range(2))
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    assert send(client, wish(shop, shop.wash)).json()["error"] == "BOOKING_DIFFERS"
    assert Booking.objects.count() == 1 and PointsTransaction.objects.filter(kind="REDEEM").count() == 1
    assert send(browser(), wish(shop)).status_code == 201, "the keys of other people are their own"


def test_points_are_spent_in_the_same_breath(shop, loyal):
    customer = loyal(500)
    body = send(client_of(customer), wish(shop, quotedDueMinor=12_000, **points(300))).json()
    assert (body["pointsUsed"], body["discountMinor"], body["pointValueMinor"], body["dueMinor"]) == (300, 3_000, 10, 12_000)
    customer.refresh_from_db()
    assert customer.loyalty_points_balance == 200


@pytest.mark.parametrize(
    ("services", "number", "code"),
    [
        (["wash"], 100, "MIN_TOTAL_NOT_MET"),
        (["detail"], 501, "INSUFFICIENT_POINTS"),
        (["detail"], 0, "INVALID_AMOUNT"),
        (["detail"], -5, "INVALID_AMOUNT"),
    ],
)
def test_blocked_points_book_nothing(shop, loyal, services, number, code):
    customer = loyal(500)
    answer = send(client_of(customer), wish(shop, *(getattr(shop, name) for name in services), **points(number)))
    body = answer.json()
    assert answer.status_code == 400 and body["error"] == "LOYALTY_REDEMPTION_BLOCKED" and body["reasonCode"] == code and body["message"]
    customer.refresh_from_db()
    assert Booking.objects.count() == 0 and customer.loyalty_points_balance == 500


def test_a_block_says_what_would_work_in_the_words_of_the_page(shop, loyal):
    client = client_of(loyal(500))
    body = send(client, wish(shop, shop.wash, **points(100))).json()
    assert body["suggestion"] == "Add Hand Wax or $35 more, or book without points."
    page = client.get("/book/price", cart(shop, shop.wash, use="1", points="100"))
    assert body["suggestion"] in html.unescape(page.content.decode()) and body["message"] in html.unescape(page.content.decode())
    assert PointsBlocked.model_validate(body).reason_code == "MIN_TOTAL_NOT_MET"


def test_the_description_of_a_block_knows_every_reason():
    codes = {value for name, value in vars(policy).items() if name == value}
    of_offers = {code for code in codes if code.startswith("OFFER_")}
    assert len(codes - of_offers) >= 6 and codes - of_offers <= set(get_args(ReasonCode))
    assert of_offers == set(get_args(OfferReason))
    operation = api.get_openapi_schema(path_prefix="/api/")["paths"]["/api/booking"]["post"]
    blocked = operation["responses"][400]["content"]["application/json"]["examples"]["pointsBlocked"]["value"]
    assert PointsBlocked.model_validate(blocked)
    refused = operation["responses"][400]["content"]["application/json"]["examples"]["offerRefused"]["value"]
    assert OfferBlocked.model_validate(refused)


def test_add_ons_alone_need_a_main_service_for_points(shop, loyal):
    Service.objects.filter(pk=shop.wax.pk).update(price_minor=9_000)
    assert send(client_of(loyal(500)), wish(shop, shop.wax, **points(100))).json()["reasonCode"] == "NO_CORE_SERVICE"


def test_points_not_wanted_are_not_looked_at(browser, shop):
    assert send(browser(), wish(shop, **points(500, use=False))).json()["pointsUsed"] == 0


def test_points_need_a_customer_and_a_code_of_just_now(browser, shop, loyal):
    assert send(browser(), wish(shop, **points(100))).status_code == 401
    client = client_of(loyal(500))
    PortalSession.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=16))
    answer = send(client, wish(shop, **points(100)))
    assert answer.status_code == 403 and answer.json()["error"] == "CODE_NEEDED"
    assert Booking.objects.count() == 0 and send(client, wish(shop)).status_code == 201


@pytest.mark.parametrize("quoted", [{"quotedTotalMinor": 1}, {"quotedDueMinor": 0}, {"quotedTotalMinor": 15_000, "quotedDueMinor": 14_999}])
def test_another_price_than_shown_books_nothing(browser, shop, quoted):
    answer = send(browser(), wish(shop, **quoted))
    assert answer.status_code == 409 and answer.json()["error"] == "BOOKING_PRICE_CHANGED" and Booking.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"date": "2026-11-08"}, 400), ({"date": "2020-01-01"}, 400), ({"time": "03:00"}, 400), ({"time": "10:07"}, 400), ({"time": "25:00"}, 400),
        ({"date": "0001-01-01"}, 400), ({"date": "9999-12-31"}, 400), ({"date": "2027-03-14", "time": "02:30"}, 400), ({"services": []}, 400),
        ({"services": [999_999]}, 400), ({"services": [10**30]}, 400), ({"services": [1] * 41}, 400), ({"place": 999_999}, 404),
        ({"contact": {}}, 400), ({"contact": {"name": "Ben", "phone": "12"}}, 400), ({"loyalty": {"usePoints": True, "pointsRequested": 10**30}}, 400),
        ({"price": 1}, 400), ({"contact": {"name": "B\0n", "phone": "5125550177"}}, 201),
    ],
)  # fmt: skip
def test_bad_input_is_said_in_the_apis_shape_and_books_nothing(browser, shop, changed, status):
    answer = send(browser(), wish(shop) | changed)
    assert answer.status_code == status, answer.content
    if status != 201:
        assert answer.json()["error"] and answer.json()["message"] and Booking.objects.count() == 0


def test_a_taken_time_is_a_conflict(browser, shop):
    for _seat in range(2):
        shop.book()
    answer = send(browser(), wish(shop))
    assert answer.status_code == 409 and answer.json()["error"] == "BOOKING_SLOT_TAKEN"


def test_the_place_may_be_left_out_where_there_is_one(browser, shop):
    assert send(browser(), wish(shop, place=None)).status_code == 400
    Place.objects.filter(pk=shop.other.pk).update(is_active=False)
    assert send(browser(), wish(shop, place=None)).status_code == 201


def test_a_key_is_needed_and_a_page_of_another_site_cannot_book_for_a_customer(browser, shop, loyal):
    assert browser().post(PATH, wish(shop), content_type="application/json").status_code == 400
    assert send(client_of(loyal(0), enforce_csrf_checks=True), wish(shop)).status_code == 403
    assert Booking.objects.count() == 0


def test_bookings_are_limited(browser, shop):
    seen = [send(browser(), wish(shop, time="03:00"), key=f"another-{turn}") for turn in range(21)]
    assert [answer.status_code for answer in seen] == [400] * 20 + [429] and seen[-1].json()["error"] == "TOO_MANY_BOOKINGS"
