"""An owner invites the people a list brought: composing, trying out, starting and watching, and what is said when something is wrong."""

import datetime
import re
from collections.abc import Callable
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from campaigns.models import Campaign, Target
from campaigns.services import create_invitation_campaign, release_quiet_hours
from campaigns.types import Audience, InvitationDraft
from customers.models import Customer, ImportBatch, PersonalDataAccess
from customers.services import Upload, apply_import, confirm_import, plan_import
from loyalty.services import create_offer
from loyalty.types import OfferTerms, OfferWish
from tests.browser.conftest import Stack
from tests.browser.screens import check
from tests.support.simulator import SimulatorProcess

NEW, OWNER_PHONE = "/admin/invitations/new/", "+15125550199"
WORDS = "Hi {{customer_name}}, join {{salon_name}}: {{download_link}} Reply STOP to opt out."
LIST = (
    "Name,Mobile,Email,Tags,WhatsApp consent,Opted out\r\n"
    "Ana Ruiz,(512) 555-0142,ana@example.com,vip,yes,\r\n"
    "Bo Lee,512-555-0143,bo@example.com,vip,,\r\n"
    "Cleo Park,512-555-0144,,,,\r\n"
    "Olga Berg,512-555-0170,,,,yes\r\n"
)


@pytest.fixture
def batch(tenant: object) -> ImportBatch:
    """Four people of a list, one of whom asked to be left alone."""
    found = plan_import(Upload(LIST.encode(), "clients.csv"))
    confirm_import(found, None)
    apply_import(found)
    return found


@pytest.fixture
def offer(tenant: object) -> OfferTerms:
    return create_offer(OfferWish(name="Ten off", is_percentage=False, discount_value=1_000), actor=None)


def preview(page: Page) -> Locator:
    return page.get_by_role("region", name="Preview")


def reach(page: Page) -> Locator:
    return page.locator("#reach")


def drafted(name: str = "Spring", words: str = WORDS) -> Campaign:
    made = create_invitation_campaign(actor=None, name=name, draft=InvitationDraft("sms", words), audience=Audience())
    release_quiet_hours(made, actor=None)
    made.refresh_from_db()
    return made


def status(page: Page, word: str) -> Locator:
    return page.locator("#progress .chip").filter(has_text=re.compile(f"^{word}$"))


def compose(page: Page) -> None:
    page.get_by_label("Name", exact=False).first.fill("Spring list")
    page.get_by_label("See it as").fill("cleo")
    page.get_by_label(re.compile("Cleo Park")).check()
    expect(preview(page)).to_contain_text("Hi Cleo!")
    expect(preview(page)).to_contain_text("$10 OFF your next visit, code WELCOME-")
    expect(preview(page)).to_contain_text("+1512•••0144")
    expect(preview(page)).to_contain_text(re.compile(r"\d segments?, GSM-7, \d+ of \d+ units, about \$0\.0\d+ a text"))
    assert PersonalDataAccess.objects.filter(subject="invitation preview").exists()
    check(page)


def start_after_a_wrong_number(page: Page) -> None:
    page.get_by_label("Type 4 to confirm").fill("3")
    page.get_by_role("button", name="Start inviting").click()
    expect(page.get_by_text("this campaign has 4 people")).to_be_visible()
    page.get_by_label("Type 4 to confirm").fill("4")
    page.get_by_role("button", name="Start inviting").click()
    expect(page.get_by_text("Started. You can leave this page")).to_be_visible()
    page.evaluate("window.notReloaded = true")
    expect(status(page, "completed")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.notReloaded") is True


def test_an_owner_invites_a_list_and_watches_it_to_the_end(sign_in, simulator: SimulatorProcess, batch, offer, stack: Stack):
    page = sign_in(path="/admin/invitations/")
    expect(page.get_by_text("No invitation yet")).to_be_visible()
    check(page)
    page.goto(stack.url(f"/admin/customers/import/{batch.pk}/"))
    page.get_by_role("link", name="invite them").click()
    expect(page.get_by_label("From the list")).to_have_value(str(batch.pk))
    expect(reach(page)).to_contain_text("3 of 4 people would be invited")
    expect(reach(page)).to_contain_text("1 asked not to be contacted")

    compose(page)
    page.get_by_role("button", name="Save and send a preview to me").click()
    expect(page.get_by_text("The preview is on its way to your phone.")).to_be_visible()
    (mine,) = simulator.texts()
    assert mine["to"] == OWNER_PHONE and "$10 OFF" in mine["body"]

    release_quiet_hours(Campaign.objects.get(kind="invitation"), actor=None)
    simulator.faults(callbacks="on")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Nobody was written to yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Start inviting")).to_be_visible()
    check(page)
    start_after_a_wrong_number(page)
    steps = page.get_by_role("list", name="From the list to the first booking").get_by_role("listitem")
    expect(steps.locator("b")).to_have_text(["4", "3", "3", "0", "0", "0"])
    expect(steps.nth(1)).to_contain_text("75% of 4")
    assert {text["to"] for text in simulator.texts()} == {OWNER_PHONE, "+15125550142", "+15125550143", "+15125550144"}
    assert len(simulator.texts()) == 4
    check(page)
    page.reload()
    page.get_by_role("button", name="Why, for Olga Berg").click()
    expect(page.locator("#why")).to_contain_text("asked not to be contacted")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    assert Customer.objects.exclude(invited_at=None).count() == 3
    page.get_by_role("link", name="All invitations").click()
    expect(page.get_by_role("row").filter(has_text="Spring list")).to_contain_text("completed")
    check(page)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(sign_in, simulator, batch, offer):
    page = sign_in(path=NEW, may_be_refused=True)
    page.get_by_label("Text", exact=False).first.fill("Hi {{custmer_name}}, join us")
    page.get_by_label("It starts at a time I choose").check()
    page.get_by_label("Not invited yet").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    problem = page.get_by_role("alert", name="There is a problem")
    expect(problem).to_be_focused()
    for field, sentence in (
        ("name", "Give it a name"),
        ("message_template", "Did you mean {{customer_name}}?"),
        ("status", "Tick at least one kind of people."),
        ("day", "Choose the day"),
        ("time", "Choose the time"),
    ):
        expect(problem).to_contain_text(sentence)
        expect(page.locator(f"#{field}-wrong")).to_contain_text(sentence)
    expect(page.locator("#message_template")).to_have_value("Hi {{custmer_name}}, join us")
    expect(page.get_by_label("It starts at a time I choose")).to_be_checked()
    check(page)
    problem.get_by_role("link", name=re.compile("Did you mean")).click()
    expect(page.locator("#message_template")).to_be_in_viewport()
    assert not Campaign.objects.exists()

    page.locator("#message_template").fill("Hi {{customer_name}}, {{offer_amount}} off")
    page.get_by_label("Welcome offer").select_option("")
    expect(preview(page)).to_contain_text("speaks of an offer")
    page.locator("#message_template").fill("Hi {{customer_name}}, join us")
    expect(preview(page)).to_contain_text("The text must say how to stop")
    page.get_by_label("Name", exact=False).first.fill("Late")
    page.locator("#message_template").fill(WORDS)
    page.get_by_label("Not invited yet").check()
    page.get_by_label("Day", exact=True).fill("2026-01-05")
    page.get_by_label("Time", exact=True).fill("10:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#day-wrong")).to_contain_text("This time has passed already")
    assert not Campaign.objects.exists()
    page.get_by_label("Day", exact=True).fill(f"{timezone.now().year + 1}-05-05")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved and on the calendar. Nobody was written to yet.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"It starts on .* at 10:00 AM"))).to_be_visible()


def test_variables_go_where_the_cursor_stands_and_curly_quotes_are_called_dear(sign_in, batch):
    page = sign_in(path=NEW)
    words = page.locator("#message_template")
    words.fill("Hi , come. Reply STOP")
    words.evaluate("field => field.setSelectionRange(3, 3)")
    page.get_by_role("button", name="First name").click()
    expect(words).to_have_value("Hi {{customer_name}}, come. Reply STOP")
    expect(words).to_be_focused()
    page.keyboard.type("!")
    expect(words).to_have_value("Hi {{customer_name}}!, come. Reply STOP")
    expect(preview(page)).to_contain_text(re.compile("Hi [A-Z][a-z]+!, come."))
    words.press("End")
    page.keyboard.type(" It’s")
    expect(preview(page)).to_contain_text("UCS-2")
    expect(preview(page)).to_contain_text("The character “’” makes every text dearer; “'” would not.")
    check(page)


def test_an_offer_changes_our_words_but_never_the_owners(sign_in, batch, offer):
    page = sign_in(path=NEW)
    words = page.locator("#message_template")
    expect(words).to_have_value(re.compile("offer_code"))
    page.get_by_label("Welcome offer").select_option("")
    expect(words).not_to_have_value(re.compile("offer_code"))
    page.get_by_label("Welcome offer").select_option(str(offer.id))
    expect(words).to_have_value(re.compile("offer_code"))
    words.fill(WORDS)
    page.get_by_label("Welcome offer").select_option("")
    expect(words).to_have_value(WORDS)


def test_the_audience_is_counted_while_it_is_chosen(sign_in, batch):
    page = sign_in(path=NEW)
    expect(reach(page)).to_contain_text("3 of 4 people")
    page.get_by_label("vip").check()
    expect(reach(page)).to_contain_text("2 of 2 people")
    page.get_by_label("Not invited yet").uncheck()
    expect(reach(page)).to_contain_text("Tick at least one")
    page.get_by_label("Invited before and not registered").check()
    expect(reach(page)).to_contain_text("Nobody matches")
    check(page)


def test_whatsapp_goes_by_an_approved_template_and_falls_back_to_a_text(sign_in, simulator: SimulatorProcess, batch, offer):
    page = sign_in(path=NEW)
    expect(page.get_by_text("WhatsApp template", exact=False).first).not_to_be_visible()
    page.get_by_label("WhatsApp first").check()
    picker = page.locator("#templates")
    expect(picker.locator(".chip.approved")).to_be_visible()
    picker.get_by_text("3 that cannot be used now").click()
    expect(picker.get_by_text("WhatsApp refused it")).to_be_visible()
    check(page)
    picker.locator(".template").filter(has=page.locator(".chip.approved")).get_by_role("radio").check()
    for number, field in enumerate(("customer_name", "salon_name", "offer_amount", "offer_code", "download_link", "expiry_days"), 1):
        expect(page.locator(f"#map-{number}")).to_have_value(field)
    expect(preview(page)).to_contain_text("WhatsApp")
    expect(preview(page)).to_contain_text(re.compile(r"Hi [A-Z][a-z]+, Clean Machine"))
    expect(preview(page)).to_contain_text("$10")
    expect(reach(page)).to_contain_text("1 by WhatsApp")
    expect(reach(page)).to_contain_text("2 by text")
    check(page)
    page.get_by_label("Name", exact=False).first.fill("Both")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Nobody was written to yet.")).to_be_visible()
    made = Campaign.objects.get()
    assert made.channel == "both" and made.content_variables["4"] == "offer_code"
    page.get_by_role("link", name="Change it").click()
    expect(page.locator("#map-4")).to_have_value("offer_code")


def test_a_provider_that_is_away_is_said_and_nothing_is_lost(sign_in, simulator: SimulatorProcess, batch):
    simulator.faults(reject500=1)
    page = sign_in(path=NEW)
    page.get_by_label("Name", exact=False).first.fill("Away")
    page.get_by_label("WhatsApp first").check()
    expect(page.locator("#templates").get_by_role("alert")).to_be_visible()
    check(page)
    simulator.behave()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#templates .chip.approved")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Away")


def test_who_was_signed_out_meanwhile_is_told_and_loses_nothing(sign_in, batch):
    page = sign_in(path=NEW)
    page.context.clear_cookies(name="sessionid")
    page.locator("#message_template").fill("Hi {{customer_name}}, a long text. Reply STOP")
    expect(preview(page).get_by_role("alert")).to_contain_text("You were signed out")
    expect(page.locator("#message_template")).to_have_value("Hi {{customer_name}}, a long text. Reply STOP")
    check(page)


def test_a_start_is_put_on_the_calendar_of_the_business_and_taken_off(sign_in, batch, stack: Stack):
    made = drafted()
    page = sign_in(path=f"/admin/invitations/{made.pk}/")
    page.get_by_text("Start it later").click()
    check(page)
    day = timezone.now().astimezone(ZoneInfo("America/Chicago")).date() + datetime.timedelta(days=2)
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_label("Time", exact=True).fill("10:30")
    page.get_by_role("button", name="Put it on the calendar").click()
    expect(page.get_by_text("It is on the calendar")).to_be_visible()
    expect(page.get_by_text("at 10:30 AM")).to_be_visible()
    made.refresh_from_db()
    assert made.scheduled_at == datetime.datetime.combine(day, datetime.time(10, 30), ZoneInfo("America/Chicago"))
    check(page)
    page.goto(stack.url(f"/admin/invitations/{made.pk}/edit/"))
    expect(page.get_by_text("Take it off the calendar first")).to_be_visible()
    page.get_by_role("button", name="Take it off the calendar").click()
    expect(status(page, "draft")).to_be_visible()


def test_an_invitation_pauses_goes_on_and_can_be_cancelled(sign_in, simulator, batch):
    from messaging.models import Line

    Line.objects.update(messages_per_second=0.2)
    made = drafted()
    page = sign_in(path=f"/admin/invitations/{made.pk}/")
    page.get_by_label("Type 4 to confirm").fill("4")
    page.get_by_role("button", name="Start inviting").click()
    page.get_by_role("button", name="Pause").click()
    expect(status(page, "paused")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Going on where it stopped.")).to_be_visible()
    page.get_by_role("button", name="Cancel campaign").click()
    expect(status(page, "cancelled")).to_be_visible()
    assert not Target.objects.filter(campaign=made, sms_status="pending").exists()


def test_a_keyboard_alone_composes_an_invitation(sign_in, batch):
    page = sign_in(path=NEW)
    page.locator("#name").focus()
    page.keyboard.type("By keys")
    page.locator("#who").focus()
    page.keyboard.type("bo")
    expect(page.get_by_label(re.compile("Bo Lee"))).to_be_visible()
    page.keyboard.press("Enter")  # looks for somebody, and saves nothing
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(preview(page)).to_contain_text("Hi Bo")
    button = page.get_by_role("button", name="Save", exact=True)
    for _turn in range(60):
        if button.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved. Nobody was written to yet.")).to_be_visible()


def test_it_works_without_scripts(chromium: Browser, sign_in: Callable[..., Page], stack: Stack, batch):
    state = sign_in(path=NEW).context.storage_state()
    context = chromium.new_context(storage_state=state, java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.url(NEW))
    page.locator("#name").fill("Plain")
    page.locator("#who").fill("bo")
    page.locator("#message_template").fill("Hi {{customer_name}}, come. Reply STOP")
    page.get_by_role("button", name="Look again").click()
    page.get_by_label(re.compile("Bo Lee")).check()
    page.get_by_role("button", name="Look again").click()
    expect(preview(page)).to_contain_text("Hi Bo, come. Reply STOP")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Nobody was written to yet.")).to_be_visible()
    assert "Plain" in unquote(Campaign.objects.get().name)
    context.close()


def test_a_business_without_people_is_told_what_comes_first(sign_in, tenant):
    page = sign_in(path="/admin/invitations/")
    expect(page.get_by_role("link", name="Bring your customer list first")).to_be_visible()
    page.get_by_role("link", name="New invitation").click()
    expect(reach(page)).to_contain_text("Nobody matches")
    expect(page.get_by_text("There is no active welcome offer yet")).to_be_visible()
    check(page)


def test_staff_are_told_whose_page_it_is(staff, sign_in, stack: Stack):
    page = sign_in(staff, "/admin/", may_be_refused=True)
    expect(page.get_by_role("link", name="Invitations")).to_have_count(0)
    assert page.goto(stack.url("/admin/invitations/")).status == 403
