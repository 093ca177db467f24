"""Who is signed in where: rotation, time, signing out, the neighbour, and where a sign-in may lead."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from customers.models import Customer
from customers.services import register_customer
from portal.models import PortalSession
from portal.policy import own_path
from portal.selectors import cookie_name, hashed
from tenants.accounts.models import User
from tests.portal.conftest import EMAIL

PAGES = ("/portal/", "/portal/rewards", "/portal/profile", "/portal/data")


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_led_to_sign_in_and_back(tenant, browser, page):
    answer = browser().get(page)
    assert answer.status_code == 302 and answer["Location"] == f"/portal/sign-in?next={page.replace('/', '%2F')}"


def test_the_cookie_is_hidden_from_scripts_and_other_sites(ana, sign_in, browser):
    morsel = sign_in(browser()).cookies["portal_session"]
    assert morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/" and not morsel["domain"]
    assert PortalSession.objects.get().token_hash == hashed(morsel.value)


def test_over_https_the_cookie_is_bound_to_the_host(settings):
    assert cookie_name() == "portal_session"
    settings.SESSION_COOKIE_SECURE = True
    assert cookie_name() == "__Host-portal_session" and cookie_name(is_pending=True) == "__Host-portal_code"


def test_over_https_the_cookie_is_secure(ana, ask, browser, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = browser()
    client.post("/portal/sign-in/code", {"code": ask(client)})
    assert client.cookies["__Host-portal_session"]["secure"]


def test_signing_in_changes_the_token_and_ends_the_one_before(ana, sign_in, browser):
    client = sign_in(browser())
    planted = client.cookies["portal_session"].value
    sign_in(client, EMAIL)
    assert client.cookies["portal_session"].value != planted
    thief = browser()
    thief.cookies["portal_session"] = planted
    assert thief.get("/portal/").status_code == 302


def test_a_planted_cookie_is_not_taken_over(ana, sign_in, browser):
    client = browser()
    client.cookies["portal_session"] = "planted-by-somebody-else-0123456789abcdefghij"
    sign_in(client)
    assert client.cookies["portal_session"].value != "planted-by-somebody-else-0123456789abcdefghij"


def test_a_session_sleeps_after_seven_days_and_ends_after_thirty(ana, sign_in, browser):
    client, now = sign_in(browser()), timezone.now()
    with time_machine.travel(now + datetime.timedelta(days=7, minutes=1)):
        assert client.get("/portal/").status_code == 302
    for days in range(6, 30, 6):
        with time_machine.travel(now + datetime.timedelta(days=days)):
            assert client.get("/portal/").status_code == 200
    with time_machine.travel(now + datetime.timedelta(days=29, hours=23)):
        assert client.get("/portal/").status_code == 200
    with time_machine.travel(now + datetime.timedelta(days=30, minutes=1)):
        assert client.get("/portal/").status_code == 302


def test_signing_out_ends_the_session_and_not_only_the_cookie(ana, sign_in, browser):
    client = sign_in(browser())
    token = client.cookies["portal_session"].value
    assert client.get("/portal/sign-out").status_code == 405
    assert client.post("/portal/sign-out").status_code == 302
    client.cookies["portal_session"] = token
    assert client.get("/portal/").status_code == 302


def test_signing_out_everywhere_ends_every_browser_of_the_person_alone(ana, sign_in, browser):
    register_customer(name="Ben", phone_text="+15125550150")
    phone, desk, ben = sign_in(browser()), sign_in(browser(), EMAIL), sign_in(browser(), "+15125550150")
    assert desk.post("/portal/sign-out-everywhere").status_code == 302
    assert [client.get("/portal/").status_code for client in (phone, desk, ben)] == [302, 302, 200]


def test_a_session_of_one_business_is_nothing_at_another(ana, sign_in, browser, indian_tenant):
    with schema_context("shop"):
        client = sign_in(browser())
    for page in PAGES:
        assert client.get(page, HTTP_HOST="salon.localhost").status_code == 302
        assert client.get(page).status_code == 200


def test_a_customer_is_nobody_in_the_admin_and_an_owner_nobody_in_the_portal(ana, sign_in, browser):
    client = sign_in(browser())
    assert "/admin/login/" in client.get("/admin/")["Location"]
    owner = Client(HTTP_HOST="shop.localhost")
    owner.force_login(User.objects.get(email="owner@shop.example"))
    assert owner.get("/portal/").status_code == 302
    sign_in(owner)
    assert owner.get("/portal/").status_code == owner.get("/admin/").status_code == 200
    owner.post("/portal/sign-out")
    assert owner.get("/admin/").status_code == 200


def test_an_erased_person_is_signed_out(ana, sign_in, browser):
    from customers.services import erase_person

    client = sign_in(browser())
    erase_person(Customer.objects.get(pk=ana.pk), actor=None, reason="asked")
    assert client.get("/portal/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/portal/",
        "/\\evil.example",
        "/admin/",
        "javascript:alert(1)",
        "/portal/\r\nX: y",
        "",
        "x",
        "/portal/../admin/",
    ],
)
def test_a_sign_in_leads_to_our_own_pages_alone(ana, ask, browser, elsewhere):
    client = browser()
    code = ask(client, next=elsewhere)
    answer = client.post("/portal/sign-in/code", {"code": code, "next": elsewhere})
    assert answer["Location"] == "/portal/"
    assert client.get("/portal/sign-in", {"next": elsewhere})["Location"] == "/portal/"


def test_paths_of_ours_are_kept():
    for path in ("/portal/rewards?page=2", "/book", "/book/slots?place=1", "/b/abc"):
        assert own_path(path) == path


POSTS = (
    "sign-in",
    "sign-in/code",
    "sign-in/resend",
    "sign-out",
    "sign-out-everywhere",
    "profile/name",
    "profile/email",
    "profile/email/code",
    "profile/offers",
    "data",
)


def test_every_form_needs_its_token(ana, sign_in, browser):
    client = sign_in(browser())
    strict = browser(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    for path in POSTS:
        assert strict.post(f"/portal/{path}", {"address": "x"}).status_code == 403, path
    assert client.get("/portal/").status_code == 200


def test_pages_are_private_and_carry_no_script(ana, sign_in, browser):
    client = sign_in(browser())
    for page in (*PAGES, "/portal/sign-in?again=1", "/book"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"] and answer["X-Robots-Tag"] == "noindex"
        assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"
        assert b"<script" not in answer.content and b"http://" not in answer.content and b"https://" not in answer.content


def test_the_whole_page_is_small(ana, sign_in, browser):
    client = sign_in(browser())
    style = sum(map(len, client.get("/static/css/portal.css").streaming_content))
    assert all(len(client.get(page).content) + style < 100_000 for page in PAGES)
