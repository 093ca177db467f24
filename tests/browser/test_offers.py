"""The owner makes a welcome offer in a browser, sees what became of it, changes it and switches it off."""

import pytest
from playwright.sync_api import Page, expect

from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.services import claim_offer, promise_offer, use_offer
from tests.browser.screens import check


@pytest.fixture
def empty(tenant):
    yield
    for model in (OfferUse, OfferCode, WelcomeOffer):
        model.objects.all().delete()


def test_an_owner_makes_an_offer_and_sees_what_became_of_it(sign_in, empty, people):
    page: Page = sign_in(path="/admin/", may_be_refused=True)
    page.get_by_role("link", name="Welcome offers").first.click()
    expect(page.get_by_text("No welcome offer yet.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="New welcome offer").click()
    page.get_by_label("Name").fill("First visit")
    page.get_by_label("It takes off").fill("a lot")
    page.get_by_label("At most").fill("20")
    page.get_by_role("button", name="Save this offer").click()
    expect(page.get_by_role("alert")).to_contain_text("Type the percentage as a whole number, such as 15.")
    expect(page.get_by_label("At most")).to_have_value("20")
    check(page)
    page.get_by_label("It takes off").fill("15")
    page.get_by_role("button", name="Save this offer").click()
    expect(page.get_by_text("Saved: 15% off, at most $20.")).to_be_visible()
    offer = WelcomeOffer.objects.get()
    promise_offer(offer.pk, [customer.pk for customer in people[:3]])
    for customer in people[:2]:
        claim_offer(customer_id=customer.pk, offer_id=offer.pk)
    use_offer(customer_id=people[0].pk, offer_id=offer.pk, total_minor=10_000, source_key="booking:a")
    page.reload()
    expect(page.get_by_role("row", name="Person 0")).to_contain_text("$15.00")
    check(page)
    page.get_by_role("link", name="All welcome offers").click()
    expect(page.get_by_role("row", name="First visit")).to_contain_text("$15.00")
    check(page)
    page.get_by_role("link", name="First visit").click()
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("It takes off").fill("5")
    page.get_by_role("button", name="Save this offer").click()
    expect(page.get_by_role("alert")).to_contain_text("3 people were promised this offer, so it takes off no less.")
    page.get_by_label("It takes off").fill("20")
    page.get_by_role("button", name="Save this offer").click()
    expect(page.get_by_text("Saved: 20% off, at most $20.")).to_be_visible()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("Switched off. Nobody is promised it")).to_be_visible()
    check(page)
