"""An owner composes a messaging campaign up to its people: on a phone and on a desk, by keys alone, and with scripts off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from bookings.models import Place
from campaigns.choosing import count_selected
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.types import Selection
from tenants.accounts.models import User
from tests.browser.conftest import Stack
from tests.browser.screens import check
from tests.campaigns.messaging_shop import a_place, agreed

NEW = "/admin/messages/new/"


@pytest.fixture
def place(tenant: object) -> Place:
    """A place whose customers agreed: 60 of them, three of whom are told apart."""
    place = a_place("Downtown")
    agreed(57, place)
    agreed(1, place, name="Ana Ruiz", email="ana@example.com", tags=["vip"], whatsapp_consent=True)
    agreed(1, place, name="Bo Lee", email=None)
    agreed(1, place, name="Cleo Park", phone=None)
    return place


@pytest.fixture
def draft(place: Place) -> Campaign:
    """A draft to nobody in particular at that place."""
    jody = User.objects.get(email="owner@shop.example")
    made = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    drafts.save_places(made, actor=jody, place_ids=[place.pk])
    drafts.save_channels(made, actor=jody, channels=["email"])
    return made


def step(campaign: Campaign, number: int) -> str:
    return f"/admin/messages/{campaign.pk}/edit/{number}/"


def counts(page: Page) -> Locator:
    return page.locator("#count")


def selected(campaign: Campaign) -> int:
    campaign.refresh_from_db()
    return count_selected(campaign)


def test_an_owner_comes_from_a_name_to_the_people(sign_in, place, stack: Stack):
    a_place("Uptown")
    page = sign_in(path=NEW, may_be_refused=True)
    check(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("Give it a name")
    check(page)
    page.get_by_role("textbox", name="Name").fill("Spring news")
    page.get_by_label("Description").fill("For everybody downtown")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Step 2 of 6")).to_be_visible()
    page.get_by_label("Downtown").check()
    check(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Step 3 of 6")).to_be_visible()
    page.get_by_label("Email").check()
    page.get_by_label("WhatsApp").check()
    check(page)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Downtown")).to_be_checked()
    page.get_by_role("button", name="1 Name").click()
    expect(page.get_by_label("Description")).to_have_value("For everybody downtown")
    page.get_by_role("button", name="3 Channels").click()
    expect(page.get_by_label("WhatsApp")).to_be_checked()
    page.get_by_role("button", name="Next").click()
    expect(counts(page)).to_contain_text("0 of 60 customers selected")
    check(page)


def test_customers_are_found_and_ticked_without_loading_the_page_anew(sign_in, draft: Campaign, stack: Stack):
    page = sign_in(path=step(draft, 4))
    page.evaluate("window.notReloaded = true")
    page.get_by_role("button", name="Select all 60").click()
    expect(counts(page)).to_contain_text("60 of 60 customers selected")
    page.get_by_label("Search by name or email").fill("cleo")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(counts(page)).to_contain_text("1 of the 1 who match the filter")
    page.get_by_label("Cleo Park").uncheck()
    expect(counts(page)).to_contain_text("59 of 60 customers selected")
    page.get_by_label("Cleo Park").check()
    page.get_by_label("Cleo Park").uncheck()
    page.get_by_label("Cleo Park").check()
    page.get_by_label("Cleo Park").uncheck()
    expect(counts(page)).to_contain_text("59 of 60 customers selected")
    check(page)
    page.get_by_label("Search by name or email").fill("")
    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_role("button", name="More customers").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    assert page.evaluate("window.notReloaded") is True and page.url.endswith("?page=2")
    page.get_by_role("button", name="Deselect all").click()
    expect(counts(page)).to_contain_text("0 of 60 customers selected")
    page.get_by_role("button", name="Select with email").click()
    expect(counts(page)).to_contain_text("59 of 60 customers selected")
    page.reload()
    expect(counts(page)).to_contain_text("59 of 60 customers selected")
    assert selected(draft) == 59
    page.get_by_role("button", name="3 Channels").click()
    expect(page.get_by_label("Email")).to_be_checked()


def test_more_filters_narrow_down_and_clear(sign_in, draft: Campaign):
    page = sign_in(path=step(draft, 4))
    page.get_by_text("By bookings, spending and tags").click()
    page.get_by_label("vip").check()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").last).to_contain_text("Ana Ruiz")
    expect(page.get_by_role("row").last).to_contain_text("WhatsApp")
    check(page)
    page.get_by_label("Bookings, at least").fill("7")
    expect(page.get_by_text("Nobody matches this filter")).to_be_visible()
    page.get_by_role("link", name="Clear the filter").click()
    expect(page.get_by_role("row")).to_have_count(51)


def test_a_keyboard_alone_ticks_somebody(sign_in, draft: Campaign):
    page = sign_in(path=step(draft, 4))
    page.get_by_label("Search by name or email").focus()
    page.keyboard.type("bo lee")
    expect(page.get_by_role("row")).to_have_count(2)
    box = page.get_by_label("Bo Lee")
    for _turn in range(40):
        if box.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(counts(page)).to_contain_text("1 of 60 customers selected")
    expect(box).to_be_focused()
    assert selected(draft) == 1
    button = page.get_by_role("button", name="Deselect all who match")
    button.focus()
    page.keyboard.press("Enter")
    expect(counts(page)).to_contain_text("0 of 60 customers selected")
    expect(button).to_be_focused()


def test_what_could_not_be_saved_is_said_and_unticked(sign_in, draft: Campaign):
    page = sign_in(path=step(draft, 4), may_be_refused=True)
    page.get_by_label("Search by name or email").fill("bo lee")
    expect(page.get_by_role("row")).to_have_count(2)
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Bo Lee").click()
    expect(page.get_by_text("You were signed out")).to_be_visible()
    expect(page.get_by_label("Bo Lee")).not_to_be_checked()
    assert selected(draft) == 0


def test_whoever_leaves_with_something_typed_is_asked_first(sign_in, draft: Campaign):
    page, asked = sign_in(path=step(draft, 1)), []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("Description").click()
    page.keyboard.type("For everybody")
    page.get_by_role("link", name="All messages").click()
    expect(page.get_by_label("Description")).to_have_value("For everybody")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Nobody was written to.")).to_be_visible()
    page.get_by_role("link", name="All messages").click()
    expect(page.get_by_role("link", name="Spring news")).to_be_visible()
    assert asked == ["beforeunload"]


def test_it_works_on_a_phone(sign_in, draft: Campaign):
    page = sign_in(path=step(draft, 4), width=360)
    page.get_by_label("Search by name or email").fill("ana")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("Ana Ruiz").check()
    expect(counts(page)).to_contain_text("1 of 60 customers selected")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Step 3 of 6")).to_be_visible()


def test_it_works_without_scripts(chromium: Browser, sign_in: Callable[..., Page], stack: Stack, place: Place):
    state = sign_in(path=NEW).context.storage_state()
    context = chromium.new_context(storage_state=state, java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.url(NEW))
    page.locator("#name").fill("Plain")
    page.locator("#name").press("Enter")
    page.get_by_role("button", name="Next").click()
    page.locator("#channel-email").check()
    page.get_by_role("button", name="Next").click()
    page.locator("#search").fill("bo lee")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Bo Lee").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(counts(page)).to_contain_text("1 of 60 customers selected")
    page.get_by_role("link", name="Clear the filter").click()
    page.get_by_role("button", name="Select with email").click()
    page.get_by_role("button", name="Back").click()
    made = Campaign.objects.get()
    assert Selection.from_json(made.audience).place_ids == (place.pk,)
    assert selected(made) == 60
    context.close()


def test_a_filter_is_kept_as_a_segment_that_takes_the_place_of_ticks(sign_in, draft: Campaign):
    page = sign_in(path=step(draft, 4))
    page.get_by_text("By bookings, spending and tags").click()
    page.get_by_label("vip").check()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_text("Segments: keep this filter").click()
    check(page)
    page.get_by_label("Save the filter above as a segment").fill("Our VIPs")
    page.get_by_role("button", name="Save as segment").click()
    expect(page.get_by_text("The segment “Our VIPs” is saved")).to_be_visible()
    page.get_by_text("Segments: keep this filter").click()
    page.get_by_label("Write to a segment").select_option("Our VIPs")
    page.get_by_role("button", name="Write to this segment").click()
    expect(counts(page)).to_contain_text("1 of 60 customers selected")
    expect(page.get_by_role("heading", name="Everybody in “Our VIPs”")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Choose by hand instead").click()
    expect(page.get_by_label("Ana Ruiz")).to_be_checked()
