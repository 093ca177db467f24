"""Ways to get points that are nobody's, each with what stops it or shows it.

Taking over an account: test_contact_changes. Points for oneself: test_adjustments and test_approvals. Races: test_redemption.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.test import Client

from bookings.services import cancel
from campaigns.models import Target
from campaigns.services import create_port_recovery_campaign
from customers.models import Customer
from customers.services import consolidate, merge_customers, register_customer
from loyalty.insights.alerts import many_redemptions
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import apply_redemption, grant_points, reverse_redemption
from loyalty.types import RedemptionContext
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import clock, loyal, shop
from tests.customers.lists import written
from tests.loyalty.ledgers import Entry, people, write

__all__ = ["clock", "loyal", "shop"]
ZONE = "America/Chicago"
DAY = date(2026, 11, 19)


def noon(day: date = DAY, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def uses(customer: int, how_many: int, at: datetime, points: int = 10) -> list[Entry]:
    earned = Entry(customer, "EARN", how_many * points, "earned", at - timedelta(days=1))
    return [earned, *(Entry(customer, "REDEEM", -points, "", at + timedelta(minutes=number)) for number in range(how_many))]


def found(first: date = DAY - timedelta(days=29), last: date = DAY) -> list[tuple]:
    return [(row.customer_id, row.day, row.redemptions, row.returned, row.points) for row in many_redemptions(first, last, ZONE)]


def test_the_fourth_use_of_points_in_a_day_is_shown_and_the_third_is_not(tenant):
    three, four = people(2)
    write(uses(three, 3, noon()) + uses(four, 4, noon()))
    assert found() == [(four, DAY, 4, 0, 40)]


def test_a_day_is_the_business_s_own(tenant):
    (person,) = people(1)
    write(uses(person, 2, noon(hour=23)) + uses(person, 2, noon(DAY + timedelta(days=1), 0)))
    assert found(last=DAY + timedelta(days=1)) == []


def test_two_records_of_one_person_are_one_person(people):
    for number, person in enumerate(people[:2]):
        write([Entry(person.pk, "EARN", 100, "earned", noon() - timedelta(days=1)), *uses(person.pk, 2, noon(hour=8 + number))[1:]])
    assert found() == []
    merge_customers(people[0], people[1], actor=None)
    assert found() == [(people[0].pk, DAY, 4, 0, 40)]


def test_only_the_days_asked_for_are_looked_at(tenant):
    (person,) = people(1)
    write(uses(person, 4, noon(DAY - timedelta(days=30))) + uses(person, 5, noon(DAY + timedelta(days=1))))
    assert found() == [] and len(found(last=DAY + timedelta(days=1))) == 1


def test_booking_and_cancelling_in_a_circle_brings_no_point_and_is_seen(shop, loyal, clock):
    ana = loyal(500)
    for _turn in range(10):
        booking = shop.book(customer_id=ana.pk, points_requested=500)
        cancel(booking, actor=None)
    ana.refresh_from_db()
    assert ana.loyalty_points_balance == 500 and drifting_balances() == []
    today = PointsTransaction.objects.filter(kind="REDEEM").latest("pk").created_at.astimezone(ZoneInfo(ZONE)).date()
    assert found(today, today) == [(ana.pk, today, 10, 10, 5_000)]


def test_a_bill_that_changes_is_no_further_use(tenant, people):
    BusinessSettings.objects.update(loyalty_min_cart_total=0)
    person = people[0]
    grant_points(customer_ids=[person.pk], points=500, reason="x", campaign_key="k")
    for number in range(4):
        key = "booking:a" if number == 0 else f"booking:a:after:{number}"
        apply_redemption(RedemptionContext(person.pk, 1_000, True, False, 10), source_key=key, reason="Booking discount")
    today = datetime.now(ZoneInfo(ZONE)).date()
    assert found(today, today) == []
    assert reverse_redemption(source_key="booking:a", reason="x") >= 0
    BusinessSettings.objects.update(loyalty_min_cart_total=7_500)


def test_one_person_with_several_records_is_granted_once(tenant):
    first = register_customer(name="Ana", phone_text="(512) 555-0142", email="ana@example.com")
    again = register_customer(name="Ana S.", phone_text="+1 512 555 0142", email="other@example.com")
    second = register_customer(name="Ana", phone_text="512-555-0143", email="ANA@example.com")
    assert first.pk == again.pk != second.pk
    consolidate(write=True)
    campaign = create_port_recovery_campaign(created_by=None, name="apology")
    assert list(Target.objects.filter(campaign_id=campaign.pk).values_list("customer_id", flat=True)) == [first.pk]


def test_numbers_that_cannot_be_texted_come_to_no_points(tenant):
    before = Customer.objects.count()
    written([("Fake One", "555-0100", ""), ("Fake Two", "0000000000", ""), ("Fake Three", "+1 999 999 9999", "")])
    assert Customer.objects.exclude(phone=None).count() == before and not PointsTransaction.objects.exists()


def test_the_owner_is_told_on_the_insights_page(tenant):
    calm, busy = people(2)
    now = datetime.now(UTC) - timedelta(seconds=30)
    write([*uses(calm, 1, now), Entry(busy, "EARN", 100, "earned", now - timedelta(days=1))])
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(User.objects.get(email="owner@shop.example"))
    page = "/admin/loyalty-insights/"
    assert "Worth a look" not in client.get(page).content.decode()
    write([Entry(busy, "REDEEM", -10, "", now) for _number in range(4)])
    shown = client.get(page).content.decode()
    assert "Worth a look" in shown and shown.count("Person 1") == 2 and "+1512•••0001" in shown
    assert "Many redemptions" in client.post(f"{page}export.csv").content.decode()
