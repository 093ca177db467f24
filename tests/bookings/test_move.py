"""Somebody calls: the people who work here move the appointment, through the same door as the customer, and it is on record."""

import re
import threading
from datetime import UTC, date, timedelta

import pytest
from django.db import connections
from django.test import Client
from django_tenants.utils import schema_context

from bookings.errors import BadCart, ChangedMeanwhile, NotChangeable, SlotTaken, UnknownPlace
from bookings.models import Booking, BookingNotice, Place
from bookings.selectors import slots_of_days
from bookings.services import cancel, reschedule
from bookings.types import Cart, Contact
from customers.models import PersonalDataAccess
from tenants.accounts.models import AuditEntry, User
from tests.bookings.conftest import TUESDAY, at

WEDNESDAY = TUESDAY + timedelta(days=1)


@pytest.fixture
def owner(shop) -> User:
    return User.objects.get(email="owner@shop.example")


def move_page(booking: Booking) -> str:
    return f"/admin/bookings/day/{booking.public_id}/move/"


def key(hour: int, minute: int = 0, day: date = TUESDAY) -> str:
    return f"{at(hour, minute, day).astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def now_of(booking: Booking) -> Booking:
    return Booking.objects.get(pk=booking.pk)


def test_the_owner_moves_an_appointment_to_another_day_and_place(shop, client_of):
    booking, client = shop.book(at(10)), client_of("owner")
    page = client.get(f"{move_page(booking)}?day=2026-11-11&place={shop.other.pk}").content.decode()
    assert "Ana Silva" in page and "Wednesday, November 11, 2026, Airport" in page and f'value="{key(9, day=WEDNESDAY)}"' in page
    answer = client.post(move_page(booking), {"t": key(9, day=WEDNESDAY), "place": shop.other.pk, "seen": 0}, follow=True)
    assert "Ana Silva: now Wed, Nov 11 at 9:00 AM, Airport." in answer.content.decode()
    assert answer.redirect_chain == [("/admin/bookings/day/?day=2026-11-11", 302)]
    moved = now_of(booking)
    assert (moved.place, moved.starts_at, moved.ends_at, moved.sequence) == (shop.other, at(9, day=WEDNESDAY), at(11, day=WEDNESDAY), 1)
    assert BookingNotice.objects.filter(booking=booking, what="moved", sequence=1).count() == 1
    entry = AuditEntry.objects.get(action="booking_moved")
    assert entry.actor.email == "owner@shop.example" and entry.subject == f"booking:{booking.pk}"
    assert entry.details["was_place"] == shop.place.pk and entry.details["place"] == shop.other.pk
    assert PersonalDataAccess.objects.filter(subject=f"booking:{booking.pk}", customer=booking.customer_id).count() == 1


def test_only_what_is_free_is_offered_and_a_lost_race_changes_nothing(shop, client_of):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    booking, client = shop.book(at(10)), client_of("owner")
    assert f'value="{key(14)}"' in client.get(f"{move_page(booking)}?day=2026-11-10").content.decode()
    shop.book(at(14), contact=Contact("Bo", "512-555-0143"))
    answer = client.post(move_page(booking), {"t": key(14), "place": shop.place.pk, "day": "2026-11-10", "seen": 0})
    page = answer.content.decode()
    assert answer.status_code == 409 and "Somebody just took that time" in page and f'value="{key(14)}"' not in page
    assert now_of(booking).starts_at == at(10) and not AuditEntry.objects.filter(action="booking_moved").exists()
    assert not BookingNotice.objects.filter(what="moved").exists()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"t": key(18)}, "not open for all of that time"),
        ({"t": key(9, day=TUESDAY - timedelta(days=8))}, "This time is over"),
        ({"t": "soon"}, "choose one of the times shown"),
        ({}, "choose one of the times shown"),
        ({"t": key(9), "place": "999999"}, "choose one of the times shown"),
        ({"t": key(9, 7)}, "choose one of the times shown"),
        ({"t": key(9), "seen": "x"}, "was changed since you opened the page"),
        ({"t": key(9, day=TUESDAY + timedelta(days=500))}, "too far ahead"),
    ],
)
def test_what_is_not_offered_is_said_and_changes_nothing(shop, client_of, form, says):
    booking = shop.book(at(10))
    answer = client_of("owner").post(move_page(booking), {"place": shop.place.pk, "seen": 0} | form)
    assert answer.status_code in (400, 409) and says in answer.content.decode()
    assert (now_of(booking).starts_at, now_of(booking).sequence) == (at(10), 0)


def test_a_page_that_is_old_moves_nothing_and_pressing_twice_moves_once(shop, client_of):
    booking, client = shop.book(at(10)), client_of("owner")
    reschedule(booking, at(11))  # the customer was quicker
    answer = client.post(move_page(booking), {"t": key(14), "place": shop.place.pk, "seen": 0})
    assert answer.status_code == 409 and "was changed since" in answer.content.decode() and now_of(booking).starts_at == at(11)
    for _press in range(2):
        assert client.post(move_page(booking), {"t": key(14), "place": shop.place.pk, "seen": 1}).status_code == 302
    assert now_of(booking).sequence == 2 and AuditEntry.objects.filter(action="booking_moved").count() == 2


def test_looking_moves_nothing_and_only_a_post_does(shop, client_of):
    booking, client = shop.book(at(10)), client_of("owner")
    assert client.get(f"{move_page(booking)}?t={key(14)}&place={shop.place.pk}&seen=0").status_code == 200
    assert client.put(move_page(booking)).status_code == 405
    assert now_of(booking).starts_at == at(10)
    forged = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    forged.force_login(User.objects.get(email="owner@shop.example"))
    assert forged.post(move_page(booking), {"t": key(14), "place": shop.place.pk, "seen": 0}).status_code == 403
    stranger = Client(HTTP_HOST="shop.localhost")
    assert stranger.get(move_page(booking))["Location"].startswith("/admin/login/")
    assert now_of(booking).starts_at == at(10)


def test_what_is_cancelled_is_moved_by_nobody(shop, owner, client_of):
    booking = shop.book(at(10))
    cancel(booking)
    with pytest.raises(NotChangeable, match="confirmed"):
        reschedule(booking, at(14), owner, place_id=shop.other.pk)
    answer = client_of("owner").get(move_page(booking), follow=True)
    assert "Only a confirmed appointment can be moved" in answer.content.decode()


def test_a_place_that_does_not_offer_it_takes_no_appointment(shop, owner, client_of):
    booking = shop.book(at(10), shop.detail, shop.wax)
    with pytest.raises(BadCart, match="Airport does not offer Hand Wax"):
        reschedule(booking, at(10), owner, place_id=shop.other.pk)
    page = client_of("owner").get(f"{move_page(booking)}?place={shop.other.pk}").content.decode()
    assert "Airport does not offer Hand Wax" in page and 'name="t"' not in page
    Place.objects.filter(pk=shop.other.pk).update(is_active=False)
    with pytest.raises(UnknownPlace):
        reschedule(shop.book(at(14)), at(10), owner, place_id=shop.other.pk)
    assert now_of(booking).place == shop.place


def test_a_customer_whose_appointment_went_elsewhere_looks_again(shop, owner):
    stale = shop.book(at(10))
    reschedule(stale, at(10), owner, place_id=shop.other.pk)
    with pytest.raises(ChangedMeanwhile):
        reschedule(stale, at(14))
    assert now_of(stale).place == shop.other


def test_staff_see_times_at_the_last_minute_and_beyond_the_customers_horizon(shop, clock):
    clock.move_to(at(9, 50))
    own = slots_of_days(shop.place, TUESDAY, 1, 120)[TUESDAY]
    staffs = slots_of_days(shop.place, TUESDAY, 1, 120, is_staff=True)[TUESDAY]
    assert own[0].starts_at == at(12) and staffs[0].starts_at == at(10)
    far = TUESDAY + timedelta(days=100)
    assert not slots_of_days(shop.place, far, 1, 120)[far] and slots_of_days(shop.place, far, 1, 120, is_staff=True)[far]


def test_eight_moves_to_one_seat_at_once_are_one(shop, owner):
    Place.objects.filter(pk=shop.other.pk).update(capacity=1)
    booked = [shop.book(at(9 + number % 4 * 2), contact=Contact("Bo", f"512-555-02{number:02d}")) for number in range(8)]
    outcomes: list[str] = []
    door = threading.Barrier(len(booked))

    def run(booking: Booking) -> None:
        with schema_context("shop"):
            door.wait(20)
            try:
                reschedule(booking, at(9, day=WEDNESDAY), owner, place_id=shop.other.pk, seen=0)
                outcomes.append("moved")
            except SlotTaken:
                outcomes.append("taken")
        connections.close_all()

    threads = [threading.Thread(target=run, args=(booking,)) for booking in booked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["moved"] + ["taken"] * 7
    assert Booking.objects.filter(place=shop.other).count() == 1
    assert Booking.objects.filter(sequence=0, starts_at__date=TUESDAY).count() == 7


def test_two_appointments_change_places_without_waiting_for_each_other(shop, owner):
    first, second = shop.book(at(10)), shop.book(at(10), cart=Cart(shop.other.pk, (shop.detail.pk,)))

    def run(booking: Booking, place: Place) -> None:
        with schema_context("shop"):
            reschedule(booking, at(14), owner, place_id=place.pk)
        connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in ((first, shop.other), (second, shop.place))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (now_of(first).place, now_of(second).place) == (shop.other, shop.place)


def test_another_business_finds_nothing_to_move(shop, indian_tenant):
    with schema_context("shop"):
        booking = shop.book(at(10))
    with schema_context("salon"):
        client = Client(HTTP_HOST="salon.localhost")
        client.force_login(User.objects.get(email="owner@salon.example"))
    for method in ("get", "post"):
        assert getattr(client, method)(move_page(booking), {"t": key(14), "seen": 0}).status_code == 404
    with schema_context("shop"):
        assert now_of(booking).starts_at == at(10)


def test_the_day_leads_to_moving(shop, client_of):
    booking = shop.book(at(10))
    assert re.search(rf'href="{move_page(booking)}"', client_of("staff").get("/admin/bookings/day/?day=2026-11-10").content.decode())
