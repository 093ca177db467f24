"""A customer with a welcome offer books on a phone: the offer, points instead, neither; with scripts and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bookings.models import Booking
from customers.models import Customer
from loyalty.models import OfferUse, WelcomeOffer
from loyalty.services import claim_offer
from tenants.business.models import BusinessSettings
from tests.browser.screens import check
from tests.browser.test_book import ana, catalog, choose, nobody_asked_yet, use_code

__all__ = ["ana", "catalog", "nobody_asked_yet"]  # what there is to book, and who books


@pytest.fixture
def offer(ana: Customer) -> WelcomeOffer:
    made = WelcomeOffer.objects.create(
        name="Welcome to Clean Machine",
        discount_type="percentage",
        discount_value=20,
        max_discount_minor=2_000,
        minimum_purchase_minor=5_000,
    )
    claim_offer(customer_id=ana.pk, offer_id=made.pk)
    return made


def test_the_offer_is_on_the_bill_and_pays_its_part(open_page: Callable[..., Page], stack, simulator, offer):
    page = open_page(width=360, may_be_refused=True)
    choose(page, stack, "Full Interior Detail")
    page.get_by_role("button", name="Sign in to use points").click()
    use_code(page, simulator)
    mine, points, neither = (page.get_by_role("radio", name=name) for name in ("Welcome to Clean Machine", "My points instead", "Neither"))
    expect(mine).to_be_checked()
    expect(page.locator("#bill")).to_contain_text("Welcome to Clean Machine")
    expect(page.locator("#bill .due")).to_contain_text("$130")
    check(page)
    page.get_by_label("How many").fill("100")
    expect(points).to_be_checked()
    expect(page.locator("#bill .due")).to_contain_text("$140")
    check(page)
    neither.check()
    expect(page.locator("#bill .due")).to_contain_text("$150")
    mine.check()
    expect(page.locator("#bill .due")).to_contain_text("$130")
    page.get_by_role("button", name="Book now").click()
    expect(page.get_by_role("heading", name="See you soon, Ana Silva")).to_be_visible()
    expect(page.locator(".bill")).to_contain_text("-$20")
    check(page)
    booking = Booking.objects.get()
    assert (booking.offer_discount_minor, booking.points_used, booking.due_minor) == (2_000, 0, 13_000)
    page.get_by_role("link", name="Change the services").click()
    page.get_by_role("checkbox", name="Full Interior Detail").uncheck()
    page.get_by_role("checkbox", name="Express Wash").check()
    page.get_by_role("button", name="Show me the new bill").click()
    expect(page.get_by_role("alert")).to_contain_text("Minimum purchase of $50 required.")
    check(page)
    page.get_by_role("link", name="Show it with the offer returned").click()
    expect(page.locator(".bill .due")).to_contain_text("$40")
    check(page)
    page.get_by_role("link", name="Keep it as it is").click()
    page.get_by_text("Cancel it").click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("Your welcome offer can be used again until")).to_be_visible()
    check(page)
    assert OfferUse.objects.get().returned_at is not None


def test_beside_points_where_both_may_be_and_refused_where_it_is_too_small(open_page: Callable[..., Page], stack, simulator, offer):
    BusinessSettings.objects.update(loyalty_may_stack=True)
    page = open_page(width=360, may_be_refused=True)
    choose(page, stack, "Full Interior Detail")
    page.get_by_role("button", name="Sign in to use points").click()
    use_code(page, simulator)
    page.get_by_label("Apply points to this booking").check()
    expect(page.locator("#bill .due")).to_contain_text("$80")
    check(page)
    page.get_by_role("radio", name="Not this time").check()
    expect(page.locator("#bill .due")).to_contain_text("$100")
    page.get_by_role("button", name="Change the services").click()
    page.get_by_role("checkbox", name="Full Interior Detail").uncheck()
    page.get_by_role("checkbox", name="Express Wash").check()
    page.get_by_role("button", name="Choose a time").click()
    page.locator(".times button").first.click()
    page.get_by_label("Apply points to this booking").uncheck()
    page.get_by_role("radio", name="Welcome to Clean Machine").check()
    expect(page.locator("#refused")).to_contain_text("Minimum purchase of $50 required.")
    check(page)
    page.get_by_role("button", name="Book without the offer").click()
    expect(page.get_by_role("heading", name="See you soon, Ana Silva")).to_be_visible()
    assert Booking.objects.get().due_minor == 4_000
