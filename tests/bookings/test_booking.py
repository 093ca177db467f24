"""Booking is one act: the seat, the bill, the points and the promise, or nothing of it."""

import threading
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connections, transaction
from django_tenants.utils import schema_context

from bookings.errors import (
    BadCart,
    BadContact,
    BookingDiffers,
    ClosedThen,
    PointsNeedSignIn,
    PriceChanged,
    ServiceWithdrawn,
    SlotTaken,
    UnknownBooking,
    UnknownPlace,
)
from bookings.models import Booking, BookingNotice, Place, Service
from bookings.selectors import booking_by_public_id, slots_of_day
from bookings.services import cancel, quote
from bookings.types import Cart, Contact
from customers.errors import UnknownCustomer
from customers.models import Customer
from loyalty.errors import RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import AUSTIN, NOW, TUESDAY, at, make_shop


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def nothing_happened() -> bool:
    return (
        not Booking.objects.exists() and not BookingNotice.objects.exists() and not PointsTransaction.objects.filter(kind="REDEEM").exists()
    )


def test_an_appointment_holds_what_was_booked_at_todays_prices(shop):
    booking = shop.book(at(10), shop.detail, shop.protection)
    assert (booking.starts_at, booking.ends_at) == (at(10), at(12, 15))
    assert (booking.total_minor, booking.discount_minor, booking.due_minor, booking.currency) == (19_500, 0, 19_500, "USD")
    assert [(line.name, line.price_minor) for line in booking.lines.all()] == [
        ("Full Interior Detail", 15_000),
        ("Interior Protection", 4_500),
    ]
    assert (booking.status, booking.seat, booking.contact_phone) == ("confirmed", 1, "+15125550142")
    Service.objects.update(price_minor=1)
    assert booking_by_public_id(booking.public_id).lines.all()[0].price_minor == 15_000


def test_whoever_has_no_record_gets_one_and_who_has_one_keeps_it(shop):
    first, second = shop.book(at(9)), shop.book(at(12), contact=Contact("A. S.", "(512) 555-0142"))
    assert first.customer_id == second.customer_id
    assert Customer.objects.get().name == "Ana Silva"


def test_points_and_appointment_come_together(shop, loyal):
    ana = loyal(500)
    booking = shop.book(customer_id=ana.pk, points_requested=500)
    assert (booking.discount_minor, booking.points_used, booking.point_value_minor, booking.due_minor) == (5_000, 500, 10, 10_000)
    assert balance(ana) == 0 and drifting_balances() == []
    assert PointsTransaction.objects.get(kind="REDEEM").source_key == f"booking:{booking.public_id}"


def test_an_error_after_the_points_leaves_neither(shop, loyal):
    ana = loyal(500)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        shop.book(customer_id=ana.pk, points_requested=500)
        _ = 1 // 0
    assert balance(ana) == 500 and nothing_happened()


@pytest.mark.parametrize(
    ("services", "points", "reason"),
    [
        (["wash"], 100, "MIN_TOTAL_NOT_MET"),
        (["detail"], 501, "INSUFFICIENT_POINTS"),
        (["detail"], 10**18, "INSUFFICIENT_POINTS"),
        (["detail"], -5, "INVALID_AMOUNT"),
        (["wax"], 100, "MIN_TOTAL_NOT_MET"),
    ],
)
def test_a_blocked_redemption_books_nothing(shop, loyal, services, points, reason):
    ana = loyal(500)
    with pytest.raises(RedemptionBlocked) as blocked:
        shop.book(at(10), *(getattr(shop, name) for name in services), customer_id=ana.pk, points_requested=points)
    assert blocked.value.reason_code == reason and blocked.value.message
    assert balance(ana) == 500 and nothing_happened()


def test_points_never_pay_all_of_a_cart_of_add_ons(shop, loyal):
    ana = loyal(500)
    Service.objects.filter(pk=shop.wax.pk).update(price_minor=7_500)
    BusinessSettings.objects.update(loyalty_require_core_service=False, point_value_minor=100)
    with pytest.raises(RedemptionBlocked) as blocked:
        shop.book(at(10), shop.wax, customer_id=ana.pk, points_requested=500)
    assert blocked.value.reason_code == "ADD_ON_ONLY" and nothing_happened()


def test_points_are_spent_by_who_signed_in(shop):
    with pytest.raises(PointsNeedSignIn):
        shop.book(points_requested=5)
    assert nothing_happened()


def test_a_quote_says_what_would_make_points_work_and_holds_nothing(shop, loyal):
    ana = loyal(500)
    blocked = quote(shop.cart(shop.wash), ana.pk, None)
    assert (blocked.total_minor, blocked.discount_minor, blocked.due_minor, blocked.balance) == (4_000, 0, 4_000, 500)
    assert blocked.check.reason_code == "MIN_TOTAL_NOT_MET"
    assert blocked.coach == "Add Hand Wax or $35 more, or book without points."
    allowed = quote(shop.cart(shop.detail), ana.pk, None)
    assert (allowed.discount_minor, allowed.due_minor, allowed.coach, allowed.check.allowed_points) == (5_000, 10_000, "", 500)
    assert quote(shop.cart(), ana.pk, 0).check is None and quote(shop.cart(), None, None).check is None
    assert quote(shop.cart(), loyal(0).pk, None).check is None
    assert balance(ana) == 500


@pytest.mark.parametrize(
    ("cart", "error", "says"),
    [
        (lambda shop: shop.cart().__class__(shop.place.pk, ()), BadCart, "at least one"),
        (lambda shop: shop.cart(shop.protection), BadCart, "main service"),
        (lambda shop: shop.cart(shop.protection, shop.wax), BadCart, "Interior Protection"),
        (lambda shop: Cart(shop.other.pk, (shop.wash.pk,)), BadCart, "Airport"),
        (lambda shop: Cart(shop.place.pk, (10**9,)), BadCart, "does not exist"),
        (lambda shop: Cart(10**9, (shop.wash.pk,)), UnknownPlace, "no bookings"),
    ],
)
def test_a_cart_that_cannot_be_booked_says_why(shop, cart, error, says):
    with pytest.raises(error, match=says):
        quote(cart(shop))
    with pytest.raises(error, match=says):
        shop.book(cart=cart(shop))
    assert nothing_happened()


def test_the_same_service_twice_is_one(shop):
    assert quote(shop.cart(shop.wash, shop.wash)).total_minor == 4_000


def test_a_service_withdrawn_meanwhile_books_nothing(shop):
    Service.objects.filter(pk=shop.detail.pk).update(is_active=False)
    with pytest.raises(ServiceWithdrawn, match="Full Interior Detail"):
        shop.book()
    assert nothing_happened()


def test_a_price_that_changed_meanwhile_books_nothing(shop, loyal):
    ana = loyal(500)
    Service.objects.filter(pk=shop.detail.pk).update(price_minor=16_000)
    with pytest.raises(PriceChanged, match=r"\$160\.00"):
        shop.book(cart=shop.cart(quoted_total_minor=15_000))
    with pytest.raises(PriceChanged, match=r"\$110\.00"):
        shop.book(cart=shop.cart(quoted_due_minor=10_000), customer_id=ana.pk, points_requested=500)
    assert nothing_happened() and balance(ana) == 500
    assert shop.book(cart=shop.cart(quoted_total_minor=16_000, quoted_due_minor=16_000)).due_minor == 16_000


@pytest.mark.parametrize(
    ("starts_at", "says"),
    [
        (NOW - timedelta(days=7), "over"),
        (NOW + timedelta(minutes=90), "too soon"),
        (NOW + timedelta(days=61), "too far"),
        (at(8, 30), "not open"),
        (at(16), "not open"),
        (at(10, 10), "times shown"),
        (at(10).replace(tzinfo=None), "times shown"),
        (at(10) + timedelta(days=5), "closed on that day"),
        (at(10).replace(year=9999), "too far"),
    ],
)
def test_a_time_that_is_not_offered_is_refused_with_a_sentence(shop, starts_at, says):
    with pytest.raises(ClosedThen, match=says):
        shop.book(starts_at)
    assert nothing_happened()


@pytest.mark.parametrize(
    ("contact", "fields"),
    [
        (Contact("", "512-555-0142"), {"name"}),
        (Contact("Ana"), {"phone"}),
        (Contact("Ana", "555"), {"phone"}),
        (Contact("Ana", "", "ana@"), {"email"}),
        (Contact("A" * 121, "512-555-0142", "", "n" * 1_001), {"name", "note"}),
    ],
)
def test_a_contact_that_cannot_be_reached_is_said_field_by_field(shop, contact, fields):
    with pytest.raises(BadContact) as bad:
        shop.book(contact=contact)
    assert set(bad.value.details["fields"]) == fields and nothing_happened()


def test_nobody_books_for_who_is_unknown(shop):
    with pytest.raises(UnknownCustomer):
        shop.book(customer_id=10**9)
    assert nothing_happened()


def test_a_double_click_is_one_appointment(shop, loyal):
    ana, key = loyal(500), str(uuid.uuid4())
    first = shop.book(customer_id=ana.pk, points_requested=300, idempotency_key=key)
    assert shop.book(customer_id=ana.pk, points_requested=300, idempotency_key=key) == first
    assert Booking.objects.count() == 1 and balance(ana) == 200
    with pytest.raises(BookingDiffers):
        shop.book(at(14), customer_id=ana.pk, points_requested=300, idempotency_key=key)
    with pytest.raises(BookingDiffers):
        shop.book(customer_id=loyal(500).pk, points_requested=300, idempotency_key=key)


def in_parallel(number: int, act) -> list[object]:
    """Let `number` threads act at once, each on a connection of its own; return what each came to."""
    results, connected = [], threading.Semaphore(150)  # the server takes 200 connections, ours and its own

    def run(position: int) -> None:
        with connected:
            try:
                with schema_context("shop"):
                    results.append(act(position))
            except Exception as error:  # noqa: BLE001  whatever it came to
                results.append(error)
            finally:
                connections.close_all()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def test_two_hundred_people_for_one_slot_are_exactly_as_many_as_fit(shop):
    Place.objects.filter(pk=shop.place.pk).update(capacity=3)
    results = in_parallel(200, lambda position: shop.book(contact=Contact(f"Person {position}", f"+1512557{position:04d}")))
    assert sum(isinstance(result, Booking) for result in results) == 3
    assert sum(isinstance(result, SlotTaken) for result in results) == 197
    assert sorted(Booking.objects.values_list("seat", flat=True)) == [1, 2, 3]
    assert Customer.objects.count() == 3


def test_overlapping_times_are_sold_to_one_of_many(shop):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    results = in_parallel(40, lambda position: shop.book(at(9 + position % 3, 30), contact=Contact("P", f"+1512558{position:04d}")))
    assert {type(result) for result in results} == {Booking, SlotTaken}
    rows = list(Booking.objects.order_by("starts_at").values_list("starts_at", "ends_at"))
    assert all(one[1] <= other[0] for one, other in pairwise(rows))


def test_booking_and_cancelling_ten_times_leaves_the_points_as_they_were(shop, loyal):
    ana = loyal(500)
    for _turn in range(10):
        cancel(shop.book(customer_id=ana.pk, points_requested=500))
    assert balance(ana) == 500 and drifting_balances() == []
    assert PointsTransaction.objects.filter(kind="REVERSE").count() == 10


def test_ten_clicks_at_once_are_one_appointment(shop, loyal):
    ana, key = loyal(500), str(uuid.uuid4())
    results = in_parallel(10, lambda _position: shop.book(customer_id=ana.pk, points_requested=500, idempotency_key=key))
    assert len({result.pk for result in results if isinstance(result, Booking)}) == 1 and Booking.objects.count() == 1
    assert [result for result in results if not isinstance(result, Booking)] == []
    assert balance(ana) == 0 and drifting_balances() == []


def test_the_same_points_pay_one_of_many_appointments(shop, loyal):
    ana = loyal(500)
    Place.objects.filter(pk=shop.place.pk).update(capacity=20)
    results = in_parallel(10, lambda _position: shop.book(customer_id=ana.pk, points_requested=500))
    assert sum(isinstance(result, Booking) for result in results) == 1
    assert {result.reason_code for result in results if isinstance(result, RedemptionBlocked)} == {"INSUFFICIENT_POINTS"}
    assert balance(ana) == 0 and drifting_balances() == []


def test_the_database_itself_refuses_a_seat_that_is_sold(shop):
    booking = shop.book()
    values = {field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields if field.name != "id"}
    values |= {"public_id": uuid.uuid4(), "idempotency_key": "other", "starts_at": at(11, 30), "ends_at": at(12, 30)}
    with pytest.raises(IntegrityError, match="booking_seat_once"), transaction.atomic():
        Booking.objects.create(**values)
    Booking.objects.create(**(values | {"starts_at": at(12), "ends_at": at(13)}))
    cancel(booking)
    Booking.objects.create(**(values | {"public_id": uuid.uuid4(), "idempotency_key": "third", "starts_at": at(9), "ends_at": at(11)}))


@pytest.mark.parametrize(
    "wrong", [{"due_minor": 1}, {"discount_minor": 500, "due_minor": 14_500}, {"ends_at": at(9)}, {"seat": 0}, {"status": "cancelled"}]
)
def test_the_database_itself_refuses_a_bill_or_time_that_does_not_add_up(shop, wrong):
    booking = shop.book()
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(**wrong)


def test_a_slot_is_offered_until_every_seat_is_sold(shop):
    assert slots_of_day(shop.place, TUESDAY, 120)[0].starts_at == at(9)
    shop.book(at(9))
    assert at(9) in {slot.starts_at for slot in slots_of_day(shop.place, TUESDAY, 120)}
    shop.book(at(9), contact=Contact("Bo", "512-555-0143"))
    offered = [slot.starts_at.astimezone(AUSTIN).time() for slot in slots_of_day(shop.place, TUESDAY, 120)]
    assert offered[0].hour == 11 and offered[-1].hour == 15
    with pytest.raises(SlotTaken):
        shop.book(at(10), contact=Contact("Cy", "512-555-0144"))


def test_another_business_knows_nothing_of_it(shop, indian_tenant):
    with schema_context("shop"):
        booking = shop.book()
    with pytest.raises(UnknownBooking):
        booking_by_public_id(booking.public_id)
    theirs = make_shop()
    assert not Booking.objects.exists()
    assert theirs.book(contact=Contact("Ana", "+919876543210")).seat == 1
    with pytest.raises(UnknownBooking):
        booking_by_public_id("nonsense")
