"""Moving and ending appointments: availability is asked again, points go back once, and what happened is on record."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django_tenants.utils import schema_context

from bookings.errors import ClosedThen, LinkExpired, NotChangeable, SlotTaken, UnknownBooking
from bookings.models import Booking, Place, Service
from bookings.selectors import (
    booking_by_token,
    bookings_of_customer,
    bookings_of_day,
    manage_token,
    past_carts,
    slots_of_day,
)
from bookings.services import cancel, reschedule, set_status
from bookings.types import Contact
from customers.models import Customer
from customers.services import merge_customers, unmerge_customers
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import back_test_guardrails, guardrails
from loyalty.types import PastCart
from tenants.accounts.models import AuditEntry, User
from tests.bookings.conftest import TUESDAY, at


@pytest.fixture
def owner(shop) -> User:
    return User.objects.get(email="owner@shop.example")


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def test_cancelling_gives_back_the_time_and_the_points_once(shop, loyal):
    ana = loyal(500)
    booking = shop.book(customer_id=ana.pk, points_requested=500)
    cancelled = cancel(booking)
    assert (cancelled.status, cancelled.cancelled_by, cancelled.sequence) == ("cancelled", "customer", 1)
    assert (cancelled.discount_minor, cancelled.points_used) == (5_000, 500)
    assert balance(ana) == 500 and drifting_balances() == []
    assert cancel(booking).sequence == 1 and cancel(booking).cancelled_at == cancelled.cancelled_at
    assert balance(ana) == 500 and PointsTransaction.objects.filter(kind="REVERSE").count() == 1
    assert AuditEntry.objects.get(action="booking_cancelled").details["points_returned"] == 500
    assert shop.book(at(10)).seat == 1


def test_ten_cancels_at_once_give_the_points_back_once(shop, loyal):
    ana = loyal(500)
    booking = shop.book(customer_id=ana.pk, points_requested=500)

    def run() -> None:
        with schema_context("shop"):
            cancel(booking)
        connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert balance(ana) == 500 and PointsTransaction.objects.filter(kind="REVERSE").count() == 1
    assert AuditEntry.objects.filter(action="booking_cancelled").count() == 1


def test_moving_asks_again_whether_the_time_is_free(shop):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    booking, _other = shop.book(at(9)), shop.book(at(13), contact=Contact("Bo", "512-555-0143"))
    with pytest.raises(SlotTaken):
        reschedule(booking, at(12))
    with pytest.raises(ClosedThen):
        reschedule(booking, at(16))
    moved = reschedule(booking, at(10))  # over its own time
    assert (moved.starts_at, moved.ends_at, moved.sequence, moved.status) == (at(10), at(12), 1, "confirmed")
    assert reschedule(moved, at(10)).sequence == 1
    assert AuditEntry.objects.filter(action="booking_moved").count() == 1
    shop.place.refresh_from_db()
    assert at(9) not in {slot.starts_at for slot in slots_of_day(shop.place, TUESDAY, 120)}
    assert at(9) in {slot.starts_at for slot in slots_of_day(shop.place, TUESDAY, 120, moving=moved)}


def test_a_move_keeps_prices_points_and_withdrawn_services(shop, loyal):
    ana = loyal(500)
    booking = shop.book(customer_id=ana.pk, points_requested=500)
    Service.objects.update(is_active=False, price_minor=1)
    moved = reschedule(booking, at(14))
    assert (moved.due_minor, moved.points_used, balance(ana)) == (10_000, 500, 0)


def test_what_began_or_was_cancelled_is_changed_by_nobody_with_a_link(shop, clock):
    booking = shop.book(at(10))
    clock.move_to(at(10, 1))
    for change in (lambda: cancel(booking), lambda: reschedule(booking, at(14))):
        with pytest.raises(NotChangeable, match="begun"):
            change()
    clock.move_to(at(7))
    cancel(booking)
    with pytest.raises(NotChangeable, match="cancelled"):
        reschedule(booking, at(14))


def test_the_owner_says_what_became_of_it(shop, owner, clock):
    booking = shop.book(at(10))
    with pytest.raises(NotChangeable, match="not begun"):
        set_status(booking, "completed", owner)
    clock.move_to(at(12))
    assert set_status(booking, "completed", owner).status == "completed"
    assert set_status(booking, "no_show", owner).status == "no_show"
    with pytest.raises(NotChangeable):
        set_status(booking, "cancelled", owner)
    with pytest.raises(NotChangeable, match="no such status"):
        set_status(booking, "lost", owner)
    assert set_status(booking, "confirmed", owner).status == "confirmed"
    cancelled = set_status(booking, "cancelled", owner)
    assert cancelled.cancelled_by == f"user:{owner.pk}"
    with pytest.raises(NotChangeable, match="given back"):
        set_status(booking, "confirmed", owner)
    done = list(AuditEntry.objects.filter(subject=f"booking:{booking.pk}").order_by("pk").values_list("action", flat=True))
    assert done == ["booking_completed", "booking_no_show", "booking_confirmed", "booking_cancelled"]


def test_people_who_work_here_may_book_over_at_the_last_minute(shop, owner, clock):
    booking = shop.book(at(15))
    clock.move_to(at(9, 50))
    with pytest.raises(ClosedThen, match="too soon"):
        reschedule(booking, at(10))
    assert reschedule(booking, at(10), owner).starts_at == at(10)


def test_a_link_opens_one_appointment_of_one_business_for_a_while(shop, indian_tenant, clock):
    with schema_context("shop"):
        booking = shop.book()
        token = manage_token(booking)
        assert booking_by_token(token) == booking
        for tampered in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "", "é" * 30, token + "A"):
            with pytest.raises(UnknownBooking):
                booking_by_token(tampered)
    with pytest.raises(UnknownBooking):
        booking_by_token(token)
    clock.move_to(booking.ends_at + timedelta(days=31))
    with schema_context("shop"), pytest.raises(LinkExpired):
        booking_by_token(token)


def test_a_person_sees_the_appointments_of_all_their_records(shop, loyal, owner):
    ana, also = loyal(500), loyal(100)
    first = shop.book(at(9), customer_id=ana.pk)
    second = shop.book(at(12), customer_id=also.pk, points_requested=100)
    merge = merge_customers(ana, also, actor=owner)
    ana.refresh_from_db(), also.refresh_from_db()
    assert bookings_of_customer(ana) == [first, second] == bookings_of_customer(also)
    assert Booking.objects.get(pk=second.pk).customer_id == also.pk
    cancel(second)
    assert bookings_of_customer(ana, is_upcoming=True) == [first]
    assert bookings_of_customer(ana, is_upcoming=False) == [second]
    assert balance(ana) == 600 and drifting_balances() == []
    unmerge_customers(merge, actor=owner)
    ana.refresh_from_db(), also.refresh_from_db()
    assert bookings_of_customer(also) == [second]
    assert (balance(ana), balance(also), drifting_balances()) == (500, 100, [])


def test_the_day_is_the_places_own(shop):
    late = shop.book(at(15))
    Place.objects.filter(pk=shop.place.pk).update(time_zone="Asia/Tokyo")
    assert bookings_of_day(TUESDAY) == []
    assert bookings_of_day(TUESDAY + timedelta(days=1)) == [late]
    assert bookings_of_day(TUESDAY + timedelta(days=1), shop.other) == []


def test_what_was_booked_tells_the_owner_what_other_rules_would_mean(shop, loyal, clock):
    ana = loyal(500)
    shop.book(at(9), customer_id=ana.pk, points_requested=300)
    shop.book(at(12), shop.wax)
    cancel(shop.book(at(14)))
    assert list(past_carts(90)) == [PastCart(15_000, True, False, 300), PastCart(3_500, False, True, 0)]
    found = back_test_guardrails(replace(guardrails(), min_cart_total_minor=20_000))
    assert (found.carts, found.with_points, found.newly_blocked) == (2, 1, 1)
    clock.move_to(at(9) + timedelta(days=91))
    assert list(past_carts(90)) == []
