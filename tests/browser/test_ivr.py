"""The owner decides in a browser who answers calls, hears it first, and takes a number of the account over."""

from playwright.sync_api import Page, expect

from messaging.models import Line
from messaging.selectors import phone_status
from tests.browser.screens import check
from tests.conftest import OWN_NUMBER

FREE = "+15125550131"


def test_an_owner_hears_the_menu_before_it_is_kept(sign_in, tenant):
    page: Page = sign_in(path="/admin/", may_be_refused=True)
    page.get_by_role("link", name="Calls and numbers").first.click()
    expect(page.get_by_text("Thank you for calling Clean Machine Auto Detail.").first).to_be_visible()
    check(page)
    page.get_by_label("A menu").check()
    first = page.get_by_role("group", name="Choice 1")
    first.get_by_label("Key").select_option("1")
    first.get_by_label("What it is for").fill("appointments")
    first.get_by_label("What happens").select_option("Put the call through")
    page.get_by_role("button", name="Show what callers would hear").click()
    expect(page.get_by_role("alert")).to_contain_text("Type the number for the key 1.")
    check(page)
    page.get_by_role("group", name="Choice 1").get_by_label("Put through to").fill("(512) 555-0177")
    page.get_by_role("button", name="Show what callers would hear").click()
    expect(page.get_by_text("For appointments, press 1.").first).to_be_visible()
    expect(page.get_by_text("Nothing is kept yet.")).to_be_visible()
    assert phone_status().routing_mode == ""
    check(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. The next call is answered like this.")).to_be_visible()
    assert phone_status().routing_mode == "ivr"


def test_an_owner_takes_a_number_over_and_then_has_its_calls_answered_here(sign_in, tenant, simulator):
    for number in (OWN_NUMBER, FREE):
        simulator.control("POST", "numbers", {"number": number, "inboundUrl": "http://shop.localhost/texts"})
    page: Page = sign_in(path="/admin/ivr-config/", may_be_refused=True)
    page.get_by_role("link", name="Ask Twilio which numbers there are").click()
    page.get_by_label(FREE).check()
    check(page)
    page.get_by_role("button", name="These are ours").click()
    expect(page.get_by_text("Nothing was changed at Twilio.")).to_be_visible()
    assert Line.objects.get(phone=FREE).is_default is False
    card = page.get_by_role("article", name="+15125550131")
    card.get_by_role("button", name="Send calls to").click()
    expect(page.get_by_text("Tick that you mean it.")).to_be_visible()
    card.get_by_label("Calls go here instead").check()
    card.get_by_role("button", name="Send calls to").click()
    expect(page.get_by_text("Calls to this number are answered here now.")).to_be_visible()
    expect(card.get_by_text("calls answered here")).to_be_visible()
    check(page)
    page.get_by_text("Ask us for a number").click()
    page.get_by_label("Area code you would like").fill("512")
    page.get_by_role("button", name="Request a number").click()
    expect(page.get_by_text("You asked for a number on")).to_be_visible()
