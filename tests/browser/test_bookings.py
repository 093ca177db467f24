"""Who works here looks at the day, says what became of it, and keeps the catalog; on a phone and by night."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookings.models import Booking, Place, Service
from bookings.selectors import manage_token, slots_of_days, today_at
from bookings.types import Contact
from customers.models import Customer
from loyalty.services import grant_points
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import Shop, make_shop
from tests.browser.conftest import Stack
from tests.browser.screens import check

AUSTIN = ZoneInfo("America/Chicago")


@pytest.fixture
def shop(tenant) -> Shop:
    BusinessSettings.objects.update(loyalty_min_cart_total=7_500, point_value_minor=10)
    return make_shop()


@pytest.fixture
def booked(shop: Shop) -> list[Booking]:
    """Two appointments of one day to come, one of them with points, and one that is over."""
    ana = Customer.objects.create(name="Ana Silva", phone="+15125550142")
    grant_points(customer_ids=[ana.pk], points=500, reason="test", campaign_key="k")
    days = slots_of_days(shop.place, today_at(shop.place) + timedelta(days=1), 7, 150)
    slots = next(slots for slots in days.values() if len(slots) > 5)
    first = shop.book(slots[0].starts_at, shop.detail, shop.protection, customer_id=ana.pk, points_requested=500)
    second = shop.book(slots[4].starts_at, shop.wash, contact=Contact("Bo Adebayo-Winterbottom", "512-555-0143", "", "Please call before"))
    over = shop.book(slots[1].starts_at, shop.wash, contact=Contact("Cy", "512-555-0144"))
    now = timezone.now().replace(second=0, microsecond=0)
    Booking.objects.filter(pk=over.pk).update(starts_at=now - timedelta(minutes=40), ends_at=now - timedelta(minutes=10), seat=2)
    return [first, second, Booking.objects.get(pk=over.pk)]


@pytest.fixture
def worker(tenant) -> Iterator[str]:
    """The email address of somebody on the staff, whose traces go with them."""
    made = User.objects.create_user("bookings-staff@shop.example", "a-long-password", is_staff=True)
    yield made.email
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM shop.customers_personaldataaccess; DELETE FROM shop.accounts_auditentry")
        cursor.execute("SET session_replication_role = DEFAULT")
    made.delete()


def day_of(booking: Booking) -> str:
    return f"/admin/bookings/day/?day={booking.starts_at.astimezone(AUSTIN).date().isoformat()}"


def test_the_owner_sees_a_day_and_cancels_with_points_going_back(sign_in: Callable[..., Page], stack: Stack, booked, tmp_path):
    page = sign_in(path="/admin/")
    page.get_by_role("link", name="Appointments").first.click()
    expect(page.get_by_role("heading", name="(today)")).to_be_visible()
    page.goto(stack.url(day_of(booked[0])))
    row = page.get_by_role("listitem").filter(has_text="Ana Silva")
    expect(row).to_contain_text("500 points took $50.00 off")
    check(page)
    page.screenshot(path=str(tmp_path / "day.png"), full_page=True)
    row.get_by_text("Cancel", exact=True).click()
    row.get_by_role("button", name="Cancel this appointment").click()
    expect(page.get_by_text("Ana Silva: cancelled. 500 points went back.").first).to_be_visible()
    assert Booking.objects.get(pk=booked[0].pk).status == "cancelled"
    assert Customer.objects.get(name="Ana Silva").loyalty_points_balance == 500
    check(page)


def test_staff_say_what_became_of_it_on_their_phone(sign_in: Callable[..., Page], stack: Stack, booked, worker, tmp_path):
    page = sign_in(worker, path=day_of(booked[2]), width=360)
    row = page.get_by_role("listitem").filter(has_text="Cy")
    page.screenshot(path=str(tmp_path / "phone.png"), full_page=True)
    row.get_by_role("button", name="Completed").click()
    expect(page.get_by_text("Cy: completed.").first).to_be_visible()
    assert Booking.objects.get(pk=booked[2].pk).status == "completed"
    expect(row.get_by_role("button", name="No-show")).to_be_visible()


def test_an_owner_adds_a_service_and_closes_a_place_for_a_day(sign_in: Callable[..., Page], stack: Stack, shop, tmp_path):
    page = sign_in(path="/admin/bookings/service/add/")
    page.get_by_label("Name").fill("Clay Bar")
    page.get_by_label("Price").fill("149.90")
    page.get_by_label("Duration minutes").fill("60")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("$149.90")).to_be_visible()
    assert Service.objects.get(name="Clay Bar").price_minor == 14_990
    page.goto(stack.url(f"/admin/bookings/place/{shop.place.pk}/change/"))
    expect(page.get_by_text("Opening hours").first).to_be_visible()
    page.screenshot(path=str(tmp_path / "place.png"), full_page=True)
    assert Place.objects.get(pk=shop.place.pk).hours.count() == 6


def test_a_day_without_appointments_says_what_to_do(sign_in: Callable[..., Page], stack: Stack, tenant):
    page = sign_in(path="/admin/bookings/day/")
    expect(page.get_by_text("Nobody has booked for this day")).to_be_visible()
    expect(page.get_by_text("Customers can book once there is a place")).to_be_visible()
    check(page)


def test_an_appointment_is_moved_while_its_customer_is_on_the_phone(sign_in: Callable[..., Page], stack: Stack, booked, worker, tmp_path):
    page = sign_in(worker, path=day_of(booked[1]), width=360)
    page.get_by_role("link", name="Move Bo").click()
    expect(page.get_by_role("heading", name="Bo Adebayo-Winterbottom: Express Wash")).to_be_visible()
    check(page)
    page.screenshot(path=str(tmp_path / "move.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 900})
    page.get_by_role("combobox", name="Place").select_option("Airport")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Airport does not offer Express Wash")).to_be_visible()
    check(page)
    page.get_by_role("combobox", name="Place").select_option("Main shop")
    page.get_by_role("button", name="Show").click()
    time = page.get_by_role("form", name="Free times").get_by_role("button").last
    said = time.inner_text()
    time.click()
    expect(page.get_by_text(f"at {said}, Main shop.").first).to_be_visible()
    moved = Booking.objects.get(pk=booked[1].pk)
    assert moved.starts_at > booked[1].starts_at and moved.sequence == 1


def test_the_week_is_a_grid_on_a_desk_and_a_list_on_a_phone(sign_in: Callable[..., Page], stack: Stack, booked, tmp_path):
    page = sign_in(path=day_of(booked[0]))
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.get_by_role("link", name="Ana Silva")).to_be_visible()
    check(page)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(tmp_path / f"week{width}.png"), full_page=True)
        tops = {round(box["y"]) for box in (day.bounding_box() for day in page.locator(".week > li").all()) if box}
        assert len(tops) == (1 if width == 1280 else 7)
    page.get_by_role("link", name="Week after").click()
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".week .today")).to_be_visible()
    page.goto(stack.url(f"/admin/bookings/week/?day={booked[0].starts_at.astimezone(AUSTIN).date().isoformat()}"))
    page.get_by_role("link", name="Ana Silva").click()
    expect(page.get_by_role("listitem").filter(has_text="Ana Silva")).to_be_in_viewport()


def test_services_are_changed_after_seeing_what_it_means(sign_in: Callable[..., Page], stack: Stack, booked, tmp_path):
    page = sign_in(path=day_of(booked[0]))
    page.get_by_role("link", name="Services of Ana Silva").click()
    page.get_by_role("checkbox", name="Full Interior Detail").uncheck()
    page.get_by_role("checkbox", name="Interior Protection").uncheck()
    page.get_by_role("checkbox", name="Hand Wax").check()
    page.get_by_role("button", name="Show what it means").click()
    expect(page.get_by_role("alert")).to_contain_text("have the points returned")
    check(page)
    page.get_by_role("link", name="Show it with the points returned").click()
    expect(page.get_by_text("500 points go back to the customer")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Return the 500 points")).to_be_checked()
    page.get_by_role("checkbox", name="Full Interior Detail").check()
    page.get_by_role("button", name="Show what it means").click()
    expect(page.get_by_text("It takes 2 h 30 min.")).to_be_visible()
    check(page)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(tmp_path / f"services{width}.png"), full_page=True)
    page.get_by_role("button", name="Change the services").click()
    expect(
        page.get_by_text("Ana Silva: now Full Interior Detail and Hand Wax, $185.00 to pay. 500 points went back.").first
    ).to_be_visible()
    assert Customer.objects.get(name="Ana Silva").loyalty_points_balance == 500


def test_more_services_than_there_is_time_for_lead_to_other_times(sign_in: Callable[..., Page], stack: Stack, booked, tmp_path):
    Place.objects.update(capacity=1)
    begins = booked[0].ends_at
    Booking.objects.filter(pk=booked[1].pk).update(seat=1, starts_at=begins, ends_at=begins + timedelta(minutes=30))
    page = sign_in(path=f"/admin/bookings/day/{booked[0].public_id}/services/", width=360)
    page.get_by_role("checkbox", name="Hand Wax").check()
    page.get_by_role("button", name="Show what it means").click()
    expect(page.get_by_text("somebody comes before that")).to_be_visible()
    check(page)
    page.screenshot(path=str(tmp_path / "times.png"), full_page=True)
    page.get_by_role("form", name="Change the services").get_by_role("button").last.click()
    expect(
        page.get_by_text("now Full Interior Detail, Interior Protection and Hand Wax").or_(page.get_by_text("to pay.")).first
    ).to_be_visible()
    assert Booking.objects.get(pk=booked[0].pk).sequence == 1


def test_a_customer_changes_the_services_behind_the_link(open_page: Callable[..., Page], stack: Stack, booked, tmp_path):
    Place.objects.update(capacity=1)
    begins = booked[0].ends_at
    Booking.objects.filter(pk=booked[1].pk).update(seat=1, starts_at=begins, ends_at=begins + timedelta(minutes=30))
    page = open_page(width=360)
    page.goto(stack.url(f"/b/{manage_token(booked[0])}"))
    page.get_by_role("link", name="Change the services").click()
    check(page)
    page.get_by_role("checkbox", name="Full Interior Detail").uncheck()
    page.get_by_role("checkbox", name="Interior Protection").uncheck()
    page.get_by_role("checkbox", name="Hand Wax").check()
    page.get_by_role("button", name="Show me the new bill").click()
    expect(page.get_by_role("alert")).to_contain_text("or have the points returned.")
    check(page)
    page.get_by_role("checkbox", name="Full Interior Detail").check()
    page.get_by_role("checkbox", name="Interior Protection").check()
    page.get_by_role("button", name="Show me the new bill").click()
    expect(page.get_by_text("somebody comes before that")).to_be_visible()
    check(page)
    page.screenshot(path=str(tmp_path / "longer.png"), full_page=True)
    page.get_by_role("checkbox", name="Full Interior Detail").uncheck()
    page.get_by_role("checkbox", name="Interior Protection").uncheck()
    page.get_by_role("checkbox", name="Express Wash").check()
    page.get_by_role("button", name="Show me the new bill").click()
    expect(page.get_by_text("To pay on site")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Change my appointment").click()
    expect(page.get_by_role("status")).to_contain_text("Your appointment is changed.")
    changed = Booking.objects.get(pk=booked[0].pk)
    assert (changed.total_minor, changed.points_used, changed.due_minor) == (7_500, 500, 2_500)


def test_a_customer_who_calls_is_booked_on_one_page(sign_in: Callable[..., Page], stack: Stack, booked, worker, tmp_path):
    page = sign_in(worker, path=day_of(booked[0]), width=360, may_be_refused=True)
    page.get_by_role("link", name="New appointment").click()
    check(page)
    page.get_by_role("combobox", name="Place").select_option("Main shop")
    page.get_by_role("button", name="Show free times").click()
    page.get_by_role("checkbox", name="Express Wash").check()
    page.get_by_role("checkbox", name="Hand Wax").check()
    page.get_by_role("button", name="Show free times").click()
    expect(page.get_by_text("1 h, $75.00.")).to_be_visible()
    check(page)
    page.get_by_label("Name").fill("Dee Park")
    page.get_by_role("group", name="Days").get_by_role("button").nth(2).click()
    expect(page.get_by_label("Name")).to_have_value("Dee Park")
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Please leave a phone number or an email address")
    expect(page.get_by_role("radio").last).to_be_checked()
    check(page)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(tmp_path / f"hand{width}.png"), full_page=True)
    page.get_by_label("Mobile number").fill("512 555 0188")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("Dee Park: booked for").first).to_be_visible()
    assert Booking.objects.get(contact_name="Dee Park").due_minor == 7_500
