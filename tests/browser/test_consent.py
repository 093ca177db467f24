"""Somebody says what they want without signing in, and the owner sees when, how and why, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Target
from campaigns.selectors import PREFERENCES_LINK, UNSUBSCRIBE_LINK
from customers.models import ConsentEvent, Customer
from customers.services import register_customer
from servicepro.lib.signing import sign_number
from tests.browser.screens import check


@pytest.fixture
def ana(tenant) -> Customer:
    return register_customer(name="Ana Silva", phone_text="+15125550142", email="ana@example.com")


@pytest.fixture
def target(ana: Customer) -> int:
    campaign = Campaign.objects.create(key="messaging-browser", kind="messaging", name="Summer")
    return Target.objects.create(campaign=campaign, customer=ana, name=ana.name, email=ana.email, phone=ana.phone).pk


def test_one_stops_everything_and_takes_one_channel_back(open_page, stack, ana: Customer, target: int):
    page: Page = open_page()
    page.goto(stack.url(f"/p/{sign_number(PREFERENCES_LINK, 'shop', target)}"))
    expect(page.get_by_role("heading", name="What Clean Machine Auto Detail sends you")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Turn off: Offers by text").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your choice is saved")
    expect(page.get_by_text("Offers by text: off")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Stop all offers").click()
    expect(page.get_by_role("status")).to_contain_text("no more offers, on any channel")
    expect(page.get_by_role("button", name="Stop all offers")).to_have_count(0)
    page.get_by_role("button", name="Turn on: Offers by email").click()
    expect(page.get_by_text("Offers by email: on")).to_be_visible()
    check(page)
    ana.refresh_from_db()
    assert (ana.opted_out, ana.email_opt_out, ana.sms_opt_out) == (False, False, True)


def test_who_unsubscribes_may_change_their_mind(open_page, stack, ana: Customer, target: int):
    page: Page = open_page()
    page.goto(stack.url(f"/u/{sign_number(UNSUBSCRIBE_LINK, 'shop', target)}"))
    check(page)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("status")).to_contain_text("will not send you offers by email")
    check(page)
    page.get_by_role("link", name="Change your mind").click()
    page.get_by_role("button", name="Turn on: Offers by email").click()
    expect(page.get_by_text("Offers by email: on")).to_be_visible()
    assert list(ConsentEvent.objects.order_by("pk").values_list("action", "source")) == [("withdrawn", "unsubscribe"), ("granted", "link")]


def test_a_link_that_was_cut_off_says_so(open_page, stack, tenant):
    page: Page = open_page(may_be_refused=True)
    for door in ("p", "u"):
        page.goto(stack.url(f"/{door}/cut-off"))
        expect(page.get_by_role("heading", name="We do not know this link")).to_be_visible()
        check(page)


def test_an_owner_asks_records_and_reads_the_history(sign_in, stack, ana: Customer):
    page: Page = sign_in(path=f"/admin/customers/customer/{ana.pk}/change/")
    consent = page.get_by_role("region", name="What we may send")
    expect(consent).to_contain_text("Nothing was ever recorded.")
    consent.get_by_text("They agreed to offers").click()
    consent.get_by_text("They asked us to stop").click()
    check(page)
    consent.get_by_label("What they agreed to").select_option("email")
    consent.get_by_label("How they said so").select_option("on_paper")
    consent.get_by_label("The words they read or heard").fill("I want news by email.")
    consent.get_by_role("button", name="Record consent").click()
    expect(page.get_by_text("Their consent is recorded.")).to_be_visible()
    consent.get_by_label("Could we write to them by").select_option("email")
    consent.get_by_role("button", name="Ask").click()
    expect(consent.get_by_role("status")).to_contain_text("Yes, we may send offers by email")
    check(page)
    consent.get_by_text("They asked us to stop").click()
    consent.get_by_label("What they said, and where").fill("At the till.")
    consent.get_by_role("button", name="Stop offers").click()
    expect(page.get_by_text("Noted. They get no such offers from now on.")).to_be_visible()
    expect(consent.get_by_role("listitem").first).to_contain_text("At the till.")
    ana.refresh_from_db()
    assert ana.opted_out
