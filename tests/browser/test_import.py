"""An owner brings a customer list: on the page as people use it, with a keyboard alone, and without scripts."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from playwright.sync_api import Browser, Page, expect

from customers.models import Customer, ImportBatch, PersonalDataAccess
from customers.services import Upload, apply_import, confirm_import, plan_import, register_customer
from customers.services.imports.applying import only_import
from tests.browser.conftest import Stack
from tests.browser.screens import check

PATH = "/admin/customers/import/"
LIST = (
    "Name,Mobile,Email,City\r\n"
    "Ana Ruiz,(512) 555-0142,ana@example.com,Austin\r\n"
    "Bo,5550,bo@example.com,Waco\r\n"
    ",512-555-0143,,\r\n"
    "Cleo,512-555-0144,,\r\n"
    "Cleo again,+1 512 555 0144,,\r\n"
    "Olga,512-555-0170,,\r\n"
)


@pytest.fixture(autouse=True)
def nobody_brought_a_list_yet(tenant: object) -> None:
    redis.Redis.from_url(django_settings.REDIS_URL.replace("db=0", "db=1")).delete("ratelimit:shop:imports")


@pytest.fixture
def known() -> None:
    """One person of the list who is known without an email, and one who asked not to be written to."""
    register_customer(name="Ana Ruiz", region="US", phone_text="+15125550142")
    register_customer(name="Olga", region="US", phone_text="+15125550170", opted_out=True)


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    path = tmp_path / "clients.csv"
    path.write_text(LIST)
    return path


@pytest.fixture
def without_scripts(chromium: Browser, sign_in: Callable[..., Page], stack: Stack) -> Iterator[Page]:
    """The owner's browser with scripts switched off after signing in."""
    state = sign_in(path=PATH).context.storage_state()
    context = chromium.new_context(storage_state=state, java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(stack.url(PATH))
    yield page
    context.close()


def bring(page: Page, path: Path) -> None:
    page.get_by_label("Customer list").set_input_files(path)
    page.get_by_role("button", name="Look at the list").click()


def numbers(page: Page, region: str) -> dict[str, str]:
    cards = page.get_by_role("region", name=region).locator(".card")
    return {card.locator(".label").inner_text(): card.locator("strong").inner_text() for card in cards.all()}


def state(page: Page, word: str) -> None:
    # The beat takes up every ten seconds what no worker writes.
    expect(page.locator("#progress .chip").filter(has_text=re.compile(f"^{word}$"))).to_be_visible(timeout=20_000)


def look_at_the_preview(page: Page) -> None:
    expect(page.get_by_text("Nothing has been written yet")).to_be_visible()
    assert numbers(page, "What would happen") == {
        "New": "1", "Changed": "1", "Merged": "0", "Twice in the file": "1", "Known already": "1", "Refused": "2", "Held": "0", "Opted out": "1",
    }  # fmt: skip
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="2", exact=True))
    expect(row.locator("li").filter(has_text="Email: nothing")).to_have_text(re.compile("nothing.*ana@example.com"))
    expect(row).to_contain_text("+1512•••0142")


def download(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Download the 4 rows")).click()
    with Path(waiting.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_owner_brings_a_list_and_takes_it_back(sign_in, known, clients):
    page = sign_in(path=PATH)
    expect(page.get_by_text("No import yet")).to_be_visible()
    check(page)
    bring(page, clients)
    look_at_the_preview(page)

    page.get_by_text("Columns: 3 of 4 matched").click()
    page.get_by_label("City").select_option(label="Notes")
    check(page)
    page.get_by_role("button", name="Look again with these columns").click()
    expect(page.get_by_text("Columns: 4 of 4 matched")).to_be_visible()

    page.get_by_label("Show", exact=True).select_option(label="refused (2)")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    expect(page.locator("#rows")).to_contain_text("Name is required")
    page.get_by_text("What row 3 says").click()
    expect(page.locator("#rows dl").first).to_contain_text("5550")
    check(page)
    assert Customer.objects.count() == 2

    page.get_by_role("button", name="Import 2 people").click()
    state(page, "completed")
    assert numbers(page, "What happened")["New"] == "1"
    assert Customer.objects.get(phone="+15125550144").name == "Cleo"
    assert Customer.objects.get(phone="+15125550142").notes == "Austin"
    assert [row["ServicePro row"] for row in download(page)] == ["3", "4", "6", "7"]
    check(page)

    page.get_by_role("link", name="see the 1 person to invite").click()
    expect(page.get_by_role("link", name="Cleo")).to_be_visible()
    expect(page.get_by_label("Show", exact=True)).to_have_value("imported")
    check(page)
    page.go_back()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("The import is taken back")).to_be_visible()
    expect(page.get_by_text("1 person is gone again, 1 is as before the import")).to_be_visible()
    check(page)
    assert Customer.objects.count() == 2
    assert Customer.objects.get(phone="+15125550142").email is None
    page.get_by_role("link", name="All imports").click()
    expect(page.get_by_role("row").filter(has_text="clients.csv")).to_contain_text("taken back")
    check(page)


def test_the_same_without_scripts(without_scripts: Page, known, clients):
    page = without_scripts
    bring(page, clients)
    look_at_the_preview(page)
    page.get_by_label("Show", exact=True).select_option(label="refused (2)")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Import 2 people").click()
    state(page, "completed")  # the page asks again by itself
    assert len(download(page)) == 4
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("1 person is gone again")).to_be_visible()
    assert Customer.objects.count() == 2


def test_a_keyboard_is_enough(sign_in, clients):
    page = sign_in(path=PATH)
    page.get_by_label("Customer list").focus()
    with page.expect_file_chooser() as waiting:
        page.keyboard.press("Space")
    waiting.value.set_files(clients)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Look at the list")).to_be_focused()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Import 3 people")
    expect(button).to_be_visible()
    for _turn in range(60):
        if button.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    state(page, "completed")


def imported(text: str = LIST) -> ImportBatch:
    batch = plan_import(Upload(text.encode(), "clients.csv"))
    confirm_import(batch, None)
    apply_import(batch)
    return batch


def test_a_phone_of_a_list_is_shown_in_place_and_recorded(sign_in, tenant):
    imported()
    page = sign_in(path="/admin/customers/imported/")
    page.get_by_label("Search").fill("cleo")
    page.get_by_role("button", name="Search", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Cleo")
    expect(row).to_contain_text("+1512•••0144")
    page.evaluate("window.notReloaded = true")
    row.get_by_role("button", name="Show the phone of Cleo").click()
    expect(row).to_contain_text("+15125550144")
    assert page.evaluate("window.notReloaded") is True
    assert PersonalDataAccess.objects.filter(action="show", customer__name="Cleo").count() == 1
    check(page)
    page.get_by_role("link", name="Cleo").click()
    expect(page.get_by_text("clients.csv")).to_be_visible()
    check(page)


def test_a_phone_in_the_admins_list_is_shown_in_place(sign_in, tenant):
    imported()
    page = sign_in(path="/admin/customers/customer/")
    page.get_by_role("button", name="Show the phone of Cleo").click()
    expect(page.get_by_role("row").filter(has_text="Cleo")).to_contain_text("+15125550144")


def test_a_phone_is_shown_without_scripts_too(without_scripts: Page, stack: Stack):
    imported()
    without_scripts.goto(stack.url("/admin/customers/imported/"))
    without_scripts.get_by_role("button", name="Show the phone of Cleo").click()
    expect(without_scripts.get_by_text("+15125550144")).to_be_visible()


def test_a_row_that_waits_for_a_decision_leads_to_it(sign_in, known, stack: Stack):
    register_customer(name="Olga B", region="US", phone_text="+15125550171", email="olga@example.com")
    batch = imported("Name,Phone,Email\r\nAna Ruiz,512-555-0142,olga@example.com\r\n")
    page = sign_in(path=f"{PATH}{batch.pk}/")
    expect(page.get_by_text("1 row would join people you have as two")).to_be_visible()
    check(page)
    page.get_by_role("link", name="say whether they are the same person").click()
    expect(page.get_by_role("heading", name=re.compile("Ana Ruiz and Olga B|Olga B and Ana Ruiz"))).to_be_visible()


def test_a_file_dropped_on_the_page_is_taken(sign_in, clients):
    page = sign_in(path=PATH)
    zone = page.get_by_label("Customer list")
    box = zone.bounding_box()
    place = {"x": box["x"] + box["width"] * 0.8, "y": box["y"] + box["height"] * 0.8}  # far from its button
    hand = page.context.new_cdp_session(page)
    for event in ("dragEnter", "dragOver", "drop"):
        moved = {"items": [], "files": [str(clients)], "dragOperationsMask": 1}
        hand.send("Input.dispatchDragEvent", {"type": event, **place, "data": moved})
        if event == "dragOver":
            expect(zone).to_have_class(re.compile("is-over"))
    expect(zone).not_to_have_class(re.compile("is-over"))
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_text("Nothing has been written yet")).to_be_visible()


def test_progress_is_live_and_survives_a_reload(sign_in, clients, stack: Stack):
    page = sign_in(path=PATH)
    bring(page, clients)
    expect(page.get_by_text("Nothing has been written yet")).to_be_visible()
    with only_import():  # a worker that asks now is told that somebody writes already
        page.get_by_role("button", name="Import 3 people").click()
        ImportBatch.objects.update(status="processing", processed=3)
        expect(page.get_by_text("3 of 6 rows done")).to_be_visible()
        page.reload()
        state(page, "importing")
        expect(page.get_by_role("progressbar", name="Rows done")).to_have_attribute("value", "50")
        check(page)
    state(page, "completed")
    expect(page.get_by_role("heading", name="Row by row")).to_be_visible()


def test_a_list_without_a_phone_column_asks_for_it(sign_in, tmp_path: Path):
    path = tmp_path / "odd.csv"
    path.write_text("Who,Ring\nAna,call 512 555 0142\nBo,call 512 555 0143\n")
    page = sign_in(path=PATH)
    bring(page, path)
    expect(page.get_by_role("alert")).to_contain_text("No column holds phone numbers")
    expect(page.get_by_role("button", name=re.compile("^Import"))).to_have_count(0)
    check(page)
    page.get_by_label("Who").select_option(label="Name")
    page.get_by_label("Ring").select_option(label="Phone")
    page.get_by_role("button", name="Look again with these columns").click()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "empty"), (b"%PDF-1.7 1 0 obj", "PDF"), (b"Name,Phone\n", "row")], ids=["empty", "pdf", "header-only"]
)
def test_a_file_that_cannot_be_used_is_refused_in_words(sign_in, tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    page = sign_in(path=PATH, may_be_refused=True)
    bring(page, path)
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    check(page)


def test_a_file_that_is_too_large_never_leaves(sign_in, tmp_path: Path, stack: Stack):
    path = tmp_path / "huge.csv"
    path.write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    page = sign_in(path=PATH)
    bring(page, path)
    expect(page.locator("#upload-state")).to_contain_text("too large")
    assert page.url == stack.url(PATH) and ImportBatch.objects.count() == 0


def test_a_request_beyond_every_limit_is_answered_without_scripts_too(without_scripts: Page, tmp_path: Path):
    path = tmp_path / "huge.csv"
    path.write_bytes(b"x" * (8 * 1024 * 1024))
    bring(without_scripts, path)
    expect(without_scripts.get_by_role("heading", name="The file is too large")).to_be_visible()


def test_older_imports_are_a_page_further(sign_in):
    for number in range(21):
        ImportBatch.objects.create(file_name=f"list {number}.csv", file_format="csv", status=ImportBatch.Status.READY)
    page = sign_in(path=PATH)
    page.get_by_role("navigation", name="Pages of past imports").get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="list 0.csv")).to_be_visible()
    expect(page.get_by_role("table", name="Past imports").get_by_role("row")).to_have_count(2)
    check(page)
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_role("link", name="list 20.csv")).to_be_visible()


def test_the_sixth_list_within_an_hour_is_told_when_to_come_back(sign_in, clients, stack: Stack):
    page = sign_in(path=PATH, may_be_refused=True)
    for _turn in range(6):
        page.goto(stack.url(PATH))
        bring(page, clients)
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"The next is possible in \d+ minutes"))


def test_the_keys_of_the_api(sign_in):
    page = sign_in(path="/admin/api-keys/", may_be_refused=True)
    check(page)
    page.get_by_label("Where it is used").fill("Website")
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick at least one thing")
    check(page)
    page.get_by_label("See customers and imports").check()
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_label("The key", exact=True)).to_have_value(re.compile(r"^sp_[0-9a-f]{10}\..{43}$"))
    check(page)
    page.get_by_role("button", name="Revoke Website").click()
    expect(page.get_by_text("The key “Website” is revoked")).to_be_visible()


def test_the_description_of_the_api(sign_in):
    page = sign_in(path="/api/docs")
    expect(page.get_by_text("/api/customers/import", exact=True).first).to_be_visible()
