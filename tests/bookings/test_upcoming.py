"""Nobody blocks a calendar: a person has a few appointments to come, and what a guest types counts as one."""

import datetime
import uuid

import pytest
from django.db.models import Q

from bookings.errors import TooManyUpcoming
from bookings.models import Booking, Place
from bookings.policy import GUEST_UPCOMING_MAX, UPCOMING_MAX, upcoming_problem
from bookings.services import cancel, reschedule
from bookings.types import Contact
from customers.models import Customer
from loyalty.selectors import drifting_balances
from tests.bookings.conftest import at
from tests.bookings.test_booking import balance, in_parallel

DAYS = [datetime.date(2026, 11, day) for day in (10, 11, 12, 13, 14, 16, 17, 18, 19, 20)]


def test_who_signed_in_has_room_for_so_many_and_is_told(shop, loyal):
    ana = loyal(500)
    for day in DAYS[:UPCOMING_MAX]:
        shop.book(at(10, day=day), customer_id=ana.pk)
    with pytest.raises(TooManyUpcoming, match="You have 6 appointments coming up, which is as many as can be booked here. Please call us"):
        shop.book(at(10, day=DAYS[-1]), customer_id=ana.pk, points_requested=500)
    assert Booking.objects.count() == UPCOMING_MAX and balance(ana) == 500 and drifting_balances() == []


def test_what_was_cancelled_or_is_over_makes_room_and_what_was_moved_does_not(shop, loyal, clock):
    ana = loyal(0)
    booked = [shop.book(at(10, day=day), customer_id=ana.pk) for day in DAYS[:UPCOMING_MAX]]
    reschedule(booked[-1], at(14, day=DAYS[7]))
    with pytest.raises(TooManyUpcoming):
        shop.book(at(10, day=DAYS[8]), customer_id=ana.pk)
    cancel(booked[1])
    shop.book(at(10, day=DAYS[8]), customer_id=ana.pk)
    clock.move_to(at(11, day=DAYS[0]))
    shop.book(at(10, day=DAYS[9]), customer_id=ana.pk)
    with pytest.raises(TooManyUpcoming):
        shop.book(at(14, day=DAYS[9]), customer_id=ana.pk)


def test_the_same_press_again_is_the_same_appointment_also_with_no_room_left(shop, loyal):
    ana, key = loyal(0), str(uuid.uuid4())
    first = shop.book(customer_id=ana.pk, idempotency_key=key)
    for day in DAYS[1:UPCOMING_MAX]:
        shop.book(at(10, day=day), customer_id=ana.pk)
    assert shop.book(customer_id=ana.pk, idempotency_key=key).pk == first.pk


@pytest.mark.parametrize(
    "typed",
    [
        Contact("Eve", "512-555-0142", "eve@example.com"),
        Contact("Eve", "+1 (512) 555-0142"),
        Contact("Eve", "5125550166", "ANA@example.com"),
    ],
)
def test_a_guest_is_held_to_the_phone_and_the_email_that_were_typed(shop, typed):
    for day in DAYS[:GUEST_UPCOMING_MAX]:
        shop.book(at(10, day=day))
    people = Customer.objects.count()
    with pytest.raises(TooManyUpcoming, match="with this phone number or email without signing in"):
        shop.book(at(10, day=DAYS[-1]), contact=typed)
    assert (Booking.objects.count(), Customer.objects.count()) == (GUEST_UPCOMING_MAX, people)
    shop.book(at(10, day=DAYS[-1]), contact=Contact("Ben Fox", "5125550177", "ben@example.com"))


def test_what_others_typed_leaves_room_for_who_signs_in(shop, loyal):
    ana = loyal(0)
    for day in DAYS[:GUEST_UPCOMING_MAX]:
        shop.book(at(10, day=day), contact=Contact("Somebody", ana.phone))
    assert UPCOMING_MAX > GUEST_UPCOMING_MAX
    for day in DAYS[GUEST_UPCOMING_MAX:UPCOMING_MAX]:
        shop.book(at(10, day=day), customer_id=ana.pk)
    assert Booking.objects.filter(customer=ana).count() == UPCOMING_MAX


def test_records_that_are_one_person_count_as_one(shop, loyal):
    ana, older = loyal(0), loyal(0)
    for day in DAYS[:UPCOMING_MAX]:
        shop.book(at(10, day=day), customer_id=older.pk)
    Customer.objects.filter(pk=older.pk).update(same_person_as=ana)
    for record in (ana, older):
        with pytest.raises(TooManyUpcoming):
            shop.book(at(14), customer_id=record.pk)


def two_places(shop) -> None:
    Place.objects.update(capacity=40)
    shop.wash.places.add(shop.other)


def booked_anywhere(shop, position: int, **who: object) -> Booking:
    cart = shop.cart(shop.wash) if position % 2 else type(shop.cart())(shop.other.pk, (shop.wash.pk,))
    return shop.book(at(9 + position % 7, day=DAYS[position % 10]), cart=cart, **who)


def test_one_person_at_once_on_many_connections_and_at_two_places_gets_exactly_their_room(shop, loyal):
    two_places(shop)
    ana = loyal(0)
    results = in_parallel(40, lambda position: booked_anywhere(shop, position, customer_id=ana.pk))
    assert sum(isinstance(result, Booking) for result in results) == UPCOMING_MAX == Booking.objects.count()
    assert sum(isinstance(result, TooManyUpcoming) for result in results) == 40 - UPCOMING_MAX


@pytest.mark.parametrize("shared", ["phone", "email", "both"])
def test_guests_at_once_with_one_phone_or_email_get_exactly_their_room(shop, shared):
    two_places(shop)

    def typed(position: int) -> Contact:
        phone = "5125550188" if shared != "email" else f"+1512559{position:04d}"
        return Contact("Eve", phone, "eve@example.com" if shared != "phone" else f"eve{position}@example.com")

    results = in_parallel(40, lambda position: booked_anywhere(shop, position, contact=typed(position)))
    assert sum(isinstance(result, Booking) for result in results) == GUEST_UPCOMING_MAX == Booking.objects.count()
    assert sum(isinstance(result, TooManyUpcoming) for result in results) == 40 - GUEST_UPCOMING_MAX
    assert Booking.objects.filter(Q(contact_phone="+15125550188") | Q(contact_email="eve@example.com")).count() == GUEST_UPCOMING_MAX


def test_crossed_contacts_at_once_wait_for_each_other_and_never_deadlock(shop):
    two_places(shop)
    phones, emails = ("5125550188", "5125550189"), ("eve@example.com", "ben@example.com")

    def typed(position: int) -> Contact:
        return Contact("Eve", phones[position % 2], emails[position // 2 % 2])

    results = in_parallel(40, lambda position: booked_anywhere(shop, position, contact=typed(position)))
    assert {type(result) for result in results} == {Booking, TooManyUpcoming}


def test_the_rule_is_said_without_telling_a_guest_how_many_somebody_has():
    assert upcoming_problem(GUEST_UPCOMING_MAX - 1, is_guest=True) == upcoming_problem(UPCOMING_MAX - 1, is_guest=False) == ""
    assert not any(character.isdigit() for character in upcoming_problem(GUEST_UPCOMING_MAX, is_guest=True))
