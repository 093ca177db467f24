"""The send ledger: unique, idempotent to create, and a success is never taken back."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from messaging.selectors import has_sent_ok
from messaging.services import record_sms_attempt
from servicepro.lib.crypto import address_tag

PHONE = "+15125550142"


def test_the_create_command_can_run_any_number_of_times(tenant, capsys):
    for _run in range(3):
        call_command("create_port_recovery_sms_sends")
    assert capsys.readouterr().out == "✅ port_recovery_sms_sends ready\n" * 3


def test_the_table_has_the_specified_columns(tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = 'port_recovery_sms_sends'"
        )
        columns = {row[0]: row[1:] for row in cursor.fetchall()}
    assert columns["tenant_id"][:2] == ("text", "NO") and columns["campaign_key"][:2] == ("text", "NO")
    assert columns["phone"][:2] == ("text", "NO") and columns["sms_sid"][:2] == ("text", "YES")
    assert columns["sms_ok"] == ("boolean", "NO", "false") and columns["last_error"][:2] == ("text", "YES")
    assert columns["attempted_at"] == ("timestamp with time zone", "NO", "now()")


def test_a_success_stays_a_success(tenant):
    assert not has_sent_ok("shop", "key", PHONE)
    record_sms_attempt("shop", "key", PHONE, sms_ok=False, last_error="twilio 30003")
    assert not has_sent_ok("shop", "key", PHONE)
    record_sms_attempt("shop", "key", PHONE, sms_ok=True, sms_sid="SM1")
    record_sms_attempt("shop", "key", PHONE, sms_ok=False, last_error="late failure")
    assert has_sent_ok("shop", "key", PHONE)
    assert not has_sent_ok("salon", "key", PHONE)
    assert not has_sent_ok("shop", "other", PHONE)


def test_the_database_refuses_a_second_row_for_one_address(tenant):
    insert = "INSERT INTO port_recovery_sms_sends (tenant_id, campaign_key, phone) VALUES ('shop', 'k', %s)"
    tag = address_tag("shop", "phone", PHONE)
    with connection.cursor() as cursor:
        cursor.execute(insert, [tag])
        with pytest.raises(IntegrityError):
            cursor.execute(insert, [tag])
