"""Every page of ours, on a phone and on a desk, by day and by night, without a violation of WCAG 2.2 A and AA."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Target
from campaigns.selectors import OFFER_LINK, UNSUBSCRIBE_LINK
from servicepro.lib.signing import sign_number

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
SIZES = [(width, theme) for width in (360, 1280) for theme in ("light", "dark")]
on_every_screen = pytest.mark.parametrize(("width", "theme"), SIZES, ids=[f"{width}-{theme}" for width, theme in SIZES])


def check(page: Page) -> None:
    """Fail with the rule, the element and the reason of every violation, and where a page is wider than the screen."""
    page.wait_for_load_state("load")
    found = Axe().run(page, options=OPTIONS).response["violations"]
    assert [
        f"{page.url} {violation['id']}: {node['target']} {node['failureSummary']}" for violation in found for node in violation["nodes"]
    ] == []
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than the screen"


@pytest.fixture
def mixed(campaign: Campaign) -> Campaign:
    """A campaign with people in every state, stopped in the middle."""
    states = ["sent", "failed", "skipped", "held", "pending", "in_doubt"]
    for state, target in zip(states, Target.objects.order_by("id"), strict=False):
        Target.objects.filter(pk=target.pk).update(sms_status=state, sms_reason="opted_out_explicit" if state == "skipped" else "")
    Campaign.objects.filter(pk=campaign.pk).update(
        status="paused", pause_reason="Twilio refused our account.", quiet_hours_released_at=None
    )
    return campaign


@on_every_screen
def test_the_owners_pages(sign_in: Callable[..., Page], stack, campaign: Campaign, width: int, theme: str):
    page = sign_in(width=width, theme=theme)
    check(page)
    page.goto(stack.url(f"/admin/port-recovery/{campaign.pk}/"))
    for summary in page.locator(".sp summary").all():
        summary.click()
    check(page)
    page.get_by_role("button", name="Why?").or_(page.get_by_role("button", name="Why, for Person 0")).first.click()
    expect(page.locator("#why")).to_contain_text("No points yet")
    check(page)


@on_every_screen
def test_a_campaign_stopped_in_the_middle(sign_in: Callable[..., Page], stack, mixed: Campaign, width: int, theme: str):
    page = sign_in(width=width, theme=theme)
    page.goto(stack.url(f"/admin/port-recovery/{mixed.pk}/"))
    expect(page.get_by_role("alert")).to_contain_text("refused our account")
    check(page)
    page.goto(stack.url(f"/admin/port-recovery/{mixed.pk}/?status=held&reason=cancelled"))
    expect(page.get_by_text("Nobody matches this filter")).to_be_visible()
    check(page)


@on_every_screen
def test_the_customers_pages(open_page: Callable[..., Page], stack, campaign: Campaign, width: int, theme: str):
    page, target = open_page(width=width, theme=theme), Target.objects.latest("pk").pk
    page.goto(stack.url(f"/o/{sign_number(OFFER_LINK, 'shop', target)}"))
    check(page)
    page.goto(stack.url("/o/cut-off"))
    check(page)
    page.goto(stack.url(f"/u/{sign_number(UNSUBSCRIBE_LINK, 'shop', target)}"))
    check(page)
    page.get_by_role("button", name="Unsubscribe").click()
    check(page)


@on_every_screen
def test_the_sign_in_page(open_page: Callable[..., Page], stack, tenant, width: int, theme: str):
    page = open_page(width=width, theme=theme)
    page.goto(stack.url("/admin/login/"))
    check(page)


@on_every_screen
def test_the_front_page(sign_in: Callable[..., Page], tenant, width: int, theme: str):
    check(sign_in(path="/admin/", width=width, theme=theme))


@on_every_screen
def test_the_pages_that_refuse(sign_in: Callable[..., Page], staff: str, stack, width: int, theme: str):
    page = sign_in(staff, "/admin/", width=width, theme=theme, may_be_refused=True)
    check(page)
    page.goto(stack.url("/admin/port-recovery/"))
    check(page)
    page.goto(stack.url("/", host="nobody.localhost"))
    check(page)


RECORDS = ("customers/customer", "messaging/line", "business/businesssettings", "accounts/user", "accounts/auditentry")


@on_every_screen
def test_the_records(sign_in: Callable[..., Page], stack, campaign: Campaign, width: int, theme: str):
    page = sign_in(width=width, theme=theme)
    for record in RECORDS:
        page.goto(stack.url(f"/admin/{record}/"))
        check(page)
