"""What is written down of everybody's yes and no: every door, every change, and the answer for any day."""

import datetime
import itertools
from collections.abc import Callable

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import ConsentChange, ConsentEvent, Customer, CustomerMerge, ImportBatch
from customers.selectors import consent_facts, suppressed_tags
from customers.services import (
    agree_to_texts,
    choose_channel,
    consent_timeline,
    could_write,
    erase_person,
    grant_whatsapp,
    leave_alone,
    lift_suppression,
    merge_customers,
    register_customer,
    suppress,
    undo_import,
    unmerge_customers,
)
from customers.types import Said
from messaging.policy import BusinessHours, Facts, Send, decide
from messaging.selectors import ledger_tag
from messaging.services import receive_text
from messaging.types import Channel, ConsentPolicy, Envelope, MessageClass, Sender
from tests.customers.lists import written

ANA, BEN = "+15125550142", "+15125550143"
ANA_EMAIL, BEN_EMAIL = "ana@example.com", "ben@example.com"
HEADERS = ("Name", "Phone", "Email", "SMS consent", "WhatsApp consent", "Marketing consent", "Opted out")
WORDS = Said("Clean Machine may send me offers.")
_numbers = itertools.count()


def key() -> str:
    return f"test:{next(_numbers)}"


def living() -> list[Customer]:
    return list(Customer.objects.filter(erased_as=None, same_person_as=None).order_by("pk"))


def each(act: Callable[[Customer], object]) -> None:
    for person in living()[:1]:
        act(person)


def merge() -> None:
    if len(living()) > 1:
        merge_customers(*living()[:2], actor=None)


def unmerge() -> None:
    last = CustomerMerge.objects.filter(undone_at=None).order_by("-pk").first()
    if last and last.before:
        unmerge_customers(last, actor=None)


def undo() -> None:
    last = ImportBatch.objects.filter(status="completed").order_by("-created_at").first()
    if last:
        undo_import(last, actor=None)


def choose(channel: str, is_wanted: bool) -> None:
    each(lambda person: choose_channel(person, channel=channel, is_wanted=is_wanted, said=WORDS))


def bring(*said: str) -> None:
    written([("Ana", ANA, ANA_EMAIL, *said)], HEADERS)


# Every door by which somebody's yes or no comes in, by its name.
DOORS: dict[str, Callable[[], object]] = {
    "texts STOP": lambda: receive_text(from_e164=ANA, body="STOP", provider_id=key()),
    "texts START": lambda: receive_text(from_e164=ANA, body="START", provider_id=key()),
    "writes on WhatsApp": lambda: receive_text(from_e164=ANA, body="Hello", provider_id=key(), channel=Channel.WHATSAPP),
    "stops on WhatsApp": lambda: receive_text(from_e164=ANA, body="STOP", provider_id=key(), channel=Channel.WHATSAPP),
    "unsubscribes": lambda: suppress(channel="email", address=ANA_EMAIL, reason="unsubscribe", event_key=key()),
    "bounces": lambda: suppress(channel="email", address=BEN_EMAIL, reason="hard_bounce", event_key=key()),
    "is written to again": lambda: lift_suppression(channel="email", address=ANA_EMAIL, source="staff", event_key=key()),
    "allows WhatsApp": lambda: grant_whatsapp(phone=BEN, source="whatsapp_message", event_key=key()),
    "wants texts": lambda: choose("sms", True),
    "wants no texts": lambda: choose("sms", False),
    "wants emails": lambda: choose("email", True),
    "wants no emails": lambda: choose("email", False),
    "wants WhatsApp": lambda: choose("whatsapp", True),
    "wants no WhatsApp": lambda: choose("whatsapp", False),
    "wants nothing": lambda: each(lambda person: leave_alone(person, said=WORDS)),
    "registers with texts": lambda: each(lambda person: agree_to_texts(person, wording="Yes.")),
    "is known to refuse": lambda: register_customer(name="Ana", phone_text=ANA, sms_consent=False),
    "is brought with a yes": lambda: bring("yes", "yes", "yes", "no"),
    "is brought with a no": lambda: bring("no", "no", "no", ""),
    "is brought opted out": lambda: bring("", "", "", "yes"),
    "list taken back": undo,
    "becomes one person": merge,
    "parts again": unmerge,
    "is erased": lambda: each(lambda person: erase_person(person, actor=None, reason="asked")),
}


@pytest.fixture
def two(tenant) -> list[Customer]:
    return begin()


def begin() -> list[Customer]:
    ana = register_customer(name="Ana", phone_text=ANA, email=ANA_EMAIL, gdpr_marketing_consent=True)
    return [ana, register_customer(name="Ben", phone_text=BEN, email=BEN_EMAIL, sms_consent=True)]


def todays_policy(person: Customer, channel: str) -> bool:
    """Ask the rule that messages are sent by."""
    name = "email" if channel == "email" else "phone"
    rows = [person, *Customer.objects.filter(same_person_as=person).order_by("pk")]
    address = next((found for row in rows if (found := getattr(row, name))), None)
    tag = ledger_tag(channel, address) if address else ""
    facts = Facts(
        sender=Sender(Channel(channel), "+15125550100"),
        hours=BusinessHours(datetime.time(0), datetime.time(23, 59), "US"),
        consent=consent_facts([person.pk])[person.pk],
        suppressed=suppressed_tags(channel, [tag]).get(tag),
        us_marketing_allowed=True,
    )
    envelope = Envelope(
        reference=1,
        channel=Channel(channel),
        campaign_key="k",
        address=address,
        body="Hi",
        message_class=MessageClass.MARKETING,
        consent_policy=ConsentPolicy.REQUIRED,
        channel_enabled=True,
        quiet_hours_released=True,
        content_sid="HX" + "1" * 32,
    )
    return isinstance(decide(envelope, facts, timezone.now()), Send)


def check_answers() -> None:
    now = timezone.now()
    for person in living():
        for channel in Channel:
            answer = could_write(person, channel.value, now)
            assert answer.is_allowed is todays_policy(person, channel.value), (channel, answer.because)
            assert answer.because and all(sentence.endswith(".") for sentence in answer.because)


def test_no_door_leaves_a_change_without_its_event(two):
    for name, door in DOORS.items():
        before, told = ConsentChange.objects.count(), ConsentEvent.objects.count()
        door()
        changed, events = ConsentChange.objects.count() > before, ConsentEvent.objects.count() > told
        assert events or not changed, name
        check_answers()
    assert not ConsentEvent.objects.filter(source="unannounced").exists()
    assert not ConsentChange.objects.filter(source="unannounced").exists()
    assert ConsentChange.objects.count() > len(DOORS) // 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(doors=st.lists(st.sampled_from(sorted(DOORS)), max_size=10))
def test_the_answer_for_now_is_todays_policy_whatever_happened(tenant, doors):
    with transaction.atomic():
        begin()
        check_answers()
        for door in doors:
            DOORS[door]()
            check_answers()
        assert not ConsentEvent.objects.filter(source="unannounced").exists()
        transaction.set_rollback(True)


def test_what_nobody_announced_is_written_down_by_the_database(two):
    ana, ben = two
    Customer.objects.filter(pk=ana.pk).update(opted_out=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET sms_consent = false, gdpr_marketing_consent = true WHERE id = %s", [ben.pk])
    told = ConsentEvent.objects.filter(source="unannounced").values_list("customer_id", "channel", "action")
    assert set(told) == {
        *((ana.pk, channel, "withdrawn") for channel in ("sms", "whatsapp", "email")),
        *((ben.pk, "sms", "withdrawn"), (ben.pk, "email", "granted")),
    }
    check_answers()


def test_what_is_the_same_as_before_is_no_change(two):
    before = ConsentChange.objects.count()
    Customer.objects.update(opted_out=False, loyalty_points_balance=5)
    for person in living():
        person.save()
    assert ConsentChange.objects.count() == before


@pytest.mark.parametrize("statement", ["UPDATE customers_consentchange SET source = 'x'", "DELETE FROM customers_consentchange"])
def test_what_was_written_down_stays(two, statement):
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_announcement_ends_with_its_block_and_with_a_failure(two):
    ana, _ben = two
    choose_channel(ana, channel="sms", is_wanted=False, said=WORDS)
    Customer.objects.filter(pk=ana.pk).update(sms_opt_out=False)
    assert list(ConsentChange.objects.order_by("-pk").values_list("source", flat=True)[:2]) == ["unannounced", "portal"]


def test_the_answer_of_a_day_stays_what_it_was(tenant):
    days = [datetime.datetime(2026, month, 1, 12, tzinfo=datetime.UTC) for month in (1, 2, 3, 4, 5)]
    with time_machine.travel(days[1], tick=False):
        ana = register_customer(name="Ana", phone_text=ANA, email=ANA_EMAIL, gdpr_marketing_consent=True)
    with time_machine.travel(days[2], tick=False):
        suppress(channel="email", address=ANA_EMAIL, reason="unsubscribe", event_key="e1")
    with time_machine.travel(days[3], tick=False):
        choose_channel(ana, channel="email", is_wanted=True, said=Said("Shop may email me offers."))
    with time_machine.travel(days[4], tick=False):
        leave_alone(ana, said=Said("At the till.", source="staff", actor="owner@shop.example"))
    answers = [could_write(ana, "email", day) for day in days]
    assert [answer.is_allowed for answer in answers] == [False, True, False, True, False]
    assert [answer.because[0] for answer in answers] == [
        "We did not know them yet.",
        "They agreed to marketing, when the record was made (1 Feb 2026).",
        "They refused offers by email, by the unsubscribe link of an email (1 Mar 2026).",
        "They agreed to marketing, when the record was made (1 Feb 2026).",
        "They asked to be left alone on every channel, told our staff (1 May 2026).",
    ]
    assert [len(answer.events) for answer in answers] == [0, 1, 2, 3, 4]
    assert could_write(ana, "sms", days[3]).is_allowed and not could_write(ana, "whatsapp", days[3]).is_allowed


def test_the_timeline_is_whole_and_the_latest_first(two):
    ana, ben = two
    suppress(channel="sms", address=BEN, reason="stop_keyword", event_key="e1")
    leave_alone(ana, said=WORDS)
    merge_customers(ana, ben, actor=None)
    ben.refresh_from_db()
    moments = consent_timeline(ben)
    assert moments == consent_timeline(ana) == sorted(moments, key=lambda moment: moment.at, reverse=True)
    assert {("stop_keyword", ("sms",)), ("portal", ("sms", "whatsapp", "email"))} <= {(each.source, each.channels) for each in moments}


def test_the_answer_costs_the_same_however_long_the_history(two, django_assert_max_num_queries):
    ana, _ben = two
    for turn in range(30):
        choose_channel(ana, channel="email", is_wanted=bool(turn % 2), said=WORDS)
    with django_assert_max_num_queries(6):
        could_write(ana, "email", timezone.now())
