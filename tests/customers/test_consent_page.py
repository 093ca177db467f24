"""The section on consent of a customer's page: the answer for a day, the history, and what staff write down."""

import datetime
import io
import re

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from customers.models import ConsentEvent, Customer, PersonalDataAccess
from customers.selectors import consent_facts
from customers.services import erase_person, merge_customers, register_customer, suppress
from tenants.accounts.models import AuditEntry
from tests.conformance.walk import fingerprint

PHONE, EMAIL = "+15125550142", "ana@example.com"
NOW = datetime.datetime(2026, 5, 4, 15, 0, tzinfo=datetime.UTC)
AGREED = {"channel": "email", "how": "on_paper", "wording": "I want news by email.", "given_on": "2026-05-02"}


@pytest.fixture
def ana(tenant) -> Customer:
    with time_machine.travel(NOW - datetime.timedelta(days=30), tick=False):
        return register_customer(name="Ana", phone_text=PHONE, email=EMAIL)


def path(customer: Customer, door: str = "change") -> str:
    return f"/admin/customers/customer/{customer.pk}/{door}/"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def facts(customer: Customer):
    return consent_facts({customer.pk})[customer.pk]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True):
        yield


def test_a_new_record_says_that_nothing_was_recorded(owner: Client, ana):
    page = words(owner.get(path(ana)))
    assert "Nothing was ever recorded." in page and "They asked us to stop" in page and "They agreed to offers" in page


@pytest.mark.parametrize(("channel", "stopped"), [("all", "opted_out"), ("sms", "sms_opt_out"), ("email", "email_opt_out")])
def test_a_stop_that_staff_heard_counts_at_once_and_keeps_who_heard_it(owner: Client, ana, channel, stopped):
    answer = owner.post(path(ana, "stop"), {"channel": channel, "note": "On the phone:  no more\n please"}, follow=True)
    assert "Noted." in words(answer) and getattr(facts(ana), stopped) is True
    event = ConsentEvent.objects.latest("pk")
    assert (event.source, event.action, event.actor) == ("staff", "withdrawn", "owner@shop.example")
    assert event.wording == "On the phone: no more please"
    assert AuditEntry.objects.filter(action="customer_asked_to_stop", subject=f"customer:{ana.pk}").count() == 1
    assert "told our staff" in words(answer) and "(recorded by owner@shop.example)" in words(answer)


def test_a_stop_on_whatsapp_is_a_no_where_nothing_was_said(owner: Client, ana):
    owner.post(path(ana, "stop"), {"channel": "whatsapp"})
    assert facts(ana).whatsapp_consent is False


def test_a_stop_said_twice_is_one_event(owner: Client, ana):
    for _turn in range(2):
        owner.post(path(ana, "stop"), {"channel": "all"})
    assert ConsentEvent.objects.values("event_key").count() == 3  # one for each channel


def test_a_stop_counts_for_every_record_of_the_person(owner: Client, ana):
    other = register_customer(name="A.", phone_text="+15125550143")
    merge_customers(other, ana, actor=None)
    owner.post(path(ana, "stop"), {"channel": "all"})
    assert facts(other).opted_out and facts(ana).opted_out


def test_a_consent_is_kept_with_how_and_when_it_was_given(owner: Client, ana):
    answer = owner.post(path(ana, "agree"), AGREED, follow=True)
    assert "Their consent is recorded." in words(answer) and facts(ana).gdpr_marketing_consent is True
    event = ConsentEvent.objects.get()
    assert (event.source, event.action, event.wording) == ("staff", "granted", "On paper: I want news by email.")
    assert timezone.localtime(event.given_at, timezone=datetime.UTC).date() == datetime.date(2026, 5, 2)
    assert "agreed to emails, told our staff, said on 2 May 2026" in words(answer)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"wording": "  "}, "Write down what they agreed to"),
        ({"how": "telepathy"}, "Choose how they said so"),
        ({"channel": "whatsapp"}, "Choose what they agreed to"),
        ({"channel": "all"}, "Choose what they agreed to"),
        ({"given_on": "2026-05-05"}, "today or before"),
        ({"given_on": "2026-02-31"}, "today or before"),
        ({"given_on": ""}, "today or before"),
    ],
)
def test_a_consent_without_how_words_or_day_is_refused(owner: Client, ana, change, sentence):
    assert sentence in words(owner.post(path(ana, "agree"), AGREED | change, follow=True))
    assert not ConsentEvent.objects.exists() and facts(ana).gdpr_marketing_consent is None


def test_what_they_ended_themselves_staff_cannot_bring_back(owner: Client, ana):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="e1")
    page = words(owner.post(path(ana, "agree"), AGREED | {"channel": "sms"}, follow=True))
    assert "by answering STOP" in page and "Only they can change that" in page and facts(ana).sms_opt_out


def test_nobody_consents_twice_or_without_an_address(owner: Client, ana):
    owner.post(path(ana, "agree"), AGREED)
    assert "agreed to emails before" in words(owner.post(path(ana, "agree"), AGREED, follow=True))
    nobody = register_customer(name="Nobody")
    assert "We have no email address" in words(owner.post(path(nobody, "agree"), AGREED, follow=True))
    assert ConsentEvent.objects.count() == 1


def test_the_form_of_the_record_changes_no_consent(owner: Client, ana):
    form = {"name": "Ana", "source": "manual", "email": EMAIL, "opted_out": "on", "gdpr_marketing_consent": "true", "sms_consent": "false"}
    assert owner.post(path(ana), form).status_code == 302
    assert (facts(ana).opted_out, facts(ana).gdpr_marketing_consent, facts(ana).sms_consent) == (False, None, None)


def test_the_page_answers_for_a_channel_and_a_day(owner: Client, ana):
    with time_machine.travel(NOW - datetime.timedelta(days=10), tick=False):
        owner.post(path(ana, "agree"), AGREED | {"given_on": "2026-04-20"})
    suppress(channel="email", address=EMAIL, reason="complaint", event_key="e1")
    asked = {
        "2026-04-01": "No, we could not send offers by email on 1 Apr 2026. We did not know them yet.",
        "2026-04-10": "No, we could not send offers by email on 10 Apr 2026. They never agreed to offers by email.",
        "2026-04-30": "Yes, we could send offers by email on 30 Apr 2026. They agreed to marketing, told our staff (24 Apr 2026).",
        "2026-05-04": "No, we may not send offers by email on 4 May 2026. They refused offers by email, they marked an email",
        "0001-01-01": "We did not know them yet.",
        "9999-12-31": "No, we may not send",
    }
    for day, sentence in asked.items():
        assert sentence in words(owner.get(path(ana), {"channel": "email", "day": day})), day


@pytest.mark.parametrize("asked", [{"channel": "fax", "day": "2026-05-01"}, {"channel": "sms", "day": "soon"}, {"channel": "sms"}])
def test_a_question_that_makes_no_sense_is_a_page_without_an_answer(owner: Client, ana, asked):
    page = owner.get(path(ana), asked)
    assert page.status_code == 200 and "Yes, we" not in words(page) and "No, we" not in words(page)


def test_asking_changes_nothing_but_the_record_of_looks(owner: Client, ana):
    before = fingerprint("shop")
    owner.get(path(ana), {"channel": "sms", "day": "2026-05-01"})
    after = fingerprint("shop")
    assert {table for table in before if before[table] != after[table]} == {"shop.customers_personaldataaccess"}


@pytest.mark.parametrize("door", ["stop", "agree"])
def test_the_buttons_are_for_people_who_are_signed_in_and_there(owner: Client, ana, door):
    assert owner.get(path(ana, door)).status_code == 405
    assert owner.post(f"/admin/customers/customer/999999/{door}/", AGREED).status_code == 404
    stranger = Client(HTTP_HOST="shop.localhost").post(path(ana, door), AGREED)
    assert stranger.status_code == 302 and "/login/" in stranger["Location"]
    assert not ConsentEvent.objects.exists()


def test_somebody_erased_has_a_history_and_no_buttons(owner: Client, ana):
    owner.post(path(ana, "agree"), AGREED)
    erase_person(ana, actor=None, reason="asked")
    page = words(owner.get(path(ana), {"channel": "email", "day": "2026-05-04"}))
    assert "They asked us to stop" not in page and "agreed to emails" in page and "No, we may not send" in page
    assert "was erased" in words(owner.post(path(ana, "stop"), {"channel": "all"}, follow=True))


def test_the_command_answers_for_a_day_and_notes_the_look(ana):
    suppress(channel="email", address=EMAIL, reason="unsubscribe", event_key="e1")
    for asked in (["512-555-0142"], [EMAIL], ["--id", str(ana.pk)]):
        said = io.StringIO()
        call_command("explain_consent", "--tenant", "shop", *asked, stdout=said)
        assert said.getvalue().count("No, we may not send offers by") == 3
        assert "by the unsubscribe link of an email (4 May 2026)." in said.getvalue()
    past = io.StringIO()
    call_command("explain_consent", "--tenant", "shop", EMAIL, "--channel", "email", "--on", "2026-05-01", stdout=past)
    assert past.getvalue().startswith("No, we could not send offers by email on 1 May 2026.\n  They never agreed to offers by email.")
    assert PersonalDataAccess.objects.filter(customer=ana, actor=None).count() == 4


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [([EMAIL, "--on", "2026-02-31"], "is not a day"), (["nobody@example.com"], "No customer"), (["--id", "999999"], "no such customer")],
)
def test_the_command_says_what_it_cannot_answer(ana, asked, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("explain_consent", "--tenant", "shop", *asked)
