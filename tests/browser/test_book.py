"""A customer books on a phone: services, time, points, contact; then moves and cancels."""

import re
from collections.abc import Callable

import pytest
import redis
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from bookings.models import Booking
from customers.models import Customer
from customers.services import register_customer
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import Shop, make_shop
from tests.browser.screens import check
from tests.portal.conftest import settled
from tests.portal.test_pages import give

PHONE = "+15125550142"


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    valkey = redis.Redis.from_url(django_settings.REDIS_URL.replace("db=0", "db=1"))
    for key in valkey.scan_iter("ratelimit:*:portal:*"):
        valkey.delete(key)


@pytest.fixture
def catalog(tenant, simulator) -> Shop:
    BusinessSettings.objects.update(loyalty_min_cart_total=7_500, loyalty_require_core_service=True, point_value_minor=10)
    made = make_shop()
    made.other.is_active = False
    made.other.save()
    return made


@pytest.fixture
def ana(catalog) -> Customer:
    made = register_customer(name="Ana Silva", phone_text=PHONE, email="ana@example.com")
    give(made, 500)
    return made


def choose(page: Page, stack, *services: str) -> None:
    page.goto(stack.url("/book"))
    for name in services:
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Choose a time").click()
    page.locator(".days a:not(.none)").last.click()
    page.locator(".times button").first.click()


def use_code(page: Page, simulator) -> None:
    page.get_by_label("Mobile number or email").fill("512 555 0142")
    page.get_by_role("button", name="Send me a code").click()
    assert settled(20).outcome == "sent"
    page.get_by_label("Code with 6 digits").fill(re.search(r"\b\d{6}\b", simulator.texts(PHONE)[-1]["body"])[0])
    page.get_by_role("button", name="Sign in").click()


def test_from_the_services_to_the_appointment_with_points(open_page: Callable[..., Page], stack, simulator, ana):
    page = open_page(width=360, may_be_refused=True)
    page.goto(stack.url("/book"))
    check(page)
    page.get_by_role("checkbox", name="Express Wash").check()
    page.get_by_role("button", name="Choose a time").click()
    check(page)
    page.locator(".days a:not(.none)").last.click()
    page.locator(".times button").first.click()
    expect(page.get_by_role("heading", name="Almost done")).to_be_visible()
    check(page)
    page.get_by_label("Anything we should know?").fill("Blue van")
    page.get_by_role("button", name="Sign in to use points").click()
    use_code(page, simulator)
    expect(page.get_by_label("Anything we should know?")).to_have_value("Blue van")
    page.get_by_label("Apply points to this booking").check()
    expect(page.get_by_role("alert")).to_contain_text("at least $75")
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("alert")).to_contain_text("Points cannot be used like this")
    check(page)
    page.get_by_role("button", name="Add a service").click()
    page.get_by_role("checkbox", name="Hand Wax").check()
    page.get_by_role("button", name="Choose a time").click()
    page.locator(".times button").first.click()
    page.get_by_label("How many").fill("200")
    expect(page.locator("#bill .due")).to_contain_text("$55")
    check(page)
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("heading", name="See you soon, Ana Silva")).to_be_visible()
    check(page)
    booking = Booking.objects.get()
    assert (booking.points_used, booking.due_minor, booking.note) == (200, 5_500, "Blue van")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Add to my calendar").click()
    assert taken.value.suggested_filename == "appointment.ics"
    page.get_by_role("link", name="Move it to another time").click()
    check(page)
    page.locator(".times button").last.click()
    expect(page.get_by_role("status")).to_contain_text("Your appointment is moved.")
    page.goto(stack.url("/portal/"))
    check(page)
    page.get_by_role("link", name=re.compile(" at ")).click()
    page.get_by_text("Cancel it").click()
    check(page)
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("Your 200 points are back on your account.")).to_be_visible()
    check(page)


def test_a_guest_books_without_scripts_and_little_is_loaded(chromium, stack, simulator, catalog):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page, loaded = context.new_page(), []
    page.on("response", lambda answer: loaded.append((answer.url, len(answer.body()) if answer.status == 200 else 0)))
    choose(page, stack, "Full Interior Detail")
    page.get_by_label("Name").fill("Ben Fox")
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("alert")).to_contain_text("Please leave a phone number or an email address")
    expect(page.get_by_label("Name")).to_have_value("Ben Fox")
    page.get_by_label("Mobile number").fill("512 555 0177")
    page.get_by_label("Mobile number").press("Enter")
    assert Booking.objects.count() == 0, "Enter in a field shows the page again, it does not book"
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("heading", name="See you soon, Ben Fox")).to_be_visible()
    page_sizes = [size for address, size in loaded if "/book/details" in address or address.endswith(("portal.css", "booking.js"))]
    assert max(page_sizes) < 60_000 and all("shop.localhost" in address or address.startswith("data:") for address, _size in loaded)
    context.close()
