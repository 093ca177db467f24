"""A welcome offer pays its part of an appointment: once, within its limits, before points, and given back with what it paid for."""

import contextlib
import random
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.errors import BookingDiffers, OfferNeedsSignIn, PriceChanged
from bookings.models import Booking, BookingNotice, Place
from bookings.selectors import past_carts
from bookings.services import book, cancel, change_services, quote, quote_change, reschedule
from bookings.services.messages import notice_envelope
from bookings.types import Cart
from customers.models import Customer
from customers.services import erase_person, merge_customers
from loyalty.errors import OfferRefused, RedemptionBlocked
from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.selectors import drifting_balances, usable_offers
from loyalty.services import claim_offer, promise_offer
from messaging.types import Channel
from servicepro.lib.errors import ServiceProError
from tenants.accounts.models import AuditEntry, User
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import Shop, at
from tests.bookings.test_booking import in_parallel
from tests.bookings.test_contents import balance, new, now_of, run_at_once


@pytest.fixture
def offer(shop: Shop) -> WelcomeOffer:
    """A fifth off, at most $20, on bills from $50, once."""
    return WelcomeOffer.objects.create(
        name="First visit", discount_type="percentage", discount_value=20, max_discount_minor=2_000, minimum_purchase_minor=5_000
    )


@pytest.fixture
def ana(loyal: Callable[..., Customer], offer: WelcomeOffer) -> Customer:
    """Somebody with points who claimed the offer."""
    made = loyal(500)
    claim_offer(customer_id=made.pk, offer_id=offer.pk)
    return made


@pytest.fixture
def stacking(shop: Shop) -> None:
    """The owner lets an offer and points go together."""
    BusinessSettings.objects.update(loyalty_may_stack=True)


def bill(booking: Booking) -> tuple[int, int, int, int, int]:
    return booking.total_minor, booking.offer_discount_minor, booking.discount_minor, booking.points_used, booking.due_minor


def cart(shop: Shop, offer: WelcomeOffer, *services: object, **quoted: int) -> Cart:
    return shop.cart(*services, offer_id=offer.pk, **quoted)


def nothing_happened() -> bool:
    return not any(model.objects.exists() for model in (Booking, BookingNotice, OfferUse))


def test_an_offer_takes_its_part_off_the_bill(shop, offer, ana):
    found = quote(cart(shop, offer), ana.pk)
    assert (found.offer.is_valid, found.offer_name, found.offer_discount_minor, found.due_minor) == (True, "First visit", 2_000, 13_000)
    assert not OfferUse.objects.exists(), "a quote holds nothing"
    booking = shop.book(cart=cart(shop, offer, quoted_due_minor=13_000), customer_id=ana.pk)
    assert bill(booking) == (15_000, 2_000, 0, 0, 13_000)
    use = OfferUse.objects.get()
    assert (use.source_key, use.discount_minor, booking.offer_code) == (f"booking:{booking.public_id}", 2_000, use.code.code)
    assert (booking.offer_id, booking.offer_name) == (offer.pk, "First visit") and balance(ana) == 500


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        (lambda: OfferCode.objects.update(claimed_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1)),
         "OFFER_EXPIRED", "expired"),
        (lambda: WelcomeOffer.objects.update(is_active=False), "OFFER_INACTIVE", "inactive"),
        (lambda: OfferCode.objects.update(claimed_at=None, expires_at=None), "OFFER_NOT_CLAIMED", "Register"),
        (lambda: OfferCode.objects.all().delete(), "OFFER_NOT_CLAIMED", "Register"),
        (lambda: WelcomeOffer.objects.update(minimum_purchase_minor=15_001), "OFFER_MINIMUM_NOT_MET", r"\$150\.01 required"),
    ],
)  # fmt: skip
def test_an_offer_that_ended_between_bill_and_press_books_nothing(shop, offer, ana, change, reason, says):
    shown = quote(cart(shop, offer), ana.pk)
    change()
    with pytest.raises(OfferRefused, match=says) as refused:
        shop.book(cart=cart(shop, offer, quoted_due_minor=shown.due_minor), customer_id=ana.pk)
    assert refused.value.reason_code == reason and nothing_happened() and balance(ana) == 500
    again = quote(cart(shop, offer), ana.pk)
    assert (again.offer.reason_code, again.offer_discount_minor, again.due_minor) == (reason, 0, 15_000)


def test_an_offer_of_somebody_else_or_of_nobody_cannot_be_used(shop, offer, ana, loyal):
    promise_offer(offer.pk, [loyal(0).pk])
    for customer_id in (loyal(0).pk, Customer.objects.order_by("pk").last().pk):
        with pytest.raises(OfferRefused) as refused:
            shop.book(cart=cart(shop, offer), customer_id=customer_id)
        assert refused.value.reason_code == "OFFER_NOT_CLAIMED"
    with pytest.raises(OfferRefused, match="not found"):
        shop.book(cart=shop.cart(offer_id=10**8), customer_id=ana.pk)
    with pytest.raises(OfferNeedsSignIn):
        shop.book(cart=cart(shop, offer))
    assert quote(cart(shop, offer)).offer is None and nothing_happened()


def test_a_bill_that_is_another_than_shown_uses_nothing(shop, offer, ana):
    with pytest.raises(PriceChanged, match=r"\$130\.00"):
        shop.book(cart=cart(shop, offer, quoted_due_minor=12_000), customer_id=ana.pk)
    assert nothing_happened()


def test_an_offer_and_points_exclude_each_other_unless_the_owner_lets_them(shop, offer, ana):
    with pytest.raises(OfferRefused, match="Choose one") as refused:
        shop.book(cart=cart(shop, offer), customer_id=ana.pk, points_requested=300)
    assert refused.value.reason_code == "OFFER_WITH_POINTS" and nothing_happened() and balance(ana) == 500
    found = quote(cart(shop, offer), ana.pk, 300)
    assert (found.offer.reason_code, found.offer_discount_minor, found.discount_minor) == ("OFFER_WITH_POINTS", 0, 3_000)


def test_together_the_offer_goes_first_and_points_see_what_it_leaves(shop, offer, ana, stacking):
    found = quote(cart(shop, offer), ana.pk, None)
    assert (found.offer_discount_minor, found.discount_minor, found.due_minor) == (2_000, 5_000, 8_000)
    booking = shop.book(cart=cart(shop, offer, quoted_due_minor=8_000), customer_id=ana.pk, points_requested=500)
    assert bill(booking) == (15_000, 2_000, 5_000, 500, 8_000) and (balance(ana), drifting_balances()) == (0, [])
    (past,) = past_carts(90)
    assert (past.cart_total_minor, past.points_used) == (13_000, 500)


def test_the_smallest_bill_for_points_is_what_the_offer_leaves(shop, offer, ana, stacking):
    BusinessSettings.objects.update(loyalty_min_cart_total=14_000)
    with pytest.raises(RedemptionBlocked) as blocked:
        shop.book(cart=cart(shop, offer), customer_id=ana.pk, points_requested=100)
    assert blocked.value.reason_code == "MIN_TOTAL_NOT_MET"
    assert blocked.value.suggestion == "Use your points without the offer, or book without points."
    assert nothing_happened() and balance(ana) == 500
    assert quote(cart(shop, offer), ana.pk, 100).coach == blocked.value.suggestion
    BusinessSettings.objects.update(loyalty_min_cart_total=16_000)
    assert quote(cart(shop, offer), ana.pk, 100).coach == "Book without points."


def test_points_are_not_spent_on_what_the_offer_pays_whole(shop, offer, ana, stacking):
    WelcomeOffer.objects.update(discount_type="fixed", discount_value=90_000, max_discount_minor=None)
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    with pytest.raises(RedemptionBlocked) as blocked:
        shop.book(cart=cart(shop, offer), customer_id=ana.pk, points_requested=1)
    assert blocked.value.reason_code == "EXCEEDS_TOTAL" and nothing_happened()
    assert bill(shop.book(cart=cart(shop, offer), customer_id=ana.pk)) == (15_000, 15_000, 0, 0, 0)


def test_cancelling_gives_the_offer_back_once(shop, offer, ana, stacking):
    booking = shop.book(cart=cart(shop, offer), customer_id=ana.pk, points_requested=500)
    assert usable_offers(ana.pk) == []
    for _turn in range(2):
        cancelled = cancel(booking)
    assert OfferUse.objects.get().returned_at is not None and balance(ana) == 500
    assert bill(cancelled) == (15_000, 2_000, 5_000, 500, 8_000), "what it was stays written"
    text = notice_envelope(BookingNotice.objects.get(what="cancelled"), Channel.SMS).body
    assert "Your welcome offer can be used again until Wed, Dec 9 at 8:00 AM. Your 500 points" in text
    assert bill(shop.book(at(13), cart=cart(shop, offer), customer_id=ana.pk))[1] == 2_000


def test_an_offer_that_ran_out_meanwhile_is_not_promised_again(shop, offer, ana, clock):
    OfferCode.objects.update(expires_at=timezone.now() + timedelta(hours=2))
    booking = shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    clock.shift(timedelta(hours=3))
    cancel(booking)
    text = notice_envelope(BookingNotice.objects.get(what="cancelled"), Channel.SMS).body
    assert "offer" not in text and OfferUse.objects.get().returned_at is not None
    with pytest.raises(OfferRefused, match="expired"):
        shop.book(at(13), cart=cart(shop, offer), customer_id=ana.pk)


def test_moving_keeps_the_offer_as_it_is(shop, offer, ana, clock):
    booking = shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    clock.shift(timedelta(days=40))
    Booking.objects.update(starts_at=at(10) + timedelta(days=42), ends_at=at(12) + timedelta(days=42))
    WelcomeOffer.objects.update(is_active=False)
    moved = reschedule(now_of(booking), at(13) + timedelta(days=42))
    assert bill(moved) == (15_000, 2_000, 0, 0, 13_000) and OfferUse.objects.get().returned_at is None


def test_the_customer_is_told_what_the_offer_took_off(shop, offer, ana, stacking):
    shop.book(cart=cart(shop, offer), customer_id=ana.pk, points_requested=500)
    text = notice_envelope(BookingNotice.objects.get(), Channel.SMS).body
    assert "To pay on site: $80, after your welcome offer took $20 off and 500 points took $50 off (points count on" in text


def test_other_services_are_asked_about_again(shop, offer, ana):
    booking = shop.book(at(10), cart=cart(shop, offer, shop.wash, shop.wax), customer_id=ana.pk)
    assert bill(booking) == (7_500, 1_500, 0, 0, 6_000)
    WelcomeOffer.objects.update(is_active=False)  # it was used in time
    asked = quote_change(booking, new(shop.detail))
    assert (asked.offer_discount_minor, asked.due_minor, asked.offer_blocked) == (2_000, 13_000, "")
    changed = change_services(booking, new(shop.detail, quoted_due_minor=13_000))
    assert bill(changed) == (15_000, 2_000, 0, 0, 13_000) and OfferUse.objects.get().discount_minor == 2_000
    details = AuditEntry.objects.get(action="booking_services_changed").details
    assert (details["was_offer_minor"], details["offer_minor"]) == (1_500, 2_000)


def test_below_the_minimum_the_offer_cannot_stay_and_can_be_given_back(shop, offer, ana):
    booking = shop.book(at(10), cart=cart(shop, offer, shop.wash, shop.wax), customer_id=ana.pk)
    with pytest.raises(OfferRefused, match=r"Minimum purchase of \$50 required"):
        change_services(booking, new(shop.wash))
    assert bill(now_of(booking)) == (7_500, 1_500, 0, 0, 6_000) and OfferUse.objects.get().total_minor == 7_500
    asked = quote_change(booking, new(shop.wash))
    assert (asked.offer_blocked, asked.offer_discount_minor, asked.due_minor) == ("Minimum purchase of $50 required", 0, 4_000)
    changed = change_services(booking, new(shop.wash, returns_offer=True))
    assert bill(changed) == (4_000, 0, 0, 0, 4_000) and (changed.offer_id, changed.offer_code, changed.offer_name) == (None, "", "")
    assert OfferUse.objects.get().returned_at is not None
    assert change_services(changed, new(shop.wash, returns_offer=True)).sequence == 1, "there is nothing to give back a second time"
    assert bill(shop.book(at(13), cart=cart(shop, offer), customer_id=ana.pk))[1] == 2_000


def test_with_both_on_a_bill_the_change_fits_the_offer_first(shop, offer, ana, stacking):
    booking = shop.book(at(10), cart=cart(shop, offer, shop.detail), customer_id=ana.pk, points_requested=500)
    BusinessSettings.objects.update(loyalty_may_stack=False)  # it was booked when it was
    with pytest.raises(RedemptionBlocked) as blocked:
        change_services(booking, new(shop.wash, shop.wax))
    assert blocked.value.suggestion == "Have the points returned, or the offer."
    asked = quote_change(booking, new(shop.wash, shop.wax))
    assert (asked.offer_discount_minor, asked.blocked, asked.coach) == (1_500, blocked.value.message, blocked.value.suggestion)
    assert bill(now_of(booking)) == (15_000, 2_000, 5_000, 500, 8_000) and OfferUse.objects.get().discount_minor == 2_000
    without = change_services(booking, new(shop.wash, shop.wax, returns_offer=True))
    assert bill(without) == (7_500, 0, 5_000, 500, 2_500)
    cancel(without)
    assert (balance(ana), drifting_balances()) == (500, [])


def test_the_same_press_twice_uses_it_once_and_another_offer_is_another_wish(shop, offer, ana):
    key = str(uuid.uuid4())
    first = shop.book(cart=cart(shop, offer), customer_id=ana.pk, idempotency_key=key)
    assert shop.book(cart=cart(shop, offer), customer_id=ana.pk, idempotency_key=key) == first
    with pytest.raises(BookingDiffers):
        shop.book(cart=shop.cart(), customer_id=ana.pk, idempotency_key=key)
    assert OfferUse.objects.count() == Booking.objects.count() == 1


def test_two_records_of_one_person_use_it_once(shop, offer, ana, loyal):
    other = loyal(0)
    claim_offer(customer_id=other.pk, offer_id=offer.pk)
    shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    merge_customers(other, ana, actor=User.objects.get(email="owner@shop.example"))
    for record in (other, ana):
        with pytest.raises(OfferRefused, match="already used"):
            shop.book(at(13), cart=cart(shop, offer), customer_id=record.pk)


def test_who_is_erased_leaves_no_code_on_an_appointment(shop, offer, ana):
    booking = shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    erase_person(ana, actor=None, reason="asked")
    row = now_of(booking)
    assert (row.status, row.offer_code, row.offer_discount_minor) == ("cancelled", "", 2_000)


def test_who_works_here_books_without_an_offer(shop, offer, ana):
    assert quote(cart(shop, offer)).offer_discount_minor == 0


@pytest.mark.parametrize("limit", [1, 3])
def test_of_many_at_once_exactly_as_many_as_uses_are_left_get_it(shop, offer, ana, limit):
    WelcomeOffer.objects.update(usage_limit=limit)
    Place.objects.filter(pk=shop.place.pk).update(capacity=20)
    results = in_parallel(40, lambda _position: shop.book(cart=cart(shop, offer), customer_id=ana.pk))
    assert sum(isinstance(row, Booking) for row in results) == limit == OfferUse.objects.count()
    assert {row.reason_code for row in results if isinstance(row, OfferRefused)} == {"OFFER_USED"}
    assert sum(isinstance(row, OfferRefused) for row in results) == 40 - limit


def test_ten_presses_at_once_are_one_appointment_and_one_use(shop, offer, ana):
    key = str(uuid.uuid4())
    results = in_parallel(10, lambda _position: shop.book(cart=cart(shop, offer), customer_id=ana.pk, idempotency_key=key))
    assert len({row.pk for row in results}) == 1 == OfferUse.objects.count()


def test_one_who_cancels_and_one_who_books_at_once_never_share_a_use(shop, offer, ana):
    Place.objects.filter(pk=shop.place.pk).update(capacity=20)
    standing = shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    for turn in range(6):
        acts = [lambda row=standing: cancel(row), *[lambda: shop.book(at(13), cart=cart(shop, offer), customer_id=ana.pk)] * 4]
        random.Random(turn).shuffle(acts)
        run_at_once(*acts)
        booked = list(Booking.objects.filter(status="confirmed", offer=offer))
        assert len(booked) <= 1 and OfferUse.objects.filter(returned_at=None).count() == len(booked)
        standing = booked[0] if booked else shop.book(cart=cart(shop, offer), customer_id=ana.pk)


def test_changing_giving_back_and_cancelling_at_once_lose_nothing(shop, offer, ana, stacking):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    owner = User.objects.get(email="owner@shop.example")
    for turn in range(5):
        booking = shop.book(at(9 + turn), cart=cart(shop, offer, shop.wash, shop.wax), customer_id=ana.pk, points_requested=500)
        acts = [
            lambda row=booking: change_services(row, new(shop.wash, shop.wax, shop.protection), owner),
            lambda row=booking: change_services(row, new(shop.wash, returns_offer=True), owner),
            lambda row=booking: cancel(row),
        ]
        random.Random(turn).shuffle(acts)
        run_at_once(*acts)
        assert now_of(booking).status == "cancelled" and not OfferUse.objects.filter(returned_at=None).exists()
        assert (balance(ana), drifting_balances()) == (500, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_minor": 13_001},
        {"offer_discount_minor": 2_001},
        {"offer_discount_minor": 0, "due_minor": 15_000},
        {"offer": None},
        {"offer_discount_minor": 15_001, "due_minor": -1},
    ],
)
def test_the_database_itself_refuses_a_bill_with_an_offer_that_does_not_add_up(shop, offer, ana, wrong):
    booking = shop.book(cart=cart(shop, offer), customer_id=ana.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(**wrong)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_bills_add_up_and_uses_are_those_of_standing_appointments(shop, offer, ana, seed):
    dice, owner = random.Random(seed), User.objects.get(email="owner@shop.example")
    Place.objects.filter(pk=shop.place.pk).update(capacity=20)
    everything = [shop.detail, shop.wash, shop.wax, shop.protection]
    for turn in range(30):
        is_fixed = dice.random() < 0.5
        WelcomeOffer.objects.update(
            discount_type="fixed" if is_fixed else "percentage",
            discount_value=dice.choice([500, 5_000, 90_000]) if is_fixed else dice.choice([1, 33, 100]),
            max_discount_minor=None if is_fixed else dice.choice([None, 700]),
            minimum_purchase_minor=dice.choice([0, 8_000]),
            usage_limit=dice.choice([1, 2]),
        )
        BusinessSettings.objects.update(loyalty_may_stack=dice.random() < 0.7, loyalty_min_cart_total=dice.choice([0, 6_000]))
        services, standing = dice.sample(everything, dice.randint(1, 4)), list(Booking.objects.filter(status="confirmed"))
        with contextlib.suppress(ServiceProError):  # what is refused changes nothing: the sums below say so
            act = dice.choice(["book", "change", "cancel"]) if standing else "book"
            if act == "book":
                wish = cart(shop, offer, *services) if dice.random() < 0.8 else shop.cart(*services)
                seen = quote(wish, ana.pk, points := dice.choice([0, 50, 400]))
                made = book(
                    cart=wish, starts_at=at(9), contact=shop.contact, customer_id=ana.pk, points_requested=points, idempotency_key=str(turn)
                )
                assert (seen.offer_discount_minor, seen.discount_minor, seen.due_minor) == (*bill(made)[1:3], made.due_minor)
            elif act == "change":
                row, wanted = dice.choice(standing), new(*services, returns_offer=dice.random() < 0.2, returns_points=dice.random() < 0.2)
                found = quote_change(row, wanted, owner)
                changed = change_services(row, wanted, owner)
                assert (found.offer_discount_minor, found.discount_minor, found.due_minor) == (*bill(changed)[1:3], changed.due_minor)
            else:
                cancel(dice.choice(standing), owner)
        rows = list(Booking.objects.filter(status="confirmed"))
        assert all(row.total_minor - row.offer_discount_minor - row.discount_minor == row.due_minor >= 0 for row in rows)
        uses = {use.source_key: use.discount_minor for use in OfferUse.objects.filter(returned_at=None)}
        assert uses == {f"booking:{row.public_id}": row.offer_discount_minor for row in rows if row.offer_id}
        assert balance(ana) == 500 - sum(row.points_used for row in rows) and drifting_balances() == []
