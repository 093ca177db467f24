"""The owner registers for texting in a browser: types, reads what a reviewer would refuse, submits, mends and resubmits."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from a2p.models import A2pCampaign, Brand
from a2p.services import save_brand, save_campaign
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.a2p.test_services import fields_of
from tests.browser.screens import check

PATH = "/settings/a2p/"


@pytest.fixture
def ready(tenant) -> A2pCampaign:
    save_brand(None, fields_of(BRAND))
    return save_campaign(None, fields_of(CAMPAIGN))


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def test_the_form_is_guided_and_looked_at_while_it_is_typed(sign_in: Callable[..., Page], tenant):
    page = sign_in(path="/admin/")
    page.get_by_role("link", name="Registration for texting").first.click()
    check(page)
    page.get_by_role("link", name="Begin with your business").click()
    expect(page.get_by_role("textbox", name="Tax number")).to_be_visible()
    page.get_by_role("radio", name="Just me, without an EIN").check()
    expect(page.get_by_role("textbox", name="Tax number")).to_be_hidden()
    expect(page.get_by_text("answer it within 24 hours")).to_be_visible()
    check(page)
    page.get_by_role("radio", name="A company").check()
    page.get_by_role("textbox", name="Legal name").fill("Clean Machine LLC")
    page.get_by_role("textbox", name="Tax number").fill("123")
    beside = page.locator("#registration_number-findings")
    expect(beside).to_contain_text("An EIN has nine digits")
    expect(beside).to_contain_text("prevents rejection 30795")
    assert page.get_by_role("textbox", name="Tax number").evaluate("field => document.activeElement === field")
    assert not Brand.objects.exists()
    page.get_by_role("textbox", name="Tax number").fill("84-1234567")
    expect(beside).to_be_empty()
    button(page, "Save and go on").click()
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    assert Brand.objects.get().legal_name == "Clean Machine LLC"
    page.get_by_label("Sample 2").fill("Clean Machine: book at https://bit.ly/abc now. Reply STOP to opt out.")
    expect(page.locator("#samples-1-findings")).to_contain_text("30892")
    for summary in page.locator(".sp summary").all():
        summary.click()
    check(page)
    button(page, "Save and go on").click()
    expect(page.get_by_text("What a reviewer would say")).to_be_visible()
    expect(button(page, "Submit to Twilio")).to_be_disabled()
    check(page)
    page.locator(".findings-list").get_by_role("link", name="Sample texts").first.click()
    expect(page.get_by_label("Sample 2")).to_be_focused()


def test_it_is_submitted_refused_mended_and_approved(sign_in: Callable[..., Page], ready):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    page = sign_in(path=PATH)
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    check(page)
    button(page, "Submit to Twilio").click()
    expect(page.get_by_text("Campaign submitted to Twilio. Status: ")).to_be_visible()
    while "Rejected" not in page.locator(".chip").first.inner_text():
        button(page, "Refresh Status").click()
        expect(page.get_by_text("Status refreshed. Current state: ")).to_be_visible()
    expect(button(page, "Submit to Twilio")).to_be_disabled()
    expect(page.locator("#refused")).to_contain_text("How people agree to get texts is missing or not good enough.")
    page.locator(".attempts summary").first.click()
    check(page)
    page.locator("#refused").get_by_role("link", name="How people agree to get texts").click()
    page.get_by_label("Description").fill(CAMPAIGN.description)
    button(page, "Save and go on").click()
    button(page, "Resubmit with Fixes").click()
    expect(page.get_by_text("Campaign submitted to Twilio. Status: ")).to_be_visible()
    while "Approved" not in page.locator(".chip").first.inner_text():
        button(page, "Refresh Status").click()
        expect(page.get_by_text("Status refreshed. Current state: ")).to_be_visible()
    page.locator(".attempts summary").first.click()
    expect(page.locator(".attempts")).to_contain_text("Description")
    check(page)


def test_a_fee_is_agreed_to_before_it_is_spent(sign_in: Callable[..., Page], ready):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    page = sign_in(path=PATH, may_be_refused=True)
    button(page, "Submit to Twilio").click()
    while "Rejected" not in page.locator(".chip").first.inner_text():
        button(page, "Refresh Status").click()
        expect(page.get_by_text("Status refreshed. Current state: ")).to_be_visible()
    save_campaign(None, {"description": CAMPAIGN.description, "use_case": "MIXED"})
    page.goto(page.url)
    button(page, "Resubmit with Fixes").click()
    question = page.locator("#agree")
    expect(question).to_contain_text("15 US dollars")
    expect(question).to_be_focused()
    check(page)
    button(page, "Agree to the fee and resubmit").click()
    expect(page.get_by_text("Campaign submitted to Twilio. Status: ")).to_be_visible()


def test_a_pressed_button_shows_that_it_is_at_it(sign_in: Callable[..., Page], ready):
    page = sign_in(path=PATH)
    page.evaluate("addEventListener('submit', event => event.preventDefault())")  # as long as Twilio does not answer
    button(page, "Submit to Twilio").click()
    expect(page.locator("#actions button[aria-busy='true']")).to_have_text("Submit to Twilio")
    expect(page.get_by_text("Twilio is being asked.")).to_be_visible()
    expect(page.locator("#actions button:enabled")).to_have_count(0)
    check(page)
    assert A2pCampaign.objects.get().status == A2pCampaign.Status.READY_TO_SUBMIT
