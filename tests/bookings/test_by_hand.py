"""A customer calls, and who works here books for them: the same act as on the customer's pages, without a code and without points."""

import html
import re
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django_tenants.utils import schema_context

from bookings.errors import BadCart, BookingDiffers, ClosedThen, SlotTaken, TooManyUpcoming
from bookings.models import Booking, BookingNotice, Place, Service
from bookings.services import book_by_hand
from bookings.types import Contact
from customers.models import Customer
from loyalty.models import PointsTransaction
from servicepro.lib.errors import ServiceProError
from tenants.accounts.models import AuditEntry, User
from tests.bookings.conftest import TUESDAY, Shop, at

NEW = "/admin/bookings/new/"
TEN = "2026-11-10T16:00Z"


@pytest.fixture
def owner(shop) -> User:
    return User.objects.get(email="owner@shop.example")


def hand(shop: Shop, owner: User, starts_at=None, *services: Service, **more: object) -> Booking:
    wish = {"cart": shop.cart(*services), "contact": shop.contact, "actor": owner, "idempotency_key": str(uuid.uuid4())}
    return book_by_hand(starts_at=starts_at or at(10), **(wish | more))


def form(client: Client, shop: Shop, **typed: object) -> dict[str, object]:
    """Return the filled form as a browser would send it after looking at the free times."""
    shown = {"place": shop.place.pk, "s": [shop.detail.pk], "day": "2026-11-10"}
    page = html.unescape(client.post(NEW, shown).content.decode())
    key, total = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("key", "total"))
    customer = {"name": "Ana Silva", "phone": "512-555-0142", "email": "", "note": "Blue van"}
    return {**shown, "key": key, "total": total, "t": TEN, **customer, "book": "1", **typed}


def test_who_calls_gets_an_appointment_and_is_told(shop, client_of):
    client = client_of("staff")
    answer = client.post(NEW, form(client, shop), follow=True)
    assert "Ana Silva: booked for Tue, Nov 10 at 10:00 AM, Main shop." in answer.content.decode()
    assert answer.redirect_chain == [("/admin/bookings/day/?day=2026-11-10", 302)]
    booking = Booking.objects.get()
    assert (booking.starts_at, booking.total_minor, booking.points_used, booking.note) == (at(10), 15_000, 0, "Blue van")
    assert booking.contact_phone == "+15125550142" and booking.customer.name == "Ana Silva"
    assert BookingNotice.objects.get().what == "confirmed"
    entry = AuditEntry.objects.get(action="booking_made")
    assert entry.actor.role == "staff" and entry.subject == f"booking:{booking.pk}" and entry.details["services"] == [shop.detail.pk]
    assert PointsTransaction.objects.count() == 0


def test_who_is_known_keeps_their_record_and_their_points(shop, owner, loyal):
    ana = loyal(500)
    booking = hand(shop, owner, contact=Contact("A. Silva", ana.phone))
    ana.refresh_from_db()
    assert (booking.customer_id, booking.contact_name, ana.name, ana.loyalty_points_balance) == (ana.pk, "A. Silva", "Ana Silva", 500)
    assert Customer.objects.count() == 1


def test_who_works_here_may_book_late_far_ahead_and_often(shop, owner, clock):
    for number in range(8):
        hand(shop, owner, at(9, day=TUESDAY + timedelta(days=100 + 7 * number)))
    with pytest.raises(TooManyUpcoming):
        shop.book(at(10))
    clock.move_to(at(9, 59))
    assert hand(shop, owner, at(10), shop.wash).starts_at == at(10)
    with pytest.raises(ClosedThen, match="over"):
        hand(shop, owner, at(9, 30), shop.wash)
    with pytest.raises(ClosedThen, match="not open"):
        hand(shop, owner, at(20), shop.wash)


def test_the_same_press_books_once_and_another_wish_is_not_it(shop, owner):
    key = str(uuid.uuid4())
    assert hand(shop, owner, idempotency_key=key) == hand(shop, owner, idempotency_key=key)
    with pytest.raises(BookingDiffers):
        hand(shop, owner, at(14), idempotency_key=key)
    with pytest.raises(BadCart, match="key of its own"):
        hand(shop, owner, idempotency_key="")
    assert Booking.objects.count() == 1 and AuditEntry.objects.filter(action="booking_made").count() == 1


def test_a_desk_and_twelve_customers_who_want_one_seat_get_it_once(shop, owner):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    found: list[object] = []
    door = threading.Barrier(13)

    def run(number: int) -> None:
        with schema_context("shop"):
            door.wait(20)
            try:
                contact = Contact("Bo", f"512-555-03{number:02d}")
                found.append(hand(shop, owner, contact=contact) if number % 2 else shop.book(contact=contact))
            except ServiceProError as error:
                found.append(error)
        connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(isinstance(row, Booking) for row in found) == 1 == Booking.objects.count()
    assert sum(isinstance(row, SlotTaken) for row in found) == 12


def test_looking_keeps_what_was_typed_and_books_nothing(shop, client_of):
    client = client_of("owner")
    filled = form(client, shop, name="Ana <Silva>", note="“Blue” van")
    del filled["book"]
    page = client.post(NEW, filled | {"go": "2026-11-11"}).content.decode()
    assert "Wednesday, November 11, 2026" in page and 'value="Ana &lt;Silva&gt;"' in page and "“Blue” van" in page
    assert f'name="key" value="{filled["key"]}"' in page and "2 h, $150.00." in page
    assert client.get(NEW, filled | {"book": "1"}).status_code == 200
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ({"name": "", "phone": "", "email": ""}, 400, "Please leave a phone number or an email address"),
        ({"phone": "12"}, 400, "We cannot read this phone number"),
        ({"email": "nobody"}, 400, "email"),
        ({"t": ""}, 400, "choose one of the times shown"),
        ({"t": "2026-11-11T16:00Z"}, 400, "choose one of the times shown"),
        ({"day": "2026-11-12"}, 400, "choose one of the times shown"),
        ({"t": "2026-11-10T02:00Z", "day": "2026-11-09"}, 400, "We are not open"),
        ({"t": "2026-11-09T13:00Z", "day": "2026-11-09"}, 400, "This time is over"),
        ({"s": []}, 400, "at least one service"),
        ({"s": ["99999999"]}, 400, "does not exist"),
        ({"total": "1"}, 409, "The price has changed to $150.00"),
        ({"total": "-1"}, 409, "The price has changed"),
        ({"key": ""}, 400, "key of its own"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(shop, client_of, typed, status, says):
    client = client_of("owner")
    answer = client.post(NEW, form(client, shop) | typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == status and says in page and 'value="Blue van"' in page
    assert not Booking.objects.exists() and not Customer.objects.exists()


def test_a_time_that_is_gone_meanwhile_is_no_longer_offered(shop, client_of):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    client = client_of("owner")
    filled = form(client, shop)
    shop.book(at(10), contact=Contact("Bo", "512-555-0143"))
    answer = client.post(NEW, filled)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Somebody just took that time" in page and f'value="{TEN}"' not in page and "512-555-0142" in page


def test_a_business_without_a_catalog_reads_what_is_missing(tenant, shop, client_of):
    Service.objects.update(is_active=False)
    assert "it takes a place with opening hours and a service" in client_of("owner").get(NEW).content.decode()
    Place.objects.update(is_active=False)
    assert client_of("owner").get(NEW).status_code == client_of("owner").post(NEW, {"book": "1"}).status_code == 200


def test_strangers_other_sites_and_neighbours_book_nothing(shop, client_of, indian_tenant):
    with schema_context("shop"):
        filled = form(client_of("owner"), shop)
        assert Client(HTTP_HOST="shop.localhost").post(NEW, filled)["Location"].startswith("/admin/login/")
        forged = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
        forged.force_login(User.objects.get(email="owner@shop.example"))
        assert forged.post(NEW, filled).status_code == 403
    with schema_context("salon"):
        theirs = Client(HTTP_HOST="salon.localhost")
        theirs.force_login(User.objects.get(email="owner@salon.example"))
    assert b"Main shop" not in theirs.post(NEW, filled).content
    with schema_context("salon"):
        assert not Booking.objects.exists()
    with schema_context("shop"):
        assert not Booking.objects.exists()


def test_day_and_week_lead_to_it(shop, client_of):
    client = client_of("staff")
    for page in ("/admin/bookings/day/?day=2026-11-10", "/admin/bookings/week/"):
        assert f'href="{NEW}?day=' in client.get(page).content.decode()
