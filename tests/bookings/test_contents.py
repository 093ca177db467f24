"""Other services for an appointment: bill, length, room and points are worked out anew, or nothing happens."""

import contextlib
import random
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django_tenants.utils import schema_context

from bookings.errors import (
    BadCart,
    ChangedMeanwhile,
    ClosedThen,
    NotChangeable,
    PriceChanged,
    ServiceWithdrawn,
    SlotTaken,
)
from bookings.models import Booking, BookingNotice, Place, Service
from bookings.services import booking_ics, cancel, change_services, quote_change, reschedule
from bookings.services.messages import notice_envelope
from bookings.types import Contact, NewContents
from customers.models import Customer
from customers.services import merge_customers
from loyalty.errors import RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from messaging.types import Channel
from servicepro.lib.errors import ServiceProError
from tenants.accounts.models import AuditEntry, User
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import TUESDAY, Shop, at


@pytest.fixture
def owner(shop) -> User:
    return User.objects.get(email="owner@shop.example")


def new(*services: Service, **more: object) -> NewContents:
    return NewContents(tuple(service.pk for service in services), **more)


def now_of(booking: Booking) -> Booking:
    return Booking.objects.get(pk=booking.pk)


def bill(booking: Booking) -> tuple[int, int, int, int]:
    return booking.total_minor, booking.discount_minor, booking.points_used, booking.due_minor


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def names(booking: Booking) -> list[str]:
    return [line.name for line in booking.lines.order_by("pk")]


def test_bill_length_and_calendar_follow_the_services(shop, owner):
    booking = shop.book(at(10), shop.detail)
    changed = change_services(booking, new(shop.detail, shop.wax), owner)
    assert (changed.starts_at, changed.ends_at, bill(changed)) == (at(10), at(12, 30), (18_500, 0, 0, 18_500))
    assert names(changed) == ["Full Interior Detail", "Hand Wax"] and changed.sequence == 1
    assert b"SEQUENCE:1" in booking_ics(changed) and b"Hand Wax" in booking_ics(changed)
    entry = AuditEntry.objects.get(action="booking_services_changed")
    assert (entry.actor, entry.subject) == (owner, f"booking:{booking.pk}")
    assert (entry.details["was"], entry.details["services"]) == ([shop.detail.pk], [shop.detail.pk, shop.wax.pk])
    smaller = change_services(changed, new(shop.wash))
    assert (smaller.ends_at, bill(smaller), names(smaller)) == (at(10, 30), (4_000, 0, 0, 4_000), ["Express Wash"])


def test_the_customer_is_told_how_it_stands(shop, owner):
    booking = shop.book(at(10), shop.detail)
    change_services(booking, new(shop.detail, shop.wax), owner)
    notice = BookingNotice.objects.get(what="changed", sequence=1)
    text = notice_envelope(notice, Channel.SMS)
    assert "your appointment is changed: Full Interior Detail and Hand Wax, Tue, Nov 10 at 10:00 AM" in text.body
    assert "To pay on site: $185." in text.body and text.campaign_key.endswith(":changed:1")
    mail = notice_envelope(notice, Channel.EMAIL)
    assert "is changed" in mail.subject and "This is how it stands." in mail.body


def test_what_was_booked_keeps_its_price_and_what_is_added_costs_what_it_costs_today(shop):
    booking = shop.book(at(10), shop.detail)
    Service.objects.filter(pk=shop.detail.pk).update(price_minor=99_900, duration_minutes=200, is_active=False)
    Service.objects.filter(pk=shop.wax.pk).update(price_minor=3_600)
    changed = change_services(booking, new(shop.detail, shop.wax))
    assert (changed.total_minor, changed.ends_at) == (18_600, at(12, 30))
    with pytest.raises(ServiceWithdrawn):
        Service.objects.filter(pk=shop.wash.pk).update(is_active=False)
        change_services(changed, new(shop.detail, shop.wash))


def test_asked_for_what_it_is_nothing_changes(shop):
    booking = shop.book(at(10), shop.detail, shop.wax)
    same = change_services(booking, new(shop.wax, shop.detail, shop.wax, seen=7))
    assert same.sequence == 0 and not AuditEntry.objects.filter(action="booking_services_changed").exists()
    assert not quote_change(booking, new(shop.wax, shop.detail)).is_change


@pytest.mark.parametrize(
    ("services", "error", "says"),
    [
        ([], BadCart, "at least one"),
        (["protection"], BadCart, "main service"),
        (["wax", "protection"], BadCart, "Interior Protection"),
    ],
)
def test_what_cannot_be_booked_cannot_be_changed_to(shop, services, error, says):
    booking = shop.book(at(10), shop.detail, shop.protection)
    with pytest.raises(error, match=says):
        change_services(booking, new(*(getattr(shop, name) for name in services)))
    with pytest.raises(BadCart, match="does not exist"):
        change_services(booking, NewContents((10**8,)))
    assert names(booking) == ["Full Interior Detail", "Interior Protection"] and now_of(booking).sequence == 0


def test_a_service_of_another_place_is_not_added(shop, owner):
    booking = shop.book(at(10), shop.detail)
    reschedule(booking, at(10), owner, place_id=shop.other.pk)
    with pytest.raises(BadCart, match="Airport"):
        change_services(now_of(booking), new(shop.detail, shop.wax), owner)


def test_more_services_need_the_room_for_them(shop, owner):
    Place.objects.filter(pk=shop.place.pk).update(capacity=1)
    booking, _next = shop.book(at(10), shop.detail), shop.book(at(12), contact=Contact("Bo", "512-555-0143"))
    with pytest.raises(SlotTaken, match="2 h 30 min, and somebody comes before that"):
        change_services(booking, new(shop.detail, shop.wax))
    assert quote_change(booking, new(shop.detail, shop.wax)).time_problem.startswith("With these services it takes 2 h 30 min")
    moved = change_services(booking, new(shop.detail, shop.wax, starts_at=at(14)))
    assert (moved.starts_at, moved.ends_at) == (at(14), at(16, 30))
    assert BookingNotice.objects.filter(what__in=("changed", "moved")).count() == 1
    late = shop.book(at(9, day=TUESDAY + timedelta(days=1)))
    reschedule(late, at(15, day=TUESDAY + timedelta(days=1)))
    with pytest.raises(ClosedThen, match="not open that long"):
        change_services(now_of(late), new(shop.detail, shop.wax), owner)


def test_a_longer_appointment_takes_another_seat_where_its_own_is_promised(shop):
    first, second = shop.book(at(10)), shop.book(at(12), contact=Contact("Bo", "512-555-0143"))
    assert (first.seat, second.seat) == (1, 1)
    assert change_services(first, new(shop.detail, shop.wax)).seat == 2


def test_points_stay_where_the_rules_still_allow_them(shop, loyal):
    ana = loyal(700)
    booking = shop.book(customer_id=ana.pk, points_requested=500)
    changed = change_services(booking, new(shop.detail, shop.wax))
    assert bill(changed) == (18_500, 5_000, 500, 13_500) and balance(ana) == 200
    assert PointsTransaction.objects.filter(kind="REVERSE").count() == 0


def test_points_that_are_no_longer_needed_go_back(shop, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana = loyal(1_000)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=900)
    asked = quote_change(booking, new(shop.wash))
    assert (asked.points, asked.points_returned, asked.discount_minor, asked.due_minor) == (400, 500, 4_000, 0)
    changed = change_services(booking, new(shop.wash))
    assert bill(changed) == (4_000, 4_000, 400, 0) and balance(ana) == 600
    again = change_services(changed, new(shop.wash, shop.wax))  # never more than are on it, though there are more
    assert bill(again) == (7_500, 4_000, 400, 3_500) and balance(ana) == 600
    smaller = change_services(again, new(shop.wash))
    assert bill(smaller) == (4_000, 4_000, 400, 0)
    cancel(smaller)
    assert balance(ana) == 1_000 and drifting_balances() == []
    cancel(smaller)
    assert balance(ana) == 1_000


def test_dropping_the_main_service_is_refused_with_the_way_out(shop, loyal):
    ana = loyal(500)
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    booking = shop.book(at(10), shop.detail, shop.wax, customer_id=ana.pk, points_requested=100)
    with pytest.raises(RedemptionBlocked) as blocked:
        change_services(booking, new(shop.wax))
    assert blocked.value.reason_code == "NO_CORE_SERVICE" and "main service" in blocked.value.message
    assert blocked.value.suggestion == "Add Express Wash, or have the points returned."
    asked = quote_change(booking, new(shop.wax))
    assert (asked.blocked, asked.coach) == (blocked.value.message, blocked.value.suggestion)
    assert bill(now_of(booking)) == (18_500, 1_000, 100, 17_500) and balance(ana) == 400 and names(booking)[0] == "Full Interior Detail"
    returned = change_services(booking, new(shop.wax, returns_points=True))
    assert bill(returned) == (3_500, 0, 0, 3_500) and balance(ana) == 500 and returned.point_value_minor == 0
    assert change_services(returned, new(shop.wax, returns_points=True)).sequence == 1
    cancel(returned)
    assert balance(ana) == 500 and drifting_balances() == []


def test_the_minimum_is_asked_about_again_too(shop, loyal):
    ana = loyal(500)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=100)
    with pytest.raises(RedemptionBlocked, match=r"at least \$75") as blocked:
        change_services(booking, new(shop.wash))
    assert blocked.value.reason_code == "MIN_TOTAL_NOT_MET"
    assert blocked.value.suggestion == "Add Hand Wax or $35 more, or have the points returned."


def test_points_that_pay_all_of_add_ons_alone_are_refused(shop, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0, loyalty_require_core_service=False)
    ana = loyal(1_000)
    booking = shop.book(at(10), shop.detail, shop.wax, customer_id=ana.pk, points_requested=500)
    with pytest.raises(RedemptionBlocked) as blocked:
        change_services(booking, new(shop.wax))
    assert blocked.value.reason_code == "ADD_ON_ONLY" and balance(ana) == 500


def test_a_point_on_a_booking_stays_worth_what_it_was_worth(shop, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana = loyal(1_000)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=900)
    BusinessSettings.objects.update(point_value_minor=1)
    changed = change_services(booking, new(shop.wash))
    assert (bill(changed), changed.point_value_minor, balance(ana)) == ((4_000, 4_000, 400, 0), 10, 600)


def test_a_page_that_is_old_or_shows_another_price_changes_nothing(shop, owner):
    booking = shop.book(at(10), shop.detail)
    with pytest.raises(PriceChanged, match=r"\$185.00"):
        change_services(booking, new(shop.detail, shop.wax, seen=0, quoted_due_minor=18_400), owner)
    reschedule(booking, at(11))
    with pytest.raises(ChangedMeanwhile):
        change_services(booking, new(shop.detail, shop.wax, seen=0), owner)
    reschedule(now_of(booking), at(11), owner, place_id=shop.other.pk)
    with pytest.raises(ChangedMeanwhile):
        change_services(booking, new(shop.wash), owner)
    assert names(booking) == ["Full Interior Detail"]


def test_what_began_is_changed_by_who_works_here_and_what_is_over_by_nobody(shop, owner, clock):
    booking = shop.book(at(10), shop.detail)
    clock.move_to(at(11))
    with pytest.raises(NotChangeable, match="begun"):
        change_services(booking, new(shop.detail, shop.wax))
    assert change_services(booking, new(shop.detail, shop.wax), owner).ends_at == at(12, 30)
    cancel(now_of(booking), owner)
    for change in (change_services, quote_change):
        with pytest.raises(NotChangeable, match="confirmed"):
            change(now_of(booking), new(shop.wash), owner)


def test_points_of_a_merged_record_go_back_to_the_person(shop, loyal, owner):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana, also = loyal(100), loyal(900)
    booking = shop.book(at(10), shop.detail, customer_id=also.pk, points_requested=900)
    merge_customers(ana, also, actor=owner)
    changed = change_services(booking, new(shop.wash))
    assert (changed.points_used, balance(ana), balance(also)) == (400, 600, 0)
    cancel(changed)
    assert (balance(ana), drifting_balances()) == (1_000, [])


def run_at_once(*acts: object) -> list[object]:
    """Run each act on a connection of its own, all let go together; return what each came to."""
    found: list[object] = [None] * len(acts)
    door = threading.Barrier(len(acts))

    def run(number: int) -> None:
        with schema_context("shop"):
            door.wait(20)
            try:
                found[number] = acts[number]()
            except ServiceProError as error:
                found[number] = error
        connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_twelve_presses_at_once_change_once(shop, loyal, owner):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana = loyal(1_000)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=900)
    found = run_at_once(*[lambda: change_services(booking, new(shop.wash, seen=0), owner)] * 12)
    assert all(isinstance(row, Booking) for row in found)
    assert (now_of(booking).sequence, balance(ana), drifting_balances()) == (1, 600, [])
    assert AuditEntry.objects.filter(action="booking_services_changed").count() == 1
    assert PointsTransaction.objects.filter(kind="REVERSE").count() == 1


def test_two_who_both_want_the_last_free_seat_for_longer_do_not_both_get_it(shop, owner):
    Place.objects.filter(pk=shop.place.pk).update(capacity=3)
    booked = [shop.book(at(10), contact=Contact("Bo", f"512-555-020{number}")) for number in range(2)]
    for number in range(2):
        shop.book(at(12), contact=Contact("Cy", f"512-555-021{number}"))
    found = run_at_once(*(lambda row=row: change_services(row, new(shop.detail, shop.wax), owner) for row in booked))
    assert sorted(type(row).__name__ for row in found) == ["Booking", "SlotTaken"]
    assert sorted(now_of(row).seat for row in booked) in ([1, 3], [2, 3])


def test_changing_and_cancelling_at_once_lose_no_point(shop, loyal, owner):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana = loyal(5_000)
    for turn in range(6):
        booking = shop.book(at(9 + turn), shop.wash, shop.wax, customer_id=ana.pk, points_requested=700)
        acts = [
            lambda b=booking: change_services(b, new(shop.wash), owner),
            lambda b=booking: cancel(b),
            lambda b=booking: change_services(b, new(shop.wash, shop.wax, returns_points=True), owner),
        ]
        random.Random(turn).shuffle(acts)
        run_at_once(*acts)
        assert now_of(booking).status == "cancelled"
        assert (balance(ana), drifting_balances()) == (5_000, [])


def test_an_error_after_the_points_leaves_all_as_it_was(shop, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    ana = loyal(1_000)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=900)
    with pytest.raises(PriceChanged):
        change_services(booking, new(shop.wash, quoted_due_minor=1))
    assert (balance(ana), bill(now_of(booking)), drifting_balances()) == (100, (15_000, 9_000, 900, 6_000), [])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_changed_the_ledger_adds_up(shop: Shop, loyal, owner, seed):
    dice = random.Random(seed)
    ana = loyal(3_000)
    booking = shop.book(at(10), shop.detail, customer_id=ana.pk, points_requested=dice.randint(1, 1_500))
    everything = [shop.detail, shop.wash, shop.wax, shop.protection]
    for _turn in range(25):
        BusinessSettings.objects.update(
            loyalty_min_cart_total=dice.choice([0, 5_000, 20_000]),
            point_value_minor=dice.choice([1, 10, 50]),
            loyalty_require_core_service=dice.random() < 0.5,
        )
        services = dice.sample(everything, dice.randint(0, 4))
        with contextlib.suppress(ServiceProError):  # what is refused changes nothing: the sums below say so
            change_services(now_of(booking), new(*services, returns_points=dice.random() < 0.05), owner)
        row = now_of(booking)
        assert balance(ana) == 3_000 - row.points_used and drifting_balances() == []
        assert row.total_minor == sum(row.lines.values_list("price_minor", flat=True))
        assert (row.ends_at - row.starts_at).total_seconds() == 60 * sum(row.lines.values_list("duration_minutes", flat=True))
    cancel(now_of(booking), owner)
    assert balance(ana) == 3_000 and drifting_balances() == []
