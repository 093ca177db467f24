"""The laws of replacing an encryption key."""

import base64
import io
import os
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from customers.models import Customer, Message, Participant
from customers.selectors import customer_by_phone
from customers.services import record_inbound_message, register_customer, rotate_field_keys, rotation
from servicepro.lib.crypto import key_id_of, parse_key_ring
from tenants.models import Tenant

A = "+15125550142"
NEW_KEY = "n9:" + base64.b64encode(os.urandom(64)).decode()


def _stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phone FROM customers_customer WHERE phone IS NOT NULL UNION ALL SELECT phone_raw FROM customers_customer"
            " WHERE phone_raw IS NOT NULL UNION ALL SELECT phone FROM customers_participant UNION ALL SELECT body FROM customers_message"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def rotated_ring(settings: object, tenant: Tenant) -> Iterator[str]:
    """The settings' ring with a new writing key in front; what the fixtures keep is turned back afterwards."""
    yield f"{NEW_KEY},{settings.FIELD_KEYS}"
    with override_settings(FIELD_KEYS=f"{settings.FIELD_KEYS},{NEW_KEY}"):
        call_command("rotate_field_keys", all=True, stdout=io.StringIO())


@pytest.fixture
def records(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=A)
    register_customer(name="Odd", phone_text="not a phone")
    record_inbound_message(source="twilio", from_e164=A, body="hello", provider_id="SM1", occurred_at=timezone.now())


def test_after_rotation_the_old_key_is_not_needed(records: None, rotated_ring: str) -> None:
    with override_settings(FIELD_KEYS=rotated_ring):
        call_command("rotate_field_keys", tenant="shop", stdout=io.StringIO())
        assert {key_id_of(value) for value in _stored()} == {"n9"}
        assert not [step for step in rotate_field_keys() if step.rewritten]
    with override_settings(FIELD_KEYS=NEW_KEY):
        assert customer_by_phone(A).name == "Ana"
        assert set(Customer.objects.values_list("phone_raw", flat=True)) == {A, "not a phone"}
        assert (Participant.objects.get().phone, Message.objects.get().body) == (A, "hello")


def test_a_number_stays_unique_while_the_ring_turns(records: None, rotated_ring: str) -> None:
    with override_settings(FIELD_KEYS=rotated_ring):
        register_customer(name="Again", phone_text=A)
        assert Customer.objects.filter(phone=A).count() == 1


def test_a_stopped_rotation_goes_on_where_it_was(tenant: Tenant, rotated_ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH_ROWS", 3)
    for n in range(8):
        register_customer(name=str(n), phone_text=f"+151255501{40 + n}")
    with override_settings(FIELD_KEYS=rotated_ring):
        steps = rotate_field_keys()
        next(step for step in steps if step.column == "customers_customer.phone")
        steps.close()
        assert sum(key_id_of(value) == "n9" for value in _stored()) == 3
        assert sum(step.rewritten for step in rotate_field_keys() if step.column.startswith("customers_customer")) == 13
        assert {key_id_of(value) for value in _stored()} == {"n9"}


def test_a_write_in_between_wins(records: None, rotated_ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten = rotation._rewritten

    def change_meanwhile(stored: str, *, is_address: bool) -> str | None:
        if is_address:
            Customer.objects.filter(name="Ana").update(phone="+15125550199")
        return rewritten(stored, is_address=is_address)

    monkeypatch.setattr(rotation, "_rewritten", change_meanwhile)
    with override_settings(FIELD_KEYS=rotated_ring):
        list(rotate_field_keys())
        assert Customer.objects.get(name="Ana").phone == "+15125550199"


def test_values_whose_key_is_gone_are_counted_and_left(records: None, settings: object) -> None:
    before = sorted(_stored())
    assert "n9" not in parse_key_ring(settings.FIELD_KEYS)
    with override_settings(FIELD_KEYS=NEW_KEY), pytest.raises(CommandError, match="cannot be read"):
        call_command("rotate_field_keys", tenant="shop", stdout=io.StringIO())
    assert sorted(_stored()) == before


def test_all_turns_every_business(records: None, rotated_ring: str) -> None:
    out = io.StringIO()
    with override_settings(FIELD_KEYS=rotated_ring):
        call_command("rotate_field_keys", all=True, stdout=out)
    assert "salon: " in out.getvalue()
    assert "shop: " in out.getvalue()
