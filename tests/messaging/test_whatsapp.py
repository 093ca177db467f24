"""WhatsApp through the whole engine: decide, claim, send, hear back, and settle what is in doubt."""

import datetime
import uuid
from dataclasses import replace

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import Customer, Suppression
from customers.services import record_inbound_message, register_customer
from messaging.errors import ProviderAway, UnknownTemplate
from messaging.models import Line
from messaging.selectors import delivery_counts, late_failures, sender_for
from messaging.services import (
    deliver,
    receive_text,
    reconcile_sends,
    record_message_status,
    whatsapp_template,
    whatsapp_template_shown,
    whatsapp_templates,
)
from messaging.types import FALLBACK_REASONS, Channel, Envelope, MessageClass, Outcome, Reason

PHONE = "+15125550142"
TEMPLATE = "HX" + "1" * 32
VALUES = {"1": "Ana", "2": "Luna", "3": "$10", "4": "WELCOME-ABC234", "5": "https://x.example/i/1", "6": "30"}


@pytest.fixture
def ana(tenant, simulator) -> Customer:
    """Somebody who said yes to WhatsApp."""
    return register_customer(name="Ana", region="US", phone_text=PHONE, whatsapp_consent=True)


def envelope(customer: Customer | None, **fields) -> Envelope:
    given = {"content_sid": TEMPLATE, "content_variables": VALUES, "quiet_hours_released": True} | fields
    return Envelope(
        reference=1, channel=Channel.WHATSAPP, campaign_key=given.pop("campaign_key", "k"),
        address=given.pop("address", PHONE), body="Hi Ana", customer_id=customer.pk if customer else None, **given,
    )  # fmt: skip


def send(customer: Customer | None, **fields):
    (receipt,) = deliver([envelope(customer, **fields)])
    return receipt


def heard(receipt, status: str, code: str = "", to: str = f"whatsapp:{PHONE}") -> bool:
    return record_message_status(attempt_id=receipt.attempt_id, sid=receipt.sid, status=status, error_code=code, to=to)


def test_an_invitation_goes_once_as_the_template_with_its_variables(ana, simulator):
    receipt = send(ana)
    assert (receipt.outcome, receipt.sid[:2]) == (Outcome.SENT, "SM")
    assert send(ana).reason == Reason.ALREADY_SENT
    (taken,) = simulator.texts(f"whatsapp:{PHONE}")
    assert taken["body"].startswith("Hi Ana, Luna now takes")


def test_the_claim_is_one_of_whatsapp_and_a_text_under_the_same_key_is_another(ana, simulator):
    send(ana)
    text = Envelope(reference=2, channel=Channel.SMS, campaign_key="k", address=PHONE, body="Hi", quiet_hours_released=True)
    assert deliver([text])[0].outcome is Outcome.SENT
    assert len(simulator.texts(PHONE)) == 1 == len(simulator.texts(f"whatsapp:{PHONE}"))


def test_without_an_own_yes_nothing_goes(tenant, simulator):
    ben = register_customer(name="Ben", region="US", phone_text=PHONE, sms_consent=True, gdpr_marketing_consent=True)
    assert send(ben).reason == Reason.CONSENT_REQUIRED
    assert send(None).reason == Reason.CONSENT_REQUIRED
    assert simulator.texts() == []


def test_one_no_among_the_records_of_a_person_counts_for_all(ana):
    other = register_customer(name="Ana", region="US", phone_text="+15125550143", whatsapp_consent=False)
    Customer.objects.filter(pk=other.pk).update(same_person_as=ana)
    assert send(ana).reason == Reason.OPTED_OUT_EXPLICIT


def test_marketing_to_americans_is_left_out_where_whatsapp_does_not_deliver_it(ana, settings):
    settings.WHATSAPP_MARKETING_TO_US = False
    receipt = send(ana)
    assert (receipt.outcome, receipt.reason) == (Outcome.SKIPPED, Reason.US_MARKETING) and receipt.reason in FALLBACK_REASONS
    assert send(ana, message_class=MessageClass.TRANSACTIONAL).outcome is Outcome.SENT


@pytest.mark.parametrize(("minutes", "outcome"), [(24 * 60 - 1, Outcome.SENT), (24 * 60 + 1, Outcome.SKIPPED)])
def test_free_words_go_for_24_hours_after_the_person_wrote(ana, simulator, minutes, outcome):
    wrote = timezone.now() - datetime.timedelta(minutes=minutes)
    assert send(ana, content_sid="").reason == Reason.OUTSIDE_WINDOW
    record_inbound_message(source="whatsapp", from_e164=PHONE, body="Hi", provider_id="SM1", occurred_at=wrote)
    assert send(ana, content_sid="").outcome is outcome
    assert [text["body"] for text in simulator.texts()] == (["Hi Ana"] if outcome is Outcome.SENT else [])


def test_a_text_message_opens_no_window_on_whatsapp(ana):
    receive_text(from_e164=PHONE, body="Hi", provider_id="SM1")
    assert send(ana, content_sid="").reason == Reason.OUTSIDE_WINDOW


@time_machine.travel("2026-11-21T08:00:00Z", tick=True)
def test_marketing_waits_for_decent_hours_and_an_answer_does_not(ana):
    assert send(ana, quiet_hours_released=False).outcome is Outcome.HELD
    assert send(ana, quiet_hours_released=False, message_class=MessageClass.TRANSACTIONAL).outcome is Outcome.SENT


def test_a_template_that_is_gone_holds_everybody_and_loses_nobody(ana, simulator):
    receipt = send(ana, content_sid="HX" + "9" * 32)
    assert (receipt.outcome, receipt.reason) == (Outcome.LATER, Reason.TEMPLATE)
    assert send(ana).outcome is Outcome.SENT and len(simulator.texts()) == 1


def test_too_many_requests_closes_the_door_for_as_long_as_the_caller_says(ana, simulator, monkeypatch):
    waits = []
    monkeypatch.setattr("messaging.services.delivery.slow_down", lambda _sender, seconds: waits.append(seconds))
    simulator.faults(api="twilio", throttle=1.0, callbacks="off")
    assert send(ana, backoff_seconds=60.0).reason == Reason.THROTTLED
    simulator.faults(api="twilio", throttle=1.0, retryAfter=7, callbacks="off")
    assert send(ana, backoff_seconds=60.0).reason == Reason.THROTTLED
    assert waits[0] == 60.0 and 5 < waits[1] <= 7


@pytest.mark.parametrize("code", ["63003", "63024", "63016", "63032", "63049"])
def test_what_whatsapp_could_not_deliver_is_known_later_and_lets_a_text_go(ana, code):
    receipt = send(ana)
    assert heard(receipt, "sent") and heard(receipt, "undelivered", code)
    found = late_failures("whatsapp", "k", [receipt.attempt_id, uuid.uuid4()])
    assert found.keys() == {receipt.attempt_id} and found[receipt.attempt_id] in FALLBACK_REASONS


@pytest.mark.parametrize(
    ("code", "reason"),
    [("63041", Reason.TEMPLATE), ("63014", Reason.OPTED_OUT_PROVIDER), ("63018", Reason.THROTTLED), ("30008", Reason.REJECTED), ("", "")],
)
def test_other_late_failures_let_no_text_go(ana, code, reason):
    receipt = send(ana)
    heard(receipt, "failed", code)
    (found,) = late_failures("whatsapp", "k", [receipt.attempt_id]).values()
    assert found not in FALLBACK_REASONS and found == (reason or Reason.REJECTED)


def test_a_failure_belongs_to_its_campaign_and_its_business(ana, indian_tenant):
    receipt = send(ana)
    heard(receipt, "failed", "63003")
    assert late_failures("whatsapp", "another", [receipt.attempt_id]) == {}
    connection.set_tenant(indian_tenant)
    assert late_failures("whatsapp", "k", [receipt.attempt_id]) == {}


def test_a_failure_that_overtakes_our_own_record_keeps_its_code(ana, simulator, monkeypatch):
    from messaging.services import delivery

    def overtaken(channel, settlements):
        for item in settlements:
            record_message_status(attempt_id=item.attempt_id, sid=item.sid, status="failed", error_code="63003", to=f"whatsapp:{PHONE}")
        return settle(channel, settlements)

    settle = delivery.settle
    monkeypatch.setattr(delivery, "settle", overtaken)
    receipt = send(ana)
    assert late_failures("whatsapp", "k", [receipt.attempt_id]) == {receipt.attempt_id: Reason.NOT_ON_WHATSAPP}


def test_statuses_only_go_forward_and_a_replay_changes_nothing(ana):
    receipt = send(ana)
    assert [heard(receipt, status) for status in ("read", "delivered", "sent", "read")] == [True, True, True, False]
    assert delivery_counts("k")["whatsapp"] == {"accepted": 1, "delivered": 1, "read": 1, "failed": 0}


def test_counts_tell_the_channels_apart_in_one_query(ana, django_assert_num_queries):
    receipt = send(ana)
    heard(receipt, "undelivered", "63003")
    text = Envelope(reference=2, channel=Channel.SMS, campaign_key="k", address=PHONE, body="Hi", quiet_hours_released=True)
    (sent,) = deliver([text])
    heard(sent, "delivered", to=PHONE)
    with django_assert_num_queries(1):
        counts = delivery_counts("k")
    assert counts == {
        "sms": {"accepted": 1, "delivered": 1, "read": 0, "failed": 0},
        "email": {"accepted": 0, "delivered": 0, "read": 0, "failed": 0},
        "whatsapp": {"accepted": 1, "delivered": 0, "read": 0, "failed": 1},
    }


def test_who_blocks_the_business_is_not_written_to_on_whatsapp_again(ana):
    heard(send(ana), "undelivered", "63014")
    ana.refresh_from_db()
    assert ana.whatsapp_consent is False and not ana.sms_opt_out
    assert Suppression.objects.get().channel == "whatsapp"
    assert send(ana, campaign_key="k2").reason == Reason.OPTED_OUT_EXPLICIT


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage"])
def test_a_lost_answer_is_settled_by_the_log_and_never_sent_twice(ana, simulator, settings, fault):
    simulator.faults(api="twilio", **{fault: 1.0}, callbacks="off")
    assert send(ana).outcome is Outcome.IN_DOUBT
    assert send(ana).reason == Reason.CLAIMED_ELSEWHERE
    simulator.faults(callbacks="off")
    settings.RECONCILE_GRACE_SECONDS = 0
    assert reconcile_sends().sent == 1
    assert send(ana).reason == Reason.ALREADY_SENT and len(simulator.texts()) == 1


def test_what_never_went_out_may_go_once_the_log_says_so(ana, simulator, settings):
    simulator.faults(api="twilio", reject500=1.0, callbacks="off")
    assert send(ana).outcome is Outcome.IN_DOUBT
    simulator.faults(callbacks="off")
    settings.RECONCILE_GRACE_SECONDS = 0
    assert reconcile_sends().released == 1
    assert send(ana).outcome is Outcome.SENT and len(simulator.texts()) == 1


def test_a_text_in_the_log_is_no_evidence_for_a_whatsapp_message(ana, simulator, settings):
    text = Envelope(reference=2, channel=Channel.SMS, campaign_key="k", address=PHONE, body="Hi Ana", quiet_hours_released=True)
    assert deliver([text])[0].outcome is Outcome.SENT
    simulator.faults(api="twilio", reject500=1.0, callbacks="off")
    send(ana)
    simulator.faults(callbacks="off")
    settings.RECONCILE_GRACE_SECONDS = 0
    assert (reconcile_sends().sent, len(simulator.texts())) == (0, 1)


def test_the_sender_is_a_line_of_the_business_or_the_accounts_and_never_quicker_than_80(tenant, settings):
    settings.TWILIO_WHATSAPP_NUMBER = ""
    assert sender_for(Channel.WHATSAPP) is None
    settings.TWILIO_WHATSAPP_NUMBER = "+14155238886"
    assert (sender_for(Channel.WHATSAPP).address, sender_for(Channel.WHATSAPP).messages_per_second) == ("+14155238886", 80)
    Line.objects.create(channel="whatsapp", phone="+15125550101", messages_per_second=500)
    assert (sender_for(Channel.WHATSAPP).address, sender_for(Channel.WHATSAPP).messages_per_second) == ("+15125550101", 80)
    assert sender_for(Channel.SMS).address != "+15125550101"


def test_a_message_from_the_person_is_an_opt_in_and_stop_ends_it(tenant, simulator):
    ana = register_customer(name="Ana", region="US", phone_text=PHONE)

    def said(body: str, sid: str) -> bool | None:
        receive_text(channel=Channel.WHATSAPP, from_e164=PHONE, body=body, provider_id=sid)
        ana.refresh_from_db()
        return ana.whatsapp_consent

    assert [said("Do you do hair?", "SM1"), said("STOP", "SM2"), said("Hello again", "SM3"), said("START", "SM4")] == [
        *(True, False, False, True)
    ]
    assert said("please stop writing to me", "SM5") is False
    assert said("START", "SM4") is False
    assert not ana.sms_opt_out and ana.sms_consent is None


def test_who_asked_to_be_left_alone_everywhere_is_not_won_back_by_a_question(tenant):
    ana = register_customer(name="Ana", region="US", phone_text=PHONE, opted_out=True)
    receive_text(channel=Channel.WHATSAPP, from_e164=PHONE, body="When are you open?", provider_id="SM1")
    ana.refresh_from_db()
    assert ana.whatsapp_consent is None


def test_templates_come_with_what_whatsapp_said_of_them(tenant, simulator):
    found = {template.name: template for template in whatsapp_templates()}
    assert {template.status for template in found.values()} == {"approved", "pending", "rejected", "paused"}
    approved = found["salon_invitation"]
    assert approved == whatsapp_template(approved.sid) and approved.is_approved and approved.category == "MARKETING"
    assert approved.variables["4"] == "WELCOME-ABC234" and "{{4}}" in approved.body
    assert found["salon_invitation_loud"].rejection_reason == "The template looks like spam."


def test_more_templates_than_a_page_are_all_there(tenant, simulator):
    for number in range(120):
        simulator.control("POST", "templates", {"name": f"t{number}", "body": "Hi {{1}}"})
    assert len(whatsapp_templates()) == 124


def test_a_template_stopped_in_the_middle_is_seen_at_once(tenant, simulator):
    simulator.control("POST", "templates", {"sid": TEMPLATE, "status": "paused"})
    assert not whatsapp_template(TEMPLATE).is_approved


def test_a_template_that_is_only_shown_is_asked_for_once_and_by_each_business_for_itself(tenant, indian_tenant, simulator):
    with tenant_context(tenant):
        assert whatsapp_template_shown(TEMPLATE) == whatsapp_template(TEMPLATE)
        simulator.faults(unauthorized=1)
        assert whatsapp_template_shown(TEMPLATE).is_approved
    with tenant_context(indian_tenant), pytest.raises(ProviderAway):
        whatsapp_template_shown(TEMPLATE)


@pytest.mark.parametrize("sid", ["HX" + "9" * 32, "", "../Messages", "HX" + "1" * 33])
def test_an_unknown_template_is_said_to_be_gone(tenant, simulator, sid):
    with pytest.raises(UnknownTemplate):
        whatsapp_template(sid)


@pytest.mark.parametrize("fault", ["throttle", "reject500", "unauthorized", "reset", "garbage"])
def test_a_provider_that_is_away_is_said_in_a_sentence(tenant, simulator, fault):
    simulator.faults(api="twilio", **{fault: 1.0})
    for question in (whatsapp_templates, lambda: whatsapp_template(TEMPLATE)):
        with pytest.raises(ProviderAway) as away:
            question()
        assert away.value.message.startswith("The WhatsApp templates cannot be read just now")


def test_nobody_listening_is_said_in_a_sentence(tenant, simulator, settings):
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(ProviderAway):
        whatsapp_templates()


def test_without_an_account_there_are_no_templates(tenant, settings):
    settings.TWILIO_ACCOUNT_SID = ""
    assert whatsapp_templates() == []


def test_a_batch_asks_no_question_more_than_a_batch_of_texts_unless_free_words_go(tenant, simulator):
    people = [
        register_customer(name="P", region="US", phone_text=f"+151255502{n:02d}", whatsapp_consent=True, sms_consent=True) for n in range(8)
    ]

    def questions(key: str, channel: Channel, **fields) -> int:
        batch = [
            replace(envelope(person, campaign_key=key, address=person.phone, **fields), channel=channel, reference=person.pk)
            for person in people
        ]
        with CaptureQueriesContext(connection) as asked:
            receipts = deliver(batch)
        assert {receipt.outcome for receipt in receipts} <= {Outcome.SENT, Outcome.SKIPPED}
        return len(asked)

    texts = questions("k1", Channel.SMS)
    assert questions("k2", Channel.WHATSAPP) == texts
    free = questions("k3", Channel.WHATSAPP, content_sid="")
    assert free <= texts + 1
