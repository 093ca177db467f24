"""The laws of what people allow."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from customers.models import ConsentEvent, Conversation, Message, Participant, Suppression
from customers.selectors import suppressed_tags
from customers.services import lift_suppression, record_inbound_message, register_customer, suppress
from servicepro.lib.fields import email_tag, phone_tag
from tenants.models import Tenant

A = "+15125550142"


def test_stop_suppresses_the_address_and_marks_the_customer(tenant: Tenant) -> None:
    customer = register_customer(name="Ana", phone_text=A)
    assert suppress(channel="sms", address=A, reason="stop_keyword", event_key="inbound:SM1")
    customer.refresh_from_db()
    assert customer.sms_opt_out
    assert suppressed_tags("sms", [phone_tag(A), "unknown"]) == {phone_tag(A): "stop_keyword"}
    assert suppressed_tags("email", [phone_tag(A)]) == {}
    assert ConsentEvent.objects.get().customer_id == customer.pk


def test_a_replayed_event_changes_nothing(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=A)
    assert suppress(channel="sms", address=A, reason="stop_keyword", event_key="inbound:SM1")
    assert lift_suppression(channel="sms", address=A, source="start_keyword", event_key="inbound:SM2")
    assert not suppress(channel="sms", address=A, reason="stop_keyword", event_key="inbound:SM1")
    assert suppressed_tags("sms", [phone_tag(A)]) == {}
    assert ConsentEvent.objects.count() == 2


def test_start_lifts_the_channel_but_not_the_wish_to_be_left_alone(tenant: Tenant) -> None:
    customer = register_customer(name="Ana", phone_text=A, opted_out=True)
    suppress(channel="sms", address=A, reason="stop_keyword", event_key="1")
    lift_suppression(channel="sms", address=A, source="start_keyword", event_key="2")
    customer.refresh_from_db()
    assert (customer.opted_out, customer.sms_opt_out) == (True, False)
    assert Suppression.objects.get().lifted_at is not None


def test_an_address_can_be_suppressed_again_after_start(tenant: Tenant) -> None:
    suppress(channel="sms", address=A, reason="stop_keyword", event_key="1")
    lift_suppression(channel="sms", address=A, source="start_keyword", event_key="2")
    suppress(channel="sms", address=A, reason="stop_keyword", event_key="3")
    assert suppressed_tags("sms", [phone_tag(A)]) == {phone_tag(A): "stop_keyword"}


def test_email_is_one_address_in_any_case(tenant: Tenant) -> None:
    customer = register_customer(name="Ana", email="Ana@Example.com")
    suppress(channel="email", address=" ANA@example.COM", reason="unsubscribe", event_key="click")
    customer.refresh_from_db()
    assert customer.email_opt_out
    assert email_tag("ana@example.com") in suppressed_tags("email", [email_tag("ana@example.com")])


def test_an_event_key_of_any_length_is_idempotent(tenant: Tenant) -> None:
    key = "sendgrid:" + "x" * 200
    assert suppress(channel="email", address="a@example.com", reason="spam", event_key=key)
    assert not suppress(channel="email", address="a@example.com", reason="spam", event_key=key)
    assert suppress(channel="email", address="a@example.com", reason="spam", event_key=key + "y")


@pytest.mark.parametrize("statement", ["UPDATE {} SET source = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_what_was_allowed(tenant: Tenant, statement: str) -> None:
    suppress(channel="sms", address=A, reason="stop_keyword", event_key="1")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("customers_consentevent"))
    assert ConsentEvent.objects.count() == 1


def test_a_text_lands_in_its_conversation_once(tenant: Tenant) -> None:
    customer = register_customer(name="Ana", phone_text=A)
    now = timezone.now()
    text = {"source": "twilio", "from_e164": A, "body": "hello", "provider_id": "SM1", "occurred_at": now}
    assert record_inbound_message(**text) is not None
    assert record_inbound_message(**text) is None
    earlier = now - timezone.timedelta(hours=1)
    assert record_inbound_message(**text | {"provider_id": "SM2", "occurred_at": earlier}) is not None
    assert (Message.objects.count(), Participant.objects.get().customer_id) == (2, customer.pk)
    assert Conversation.objects.get().last_message_at == now
