"""The app's part of the API: a phone is proved, a token opens it, and neither phones nor tokens of others do anything."""

import datetime
import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from customers.models import Customer
from customers.services import erase_person, register_customer
from loyalty.models import OfferCode, WelcomeOffer
from portal.models import PortalSession
from portal.selectors import cookie_name
from tests.portal.conftest import PHONE, client_of, other_than, settled
from tests.portal.invited import Invited, invite, make_offer

BASE = "/api/mobile"
CHECK, CLAIM = f"{BASE}/check-imported-customer", f"{BASE}/claim-welcome-offer"


def post(client: Client, path: str, body: dict[str, object], token: str = ""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(f"{BASE}/{path}", body, content_type="application/json", headers=headers)


def check(client: Client, token: str):
    return client.get(CHECK, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def invited(ana) -> Invited:
    return invite(ana, make_offer())


@pytest.fixture
def wish(simulator) -> Callable[..., dict[str, str]]:
    """Ask for a code and return what proves the phone."""

    def asked(client: Client, phone: str = PHONE) -> dict[str, str]:
        answer = post(client, "request-code", {"phone": phone})
        assert answer.status_code == 202, answer.content
        row = settled()
        code = re.search(r"\b\d{6}\b", simulator.texts(row.address)[-1]["body"])[0]
        return {"requestToken": answer.json()["requestToken"], "code": code}

    return asked


@pytest.fixture
def prove(wish) -> Callable[..., str]:
    """Prove a phone and return the app's token."""

    def proved(client: Client, phone: str = PHONE) -> str:
        answer = post(client, "verify-code", wish(client, phone))
        assert answer.status_code == 200, answer.content
        return str(answer.json()["token"])

    return proved


def test_from_the_code_to_the_claimed_offer(invited, wish, browser):
    app = browser()
    answer = post(app, "verify-code", {**wish(app), "name": "Ana Silva"}).json()
    assert answer["isFirstTime"] and answer["message"].startswith("Welcome to Clean Machine Auto Detail, Ana!")
    token = answer["token"]
    found = check(app, token).json()
    assert (found["isImported"], found["salonName"]) == (True, "Clean Machine Auto Detail")
    offer = found["welcomeOffer"]
    assert (offer["id"], offer["status"], offer["amount"], offer["code"], offer["expiresAt"]) == (
        *(invited.offer.pk, "promised", "15%"),
        *(invited.code, None),
    )
    assert OfferCode.objects.get().claimed_at is None
    claimed = post(app, "claim-welcome-offer", {"offerId": offer["id"]}, token).json()
    assert claimed["status"] == "claimed" and claimed["code"] == invited.code and claimed["expiresAt"]
    assert post(app, "claim-welcome-offer", {"offerId": offer["id"]}, token).json() == claimed
    assert check(app, token).json()["welcomeOffer"] == claimed
    invited.customer.refresh_from_db()
    assert invited.customer.life == "registered" and "@" not in settled().address


def test_a_stranger_is_registered_and_nothing_waits(tenant, prove, browser):
    app = browser()
    found = check(app, prove(app, "(512) 555-0177")).json()
    assert (found["isImported"], found["welcomeOffer"]) == (False, None) and Customer.objects.get().source == "portal"


def test_the_code_of_an_app_names_no_page(invited, wish, browser, simulator):
    wish(browser())
    assert "@" not in simulator.texts(PHONE)[-1]["body"] and "http" not in simulator.texts(PHONE)[-1]["body"]


def test_no_address_takes_a_phone_and_nothing_is_told_without_proof(invited, browser):
    stranger = browser()
    known, unknown = (post(stranger, "request-code", {"phone": phone}) for phone in (PHONE, "(512) 555-0177"))
    assert known.status_code == unknown.status_code == 202 and known.json().keys() == unknown.json().keys()
    assert len(known.content) == len(unknown.content)
    settled()
    assert stranger.get(CHECK, {"phone": PHONE}).status_code == 401
    wrong = [post(stranger, "verify-code", {"requestToken": answer.json()["requestToken"], "code": "x"}) for answer in (known, unknown)]
    assert [answer.status_code for answer in wrong] == [400, 400]
    assert wrong[0].json()["message"] == wrong[1].json()["message"] and wrong[0].json()["error"] == "WRONG_CODE"
    assert Customer.objects.get().registered_at is None


def test_five_wrong_codes_burn_the_right_one(ana, wish, browser):
    app = browser()
    proof = wish(app)
    for _turn in range(5):
        assert post(app, "verify-code", {**proof, "code": other_than(proof["code"])}).status_code == 400
    assert post(app, "verify-code", proof).status_code == 400 and PortalSession.objects.count() == 0


def test_a_code_works_once_and_with_its_own_request_alone(ana, wish, browser):
    app = browser()
    proof = wish(app)
    assert post(app, "verify-code", {**proof, "requestToken": "x" * 43}).status_code == 400
    assert [post(app, "verify-code", proof).status_code for _turn in range(2)] == [200, 400]


def test_codes_and_questions_are_limited(tenant, simulator, browser):
    app = browser()
    answers = [post(app, "request-code", {"phone": "(512) 555-0177"}) for _turn in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].json()["error"] == "TOO_MANY_CODES" and int(answers[-1]["Retry-After"]) > 500
    burst = [post(app, "verify-code", {"requestToken": "x", "code": "1"}) for _turn in range(120)]
    assert burst[0].status_code == 400 and burst[-1].status_code == 429 and int(burst[-1]["Retry-After"]) >= 1


def test_a_tokens_own_questions_are_limited(ana, prove, browser, settings):
    app = browser()
    token = prove(app)
    settings.API_REQUESTS_PER_MINUTE = 3
    answers = [check(app, token) for _turn in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429] and answers[-1]["Retry-After"]


def test_the_token_is_kept_as_a_hash_and_ends_with_the_app_or_everywhere(ana, prove, browser):
    app = browser()
    first, second = prove(app), prove(app)
    assert first not in str(list(PortalSession.objects.values()))
    assert post(app, "sign-out", {}, first).status_code == 204
    assert (check(app, first).status_code, check(app, second).status_code) == (401, 200)
    page = client_of(ana)
    assert b"The app" in page.get("/portal/profile").content
    page.post("/portal/sign-out-everywhere")
    assert check(app, second).status_code == 401 and check(app, second)["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("days", [8, 31])
def test_a_token_ends_by_itself(ana, prove, browser, days):
    app = browser()
    token = prove(app)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=days)):
        assert check(app, token).status_code == 401


def test_a_cookie_opens_no_app_and_a_token_opens_no_page(ana, prove, browser):
    app = browser()
    token = prove(app)
    page = browser()
    page.cookies[cookie_name()] = token
    assert page.get("/portal/").status_code == 302
    signed_in = client_of(ana)
    assert signed_in.get(CHECK).status_code == 401 and check(app, signed_in.cookies[cookie_name()].value).status_code == 401
    for header in ("", "Bearer", "Bearer ", f"Basic {token}", f"Bearer {token}x", token):
        assert app.get(CHECK, headers={"Authorization": header}).status_code == 401


def test_a_token_of_the_neighbour_opens_nothing_here_and_finds_nothing_there(invited, prove, browser, indian_tenant):
    with schema_context("shop"):
        token = prove(browser())
    salon = browser("salon.localhost")
    assert check(salon, token).status_code == 401
    with schema_context("salon"):
        theirs = prove(salon, "+919812345678")
    assert post(salon, "claim-welcome-offer", {"offerId": invited.offer.pk}, theirs).status_code == 404
    with schema_context("shop"):
        assert OfferCode.objects.get().claimed_at is None


def test_an_offer_of_somebody_else_is_not_there(invited, prove, browser):
    register_customer(name="Ben", phone_text="+15125550150")
    app = browser()
    token = prove(app, "+15125550150")
    for offer_id in (invited.offer.pk, 10**9):
        answer = post(app, "claim-welcome-offer", {"offerId": offer_id}, token)
        assert answer.status_code == 404 and answer.json()["error"] == "LOYALTY_UNKNOWN_OFFER"


def test_an_offer_that_ended_or_ran_out_is_refused_with_a_sentence(ana, prove, browser):
    invited = invite(ana, make_offer(), at=timezone.now() - datetime.timedelta(days=31))
    app = browser()
    token = prove(app)
    assert check(app, token).json()["welcomeOffer"] is None
    answer = post(app, "claim-welcome-offer", {"offerId": invited.offer.pk}, token)
    assert answer.status_code == 400 and "run out" in answer.json()["message"]
    WelcomeOffer.objects.update(is_active=False)
    assert post(app, "claim-welcome-offer", {"offerId": invited.offer.pk}, token).status_code == 400


def test_who_was_erased_is_signed_out(ana, prove, browser):
    app = browser()
    token = prove(app)
    erase_person(ana, actor=None, reason="asked")
    assert check(app, token).status_code == 401


def test_what_cannot_be_read_is_refused_in_the_apis_shape(ana, prove, browser):
    app = browser()
    token = prove(app)
    for body in ({}, {"offerId": "x"}, {"offerId": 0}, {"offerId": 10**30}, {"offerId": 1, "phone": PHONE}):
        answer = post(app, "claim-welcome-offer", body, token)
        assert answer.status_code == 400 and answer.json()["error"] == "INVALID_INPUT"
    for phone in ("", "12", "ana@example.com", "x" * 41):
        assert post(app, "request-code", {"phone": phone}).status_code == 400
