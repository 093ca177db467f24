"""The owner walks through the setup wizard in a browser, at any point of the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from a2p.models import A2pCampaign
from a2p.providers.registry import Registry
from messaging.models import Line
from onboarding.setup.steps import KEYS
from tenants.business.models import BusinessSettings
from tests.a2p.submitting import OWN_NUMBER, give_number
from tests.browser.screens import check
from tests.onboarding.test_setup import SERVICE, with_place, with_registration

PATH = "/setup-wizard/"
Status = A2pCampaign.Status


def card(page: Page, title: str):
    return page.get_by_role("region", name=title)


def test_an_owner_walks_through_the_steps_and_goes_where_something_is_missing(sign_in: Callable[..., Page], stack, tenant):
    BusinessSettings.objects.update(postal_address="")
    page = sign_in(path="/admin/")
    page.get_by_role("link", name="Setup wizard").first.click()
    expect(page.get_by_text("0 of 5 steps are complete")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Continue with step 1: Business").click()
    check(page)
    for number in range(2, len(KEYS) + 1):
        page.get_by_role("link", name="Continue", exact=True).click()
        expect(page.get_by_role("heading", name=f"Step {number} of 5")).to_be_visible()
        check(page)
    page.get_by_role("navigation", name="Steps of the set-up").get_by_role("link", name="Business").click()
    card(page, "Postal address").get_by_role("link", name="Open business settings").click()
    expect(page).to_have_url(stack.url("/admin/business/businesssettings/1/change/"))


@pytest.mark.parametrize("status", [None, *Status.values])
def test_step_two_shows_its_three_cards_at_every_state_of_the_registration(owner_page: Page, stack, status):
    with_registration(status, trusthub_last_error="How people agree to get texts is not described. Say where they leave their number.")
    owner_page.goto(stack.url(f"{PATH}phone/"))
    expect(owner_page.get_by_role("heading", level=3)).to_have_text(
        ["Business Line & SMS Number", "Inbound Routing & IVR", "A2P Registration Status"]
    )
    expect(card(owner_page, "Business Line & SMS Number")).to_contain_text("+15125550100")
    is_refused = status in (Status.REJECTED, Status.ERROR)
    expect(card(owner_page, "A2P Registration Status").get_by_text("What was said:")).to_have_count(int(is_refused))
    check(owner_page)


def test_a_complete_step_says_so_and_leads_on(owner_page: Page, stack, tenant):
    Line.objects.update(messaging_service_sid=SERVICE)
    with_registration(Status.APPROVED, numbers_total=1, numbers_provisioned=1)
    with_place()
    owner_page.goto(stack.url(f"{PATH}phone/"))
    expect(owner_page.get_by_text("✅ You’re fully registered for A2P 10DLC.")).to_be_visible()
    expect(owner_page.get_by_text("You can go on now and finish this step later.")).to_be_hidden()
    owner_page.goto(stack.url(PATH))
    expect(owner_page.get_by_text("3 of 5 steps are complete")).to_be_visible()
    check(owner_page)


def test_the_wizard_works_by_keyboard(owner_page: Page, stack, tenant):
    owner_page.goto(stack.url(f"{PATH}phone/"))
    link = card(owner_page, "Inbound Routing & IVR").get_by_role("link", name="Go to IVR Config")
    link.focus()
    expect(link).to_be_focused()
    owner_page.keyboard.press("Enter")
    expect(owner_page).to_have_url(stack.url("/admin/ivr-config/"))


def test_a_live_number_is_put_into_the_registration_after_a_question(sign_in: Callable[..., Page], stack, tenant, simulator):
    with Registry() as registry:
        elsewhere = registry.create_service("the live one", "https://elsewhere.example/texts")
        registered = registry.create_service("the registration's", "https://shop.example/texts")
    give_number(simulator, serviceSid=elsewhere)
    with_registration(Status.APPROVED, messaging_service_sid=registered)
    page = sign_in(path=f"{PATH}phone/", may_be_refused=True)
    page.get_by_role("button", name=f"Put {OWN_NUMBER} into your registration").click()
    expect(page.get_by_role("alert")).to_contain_text("today")
    check(page)
    page.get_by_role("button", name=f"Yes, move {OWN_NUMBER}").click()
    expect(page.get_by_text(f"{OWN_NUMBER} is in your registration now.")).to_be_visible()
    expect(card(page, "Business Line & SMS Number")).to_contain_text(registered)
    check(page)
