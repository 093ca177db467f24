"""An owner writes a campaign in the editor, sees it as a customer, tries it out and sends it; by keyboard, on a phone and by night too."""

import datetime
import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.types import EVERYBODY, Selection
from tenants.accounts.models import User
from tests.browser.conftest import Stack
from tests.browser.screens import check
from tests.campaigns.messaging_shop import a_place, agreed
from tests.support.simulator import SimulatorProcess

ATTACK = '<p>Bold <b onclick="x()">words</b><img src=x onerror="document.title = 1"><script>x()</script> <a href="javascript:x()">l</a></p>'
_PASTE = """([editor, page]) => {
    const data = new DataTransfer();
    data.setData('text/html', page);
    data.setData('application/x-trix-document', JSON.stringify([{text: [{type: 'attachment', attributes: {}, attachment: {
        contentType: 'text/html', content: '<img src=x onerror="document.title = 1">'}}], attributes: []}]));
    editor.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def draft(tenant: object) -> Campaign:
    """A campaign to three people by both channels, about to be written."""
    place, jody = a_place(), User.objects.get(email="owner@shop.example")
    agreed(2, place)
    agreed(1, place, name="Ana Ruiz", email="ana@example.com", whatsapp_consent=True)
    made = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    drafts.save_places(made, actor=jody, place_ids=[place.pk])
    drafts.save_channels(made, actor=jody, channels={"email", "whatsapp"})
    drafts.save_selection(made, actor=jody, selection=Selection((place.pk,)).mark(EVERYBODY, is_added=True))
    return made


@pytest.fixture
def enter(sign_in: Callable[..., Page], draft: Campaign) -> Callable[..., Page]:
    """Open a step of the draft."""

    def open_step(step: int, **how: object) -> Page:
        return sign_in(path=f"/admin/messages/{draft.pk}/edit/{step}/", **how)

    return open_step


def write(page: Page) -> None:
    page.get_by_label("Subject", exact=True).fill("Spring at ")
    page.get_by_role("group", name="Insert into the subject").get_by_role("button", name="Business name").click()
    expect(page.get_by_label("Subject", exact=True)).to_have_value("Spring at {{business_name}}")
    editor = page.locator("trix-editor")
    editor.click()
    page.keyboard.type("Hi ")
    page.get_by_role("group", name="Insert into the text").get_by_role("button", name="First name").click()
    page.keyboard.type(", we are ")
    page.get_by_role("button", name="Bold").click()
    expect(page.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("back")
    page.get_by_role("button", name="Bold").click()
    page.keyboard.type(". ")
    page.get_by_role("group", name="Insert into the text").get_by_role("button", name="Booking link").click()
    page.get_by_label("Your own words").fill(
        "Hi {{first_name|there}}, it is spring at {{business_name}}. Reply STOP to get no more of these."
    )


def test_an_email_is_written_with_formats_and_fields_and_seen_as_a_customer(
    enter: Callable[..., Page], draft: Campaign, simulator: SimulatorProcess
) -> None:
    page = enter(5)
    write(page)
    page.get_by_label("See it as").fill("ana")
    page.get_by_label(re.compile("Ana Ruiz")).check()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("As Ana Ruiz would get it")
    mail = page.frame_locator("iframe[title='The email as it is read']")
    expect(mail.locator("body")).to_contain_text("Hi Ana, we are back.")
    expect(mail.locator("strong")).to_have_text("back")
    expect(mail.get_by_role("link", name="Book an appointment")).to_have_attribute("href", re.compile("/book$"))
    expect(preview.locator(".whatsapp")).to_contain_text("Hi Ana, it is spring")
    expect(page.locator("#whatsapp-count")).to_have_text(re.compile(r"^\d+ of 1,600 characters$"))
    check(page)

    page.get_by_role("button", name="Save and email it to me").click()
    expect(page.get_by_text("Saved, and on its way to your email address.")).to_be_visible()
    assert [mail["to"] for mail in simulator.emails()] == ["owner@shop.example"]
    draft.refresh_from_db()
    assert "<strong>back</strong>" in draft.email_html and '<a href="{{booking_link}}">' in draft.email_html

    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name="Step 6 of 6")).to_be_visible()
    check(page)


def test_what_is_pasted_brings_its_words_and_nothing_that_runs(enter: Callable[..., Page], draft: Campaign) -> None:
    page = enter(5)
    editor = page.locator("trix-editor")
    editor.click()
    page.evaluate(_PASTE, [editor.element_handle(), ATTACK])
    expect(editor.locator("strong")).to_have_text("words")
    expect(editor).not_to_contain_text("x()")
    assert page.locator("trix-editor img, trix-editor a, trix-editor figure").count() == 0
    assert page.title() != "1"


def test_a_link_is_set_by_keyboard_on_a_phone(enter: Callable[..., Page], draft: Campaign) -> None:
    page = enter(5, width=360)
    page.locator("trix-editor").click()
    page.keyboard.type("here")
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="Link", exact=True).focus()
    page.keyboard.press("Enter")
    address = page.get_by_label("Address of the link")
    expect(address).to_be_focused()
    check(page)
    page.keyboard.type("https://shop.test/now")
    page.keyboard.press("Enter")
    expect(page.locator("trix-editor a")).to_have_attribute("href", "https://shop.test/now")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Nobody was written to.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.email_html == '<div><a href="https://shop.test/now">here</a></div>'


def test_a_template_is_chosen_and_seen_with_what_stands_for_its_numbers(enter: Callable[..., Page], draft: Campaign) -> None:
    page = enter(5, width=360)
    page.get_by_label(re.compile("^salon_invitation en")).check()
    expect(page.get_by_label("Your own words")).to_be_hidden()
    for number in "23456":
        page.locator(f"select[name$='-{number}']:visible").select_option("business_name")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator(".whatsapp")).to_contain_text(re.compile(r"Hi \w+, Clean Machine Auto Detail now takes bookings"))
    check(page)


def test_everything_that_is_missing_is_said_and_leads_to_its_field(enter: Callable[..., Page], draft: Campaign) -> None:
    page = enter(5, may_be_refused=True)
    page.get_by_role("button", name="Next", exact=True).click()
    problem = page.get_by_role("alert").filter(has_text="There is a problem")
    expect(problem).to_be_focused()
    problem.get_by_role("link", name="Give the email a subject.").click()
    expect(page.get_by_label("Subject", exact=True)).to_have_attribute("aria-invalid", "true")
    check(page)


def test_it_is_written_without_scripts(enter: Callable[..., Page], stack: Stack, draft: Campaign) -> None:
    with_scripts = enter(5)
    context = with_scripts.context.browser.new_context(java_script_enabled=False, storage_state=with_scripts.context.storage_state())
    page = context.new_page()
    page.goto(stack.url(f"/admin/messages/{draft.pk}/edit/5/"))
    page.locator("#email_subject").fill("Spring")
    page.locator("#email_plain").fill("Hi {{first_name|there}},\n\nsee https://shop.test/now.")
    page.locator("#whatsapp_text").fill("Hi")
    page.locator("button[value=next]:not(.enter)").click()
    assert page.url.endswith("/edit/6/")
    context.close()
    draft.refresh_from_db()
    assert draft.email_html == ('<div>Hi {{first_name|there}},<br><br>see <a href="https://shop.test/now">https://shop.test/now</a>.</div>')


def test_it_goes_on_the_calendar_by_keyboard_and_on_a_phone(enter: Callable[..., Page], draft: Campaign) -> None:
    page = enter(5, width=360)
    write(page)
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_text("of 3 selected customers get a message")).to_be_visible()
    page.get_by_label("Now", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("At a time I choose")).to_be_checked()
    page.get_by_label("Day").fill(f"{timezone.localdate() + datetime.timedelta(days=30):%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill("10:30")
    page.get_by_label("Type 3 to confirm").fill("3")
    check(page)
    page.get_by_role("button", name="Put it on the calendar").click()
    expect(page.get_by_text("It is on the calendar:").first).to_be_visible()
    draft.refresh_from_db()
    assert draft.status == Campaign.Status.SCHEDULED
