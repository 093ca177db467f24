"""Every page of ours, on a phone and on a desk, by day and by night, without a violation of WCAG 2.2 A and AA."""

import datetime
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Target
from campaigns.selectors import OFFER_LINK, UNSUBSCRIBE_LINK
from customers.models import Customer, PersonalDataAccess
from customers.services import consolidate, record_access, register_customer
from servicepro.dashboard import navigation
from servicepro.lib.signing import sign_number
from tenants.accounts.models import User
from tenants.models import Tenant
from tests.bookings.conftest import AUSTIN, at, make_shop
from tests.browser.screens import check, judge

# Businesses are shown on the platform's own host alone.
RECORDS = sorted((model for model in admin.site._registry if model is not Tenant), key=lambda model: model._meta.label_lower)


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


def test_the_owners_pages(owner_page: Page, stack, campaign: Campaign):
    owner_page.goto(stack.url("/admin/port-recovery/"))
    check(owner_page)
    owner_page.goto(stack.url(f"/admin/port-recovery/{campaign.pk}/"))
    for summary in owner_page.locator(".sp summary").all():
        summary.click()
    owner_page.get_by_role("button", name="Why?").or_(owner_page.get_by_role("button", name="Why, for Person 0")).first.click()
    expect(owner_page.locator("#why")).to_contain_text("No points yet")
    check(owner_page)


def test_a_campaign_stopped_in_the_middle(owner_page: Page, stack, mixed: Campaign):
    owner_page.goto(stack.url(f"/admin/port-recovery/{mixed.pk}/"))
    expect(owner_page.get_by_role("alert")).to_contain_text("refused our account")
    check(owner_page)
    owner_page.goto(stack.url(f"/admin/port-recovery/{mixed.pk}/?status=held&reason=cancelled"))
    expect(owner_page.get_by_text("Nobody matches this filter")).to_be_visible()
    check(owner_page)


def test_the_customers_pages(open_page: Callable[..., Page], stack, campaign: Campaign):
    page, target = open_page(), Target.objects.latest("pk").pk
    page.goto(stack.url(f"/o/{sign_number(OFFER_LINK, 'shop', target)}"))
    check(page)
    page.goto(stack.url("/o/cut-off"))
    check(page)
    page.goto(stack.url(f"/u/{sign_number(UNSUBSCRIBE_LINK, 'shop', target)}"))
    check(page)
    page.get_by_role("button", name="Unsubscribe").click()
    check(page)


def test_the_sign_in_page(open_page: Callable[..., Page], stack, tenant):
    page = open_page()
    page.goto(stack.url("/admin/login/"))
    check(page)
    page.get_by_role("button", name="Log in").click()
    check(page)


def test_the_page_that_asks_to_wait(open_page: Callable[..., Page], stack, tenant):
    page = open_page(may_be_refused=True)
    page.goto(stack.url("/admin/login/"))
    locked = page.get_by_role("heading", name="Wait 15 minutes")
    for _turn in range(5):
        page.get_by_label("Email").fill("guessed@shop.example")
        page.get_by_label("Password").fill("not-the-password")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_load_state("load")
        if locked.count():
            break
    check(page)
    expect(locked).to_be_visible()


def test_the_pages_that_refuse(sign_in: Callable[..., Page], staff: str, stack):
    page = sign_in(staff, "/admin/", may_be_refused=True)
    check(page)
    page.goto(stack.url("/admin/port-recovery/"))
    check(page)
    page.goto(stack.url("/", host="nobody.localhost"))
    check(page)


@pytest.fixture
def records(campaign: Campaign) -> Campaign:
    """A record of every kind that the admin shows, some of them joined."""
    first = Customer.objects.earliest("pk")
    register_customer(name="Person Nought", email=first.email)
    consolidate(write=True)
    record_access(actor=None, action="view", customer=first)
    day = datetime.datetime.now(AUSTIN).date() + datetime.timedelta(days=2)
    make_shop().book(at(10, day=day if day.weekday() < 6 else day + datetime.timedelta(days=1)))
    return campaign


def owner_request():
    request = RequestFactory().get("/admin/", HTTP_HOST="shop.localhost")
    request.user = User.objects.get(email="owner@shop.example")
    return request


def pages_of(model: type[Model]) -> list[str]:
    """Return the address of every page that the admin offers the owner for a model: list, new, change, history, delete."""
    request, model_admin = owner_request(), admin.site._registry[model]
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    pages = [reverse(f"{base}_changelist")]
    if model_admin.has_add_permission(request):
        pages.append(reverse(f"{base}_add"))
    record = model_admin.get_queryset(request).order_by("pk").first()
    assert record is not None, f"no {model._meta.verbose_name} is there to look at: let the fixture make one"
    if model_admin.has_view_permission(request, record):
        pages += [reverse(f"{base}_{page}", args=[record.pk]) for page in ("change", "history")]
    if model_admin.has_delete_permission(request, record):
        pages.append(reverse(f"{base}_delete", args=[record.pk]))
    return pages


@pytest.mark.parametrize("model", RECORDS, ids=[model._meta.label_lower for model in RECORDS])
def test_every_record(owner_page: Page, stack, records: Campaign, model: type[Model]):
    found = []
    for path in pages_of(model):
        answer = owner_page.goto(stack.url(path))
        assert answer.status == 200, path
        found += judge(owner_page)
    assert not found, "\n".join(found)


def test_every_entry_of_the_menu(owner_page: Page, stack, campaign: Campaign):
    request = owner_request()
    links = {item["link"] for group in navigation(request) for item in group["items"]}
    walked = {reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in RECORDS}
    found = []
    for path in sorted({*links, "/admin/password_change/", "/admin/customers/"} - walked - {"/admin/port-recovery/"}):
        assert owner_page.goto(stack.url(path)).status == 200, path
        found += judge(owner_page)
    assert not found, "\n".join(found)


def test_a_form_with_mistakes(owner_page: Page, stack, tenant):
    owner_page.goto(stack.url("/admin/accounts/user/add/"))
    owner_page.get_by_role("button", name="Save", exact=True).click()
    check(owner_page)


def test_a_phone_is_shown_in_place(owner_page: Page, stack, records: Campaign):
    ana = Customer.objects.earliest("pk")
    owner_page.goto(stack.url(f"/admin/customers/customer/{ana.pk}/change/"))
    shown = owner_page.locator("#phone-on-request")
    expect(shown).to_contain_text("+1512•••0200")
    owner_page.evaluate("window.notReloaded = true")
    shown.get_by_role("button", name="Show phone").click()
    expect(shown).to_contain_text("+15125550200")
    assert owner_page.evaluate("window.notReloaded") is True
    assert list(PersonalDataAccess.objects.order_by("id").values_list("action", flat=True))[-2:] == ["view", "show"]
    check(owner_page)
