"""What the pages show and change: rewards, profile, wishes, data, and the link of a campaign."""

import datetime
import io
import json
import re
import zipfile

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Target
from campaigns.selectors import OFFER_LINK
from customers.models import ConsentEvent, Customer, PersonalDataAccess, Suppression
from customers.selectors import consent_facts
from customers.services import merge_customers, register_customer, suppress
from loyalty.models import PointsTransaction
from portal.models import PortalSession, SignInCode
from servicepro.lib.signing import sign_number
from tenants.accounts.models import AuditEntry
from tests.conformance.walk import fingerprint
from tests.portal.conftest import EMAIL, PHONE, settled

NEW_EMAIL = "ana.new@example.com"


@pytest.fixture
def client(ana, sign_in, browser):
    return sign_in(browser())


def give(customer: Customer, points: int, entries: int = 1) -> None:
    """Put entries into the ledger and their sum into the balance."""
    PointsTransaction.objects.bulk_create(
        PointsTransaction(customer=customer, kind="EARN", points=points, reason="Port Recovery Bonus") for _turn in range(entries)
    )
    Customer.objects.filter(pk=customer.pk).update(loyalty_points_balance=points * entries)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_rewards_speak_in_the_businesss_voice_with_their_limits(client, ana):
    give(ana, 500)
    page = words(client.get("/portal/rewards"))
    assert "You have 500 points available (about $50 in rewards)." in page
    assert "your booking total must be at least $75" in page and "Points are not paid out." in page
    assert "Points can be redeemed on bookings with a total of at least $75" in page
    assert "Book a service and use my points" in page
    assert re.search(r"Earned \+500 ", page)


def test_no_points_yet_is_said_with_the_limits(client):
    page = words(client.get("/portal/rewards"))
    assert "You have no points yet." in page and "at least $75" in page and "Nothing yet." in page


def test_twenty_entries_a_page(client, ana):
    give(ana, 10, entries=45)
    rows = [client.get(f"/portal/rewards?page={page}").content.count(b"<time") for page in (1, 2, 3, 4)]
    assert rows == [20, 20, 5, 5]
    assert b"Page 2 of 3" in client.get("/portal/rewards?page=2").content


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "²", "1.5", ""])
def test_a_strange_page_is_a_page(client, ana, page):
    give(ana, 10, entries=25)
    assert client.get("/portal/rewards", {"page": page}).status_code == 200


def test_the_number_of_queries_does_not_grow(client, ana):
    counts = []
    for entries in (1, 400):
        give(ana, 10, entries=entries)
        client.get("/portal/rewards")
        with CaptureQueriesContext(connection) as queries:
            client.get("/portal/rewards")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_the_name_is_changed_and_cleaned(client, ana):
    assert client.post("/portal/profile/name", {"name": "  Ana \n María  "}).status_code == 302
    ana.refresh_from_db()
    assert ana.name == "Ana María"
    answer = client.post("/portal/profile/name", {"name": "  "})
    assert answer.status_code == 400 and "Please tell us your name." in answer.content.decode()


def test_a_name_is_shown_as_text(client, ana):
    client.post("/portal/profile/name", {"name": "<script>alert(1)</script>"})
    assert b"<script" not in client.get("/portal/").content + client.get("/portal/profile").content


def prove(client, simulator, email: str = NEW_EMAIL) -> str:
    answer = client.post("/portal/profile/email", {"email": email})
    assert answer.status_code == 302, words(answer)
    assert settled().outcome == "sent"
    return re.search(r"\d{6}", simulator.emails(email)[-1]["subject"])[0]


def test_an_email_changes_only_with_its_code_and_the_old_one_hears_of_it(client, ana, simulator):
    code = prove(client, simulator)
    ana.refresh_from_db()
    assert ana.email == EMAIL
    assert f"We sent a code to {NEW_EMAIL}" in words(client.get("/portal/profile?email=code"))
    assert client.post("/portal/profile/email/code", {"code": code}).status_code == 302
    ana.refresh_from_db()
    assert ana.email == NEW_EMAIL
    assert AuditEntry.objects.filter(action="customer_changed_email", subject=f"customer:{ana.pk}").count() == 1
    for _turn in range(200):
        if simulator.emails(EMAIL):
            break
        import time

        time.sleep(0.02)
    assert "was changed" in simulator.emails(EMAIL)[-1]["subject"]


def test_a_code_for_an_email_signs_nobody_in(client, ana, simulator, browser):
    code = prove(client, simulator)
    thief = browser()
    thief.cookies["portal_code"] = client.cookies["portal_code"].value
    assert thief.post("/portal/sign-in/code", {"code": code}).status_code == 400


def test_an_email_of_another_customer_cannot_be_taken(client, ana, simulator):
    register_customer(name="Ben", phone_text="+15125550150", email="ben@example.com")
    code = prove(client, simulator, "ben@example.com")
    answer = client.post("/portal/profile/email/code", {"code": code})
    assert answer.status_code == 400 and "Please write to us" in words(answer)
    ana.refresh_from_db()
    assert ana.email == EMAIL


@pytest.mark.parametrize("typed", ["", "x", "a@b", "a b@example.com", EMAIL, "x" * 300 + "@example.com"])
def test_what_is_no_new_email_is_said(client, typed):
    answer = client.post("/portal/profile/email", {"email": typed})
    assert answer.status_code == 400 and "There is a problem" in words(answer)
    assert not SignInCode.objects.filter(purpose="change_email").exists()


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_offers_stop_and_come_back_with_one_press_each(client, ana, channel):
    for wanted, action in (("no", "withdrawn"), ("yes", "granted")):
        shown = client.get("/portal/profile").content.decode()
        assert f'name="wanted" value="{wanted}"' in shown.split(f'value="{channel}"')[1][:120]
        assert client.post("/portal/profile/offers", {"channel": channel, "wanted": wanted}).status_code == 302
        facts = consent_facts({ana.pk})[ana.pk]
        assert getattr(facts, f"{channel}_opt_out") is (wanted == "no")
        event = ConsentEvent.objects.latest("pk")
        assert (event.action, event.channel, event.source, event.customer_id) == (action, channel, "portal", ana.pk)
        assert event.wording in shown and len(event.wording) > 20


def test_whatsapp_is_off_until_somebody_says_yes_and_has_a_switch_of_its_own(client, ana):
    assert "Offers on WhatsApp: off" in words(client.get("/portal/profile"))
    for wanted, action in (("yes", "granted"), ("no", "withdrawn")):
        shown = client.get("/portal/profile").content.decode()
        assert client.post("/portal/profile/offers", {"channel": "whatsapp", "wanted": wanted}).status_code == 302
        facts = consent_facts({ana.pk})[ana.pk]
        assert (facts.whatsapp_consent, facts.sms_opt_out, facts.email_opt_out) == (wanted == "yes", False, False)
        event = ConsentEvent.objects.latest("pk")
        assert (event.action, event.channel, event.source) == (action, "whatsapp", "portal") and event.wording in shown


def test_a_business_without_whatsapp_does_not_ask_but_lets_people_end_it(client, ana, settings):
    settings.TWILIO_WHATSAPP_NUMBER = ""
    assert "WhatsApp" not in words(client.get("/portal/profile"))
    Customer.objects.filter(pk=ana.pk).update(whatsapp_consent=True)
    assert "Offers on WhatsApp: on" in words(client.get("/portal/profile"))


def test_a_stop_on_whatsapp_is_not_undone_by_a_press(client, ana):
    suppress(channel="whatsapp", address=PHONE, reason="stop_keyword", event_key="x")
    page = words(client.get("/portal/profile"))
    assert "Offers on WhatsApp: off" in page and "Write START in the same chat" in page
    client.post("/portal/profile/offers", {"channel": "whatsapp", "wanted": "yes"})
    assert Suppression.objects.filter(lifted_at=None).count() == 1


def test_who_wants_only_whatsapp_again_gets_only_that(client, ana):
    Customer.objects.filter(pk=ana.pk).update(opted_out=True)
    client.post("/portal/profile/offers", {"channel": "whatsapp", "wanted": "yes"})
    facts = consent_facts({ana.pk})[ana.pk]
    assert (facts.opted_out, facts.whatsapp_consent, facts.sms_opt_out, facts.email_opt_out) == (False, True, True, True)


def test_who_wants_only_texts_again_is_not_written_to_on_whatsapp(client, ana):
    Customer.objects.filter(pk=ana.pk).update(opted_out=True, whatsapp_consent=True)
    client.post("/portal/profile/offers", {"channel": "sms", "wanted": "yes"})
    facts = consent_facts({ana.pk})[ana.pk]
    assert (facts.opted_out, facts.whatsapp_consent, facts.sms_opt_out, facts.email_opt_out) == (False, False, False, True)


def test_pressing_twice_is_one_event(client, ana):
    for _turn in range(2):
        client.post("/portal/profile/offers", {"channel": "sms", "wanted": "no"})
    assert ConsentEvent.objects.count() == 1


def test_no_more_offers_still_lets_codes_through(client, ana, ask, browser):
    client.post("/portal/profile/offers", {"channel": "sms", "wanted": "no"})
    assert len(ask(browser())) == 6 and Suppression.objects.count() == 0


def test_a_stop_by_text_is_not_undone_by_a_press(client, ana):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="x")
    page = words(client.get("/portal/profile"))
    assert "Offers by text: off" in page and "Text START" in page
    client.post("/portal/profile/offers", {"channel": "sms", "wanted": "yes"})
    assert Suppression.objects.filter(lifted_at=None).count() == 1


def test_an_unsubscribe_is_undone_by_a_press(client, ana):
    suppress(channel="email", address=EMAIL, reason="unsubscribe", event_key="x")
    client.post("/portal/profile/offers", {"channel": "email", "wanted": "yes"})
    assert not Suppression.objects.filter(lifted_at=None).exists()
    assert consent_facts({ana.pk})[ana.pk].email_opt_out is False


def test_who_wanted_nothing_and_takes_one_channel_gets_that_one(client, ana):
    Customer.objects.filter(pk=ana.pk).update(opted_out=True)
    client.post("/portal/profile/offers", {"channel": "sms", "wanted": "yes"})
    facts = consent_facts({ana.pk})[ana.pk]
    assert (facts.opted_out, facts.sms_opt_out, facts.email_opt_out) == (False, False, True)


def test_a_wish_counts_for_every_record_of_the_person(client, ana):
    other = register_customer(name="A.", phone_text="+15125550143", sms_opt_out=True)
    merge_customers(ana, other, actor=None)
    client.post("/portal/profile/offers", {"channel": "sms", "wanted": "yes"})
    assert consent_facts({ana.pk})[ana.pk].sms_opt_out is False


@pytest.mark.parametrize("data", [{}, {"channel": "fax", "wanted": "yes"}, {"channel": "whatsapp"}])
def test_a_strange_channel_changes_nothing(client, data):
    client.post("/portal/profile/offers", data)
    assert ConsentEvent.objects.count() == 0


def test_my_data_comes_as_a_zip_and_is_noted(client, ana):
    give(ana, 500)
    answer = client.post("/portal/data")
    assert answer["Content-Type"] == "application/zip"
    document = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("person.json"))
    assert document["customer_ids"] == [ana.pk] and len(document["sign_ins"]) == 1 and document["points"][0]["points"] == 500
    assert PersonalDataAccess.objects.filter(action="export", customer=ana).count() == 1
    assert AuditEntry.objects.filter(action="customer_exported").count() == 1


def test_my_data_needs_a_code_of_just_now(client, ana, ask):
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=16)):
        assert "one more code" in words(client.get("/portal/data"))
        answer = client.post("/portal/data")
        assert answer.status_code == 302 and answer["Location"].startswith("/portal/sign-in?again=1")
        assert "+1512•••0142" in words(client.get(answer["Location"]))
    assert PersonalDataAccess.objects.count() == 0


def test_a_record_that_shares_an_address_is_not_handed_out(client, ana):
    register_customer(name="Stranger", phone_text="+15125550150", email=EMAIL)
    answer = client.post("/portal/data")
    assert answer.status_code == 409 and b"Stranger" not in answer.content and "Please write to us" in words(answer)
    assert AuditEntry.objects.filter(action="customer_export_waits").count() == 1


def test_the_data_can_be_taken_five_times_a_day(client):
    assert [client.post("/portal/data").status_code for _turn in range(6)] == [200] * 5 + [429]


@pytest.fixture
def link(simulator, campaign: Campaign) -> str:
    return sign_number(OFFER_LINK, "shop", Target.objects.earliest("pk").pk)


def test_a_campaign_link_identifies_and_signs_nobody_in(link, browser, campaign):
    before, client = fingerprint("shop"), browser()
    for agent in ("Twitterbot/1.0", "facebookexternalhit/1.1", "Mozilla/5.0"):
        for method in ("get", "head", "get"):
            assert getattr(client, method)(f"/o/{link}", headers={"User-Agent": agent}).status_code == 200
            assert getattr(client, method)(f"/portal/sign-in?link={link}", headers={"User-Agent": agent}).status_code == 200
    assert client.post(f"/o/{link}").status_code == 405
    assert fingerprint("shop") == before and not client.cookies.get("portal_session")
    assert client.get("/portal/").status_code == 302


def test_the_link_leads_to_a_code_without_typing_and_shows_no_whole_phone(link, browser, simulator):
    client = browser()
    page = client.get(f"/o/{link}").content.decode()
    way = re.search(r'href="(/portal/sign-in\?link=[^"]+)"', page)[1].replace("&amp;", "&")
    form = client.get(way).content.decode()
    assert "+1512•••0200" in form and "5125550200" not in form + page and "p0@example.com" not in form + page
    assert client.post("/portal/sign-in", {"link": link, "next": "/portal/rewards"}).status_code == 302
    assert settled().outcome == "sent" and len(simulator.texts("+15125550200")) == 1


def test_a_link_of_another_business_names_nobody_here(link, browser, indian_tenant):
    page = browser(host="salon.localhost").get(f"/portal/sign-in?link={link}").content.decode()
    assert "•••" not in page and 'name="address"' in page


def test_erasing_somebody_takes_sessions_and_codes(client, ana):
    from customers.services import erase_person

    erase_person(Customer.objects.get(pk=ana.pk), actor=None, reason="asked")
    assert PortalSession.objects.count() == SignInCode.objects.count() == 0


def test_dates_are_those_of_the_businesss_clock(client, ana):
    with time_machine.travel("2026-11-22T03:00:00Z", tick=False):  # still the 21st in Chicago
        give(ana, 500)
    assert "Nov&nbsp;21, 2026" in words(client.get("/portal/rewards"))
