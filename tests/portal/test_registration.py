"""Signing up: by an invitation's link or without, once, with the offer that was promised, and nothing told to strangers."""

import datetime
import html
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from customers.models import ConsentEvent, Customer
from customers.services import merge_customers, register_customer, suppress
from loyalty.errors import OfferRefused, UnknownOffer
from loyalty.models import OfferCode, WelcomeOffer
from loyalty.selectors import usable_offers
from portal.models import PortalSession, SignInCode
from portal.services import ask_for_code, claim_promised, expire_old_invitations, register
from portal.tasks import expire_invitations
from portal.types import Address
from tests.conformance.walk import fingerprint
from tests.portal.conftest import EMAIL, PHONE, client_of, settled
from tests.portal.invited import Invited, invite, make_offer

REGISTER, CODE, WELCOME = "/portal/register", "/portal/register/code", "/portal/welcome"
UNKNOWN = "(512) 555-0177"


def forget_limits() -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


@pytest.fixture
def offer(tenant) -> WelcomeOffer:
    return make_offer()


@pytest.fixture
def invited(ana, offer) -> Invited:
    return invite(ana, offer)


def words(answer) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def code_for(client, simulator, **data: str) -> str:
    """Ask for a code and return the one that arrived."""
    answer = client.post(REGISTER, data)
    assert answer.status_code == 302 and answer["Location"].startswith(CODE), answer.content
    row = settled()
    assert row.outcome == "sent", row.outcome
    return re.search(r"\b\d{6}\b", simulator.texts(row.address)[-1]["body"])[0]


def sign_up(client, simulator, *, link: str = "", phone: str = "", **typed: str):
    wish = {"link": link} | ({"phone": phone, "other": "1"} if phone else {})
    code = code_for(client, simulator, **wish)
    return client.post(CODE, {"code": code, "name": "Ana Silva", "link": link, **typed})


def test_the_way_from_the_link_to_the_offer(invited, browser, simulator):
    client = browser()
    page = client.get(f"/i/{invited.link}")
    assert "15% off" in words(page) and "On bookings from $75, at most $50 off." in words(page) and page["Referrer-Policy"] == "no-referrer"
    assert "100 points are worth about $10. To use your points, your booking total must be at least $75" in words(page)
    form = client.get(f"{REGISTER}?link={invited.link}")
    assert "+1512•••0142" in words(form) and "5550142" not in page.content.decode() + form.content.decode()
    answer = sign_up(client, simulator, link=invited.link)
    assert (answer.status_code, answer["Location"]) == (303, WELCOME)
    seen = words(client.get(WELCOME))
    assert "Welcome to Clean Machine Auto Detail, Ana! Good to have you with us again." in seen
    assert invited.code in seen and "15% off your next visit" in seen and "On bookings from $75" in seen
    assert invited.code in words(client.get("/portal/"))
    invited.customer.refresh_from_db()
    assert invited.customer.life == "registered" and PortalSession.objects.get().customer == invited.customer
    (running,) = usable_offers(invited.customer.pk)
    assert running.promise.expires_at - timezone.now() > datetime.timedelta(days=29)


def test_an_unknown_phone_is_registered_as_usual(offer, browser, simulator):
    client = browser()
    assert sign_up(client, simulator, phone=UNKNOWN)["Location"] == WELCOME
    made = Customer.objects.get()
    assert (made.phone, made.name, made.source, made.life) == ("+15125550177", "Ana Silva", "portal", "registered")
    assert "Welcome to Clean Machine Auto Detail, Ana!" in words(client.get(WELCOME)) and OfferCode.objects.count() == 0


def test_who_was_brought_by_a_list_needs_no_link(invited, browser, simulator):
    sign_up(browser(), simulator, phone=PHONE)
    assert Customer.objects.count() == 1 and OfferCode.objects.get().claimed_at is not None


def test_a_phone_on_a_joined_record_gets_the_persons_offer(offer, browser, simulator):
    kept = register_customer(name="Ana", phone_text="+15125550143", email=EMAIL)
    gone = register_customer(name="Ana S.", phone_text=PHONE, email=EMAIL)
    invited = invite(gone, offer)
    merge_customers(kept, gone, actor=None)
    client = browser()
    sign_up(client, simulator, phone=PHONE)
    assert Customer.objects.count() == 2 and Customer.objects.filter(registered_at=None).count() == 0
    assert PortalSession.objects.get().customer == kept and invited.code in words(client.get(WELCOME))


def test_two_registrations_at_once_make_one_customer_and_one_claim(tenant, invited):
    second = invite(invited.customer, make_offer(discount_value=20))

    def run(turn: int) -> int | None:
        try:
            with tenant_context(tenant):
                return register(phone=PHONE, name="Ana", link=(invited, second)[turn % 2].link).claimed_offer_id
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        claimed = [offer_id for offer_id in threads.map(run, range(12)) if offer_id]
    assert Customer.objects.count() == 1
    assert len(claimed) == len(set(claimed)) == OfferCode.objects.exclude(claimed_at=None).count()


def test_two_strangers_registrations_at_once_make_one_customer(tenant, offer):
    def run(_turn: int) -> int:
        try:
            with tenant_context(tenant):
                return register(phone=PHONE, name="Ana").customer.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        assert len(set(threads.map(run, range(12)))) == 1
    assert Customer.objects.count() == 1 and OfferCode.objects.count() == 0


def test_the_link_decides_between_two_promises_and_else_the_newest_counts(ana, offer):
    first = invite(ana, offer)
    newest = invite(ana, make_offer(discount_value=20))
    assert register(phone=PHONE).claimed_offer_id == newest.offer.pk
    assert register(phone=PHONE, link=first.link).claimed_offer_id == first.offer.pk
    assert register(phone=PHONE, link=first.link).claimed_offer_id is None


def test_a_link_of_somebody_else_gives_nothing_away(invited, browser, simulator):
    client = browser()
    sign_up(client, simulator, link=invited.link, phone=UNKNOWN)
    assert OfferCode.objects.get().claimed_at is None and Customer.objects.count() == 2
    invited.customer.refresh_from_db()
    assert invited.customer.life == "invited" and "WELCOME-" not in words(client.get(WELCOME))


def test_on_a_shared_phone_the_link_is_for_whom_it_was_sent_to(invited, browser, simulator):
    ben = register(phone="+15125550150", name="Ben").customer
    client = client_of(ben)
    page = words(client.get(REGISTER, {"link": invited.link}))
    assert "+1512•••0142" in page and "Ben" not in page
    sign_up(client, simulator, link=invited.link)
    assert invited.code in words(client.get(WELCOME)) and Customer.objects.get(pk=ben.pk).name == "Ben"


def test_looking_changes_nothing(invited, browser):
    before, client = fingerprint("shop"), browser()
    for agent in ("Twitterbot/1.0", "Mozilla/5.0"):
        for path in (f"/i/{invited.link}", f"{REGISTER}?link={invited.link}", REGISTER):
            for method in ("get", "head"):
                assert getattr(client, method)(path, headers={"User-Agent": agent}).status_code == 200
    assert client.post(f"/i/{invited.link}").status_code == 405
    known = client_of(invited.customer)
    before_signed_in = fingerprint("shop")
    assert known.get(f"{REGISTER}?link={invited.link}").status_code == 200 and known.get(WELCOME).status_code == 302
    assert fingerprint("shop") == before_signed_in
    assert {table for table in before if before[table] != before_signed_in[table]} == {"shop.portal_portalsession"}


@pytest.mark.parametrize(
    "spoil", [lambda link: link[:-1], lambda link: link + "x", lambda link: "AQ-" + "A" * 12, lambda _link: "-", lambda _link: "é"]
)
def test_a_forged_link_shows_no_offer_and_opens_the_usual_way(invited, browser, spoil):
    answer = browser().get(f"/i/{spoil(invited.link)}")
    assert answer.status_code == 404 and "does not belong to an invitation" in words(answer) and "15%" not in words(answer)
    form = browser().get(REGISTER, {"link": spoil(invited.link)})
    assert "Mobile number" in words(form) and "•••" not in words(form)


def test_a_link_of_the_neighbour_is_none_here(invited, indian_tenant, browser):
    with schema_context("salon"):
        assert browser("salon.localhost").get(f"/i/{invited.link}").status_code == 404


def test_after_its_days_the_offer_is_gone_and_registering_is_not(ana, offer, browser):
    invited = invite(ana, offer, at=timezone.now() - datetime.timedelta(days=31))
    page = words(browser().get(f"/i/{invited.link}"))
    assert "has run out" in page and "15%" not in page and "Register" in page
    with pytest.raises(OfferRefused):
        claim_promised(ana, offer.pk)
    assert register(phone=PHONE, link=invited.link).claimed_offer_id is None
    ana.refresh_from_db()
    assert ana.life == "registered"


def test_an_offer_that_ended_keeps_nobody_from_registering(invited):
    WelcomeOffer.objects.update(is_active=False)
    assert register(phone=PHONE, link=invited.link).claimed_offer_id is None
    assert Customer.objects.get().registered_at


def test_nobody_claims_an_offer_that_was_not_promised_to_them(ana, offer):
    with pytest.raises(UnknownOffer):
        claim_promised(ana, offer.pk)
    assert OfferCode.objects.count() == 0


def test_invitations_run_out_by_their_offers_days(offer):
    long = make_offer(validity_days=60)
    people = [register_customer(name=f"P{n}", phone_text=f"+1512555{300 + n:04d}") for n in range(4)]
    ago = timezone.now() - datetime.timedelta(days=40)
    for person, promised in zip(people, (offer, long, None, offer), strict=True):
        invite(person, promised, at=ago)
    register(phone=people[3].phone)
    assert expire_old_invitations() == 2 and expire_old_invitations() == 0
    lives = {person.pk: Customer.objects.get(pk=person.pk).life for person in people}
    assert [lives[person.pk] for person in people] == ["expired", "invited", "expired", "registered"]
    with time_machine.travel(timezone.now() + datetime.timedelta(days=21)):
        expire_invitations()
    with schema_context("shop"):
        assert Customer.objects.get(pk=people[1].pk).life == "expired"


def test_an_opted_out_person_may_register_and_stays_opted_out(offer, browser, simulator):
    ana = register_customer(name="Ana", phone_text=PHONE, opted_out=True)
    sign_up(browser(), simulator, phone=PHONE, texts="yes")
    ana.refresh_from_db()
    assert ana.registered_at and ana.opted_out and not ana.sms_consent and not ConsentEvent.objects.filter(action="granted").exists()


def test_a_yes_to_offers_is_kept_with_its_words(ana, browser, simulator):
    sign_up(browser(), simulator, phone=PHONE)
    assert not ConsentEvent.objects.exists()
    forget_limits()
    sign_up(browser(), simulator, phone=PHONE, texts="yes")
    event = ConsentEvent.objects.get()
    assert event.wording == "Clean Machine Auto Detail may text me offers and news at this number." and event.source == "portal"
    ana.refresh_from_db()
    assert ana.sms_consent is True


def test_who_texted_stop_registers_by_email(invited, sign_in, browser):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="stop:1")
    client = sign_in(browser(), EMAIL)
    assert "15% off waits for you" in words(client.get("/portal/"))
    page = client.get(f"{REGISTER}?link={invited.link}")
    assert "15% off your next visit" in words(page) and "Mobile number" not in words(page)
    assert client.post(REGISTER, {"link": invited.link, "name": "Ana Silva", "texts": "yes"})["Location"] == WELCOME
    assert invited.code in words(client.get(WELCOME)) and client.get(REGISTER)["Location"] == WELCOME
    invited.customer.refresh_from_db()
    assert invited.customer.sms_opt_out and not invited.customer.sms_consent


def test_an_email_is_somebodys_once_its_own_code_is_typed(tenant, browser, simulator):
    client = browser()
    sign_up(client, simulator, phone=UNKNOWN, email="New@Example.com ")
    row = settled()
    assert (row.purpose, row.address) == (SignInCode.Purpose.CHANGE_EMAIL, "new@example.com") and Customer.objects.get().email is None
    assert "We sent a code to new@example.com" in words(client.get(WELCOME))
    code = re.search(r"\b\d{6}\b", simulator.emails("new@example.com")[-1]["subject"])[0]
    assert client.post("/portal/profile/email/code", {"code": code}).status_code == 302
    assert Customer.objects.get().email == "new@example.com"


@pytest.mark.parametrize(
    ("field", "value", "sentence"), [("email", "nonsense", "not an email address"), ("code", "12", "not the code we sent")]
)
def test_what_cannot_be_used_is_said_and_the_rest_stays_typed(ana, browser, simulator, field, value, sentence):
    client = browser()
    code = code_for(client, simulator, phone=PHONE, other="1")
    answer = client.post(CODE, {"code": code, "name": "Ana Maria", "email": "ana2@example.com", field: value})
    assert answer.status_code == 400 and sentence in words(answer) and 'value="Ana Maria"' in answer.content.decode()
    assert Customer.objects.get().registered_at is None


@pytest.mark.parametrize("typed", ["", "12", "ana@example.com", "+919812345678x"])
def test_only_a_phone_registers(tenant, browser, typed):
    answer = browser().post(REGISTER, {"phone": typed, "other": "1"})
    assert answer.status_code == 400 and SignInCode.objects.count() == 0


def test_known_and_unknown_phones_get_the_same_answers(ana, browser):
    """Byte for byte, bar the number they typed themselves and the form's own token."""

    def answers(typed: str) -> list[tuple[int, str]]:
        client, seen = browser(), []
        asked = client.post(REGISTER, {"phone": typed, "other": "1"})
        settled()
        for answer in (asked, client.get(asked["Location"]), *(client.post(CODE, {"code": "000000x", "name": "A"}) for _turn in range(6))):
            body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
            seen.append((answer.status_code, answer.get("Location", "") + re.sub(r"<strong>\+1512•••\d+</strong>", "…", body)))
        return seen

    known = answers(PHONE)
    forget_limits()
    assert known == answers(UNKNOWN)


def test_asking_does_the_same_work_whether_somebody_is_known_or_not(ana):
    work = []
    for value in (PHONE, "+15125550177"):
        with CaptureQueriesContext(connection) as queries:
            ask_for_code(Address("sms", value), ip="10.0.0.1", host="shop.localhost", purpose=SignInCode.Purpose.REGISTER)
        work.append([query["sql"].split(" ")[0] for query in queries])
        row = settled()
        assert row.outcome == "sent" and row.customer_id is None
    assert work[0] == work[1]


def test_a_code_to_sign_in_does_not_register_and_the_other_way_round(ana, ask, browser, simulator):
    client = browser()
    assert client.post(CODE, {"code": ask(client), "name": "Ana"}).status_code == 400
    assert client.post("/portal/sign-in/code", {"code": code_for(client, simulator, phone=PHONE, other="1")}).status_code == 400
    assert Customer.objects.get().registered_at is None and PortalSession.objects.count() == 0


def test_a_number_gets_three_codes_in_ten_minutes_and_is_told_when_to_come_back(tenant, browser):
    forget_limits()
    answers = [browser().post(REGISTER, {"phone": UNKNOWN, "other": "1"}) for _turn in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert int(answers[-1]["Retry-After"]) > 500 and "Please try again in" in words(answers[-1])
