"""An invited customer comes from a text, registers on a phone, and finds the offer; a stranger registers without one."""

import re
from collections.abc import Callable

import pytest
import redis
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from customers.models import Customer
from customers.services import register_customer
from tests.browser.screens import check
from tests.portal.conftest import settled
from tests.portal.invited import Invited, invite, make_offer

PHONE = "+15125550142"


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    valkey = redis.Redis.from_url(django_settings.REDIS_URL.replace("db=0", "db=1"))
    for key in valkey.scan_iter("ratelimit:*:portal:*"):  # the rest of it belongs to the running stack
        valkey.delete(key)


@pytest.fixture
def invited(tenant, simulator) -> Invited:
    return invite(register_customer(name="Ana Silva", phone_text=PHONE), make_offer())


def code_of(simulator, phone: str = PHONE) -> str:
    assert settled(20).outcome == "sent"
    return re.search(r"\b\d{6}\b", simulator.texts(phone)[-1]["body"])[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_from_the_invitation_to_the_offer_on_a_phone(open_page: Callable[..., Page], stack, simulator, invited, theme):
    page = open_page(width=360, theme=theme, may_be_refused=True)
    page.goto(stack.url(f"/i/{invited.link}"))
    expect(page.get_by_role("heading", name="15% off your next visit")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Register").click()
    expect(page.get_by_text("+1512•••0142")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Text me a code").click()
    field = page.get_by_label("Code with 6 digits")
    assert field.get_attribute("autocomplete") == "one-time-code" and field.get_attribute("inputmode") == "numeric"
    field.fill("12")
    page.get_by_label("Your name").fill("Ana Silva")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    check(page)
    field.fill(code_of(simulator))
    expect(page.get_by_label("Your name")).to_have_value("Ana Silva")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name=re.compile("Welcome to .*, Ana!"))).to_be_visible()
    expect(page.get_by_text(invited.code)).to_be_visible()
    check(page)
    page.get_by_role("link", name="See my visits").click()
    expect(page.get_by_text(invited.code)).to_be_visible()
    check(page)
    assert Customer.objects.get().life == "registered"


def test_a_stranger_registers_with_the_keyboard(open_page: Callable[..., Page], stack, simulator, tenant):
    page = open_page(width=360)
    page.goto(stack.url("/portal/sign-in"))
    page.get_by_role("link", name="Register").click()
    page.get_by_label("Mobile number").focus()
    page.keyboard.type("512 555 0142")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/portal/register/code"))
    page.get_by_label("Code with 6 digits").focus()
    page.keyboard.type(code_of(simulator))
    page.keyboard.press("Tab")
    page.keyboard.type("Ben Okafor")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Welcome to .*, Ben!"))).to_be_visible()
    assert Customer.objects.get().sms_consent is True


def test_links_that_open_no_offer_and_a_waiting_one(open_page: Callable[..., Page], stack, simulator, invited):
    page = open_page(may_be_refused=True)
    page.goto(stack.url("/i/AQ-" + "A" * 12))
    expect(page.get_by_role("heading", name="This link does not belong to an invitation")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Register").click()
    check(page)
    page.goto(stack.url("/portal/sign-in"))
    page.get_by_label("Mobile number or email").fill("512 555 0142")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code with 6 digits").fill(code_of(simulator))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="15% off waits for you")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Register").click()
    check(page)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text(invited.code)).to_be_visible()
