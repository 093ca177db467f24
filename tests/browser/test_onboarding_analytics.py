"""The owner looks in a browser at how people come from a list to a first booking, learns what the figures mean, and takes them along."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from customers.models import Customer, ImportBatch
from tests.browser.screens import check
from tests.onboarding.journeys import Message, Record, Use, Visit, Wave, World, write

PAGE = "/admin/onboarding-analytics/"


@pytest.fixture
def a_quarter(tenant: object) -> World:
    """Thirty people who came over ten weeks, two campaigns, and what became of them."""
    records = [Record(1_700 - 40 * number, 900 - 25 * number if number % 3 == 0 else None, True, number) for number in range(30)]
    messages = [
        Message(
            number % 2, number, "failed" if number % 9 == 8 else "sent", "sms" if number % 2 else "whatsapp", 950 - 20 * number, "delivered"
        )
        for number in range(26)
    ]
    visits = [Visit(number, 800 - 20 * number, "confirmed") for number in range(0, 20, 6)]
    uses = [Use(number, 0, 15_000, False) for number in range(0, 12, 6)]
    world = World(records, [Wave("invitation", 960, 0), Wave("invitation", 955, None)], messages, visits, uses, datetime.now(UTC))
    write(world)
    return world


def test_an_owner_looks_at_the_way_from_the_list_to_the_booking_and_takes_it_along(sign_in, stack, a_quarter, tmp_path):
    page: Page = sign_in(path="/admin/")
    page.get_by_role("link", name="Onboarding analytics").first.click()
    expect(page.get_by_role("img", name="Funnel from imported people to first bookings")).to_be_visible()
    expect(page.get_by_role("region", name="From the list to the first booking")).to_contain_text("Delivered")
    expect(page.get_by_role("region", name="Campaigns compared")).to_contain_text("Wave 1")
    check(page)
    for summary in page.locator(".analytics summary").all():
        summary.click()
    expect(page.get_by_role("region", name="In time, by week")).to_contain_text("Together")
    check(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Excel workbook").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    download.value.save_as(tmp_path / "taken.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "taken.xlsx")
    assert book.get_sheet_by_name("Funnel").to_python()[1][:2] == ["Imported", 30]
    assert len(book.get_sheet_by_name("Campaigns").to_python()) == 3


def test_an_owner_chooses_days(sign_in, stack, a_quarter):
    page: Page = sign_in(path=PAGE)
    first = min(Customer.objects.values_list("created_at", flat=True)).date().isoformat()
    page.get_by_label("until").fill(first)
    page.get_by_label("in time by").select_option("day")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="All lists")).to_be_visible()
    expect(page.get_by_label("until")).to_have_value(first)
    expect(page.get_by_role("heading", name="In time, by day")).to_be_visible()
    check(page)
    page.get_by_role("link", name="All lists").click()
    expect(page.get_by_role("heading", name="In time, by week")).to_be_visible()


def test_what_a_figure_means_is_told_to_mouse_keyboard_and_finger(sign_in, stack, a_quarter):
    page: Page = sign_in(path=PAGE)
    ask = page.get_by_role("button", name="What “Conversion rate” means")
    told = page.get_by_role("tooltip").filter(has_text="Registered people as a share of imported people.")
    expect(told).to_be_hidden()
    ask.hover()
    expect(told).to_be_visible()
    told.hover()  # it stays while it is read
    expect(told).to_be_visible()
    page.mouse.move(0, 0)
    expect(told).to_be_hidden()

    page.get_by_role("button", name="What “Registered” means").focus()
    page.keyboard.press("Tab")
    expect(ask).to_be_focused()
    expect(told).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    expect(ask).to_be_focused()

    page.get_by_role("heading", name="Take it along").click()
    ask.dispatch_event("click")  # as a finger does where a press neither hovers nor gives focus
    expect(told).to_be_visible()
    assert told.evaluate("words => words.getBoundingClientRect().right <= document.documentElement.clientWidth")
    page.get_by_role("heading", name="Take it along").click()
    expect(told).to_be_hidden()


def test_a_list_without_invitations_and_a_business_without_lists(sign_in, stack, tenant):
    page: Page = sign_in(path=PAGE)
    expect(page.get_by_text("No list has brought anybody yet")).to_be_visible()
    check(page)
    batch = ImportBatch.objects.create(file_name="a.csv", file_digest="x", file_format="csv", status="completed")
    Customer.objects.create(name="Ana", import_batch=batch)
    page.reload()
    expect(page.get_by_text("No invitation was started yet.")).to_be_visible()
    check(page)
