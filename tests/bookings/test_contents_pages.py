"""The page on which who works here changes the services: first what it would mean, then the press."""

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from bookings.models import Booking, Place
from bookings.services import cancel
from bookings.types import Contact
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import at
from tests.bookings.test_contents import balance, bill, now_of


def page_of(booking: Booking) -> str:
    return f"/admin/bookings/day/{booking.public_id}/services/"


def test_the_owner_looks_first_and_then_presses(shop, client_of, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana, client = loyal(1_000), client_of("staff")
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=900)
    page = client.get(f"{page_of(booking)}?look=1&s={shop.wash.pk}").content.decode()
    for words in ("Express Wash", "400 points", "$0.00", "(was $60.00)", "It takes 30 min.", "500 points go back to the customer"):
        assert words in page
    assert now_of(booking).sequence == 0
    answer = client.post(page_of(booking), {"s": shop.wash.pk, "seen": 0, "due": 0}, follow=True)
    assert "Ana Silva: now Express Wash, $0.00 to pay. 500 points went back." in answer.content.decode()
    assert bill(now_of(booking)) == (4_000, 4_000, 400, 0)


def test_the_page_says_what_blocks_and_offers_the_way_out(shop, client_of, loyal):
    ana, client = loyal(500), client_of("owner")
    booking = shop.book(at(10), shop.detail, shop.wax, customer_id=ana.pk, points_requested=500)
    page = client.get(f"{page_of(booking)}?look=1&s={shop.wash.pk}").content.decode()
    assert "The 500 points cannot stay on it" in page and "Add Hand Wax or $35 more, or have the points returned." in page
    assert 'name="due"' not in page and "back=1" in page
    answer = client.post(page_of(booking), {"s": shop.wash.pk, "seen": 0, "due": 4_000})
    assert answer.status_code == 400 and "your booking total must be at least $75" in answer.content.decode()
    page = client.get(f"{page_of(booking)}?look=1&s={shop.wash.pk}&back=1").content.decode()
    assert 'name="due" value="4000"' in page and "500 points go back" in page
    assert client.post(page_of(booking), {"s": shop.wash.pk, "seen": 0, "due": 4_000, "back": "1"}).status_code == 302
    assert balance(ana) == 500


def test_the_page_offers_other_times_where_there_is_no_room(shop, client_of):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    booking, _next, client = shop.book(at(10)), shop.book(at(12), contact=Contact("Bo", "512-555-0143")), client_of("owner")
    query = f"look=1&s={shop.detail.pk}&s={shop.wax.pk}"
    page = client.get(f"{page_of(booking)}?{query}").content.decode()
    assert "somebody comes before that" in page and 'value="2026-11-10T15:00Z"' in page and 'value="2026-11-10T16:00Z"' not in page
    form = {"s": [shop.detail.pk, shop.wax.pk], "seen": 0, "due": 18_500}
    assert client.post(page_of(booking), form).status_code == 409
    assert client.post(page_of(booking), form | {"t": "2026-11-10T15:00Z"}).status_code == 302
    assert (now_of(booking).starts_at, now_of(booking).ends_at) == (at(9), at(11, 30))


@pytest.mark.parametrize("form", [{}, {"s": "x"}, {"s": "99999999"}, {"s": "-1", "seen": "0", "due": "0"}, {"t": "never", "back": "1"}])
def test_what_makes_no_sense_changes_nothing(shop, client_of, form):
    booking = shop.book(at(10))
    assert client_of("owner").post(page_of(booking), form).status_code == 400
    assert client_of("owner").get(page_of(booking), {"look": "1", **form}).status_code == 200
    assert now_of(booking).sequence == 0


def test_only_a_post_of_our_own_page_by_our_own_people_changes_services(shop, client_of, indian_tenant):
    with schema_context("shop"):
        booking = shop.book(at(10))
        form = {"s": shop.wash.pk, "seen": 0, "due": 4_000}
        client = client_of("owner")
        assert client.get(page_of(booking), form).status_code == 200
        assert Client(HTTP_HOST="shop.localhost").post(page_of(booking), form)["Location"].startswith("/admin/login/")
        forged = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
        forged.force_login(User.objects.get(email="owner@shop.example"))
        assert forged.post(page_of(booking), form).status_code == 403
    with schema_context("salon"):
        theirs = Client(HTTP_HOST="salon.localhost")
        theirs.force_login(User.objects.get(email="owner@salon.example"))
    assert theirs.get(page_of(booking)).status_code == theirs.post(page_of(booking), form).status_code == 404
    with schema_context("shop"):
        assert now_of(booking).sequence == 0
        cancel(booking)
        assert "Only the services of a confirmed" in client.get(page_of(booking), follow=True).content.decode()
