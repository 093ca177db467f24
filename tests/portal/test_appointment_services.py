"""Who has the link to an appointment changes its services, sees first what it means, and never spends more points than were on it."""

import html

import pytest
from django_tenants.utils import schema_context

from bookings.models import Booking, Place
from bookings.selectors import manage_token
from bookings.services import cancel, reschedule
from bookings.types import Contact
from customers.models import Customer
from loyalty.selectors import drifting_balances
from tenants.accounts.models import AuditEntry
from tests.bookings.conftest import Shop, at, make_shop
from tests.conformance.walk import fingerprint
from tests.support.simulator import SimulatorProcess


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop, somebody who takes messages, and no turns taken."""


def page_of(booking: Booking) -> str:
    return f"/b/{manage_token(booking)}/services"


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def seen_by(answer: object) -> str:
    return html.unescape(answer.content.decode())


def test_a_customer_adds_a_service_after_seeing_the_bill(browser, shop, loyal):
    ana, client = loyal(500), browser()
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=500)
    assert "/services" in seen_by(client.get(f"/b/{manage_token(booking)}"))
    page = seen_by(client.get(page_of(booking), {"look": "1", "s": [shop.detail.pk, shop.wax.pk]}))
    for words in (
        "Full Interior Detail",
        "Hand Wax",
        "500 points",
        "-$50",
        "$135",
        "It was $100. It takes 2 h 30 min.",
        'name="due" value="13500"',
    ):
        assert words in page
    form = {"s": [shop.detail.pk, shop.wax.pk], "seen": 0, "due": 13_500}
    answer = client.post(page_of(booking), form, follow=True)
    assert "Your appointment is changed. This is how it stands." in seen_by(answer) and "Hand Wax" in seen_by(answer)
    booking.refresh_from_db()
    assert (booking.total_minor, booking.due_minor, booking.points_used, booking.ends_at) == (18_500, 13_500, 500, at(12, 30))
    entry = AuditEntry.objects.get(action="booking_services_changed")
    assert entry.actor is None and entry.details["by"] == "customer"
    assert client.post(page_of(booking), form).status_code == 303  # pressed twice
    assert Booking.objects.get().sequence == 1


def test_dropping_the_main_service_is_refused_unless_the_points_go_back(browser, shop, loyal):
    ana, client = loyal(500), browser()
    booking = shop.book(at(10), shop.detail, shop.wax, customer_id=ana.pk, points_requested=500)
    page = seen_by(client.get(page_of(booking), {"look": "1", "s": shop.wax.pk}))
    assert "Your points cannot stay on this bill" in page and "or have the points returned." in page
    assert 'name="due"' not in page
    form = {"s": shop.wax.pk, "seen": 0, "due": 3_500}
    answer = client.post(page_of(booking), form)
    assert answer.status_code == 400 and "total must be at least $75" in seen_by(answer)
    assert balance(ana) == 0 and Booking.objects.get().sequence == 0
    page = seen_by(client.get(page_of(booking), {"look": "1", "s": shop.wax.pk, "back": "1"}))
    assert "500 points go back to your account" in page
    assert client.post(page_of(booking), form | {"back": "1"}).status_code == 303
    assert (balance(ana), drifting_balances(), Booking.objects.get().points_used) == (500, [], 0)


def test_where_there_is_no_room_other_times_are_offered(browser, shop):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    booking, _next, client = shop.book(at(10)), shop.book(at(12), contact=Contact("Bo", "512-555-0143")), browser()
    wanted = {"s": [shop.detail.pk, shop.wax.pk]}
    page = seen_by(client.get(page_of(booking), {"look": "1", **wanted}))
    assert "somebody comes before that" in page and 'value="2026-11-10T15:00Z"' in page and "Bo" not in page
    form = {**wanted, "seen": 0, "due": 18_500}
    assert client.post(page_of(booking), form).status_code == 409
    assert client.post(page_of(booking), form | {"t": "2026-11-10T15:00Z"}).status_code == 303
    assert Booking.objects.get(pk=booking.pk).starts_at == at(9)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"s": "x", "seen": "0", "due": "0"}, 400),
        ({"s": "99999999", "seen": "0", "due": "0"}, 400),
        ({"s": "{wash}", "due": "4000"}, 409),
        ({"s": "{wash}", "seen": "0"}, 409),
        ({"s": "{wash}", "seen": "0", "due": "1"}, 409),
        ({"s": "{wash}", "seen": "7", "due": "4000"}, 200),
        ({"s": "{wash}", "seen": "0", "due": "4000", "t": "2026-11-10T03:00Z"}, 400),
        ({"s": "{wash}", "seen": "0", "due": "4000", "t": "2020-01-01T15:00Z"}, 400),
    ],
)
def test_what_was_tampered_with_changes_nothing(browser, shop, form, status):
    booking = shop.book(at(10))
    before = fingerprint("shop")
    filled = {name: value.format(wash=shop.wash.pk) for name, value in form.items()}
    answer = browser().post(page_of(booking), filled)
    assert answer.status_code in (status, 409) and "roblem" in seen_by(answer)
    assert fingerprint("shop") == before


def test_looking_changes_nothing_however_often(browser, shop, loyal):
    booking = shop.book(at(10), customer_id=loyal(500).pk, points_requested=500)
    before, client = fingerprint("shop"), browser()
    for query in (
        {},
        {"look": "1"},
        {"look": "1", "s": shop.wash.pk},
        {"look": "1", "s": shop.wash.pk, "back": "1", "t": "2026-11-10T15:00Z"},
    ):
        assert client.get(page_of(booking), query).status_code in (200, 400)
        assert client.head(page_of(booking), query).status_code in (200, 400)
    assert fingerprint("shop") == before


def test_what_began_is_over_or_moved_meanwhile_is_not_changed(browser, shop, clock):
    booking, client = shop.book(at(10)), browser()
    form = {"s": shop.wash.pk, "seen": 0, "due": 4_000}
    reschedule(booking, at(11))
    assert client.post(page_of(booking), form).status_code == 409
    clock.move_to(at(11, 1))
    assert "cannot be changed any more" in seen_by(client.post(page_of(booking), form | {"seen": 1}))
    clock.move_to(at(9))
    cancel(Booking.objects.get())
    assert "cannot be changed any more" in seen_by(client.get(page_of(booking)))
    assert Booking.objects.get().lines.get().name == "Full Interior Detail"


def test_the_link_of_another_business_changes_nothing_here(browser, shop, indian_tenant):
    with schema_context("salon"):
        theirs = make_shop()
        booking = theirs.book(contact=Contact("Meera", "+919812345678"))
        path = page_of(booking)
    client = browser()
    assert client.get(path).status_code == client.post(path, {"s": theirs.wash.pk, "seen": 0, "due": 4_000}).status_code == 404
    with schema_context("salon"):
        assert Booking.objects.get().sequence == 0


def test_an_appointment_is_changed_ten_times_a_day_at_most(browser, shop):
    booking, client = shop.book(at(10)), browser()
    codes = []
    for number in range(11):
        service, due = ((shop.wash, 4_000), (shop.detail, 15_000))[number % 2]
        booking.refresh_from_db()
        codes.append(client.post(page_of(booking), {"s": service.pk, "seen": booking.sequence, "due": due}).status_code)
    assert codes == [303] * 10 + [429]
