"""The owner's guide, walked in a browser against the whole stack."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Target
from customers.models import Customer, Suppression
from customers.services import register_customer
from messaging.models import Line
from tests.support.simulator import SimulatorProcess

OWNER_PHONE = "+15125550199"


def create_draft(page: Page, name: str) -> None:
    page.get_by_label("Campaign name").fill(name)
    page.get_by_role("button", name="Create Draft Campaign").click()
    expect(page.get_by_text("The draft is ready.")).to_be_visible()


def release(page: Page) -> None:
    page.get_by_text("Decent hours", exact=True).click()
    page.get_by_label("I take responsibility").check()
    page.get_by_role("button", name="Release from decent hours").click()
    expect(page.get_by_text("may now leave at any hour")).to_be_visible()


def start(page: Page, count: int) -> None:
    page.get_by_label(f"Type {count} to confirm").fill(str(count))
    page.get_by_role("button", name="Start Sending to All").click()
    expect(page.get_by_text("Started. You can leave this page")).to_be_visible()


def status(page: Page, word: str):
    return page.locator("#progress .chip").filter(has_text=re.compile(f"^{word}$"))


def test_an_owner_sends_the_blast_and_watches_it_finish(people, simulator: SimulatorProcess, sign_in):
    register_customer(name="Olga", region="US", phone_text="+15125550170", opted_out=True)
    page = sign_in(by_form=True)
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text(["11", "11", "10", "10", "10"])
    create_draft(page, "guide")

    page.get_by_role("button", name="Send Test SMS to Me First").click()
    expect(page.get_by_text("The test text is on its way")).to_be_visible()
    assert len(simulator.texts(OWNER_PHONE)) == 1
    assert len(simulator.texts()) == 1

    release(page)
    page.get_by_label("Type 11 to confirm").fill("12")
    page.get_by_role("button", name="Start Sending to All").click()
    expect(page.get_by_text("11 people")).not_to_have_count(0)
    assert Campaign.objects.get(key="guide").status == "draft"

    start(page, 11)
    page.evaluate("window.notReloaded = true")
    expect(status(page, "completed")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.notReloaded") is True
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_role("button", name="Export CSV")).to_have_count(1)
    sent = page.locator("#progress tr.sent td")
    expect(sent).to_have_text(["10", "10"])
    assert len(simulator.texts()) == 11
    assert set(Customer.objects.values_list("loyalty_points_balance", flat=True)) == {500}


@pytest.fixture
def finished(campaign: Campaign) -> Campaign:
    """A finished campaign of ten, one of whom opted out before."""
    from campaigns.services import drain, start_campaign

    Target.objects.filter(email="p3@example.com").update(opted_out=True)
    start_campaign(campaign, actor=None)
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "completed"
    return campaign


def test_an_owner_filters_asks_why_and_takes_the_list_along(sign_in, simulator, finished, tmp_path: Path):
    page = sign_in()
    page.get_by_role("link", name=finished.name).click()
    page.get_by_label("Show", exact=True).select_option("skipped")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("#targets tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Person 3")

    page.get_by_role("button", name="Why, for Person 3").click()
    expect(page.locator("#why")).to_contain_text("asked not to be contacted")

    page.get_by_label("Phone", exact=True).fill("(512) 555-0205")
    page.get_by_label("Show", exact=True).select_option("all")
    page.get_by_role("button", name="Filter").click()
    expect(rows).to_contain_text("Person 5")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    target = tmp_path / "list.csv"
    download.value.save_as(target)
    exported = list(csv.DictReader(target.open(encoding="utf-8-sig")))
    assert [row["sms_status"] for row in exported].count("sent") == 9
    assert len(exported) == 10


def test_an_owner_pauses_and_goes_on(people, sign_in, simulator: SimulatorProcess):
    Line.objects.update(messages_per_second=1)
    page = sign_in()
    create_draft(page, "pausing")
    release(page)
    start(page, 10)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused. Nothing more leaves.")).to_be_visible()
    expect(status(page, "paused")).to_be_visible()
    Line.objects.update(messages_per_second=5000)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Going on where it stopped.")).to_be_visible()
    expect(status(page, "completed")).to_be_visible(timeout=40_000)
    assert simulator.stats()["texts"] == 10
    assert simulator.stats()["mostTextsToOnePhone"] == 1


def test_a_campaign_of_nobody_says_so(tenant, sign_in):
    page = sign_in()
    expect(page.get_by_text("Nobody is left out.")).to_be_visible()
    expect(page.get_by_text("No campaign yet.")).to_be_visible()


def test_staff_are_told_whose_page_it_is(staff, sign_in, stack):
    page = sign_in(staff, "/admin/", by_form=True, may_be_refused=True)
    expect(page.get_by_role("link", name="Port recovery")).to_have_count(0)
    answer = page.goto(stack.url("/admin/port-recovery/"))
    assert answer.status == 403
    expect(page.get_by_role("heading", name="This page is for the owner")).to_be_visible()


def test_a_customer_opens_the_offer_and_unsubscribes(open_page, stack, simulator, finished):
    mail = next(mail for mail in simulator.emails() if mail["to"] == "p5@example.com")
    link = re.search(r"/u/[\w-]+", str(mail))
    assert link
    page = open_page(width=360)
    offer = re.search(r"/o/[\w-]+", simulator.texts("+15125550205")[0]["body"])
    assert offer
    page.goto(stack.url(offer[0]))
    expect(page.get_by_role("heading", name="500 reward points are yours")).to_be_visible()
    page.goto(stack.url(link[0]))
    assert Suppression.objects.count() == 0
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("status")).to_contain_text("will not send you offers")
    assert Suppression.objects.get().channel == "email"
