"""The owner looks at what points add up to, and sets a customer's points right, in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from loyalty.services import request_adjustment
from tenants.accounts.models import User
from tests.browser.screens import check
from tests.loyalty.ledgers import Entry, people, write


@pytest.fixture
def filled(tenant: object) -> list[int]:
    """A year of points of three people."""
    ids, now = people(3), datetime.now(UTC)
    entries = [
        Entry(ids[month % 3], "EARN", 300 + 70 * month, "earned" if month % 2 else "goodwill", now - timedelta(days=30 * (11 - month)))
        for month in range(12)
    ]
    entries += [Entry(ids[2], "REDEEM", -400, "", now - timedelta(days=40)), Entry(ids[0], "REDEEM", -250, "", now - timedelta(days=2))]
    write([*entries, Entry(ids[1], "ADJUST", 40, "manual", now - timedelta(days=1))])
    return ids


def test_an_owner_looks_at_the_points_and_takes_them_along(sign_in, stack, filled):
    page: Page = sign_in(path="/admin/")
    page.get_by_role("link", name="Loyalty insights").first.click()
    expect(page.get_by_role("img", name="Points earned and redeemed by month")).to_be_visible()
    expect(page.get_by_role("region", name="Day by day")).to_contain_text("Closing")
    check(page)
    for label, ending in (("Download CSV", ".csv"), ("Download Excel workbook", ".xlsx")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        assert download.value.suggested_filename.endswith(ending)
    page.get_by_label("At the end of").fill((datetime.now(UTC) - timedelta(days=35)).date().isoformat())
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Back to now")).to_be_visible()
    check(page)


def test_an_owner_adjusts_points_and_is_told_what_is_wrong(sign_in, stack, filled):
    page: Page = sign_in(path=f"/admin/customers/customer/{filled[0]}/change/", may_be_refused=True)
    page.get_by_role("link", name="Points: history and adjustments").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    check(page)
    page.get_by_label("Points to give").fill("lots")
    page.get_by_label("Reason").fill("Sorry for the wait")
    page.get_by_role("button", name="Adjust points").click()
    expect(page.get_by_role("alert")).to_contain_text("whole number")
    expect(page.get_by_label("Reason")).to_have_value("Sorry for the wait")
    check(page)
    before = Customer.objects.get(pk=filled[0]).loyalty_points_balance
    page.get_by_label("Points to give").fill("25")
    page.get_by_role("button", name="Adjust points").dblclick()
    expect(page.get_by_text(f"The balance is now {before + 25:,}.").first).to_be_visible()
    expect(page.get_by_role("region", name="History")).to_contain_text("Sorry for the wait")
    assert Customer.objects.get(pk=filled[0]).loyalty_points_balance == before + 25


def test_an_owner_decides_on_points_that_wait_for_a_second_person(sign_in, stack, filled):
    manager, _made = User.objects.get_or_create(email="manager@shop.example", defaults={"role": "manager", "is_staff": True})
    person = Customer.objects.get(pk=filled[0])
    for number, points in enumerate((2_500, -300)):
        request_adjustment(customer=person, points=points, reason="A large repair", actor=manager, idempotency_key=f"browser-{number}")
    page: Page = sign_in(path="/admin/loyalty-insights/")
    page.get_by_role("link", name="Decide on them").click()
    expect(page.get_by_role("region", name="Waiting")).to_contain_text("manager@shop.example")
    check(page)
    page.get_by_role("button", name="Approve +2,500 points").click()
    expect(page.get_by_text("Approved: +2,500 points.").first).to_be_visible()
    page.get_by_role("button", name="Refuse -300 points").click()
    expect(page.get_by_text("Nothing waits for approval.")).to_be_visible()
    check(page)
    page.goto(f"{page.url.split('/admin')[0]}/admin/loyalty-insights/customers/{filled[0]}/")
    expect(page.get_by_role("region", name="History")).to_contain_text("+2,500")


def test_a_business_without_points_is_told_where_they_come_from(sign_in, stack, tenant):
    page = sign_in(path="/admin/loyalty-insights/")
    expect(page.get_by_text("Nobody has points yet")).to_be_visible()
    check(page)
