"""What Twilio's webhooks do for WhatsApp: the same doors, a channel of its own."""

import secrets

import pytest
from django.http import HttpResponse

from customers.models import Message, Suppression
from messaging.services.callbacks import ATTEMPT_PURPOSE
from servicepro.lib.signing import sign_bytes
from tests.conformance.test_webhooks import INBOUND, PERSON, STATUS, is_suppressed, ledger, row, sms_claim, sms_row, text, twilio
from tests.conformance.walk import fingerprint
from tests.conftest import OWN_NUMBER

WHATSAPP_NUMBER = "+14155238886"


def whatsapp(body: str, sid: str = "", *, to: str = f"whatsapp:{WHATSAPP_NUMBER}", **fields: str) -> HttpResponse:
    sid = sid or f"SM{secrets.token_hex(16)}"
    return twilio(INBOUND, MessageSid=sid, From=f"whatsapp:{PERSON}", To=to, Body=body, WaId=PERSON[1:], **fields)


def test_a_stop_on_whatsapp_is_whatsapps_alone(tenant):
    assert whatsapp("STOP").status_code == 200
    assert is_suppressed("whatsapp", "phone", PERSON) and not is_suppressed("sms", "phone", PERSON)
    assert Message.objects.get().source == "whatsapp"
    whatsapp("START")
    assert not is_suppressed("whatsapp", "phone", PERSON)


def test_a_stop_by_text_leaves_whatsapp_as_it_was(tenant):
    text("STOP")
    assert not is_suppressed("whatsapp", "phone", PERSON)


def test_five_replays_of_a_whatsapp_stop_are_one_and_start_is_not_undone(tenant):
    assert {whatsapp("STOP", "SMa").status_code for _turn in range(5)} == {200}
    whatsapp("START", "SMb")
    whatsapp("STOP", "SMa")
    assert (Message.objects.count(), Suppression.objects.count()) == (2, 1)
    assert not is_suppressed("whatsapp", "phone", PERSON)


def test_a_number_receives_on_its_own_channel_only(tenant):
    before = fingerprint("shop")
    assert whatsapp("STOP", to=f"whatsapp:{OWN_NUMBER}").status_code == 403
    assert twilio(INBOUND, MessageSid="SM1", From=PERSON, To=WHATSAPP_NUMBER, Body="STOP").status_code == 403
    assert fingerprint("shop") == before


def test_a_forged_whatsapp_stop_changes_nothing(tenant):
    before = fingerprint("shop")
    assert whatsapp("STOP", signature="forged").status_code == 403
    assert fingerprint("shop") == before


def test_a_read_receipt_moves_whatsapp_forward_and_the_texts_not_at_all(tenant):
    sms_claim(sid="SM1")
    attempt = ledger(
        "whatsapp_sends", "phone", "message_sid", "message_ok", state="claimed", address_kind="phone", address=PERSON, sid=None
    )
    query = f"?a={sign_bytes(ATTEMPT_PURPOSE, 'shop', attempt.bytes)}"
    for word in ("read", "delivered", "read"):
        answer = twilio(STATUS + query, MessageSid="SMw", MessageStatus=word, To=f"whatsapp:{PERSON}", ChannelPrefix="whatsapp")
        assert answer.status_code == 204
    assert row("whatsapp_sends", "message_ok")[:3] == ("sent", True, "read")
    assert sms_row()[:3] == ("sent", True, None)


@pytest.mark.parametrize("code", ["63014", "63033"])
def test_who_blocks_the_business_on_whatsapp_is_suppressed_there(tenant, code):
    twilio(STATUS, MessageSid="SMw", MessageStatus="undelivered", ErrorCode=code, To=f"whatsapp:{PERSON}")
    assert is_suppressed("whatsapp", "phone", PERSON) and not is_suppressed("sms", "phone", PERSON)
