"""The owner decides in a browser who is one person, merges, and takes it back."""

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer, CustomerMerge, MergeProposal
from customers.services import register_customer
from loyalty.services import grant_points
from tests.browser.screens import check


@pytest.fixture
def pairs(tenant) -> list[Customer]:
    """Two pairs of records with one email each; the second record of the first pair has points and said no."""
    ana = register_customer(name="Ana Silva", phone_text="+15125550142", email="ana@example.com")
    anna = register_customer(name="Anna", phone_text="+15125550143", email="ana@example.com", opted_out=True)
    bob = register_customer(name="Bob", phone_text="+15125550144", email="family@example.com")
    eve = register_customer(name="Eve", phone_text="+15125550145", email="family@example.com")
    grant_points(customer_ids=[anna.pk], points=120, reason="test", campaign_key="k")
    return [ana, anna, bob, eve]


def test_an_owner_merges_looks_and_undoes(sign_in, stack, pairs: list[Customer]):
    ana, anna, _bob, _eve = pairs
    page: Page = sign_in(path="/admin/merges/")
    expect(page.get_by_text("Nobody to decide about.")).to_be_visible()
    expect(page.get_by_text("No merge yet.")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Look for pairs").click()
    expect(page.get_by_text("2 new pairs to look at.")).to_be_visible()
    check(page)

    pair = page.get_by_role("region", name="Ana Silva and Anna")
    expect(pair).to_contain_text("+1512•••0142")
    expect(pair).to_contain_text("asked to be left alone")
    pair.get_by_role("link", name="Merge").click()
    expect(page.get_by_role("heading", name="Why we ask")).to_be_visible()
    expect(page.get_by_text("It will have 120 points.")).to_be_visible()
    check(page)
    page.get_by_label("Ana Silva").check()
    page.get_by_role("button", name="Merge these records").click()
    expect(page.get_by_text("Merged into Ana Silva. You can undo it below.")).to_be_visible()
    ana.refresh_from_db()
    assert (ana.loyalty_points_balance, ana.opted_out) == (120, True)

    family = page.get_by_role("region", name="Bob and Eve")
    family.get_by_role("button", name="Not the same person").click()
    expect(page.get_by_text("Noted: they are two people, and we will not ask again.")).to_be_visible()
    page.get_by_role("button", name="Look for pairs").click()
    expect(page.get_by_text("Nothing new")).to_be_visible()
    assert MergeProposal.objects.filter(status="dismissed").count() == 1

    page.locator("summary", has_text="Undo").click()
    check(page)
    page.get_by_role("button", name="Undo merge").click()
    expect(page.get_by_text("Undone: both records are back.")).to_be_visible()
    expect(page.get_by_text("120 points went back.").first).to_be_visible()
    assert CustomerMerge.objects.get().undone_at
    anna.refresh_from_db()
    assert (anna.loyalty_points_balance, anna.same_person_as_id) == (120, None)
    check(page)


def test_the_menu_leads_there_for_owners_alone(staff, sign_in, stack, tenant):
    page = sign_in(path="/admin/")
    page.get_by_role("link", name="Same person?").first.click()
    expect(page.get_by_role("button", name="Look for pairs")).to_be_visible()
    theirs = sign_in(staff, "/admin/", may_be_refused=True)
    expect(theirs.get_by_role("link", name="Same person?")).to_have_count(0)
    assert theirs.goto(stack.url("/admin/merges/")).status == 403
