"""The owner decides in a browser what points are for: types, looks at what it would mean, keeps it."""

import pytest
from playwright.sync_api import Page, expect

from loyalty.services import change_guardrails, grant_points, guardrails
from tests.browser.screens import check


@pytest.fixture
def as_it_was(tenant):
    decided = guardrails()
    yield
    change_guardrails(decided, actor=None)


def test_an_owner_looks_before_settings_are_kept(sign_in, as_it_was, people):
    grant_points(customer_ids=[people[0].pk], points=500, reason="test", campaign_key="k")
    page: Page = sign_in(path="/admin/", may_be_refused=True)
    page.get_by_role("link", name="Loyalty settings").first.click()
    check(page)
    page.get_by_label("A point is worth").fill("a lot")
    page.get_by_role("button", name="See what this would mean").click()
    expect(page.get_by_role("alert")).to_contain_text("Type an amount such as 75 or 12.50")
    check(page)
    page.get_by_label("A point is worth").fill("0.20")
    page.get_by_label("The booking needs a main service").check()
    page.get_by_role("button", name="See what this would mean").click()
    expect(page.get_by_text("500 points (about $100 off, on bookings from $75 with a main service)")).to_be_visible()
    expect(page.get_by_text("500 points, $50.00")).to_be_visible()
    check(page)
    page.get_by_label("Smallest bill").fill("90")
    page.get_by_role("button", name="Save these settings").click()
    expect(page.get_by_text("on bookings from $90 with a main service")).to_be_visible()
    assert guardrails().point_value_minor == 10
    page.get_by_role("button", name="Save these settings").click()
    expect(page.get_by_text("Saved. From now on: 500 points (about $100 off, on bookings from $90 with a main service).")).to_be_visible()
    assert guardrails().point_value_minor == 20
    check(page)
