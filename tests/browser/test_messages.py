"""A messaging campaign after it was composed: its numbers, its recipients and what can be done, on every screen."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Campaign, Target
from messaging.services import record_email_events
from tests.browser.conftest import Stack
from tests.browser.screens import check
from tests.campaigns.messaging_shop import a_place, agreed
from tests.support.simulator import SimulatorProcess

LIST = "/admin/messages/"
MIXED = (("sent", "sent"), ("failed", "skipped"), ("skipped", "in_doubt"), ("pending", "held"), ("sent", "failed"))


@pytest.fixture
def stopped(tenant: object) -> Campaign:
    """A campaign by both channels that stopped itself, with people in every state."""
    campaign = Campaign.objects.create(
        key="messaging-1",
        kind="messaging",
        name="Spring news",
        description="To whoever came since January.",
        status="paused",
        pause_reason="12 of the last 60 emails failed (20 %). Look at the errors below, then resume.",
        channel="whatsapp",
        consent_policy="required",
        email_subject="Spring is here",
        email_html="<p>Hi {{first_name|there}},</p><p>come by <b>before the rain</b> does.</p>",
        email_text="Hi {{first_name|there}},\n\ncome by before the rain does.",
        sms_text="Hi {{first_name|there}}, come by!",
        tracks_opens=True,
        step=6,
    )
    for number, (email, whatsapp) in enumerate(MIXED):
        Target.objects.create(
            campaign=campaign,
            name=f"Person {number} with a Rather-Long-Double-Name",
            email=f"a.rather.long.address.of.person.{number}@example.com",
            phone=f"+1512555{number:04d}",
            phone_channel="whatsapp",
            email_status=email,
            email_reason="consent_required" if email == "skipped" else "",
            sms_status=whatsapp,
            sms_reason="whatsapp_us_marketing" if whatsapp == "skipped" else "",
            error_message="sendgrid 400: The address does not exist." if email == "failed" else "",
        )
    return campaign


def test_the_list_is_empty_and_then_names_its_campaigns(sign_in: Callable[..., Page], stack: Stack, tenant: object):
    page = sign_in(path=LIST)
    expect(page.get_by_text("No campaign yet")).to_be_visible()
    expect(page.get_by_role("link", name="New messaging campaign")).to_be_visible()
    check(page)


def test_a_stopped_campaign_says_why_and_its_people_can_be_filtered_and_taken_along(sign_in, stack, stopped, tmp_path: Path):
    page = sign_in(path=LIST)
    expect(page.get_by_role("row").filter(has_text="Spring news")).to_contain_text("paused")
    check(page)
    page.get_by_role("link", name="View recipients").click()
    expect(page.get_by_role("alert")).to_contain_text("12 of the last 60 emails failed")
    mail = page.frame_locator("iframe[title='The email as it is read']")
    expect(mail.locator("body")).to_contain_text("Hi Priya,")
    page.get_by_role("button", name="Why, for Person 1").click()
    expect(page.locator("#why")).to_contain_text("The email could not be delivered")
    check(page)
    table = page.get_by_role("table", name="Recipients")
    page.get_by_label("Status", exact=True).select_option("skipped")
    page.get_by_label("Channel", exact=True).select_option("whatsapp")
    page.get_by_role("button", name="Filter").click()
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table).to_contain_text("WhatsApp delivers no advertising to numbers in the US")
    page.get_by_role("searchbox", name="Name, email").fill("nobody at all")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Nobody matches this filter")).to_be_visible()
    page.get_by_role("link", name="Show everybody").click()
    expect(table.get_by_role("row")).to_have_count(len(MIXED) + 1)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export CSV").click()
    waiting.value.save_as(tmp_path / "people.csv")
    assert len(list(csv.reader((tmp_path / "people.csv").open(encoding="utf-8-sig")))) == len(MIXED) + 1
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export Excel workbook").click()
    assert waiting.value.suggested_filename == f"campaign-{stopped.pk}.xlsx"
    page.get_by_role("button", name="Remove Person 3").click()
    expect(page.get_by_text("Taken off the list")).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(len(MIXED))
    expect(page.get_by_role("list", name="What was done")).to_contain_text("took somebody off the list")


@pytest.fixture
def customers(tenant: object) -> None:
    """Three people of one place who agreed, one of whose mailboxes is gone."""
    place = a_place("Downtown")
    agreed(1, place, name="Ana Ruiz", email="ana@example.com")
    agreed(1, place, name="Bo Lee", email="bounce.bo@example.com")
    agreed(1, place, name="Cleo Park", email="cleo@example.com", phone=None)


def report() -> None:
    """Let the email provider say what became of its mails."""
    said = {"ana@example.com": "delivered", "bounce.bo@example.com": "bounce", "cleo@example.com": "delivered"}
    events = [
        {"event": said[target.email], "email": target.email, "attempt_id": str(target.email_attempt_id), "sg_event_id": target.email}
        for target in Target.objects.all()
    ]
    record_email_events(events)


def compose(page: Page) -> None:
    """Go through the six steps, up to the summary."""
    page.get_by_role("textbox", name="Name").fill("Spring news")
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_label("Downtown").check()
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator("#channel-email").check()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Select all 3").click()
    expect(page.locator("#count")).to_contain_text("3 of 3 customers selected")
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("textbox", name="Subject").fill("Spring is here")
    page.locator("trix-editor").click()
    page.keyboard.type("Hi {{first_name|there}}, come by.")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_text("of 3 selected customers get a message")).to_be_visible()


def test_an_owner_writes_to_customers_and_sees_who_got_it(sign_in, stack: Stack, customers, simulator: SimulatorProcess):
    page = sign_in(path=LIST)
    page.get_by_role("link", name="New messaging campaign").click()
    compose(page)
    check(page)
    page.get_by_label("Type 3 to confirm").fill("3")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_text("It is being prepared, and goes then.")).to_be_visible()
    page.evaluate("window.notReloaded = true")
    expect(page.locator("#progress .chip").first).to_have_text("completed", timeout=40_000)
    assert page.evaluate("window.notReloaded") is True
    mails = simulator.emails()
    assert {mail["to"] for mail in mails} == {"ana@example.com", "bounce.bo@example.com", "cleo@example.com"} and len(mails) == 3
    report()
    numbers = page.get_by_role("region", name="Numbers")
    expect(numbers.locator(".card.delivered")).to_contain_text("2", timeout=30_000)
    expect(numbers.locator(".card.sent")).to_contain_text("100%")
    expect(page.get_by_text(re.compile(r"Cost so far: about"))).to_be_visible()
    check(page)
    page.reload()
    row = page.get_by_role("table", name="Recipients").get_by_role("row").filter(has_text="Bo Lee")
    expect(row).to_contain_text("bounced")
    expect(page.get_by_role("list", name="What was done")).to_contain_text("owner@shop.example started it")
    page.get_by_role("link", name="All campaigns").click()
    expect(page.get_by_role("row").filter(has_text="Spring news")).to_contain_text("100%")
    check(page)


def test_recipients_are_found_without_scripts(chromium: Browser, sign_in, stack: Stack, stopped: Campaign):
    state = sign_in(path=LIST).context.storage_state()
    context = chromium.new_context(storage_state=state, java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.url(f"{LIST}{stopped.pk}/"))
    page.get_by_label("Status", exact=True).select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table", name="Recipients").get_by_role("row")).to_have_count(3)
    context.close()
