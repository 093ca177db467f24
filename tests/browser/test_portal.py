"""A customer comes from a text, signs in with a code, looks at points, changes what they want to get, and takes their data along."""

import re
from collections.abc import Callable

import pytest
import redis
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Target
from campaigns.selectors import OFFER_LINK
from customers.models import ConsentEvent, Customer
from customers.services import register_customer
from servicepro.lib.signing import sign_number
from tests.browser.screens import check
from tests.portal.conftest import settled
from tests.portal.test_pages import give

PHONE, EMAIL = "+15125550142", "ana@example.com"


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    valkey = redis.Redis.from_url(django_settings.REDIS_URL.replace("db=0", "db=1"))
    for key in valkey.scan_iter("ratelimit:*:portal:*"):  # the rest of it belongs to the running stack
        valkey.delete(key)


@pytest.fixture
def ana(tenant, simulator) -> Customer:
    made = register_customer(name="Ana Silva", phone_text=PHONE, email=EMAIL)
    give(made, 50, entries=25)
    return made


def code_of(simulator) -> str:
    assert settled(20).outcome == "sent"
    return re.search(r"\b\d{6}\b", simulator.texts(PHONE)[-1]["body"])[0]


def enter(page: Page, stack, simulator) -> None:
    page.goto(stack.url("/portal/rewards"))
    page.get_by_label("Mobile number or email").fill("512 555 0142")
    page.get_by_role("button", name="Send me a code").click()
    field = page.get_by_label("Code with 6 digits")
    assert field.get_attribute("autocomplete") == "one-time-code" and field.get_attribute("inputmode") == "numeric"
    field.fill(code_of(simulator))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(stack.url("/portal/rewards"))


def test_the_way_from_the_text_to_the_points(open_page: Callable[..., Page], stack, simulator, campaign: Campaign):
    page = open_page(width=360)
    page.goto(stack.url(f"/o/{sign_number(OFFER_LINK, 'shop', Target.objects.earliest('pk').pk)}"))
    check(page)
    page.get_by_role("link", name="See all my points").click()
    expect(page.get_by_text("+1512•••0200")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Send me a code").click()
    check(page)
    assert settled(20).outcome == "sent"
    page.get_by_label("Code with 6 digits").fill(re.search(r"\b\d{6}\b", simulator.texts("+15125550200")[-1]["body"])[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My Rewards")).to_be_visible()


def test_every_page_without_a_violation(open_page: Callable[..., Page], stack, simulator, ana):
    page = open_page(may_be_refused=True)
    page.goto(stack.url("/portal/sign-in"))
    check(page)
    page.get_by_label("Mobile number or email").fill("12")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    check(page)
    enter(page, stack, simulator)
    for path in ("/portal/", "/portal/rewards", "/portal/profile", "/portal/data", "/book", "/portal/sign-in?again=1"):
        page.goto(stack.url(path))
        check(page)
    page.goto(stack.url("/portal/profile"))
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save name").click()
    check(page)


def test_points_page_by_page_and_one_press_for_no_more_offers(open_page: Callable[..., Page], stack, simulator, ana):
    page = open_page(width=360, theme="dark")
    enter(page, stack, simulator)
    expect(page.get_by_text("You have 1,250 points available (about $125 in rewards).")).to_be_visible()
    assert page.locator("tbody tr").count() == 20
    assert page.evaluate("document.querySelector('table').scrollWidth <= document.querySelector('#history').clientWidth")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("link", name="Profile").click()
    page.get_by_role("button", name="Turn off: Offers by text").click()
    expect(page.get_by_role("status")).to_contain_text("It counts from now on.")
    assert ConsentEvent.objects.get().action == "withdrawn"


def test_my_data_is_a_download(open_page: Callable[..., Page], stack, simulator, ana):
    page = open_page()
    enter(page, stack, simulator)
    page.goto(stack.url("/portal/data"))
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download my data").click()
    assert re.fullmatch(r"my-data-\d{8}\.zip", taken.value.suggested_filename)


def test_the_keyboard_is_enough(open_page: Callable[..., Page], stack, simulator, ana):
    page = open_page()
    page.goto(stack.url("/portal/sign-in"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Mobile number or email")).to_be_focused()
    page.keyboard.type("512 555 0142")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/portal/sign-in/code"))
    page.get_by_label("Code with 6 digits").focus()
    page.keyboard.type(code_of(simulator))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello, Ana Silva")).to_be_visible()


def test_it_works_without_scripts_and_loads_little(chromium, stack, simulator, ana):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page, loaded = context.new_page(), []
    page.on("response", lambda response: loaded.append((response.url, len(response.body()) if response.status == 200 else 0)))
    enter(page, stack, simulator)
    last = [size for address, size in loaded if address.endswith(("/portal/rewards", "portal.css"))]
    assert sum(last) < 100_000 and all("shop.localhost" in address or address.startswith("data:") for address, _size in loaded)
    context.close()


def test_what_lighthouse_looks_at(open_page: Callable[..., Page], stack, simulator, ana):
    """Its accessibility audits are axe's; these are the others that a page like this can fail."""
    page = open_page(width=360)
    enter(page, stack, simulator)
    for path in ("/portal/", "/portal/rewards", "/portal/profile"):
        page.goto(stack.url(path))
        assert len(page.locator("meta[name=description]").get_attribute("content")) > 20
        assert "width=device-width" in page.locator("meta[name=viewport]").get_attribute("content")
        assert page.locator("script").count() == 0 and page.locator("link[rel=stylesheet]").count() == 1
        small = page.evaluate(
            "[...document.querySelectorAll('button, a.button, nav a, input:not([type=hidden])')].filter(item => item.getBoundingClientRect().height < 47.5).map(item => item.outerHTML)"
        )
        assert small == []
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
        assert paint < 1_800
        shift = page.evaluate(
            "new Promise(done => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value)).observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 100) })"
        )
        assert shift < 0.1
