"""After a phone or an email was replaced, through whatever door, points rest for a day and the old address hears of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from bookings.models import Booking, BookingNotice
from customers.models import ContactChange, Customer
from customers.services import (
    change_email,
    erase_person,
    merge_customers,
    register_customer,
    rename_customer,
    rotate_field_keys,
    suppress,
    undo_import,
    unmerge_customers,
)
from loyalty.errors import RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.services import (
    apply_redemption,
    check_redemption_eligibility,
    coach_redemption,
    grant_points,
    resting_points,
    tell_old_contacts,
)
from loyalty.types import Offer, RedemptionContext
from portal.models import PortalSession
from tenants.accounts.models import User
from tests.bookings.conftest import clock, shop
from tests.customers.lists import HEADERS, written
from tests.portal.booking_form import cart, form, press
from tests.portal.conftest import client_of
from tests.portal.test_pages import words

__all__ = ["clock", "shop"]
PHONE, EMAIL, NEW_PHONE, NEW_EMAIL = "+15125550142", "ana@example.com", "+15125550143", "new@example.com"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana(tenant: object) -> Customer:
    return register_customer(name="Ana Silva", phone_text=PHONE, email=EMAIL)


@pytest.fixture
def loyal_ana(ana: Customer) -> Customer:
    grant_points(customer_ids=[ana.pk], points=500, reason="thanks", campaign_key="k")
    return ana


@pytest.fixture
def staff(tenant: object) -> Iterator[Client]:
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(User.objects.get(email="owner@shop.example"))
    yield client


def wish(customer: Customer, points: int = 500) -> RedemptionContext:
    return RedemptionContext(customer.pk, 10_000, True, False, points)


def changes() -> list[tuple[int, str, str]]:
    return [(row.customer_id, row.channel, row.old_phone or row.old_email) for row in ContactChange.objects.order_by("pk")]


def edit(staff: Client, customer: Customer, **typed: str) -> None:
    fields = {"name": customer.name, "email": customer.email or "", "source": "manual", "tags": "", "sms_consent": "unknown"}
    answer = staff.post(f"/admin/customers/customer/{customer.pk}/change/", fields | {"gdpr_marketing_consent": "unknown"} | typed)
    assert answer.status_code == 302, answer.content.decode()


def test_points_rest_for_a_day_to_the_minute(loyal_ana):
    change_email(loyal_ana, NEW_EMAIL)
    begun = ContactChange.objects.get().changed_at
    with time_machine.travel(begun + timedelta(hours=24) - MINUTE, tick=False):
        check = check_redemption_eligibility(wish(loyal_ana))
        assert (check.can_redeem, check.reason_code, check.allowed_points, check.discount_minor) == (False, "CONTACT_CHANGED", 0, 0)
        with pytest.raises(RedemptionBlocked) as blocked:
            apply_redemption(wish(loyal_ana), source_key="booking:a", reason="Booking discount")
        assert (blocked.value.status, blocked.value.reason_code) == (400, "CONTACT_CHANGED")
    assert not PointsTransaction.objects.filter(kind="REDEEM").exists()
    with time_machine.travel(begun + timedelta(hours=24), tick=False):
        assert check_redemption_eligibility(wish(loyal_ana)).can_redeem and resting_points(loyal_ana.pk) == ""
        assert apply_redemption(wish(loyal_ana), source_key="booking:a", reason="Booking discount").points_used == 500


def test_the_message_and_the_coach_name_the_moment_on_the_business_clock(loyal_ana):
    change_email(loyal_ana, NEW_EMAIL)
    ContactChange.objects.update(changed_at="2026-11-20T18:00:30Z")  # noon in New York and Austin differ: the business's clock counts
    with time_machine.travel("2026-11-20T19:00:00Z", tick=False), connection.cursor() as cursor:
        cursor.execute("SELECT time_zone FROM public.tenants_tenant WHERE schema_name = 'shop'")
        said = {"America/Chicago": "Sat, Nov 21 at 12:01 PM", "America/New_York": "Sat, Nov 21 at 1:01 PM"}[cursor.fetchone()[0]]
        check = check_redemption_eligibility(wish(loyal_ana))
        assert check.message == resting_points(loyal_ana.pk)
        assert check.message.endswith(f"they can be used again from {said}.")
        coached = coach_redemption(wish(loyal_ana), [Offer("Wax", 5_000, True)])
    assert coached == f"Book without points, or use them from {said}."


def test_nonsense_is_still_called_nonsense_while_points_rest(loyal_ana):
    change_email(loyal_ana, NEW_EMAIL)
    assert check_redemption_eligibility(wish(loyal_ana, 0)).reason_code == "INVALID_AMOUNT"


def test_staff_replacing_a_phone_or_an_email_counts(staff, ana):
    edit(staff, ana, name="Ana S.")
    assert changes() == []
    edit(staff, ana, new_phone="(512) 555-0143", email=NEW_EMAIL)
    assert changes() == [(ana.pk, "sms", PHONE), (ana.pk, "email", EMAIL)]


def test_taking_an_address_away_and_giving_another_counts_at_the_first_step(staff, ana):
    edit(staff, ana, email="")
    assert changes() == [(ana.pk, "email", EMAIL)]
    ana.refresh_from_db()
    edit(staff, ana, email=NEW_EMAIL)
    assert len(changes()) == 1, "an address where none was replaces nothing"


def test_a_list_that_replaces_counts_and_one_that_fills_does_not(ana):
    ben = register_customer(name="Ben", phone_text=NEW_PHONE)
    rows = [("Ana Silva", PHONE, NEW_EMAIL), ("Ben", NEW_PHONE, "ben@example.com")]
    batch = written(rows, HEADERS, replace_existing=True)
    assert changes() == [(ana.pk, "email", EMAIL)]
    undo_import(batch, None)
    ana.refresh_from_db()
    ben.refresh_from_db()
    assert (ana.email, ben.email) == (EMAIL, None) and len(changes()) == 1, "what was there before is no new address"


def test_a_merge_that_puts_another_contact_in_place_counts_and_one_that_moves_it_does_not(ana):
    other = register_customer(name="Ana", phone_text=NEW_PHONE)
    with_email = register_customer(name="Ana", email="third@example.com")
    moved = merge_customers(with_email, other, actor=None)
    assert changes() == []
    unmerge_customers(moved, actor=None)
    assert changes() == []
    grant_points(customer_ids=[ana.pk], points=500, reason="thanks", campaign_key="k")
    merge_customers(other, ana, actor=None)
    assert changes() == [(ana.pk, "sms", PHONE)]
    for record in (other, ana):
        assert check_redemption_eligibility(wish(record)).reason_code == "CONTACT_CHANGED"


def test_a_change_on_any_record_of_the_person_counts(loyal_ana):
    joined = register_customer(name="Ana", phone_text=NEW_PHONE)
    Customer.objects.filter(pk=joined.pk).update(same_person_as=loyal_ana)
    Customer.objects.filter(pk=joined.pk).update(phone="+15125550199")
    assert check_redemption_eligibility(wish(loyal_ana)).reason_code == "CONTACT_CHANGED"


def test_what_leaves_the_address_as_it_is_counts_as_nothing(ana):
    rename_customer(ana, "Ana Maria")
    Customer.objects.filter(pk=ana.pk).update(email="ANA@example.com ", phone=PHONE)
    list(rotate_field_keys())
    grant_points(customer_ids=[ana.pk], points=5, reason="x", campaign_key="k")
    assert changes() == []


def test_erasing_notes_nothing_and_takes_what_was_noted(ana):
    change_email(ana, NEW_EMAIL)
    erase_person(ana, actor=None, reason="asked")
    assert changes() == []


def test_the_old_email_hears_of_it_once_and_is_forgotten(ana, simulator):
    second = register_customer(name="Ana", phone_text=NEW_PHONE, email=EMAIL)
    Customer.objects.filter(pk=second.pk).update(same_person_as=ana)
    change_email(ana, NEW_EMAIL)
    assert len(changes()) == 2
    assert (tell_old_contacts(), tell_old_contacts()) == (2, 0)
    letters = simulator.emails(EMAIL)
    assert len(letters) == 1 and letters[0]["subject"] == "Your email address at Clean Machine Auto Detail was changed"
    assert not simulator.emails(NEW_EMAIL)
    assert set(ContactChange.objects.values_list("outcome", "old_email")) == {("sent", None)}


def test_the_old_phone_hears_of_it_and_one_that_said_stop_does_not(ana, simulator):
    suppress(channel="sms", address=NEW_PHONE, reason="stop", event_key="x")
    ben = register_customer(name="Ben", phone_text=NEW_PHONE)
    Customer.objects.filter(pk=ana.pk).update(phone="+15125550150")
    Customer.objects.filter(pk=ben.pk).update(phone="+15125550151")
    tell_old_contacts()
    assert "phone number of your account was changed" in simulator.texts(PHONE)[-1]["body"]
    assert not simulator.texts(NEW_PHONE)
    assert list(ContactChange.objects.order_by("pk").values_list("outcome", flat=True)) == ["sent", "skipped:address_suppressed"]


def test_a_notice_that_is_a_day_late_is_not_sent(ana, simulator):
    change_email(ana, NEW_EMAIL)
    with time_machine.travel(ContactChange.objects.get().changed_at + timedelta(hours=25), tick=False):
        assert tell_old_contacts() == 1
    assert not simulator.emails(EMAIL)
    assert list(ContactChange.objects.values_list("outcome", "old_email")) == [("too_late", None)]


def nothing_booked(customer: Customer) -> bool:
    customer.refresh_from_db()
    return (
        not Booking.objects.exists()
        and not BookingNotice.objects.exists()
        and not PointsTransaction.objects.filter(kind="REDEEM").exists()
        and customer.loyalty_points_balance == 500
    )


@pytest.mark.parametrize("minutes", [-1, 0])
def test_the_page_says_so_before_and_books_nothing_while_points_rest(shop, clock, simulator, ana, minutes):
    grant_points(customer_ids=[ana.pk], points=500, reason="thanks", campaign_key="k")
    change_email(ana, NEW_EMAIL)
    now = clock_now(clock, minutes)
    ana.refresh_from_db()
    client = client_of(ana)
    looked = words(client.get("/book/details", cart(shop)))
    filled = form(client, cart(shop, use="1", points="500"))
    answer = press(client, filled)
    if minutes < 0:
        assert "they can be used again from" in looked
        assert answer.status_code == 400 and "Points cannot be used yet" in words(answer) and "Book without points" in words(answer)
        assert nothing_booked(ana)
        assert press(client, filled, action="without").status_code == 303 and Booking.objects.get().points_used == 0
    else:
        assert "they can be used again from" not in looked
        assert answer.status_code == 303 and Booking.objects.get().points_used == 500, now


@pytest.mark.parametrize("minutes", [-1, 0])
def test_the_api_books_nothing_while_points_rest(shop, clock, simulator, ana, minutes):
    grant_points(customer_ids=[ana.pk], points=500, reason="thanks", campaign_key="k")
    change_email(ana, NEW_EMAIL)
    clock_now(clock, minutes)
    ana.refresh_from_db()
    body = {
        "place": shop.place.pk,
        "services": [shop.detail.pk],
        "date": "2026-11-10",
        "time": "10:00",
        "contact": {"name": "Ana", "phone": PHONE},
        "loyalty": {"usePoints": True, "pointsRequested": 500},
    }
    answer = client_of(ana).post("/api/booking", body, content_type="application/json", headers={"Idempotency-Key": "a-key-of-my-own"})
    if minutes < 0:
        assert answer.status_code == 400
        assert (answer.json()["error"], answer.json()["reasonCode"]) == ("LOYALTY_REDEMPTION_BLOCKED", "CONTACT_CHANGED")
        assert nothing_booked(ana)
    else:
        assert answer.status_code == 201 and answer.json()["pointsUsed"] == 500


def clock_now(clock, minutes: int):
    """Let the change have been a day ago, give or take minutes; return the moment it counts from."""
    from django.utils import timezone

    begun = timezone.now() - timedelta(hours=24) - timedelta(minutes=minutes)
    ContactChange.objects.update(changed_at=begun)
    PortalSession.objects.all().delete()
    return begun
