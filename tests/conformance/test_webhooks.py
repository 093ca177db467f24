"""What a provider's webhook may do, and what nobody else can make it do."""

import base64
import datetime
import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context
from twilio.request_validator import RequestValidator

from customers.models import Message, SoftBounce, Suppression
from customers.services import suppress
from messaging.models import ProviderEvent
from messaging.services.callbacks import ATTEMPT_PURPOSE
from servicepro.lib.crypto import address_tag
from servicepro.lib.signing import sign_bytes
from tenants.selectors import public_url, tenant_by_schema
from tests.conformance.walk import fingerprint
from tests.conftest import OWN_NUMBER

PERSON = "+15125550142"
STATUS, INBOUND, EVENTS = "/api/webhooks/twilio/status", "/api/webhooks/twilio/inbound", "/api/webhooks/sendgrid/events"


def twilio(
    path: str, *, schema: str = "shop", signature: str | None = None, sent: dict[str, str] | None = None, **fields: str
) -> HttpResponse:
    """Post as Twilio would to a business; `signature` or `sent` replace what belongs to the signed fields."""
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, **fields}
    url = public_url(tenant_by_schema(schema)) + path
    right = RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(url, form)
    headers = {"X-Twilio-Signature": right if signature is None else signature}
    return Client(HTTP_HOST=f"{schema}.localhost").post(path, sent or form, headers=headers)


def status(sid: str, word: str, *, attempt: uuid.UUID | None = None, **fields: str) -> HttpResponse:
    query = f"?a={sign_bytes(ATTEMPT_PURPOSE, 'shop', attempt.bytes)}" if attempt else ""
    return twilio(STATUS + query, MessageSid=sid, MessageStatus=word, To=PERSON, **fields)


def text(body: str, sid: str = "", **fields: str) -> HttpResponse:
    return twilio(INBOUND, MessageSid=sid or f"SM{secrets.token_hex(16)}", From=PERSON, To=OWN_NUMBER, Body=body, **fields)


def ledger(
    table: str, address_column: str, sid_column: str, ok_column: str, *, state: str, address_kind: str, address: str, sid: str | None
) -> uuid.UUID:
    """Write a claim as the engine does, and return its attempt id."""
    attempt = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO public.{table} (tenant_id, campaign_key, {address_column}, {sid_column}, {ok_column}, attempt_id, state)"
            " VALUES ('shop', 'k', %s, %s, %s, %s, %s)",
            [address_tag("shop", address_kind, address), sid, state == "sent", attempt, state],
        )
    return attempt


def sms_claim(state: str = "sent", sid: str | None = "SM1") -> uuid.UUID:
    table = "port_recovery_sms_sends"
    return ledger(table, "phone", "sms_sid", "sms_ok", state=state, address_kind="phone", address=PERSON, sid=sid)


def email_claim(address: str) -> uuid.UUID:
    return ledger("email_sends", "email", "message_id", "email_ok", state="sent", address_kind="email", address=address, sid="m1")


def row(table: str, ok: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state, {ok}, provider_status, last_error FROM public.{table} WHERE tenant_id = 'shop'")
        return cursor.fetchone()


def sms_row() -> tuple[Any, ...]:
    return row("port_recovery_sms_sends", "sms_ok")


def is_suppressed(channel: str, kind: str, address: str) -> bool:
    return Suppression.objects.filter(channel=channel, address_tag=address_tag("shop", kind, address), lifted_at=None).exists()


@pytest.fixture
def mailer(tenant, settings) -> Iterator[Callable[..., HttpResponse]]:
    """Post events as SendGrid would, with a key pair of the test's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    settings.SENDGRID_WEBHOOK_PUBLIC_KEY = base64.b64encode(der).decode()

    def post(
        *events: Any, schema: str = "shop", altered: bytes = b"", signature: str | None = None, raw: bytes | None = None
    ) -> HttpResponse:
        body, stamp = json.dumps(events).encode() if raw is None else raw, str(int(time.time()))
        right = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        headers = {
            "X-Twilio-Email-Event-Webhook-Signature": right if signature is None else signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        client = Client(HTTP_HOST=f"{schema}.localhost", raise_request_exception=False)
        return client.post(EVENTS, body + altered, content_type="application/json", headers=headers)

    yield post


def event(kind: str, email: str, attempt: uuid.UUID, **extra: Any) -> dict[str, Any]:
    return {
        "event": kind,
        "email": email,
        "attempt_id": str(attempt),
        "sg_event_id": secrets.token_hex(8),
        "sg_message_id": "m1.f1",
        **extra,
    }


def test_a_signed_status_is_recorded(tenant):
    sms_claim()
    assert status("SM1", "delivered").status_code == 204
    assert sms_row()[:3] == ("sent", True, "delivered")


@pytest.mark.parametrize("signature", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_a_missing_or_made_up_signature_is_refused(tenant, path, signature):
    sms_claim()
    before = fingerprint("shop")
    answer = twilio(path, signature=signature, MessageSid="SM1", MessageStatus="failed", From=PERSON, To=OWN_NUMBER, Body="STOP")
    assert answer.status_code == 403
    assert fingerprint("shop") == before


def test_no_signature_header_at_all_is_refused(tenant):
    for path in (STATUS, INBOUND, EVENTS):
        assert Client(HTTP_HOST="shop.localhost").post(path, {"Body": "STOP"}).status_code == 403


@pytest.mark.parametrize(("field", "value"), [("From", "+15125550143"), ("Body", "STOP"), ("To", "+15125550188"), ("Extra", "1")])
def test_an_altered_text_is_refused(tenant, field, value):
    before = fingerprint("shop")
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "MessageSid": "SM1", "From": PERSON, "To": OWN_NUMBER, "Body": "hello"}
    assert twilio(INBOUND, sent={**form, field: value}, **form).status_code == 403
    assert fingerprint("shop") == before


def test_a_forged_stop_changes_nothing(tenant):
    before = fingerprint("shop")
    assert twilio(INBOUND, signature="forged", MessageSid="SM9", From=PERSON, To=OWN_NUMBER, Body="STOP").status_code == 403
    assert not is_suppressed("sms", "phone", PERSON)
    assert fingerprint("shop") == before


def test_another_account_is_refused(tenant):
    assert twilio(INBOUND, AccountSid="AC" + "6" * 32, MessageSid="SM1", From=PERSON, To=OWN_NUMBER, Body="STOP").status_code == 403
    assert Message.objects.count() == 0


def test_a_request_signed_for_one_business_is_refused_by_another(tenant, indian_tenant):
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "MessageSid": "SM1", "From": PERSON, "To": OWN_NUMBER, "Body": "STOP"}
    signature = RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(public_url(tenant_by_schema("shop")) + INBOUND, form)
    before = fingerprint("salon")
    assert twilio(INBOUND, schema="salon", signature=signature, **form).status_code == 403
    assert fingerprint("salon") == before


def test_a_text_to_a_number_of_another_business_is_refused(tenant, indian_tenant):
    before = fingerprint("salon")
    assert twilio(INBOUND, schema="salon", MessageSid="SM1", From=PERSON, To=OWN_NUMBER, Body="STOP").status_code == 403
    assert fingerprint("salon") == before


def test_a_status_of_another_businesss_message_moves_nothing_there(tenant, indian_tenant):
    with schema_context("shop"):
        attempt = sms_claim(state="claimed", sid=None)
    token = sign_bytes(ATTEMPT_PURPOSE, "shop", attempt.bytes)
    answer = twilio(f"{STATUS}?a={token}", schema="salon", MessageSid="SMx", MessageStatus="delivered", To=PERSON)
    assert answer.status_code == 204
    assert sms_row()[:3] == ("claimed", False, None)


def test_five_replays_are_one(tenant):
    sms_claim()
    assert {status("SM1", "delivered").status_code for _turn in range(5)} == {204}
    assert {text("STOP", "SMstop").status_code for _turn in range(5)} == {200}
    assert ProviderEvent.objects.count() == 1
    assert (Message.objects.count(), Suppression.objects.count()) == (1, 1)


def test_a_replayed_stop_after_start_does_not_come_back(tenant):
    text("STOP", "SMa")
    text("START", "SMb")
    text("STOP", "SMa")
    assert not is_suppressed("sms", "phone", PERSON)


@pytest.mark.parametrize("later", ["queued", "sending", "sent", "undelivered"])
def test_a_status_never_moves_back(tenant, later):
    sms_claim()
    status("SM1", "delivered")
    assert status("SM1", later).status_code == 204
    assert sms_row()[2] == "delivered"


def test_an_undelivered_text_keeps_its_code(tenant):
    sms_claim()
    status("SM1", "sent")
    status("SM1", "undelivered", ErrorCode="30003")
    assert sms_row()[2:] == ("undelivered", "provider 30003")


@pytest.mark.parametrize("word", ["delivered", "failed", "", "a-status-of-next-year"])
def test_an_unknown_message_is_kept_and_is_no_error(tenant, word):
    assert status("SMunknown", word).status_code == 204
    assert ProviderEvent.objects.filter(event_key__startswith="twilio:SMunknown").count() == 1


def test_a_status_without_any_field_is_no_error(tenant):
    assert twilio(STATUS).status_code == 204


@pytest.mark.parametrize("state", ["claimed", "released"])
def test_a_callback_before_our_own_record_settles_it_as_sent(tenant, state):
    attempt = sms_claim(state=state, sid=None)
    assert status("SMearly", "sent", attempt=attempt).status_code == 204
    assert sms_row()[:3] == ("sent", True, "sent")


def test_an_attempt_token_that_is_not_ours_settles_nothing(tenant):
    sms_claim(state="claimed", sid=None)
    assert twilio(f"{STATUS}?a=AAAA-BBBBBBBBBBBB", MessageSid="SMz", MessageStatus="delivered", To=PERSON).status_code == 204
    assert sms_row()[:2] == ("claimed", False)


def test_the_carriers_opt_out_suppresses(tenant):
    sms_claim()
    status("SM1", "failed", ErrorCode="21610")
    assert is_suppressed("sms", "phone", PERSON)


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "UNSUBSCRIBE", "cancel", "end", "quit", "STOPALL", "revoke", "opt out"])
def test_stop_suppresses_and_is_kept_in_the_conversation(tenant, word):
    assert text(word).status_code == 200
    assert is_suppressed("sms", "phone", PERSON)
    assert Message.objects.get().body == word


def test_twilios_own_reading_of_stop_wins(tenant):
    text("ALTO", OptOutType="STOP")
    assert is_suppressed("sms", "phone", PERSON)


def test_start_lifts(tenant):
    text("STOP")
    text("START")
    assert not is_suppressed("sms", "phone", PERSON)
    assert Message.objects.count() == 2


def test_help_and_plain_words_change_nothing_but_the_conversation(tenant):
    text("HELP")
    text("See you Saturday, do not stop by before nine")
    assert Suppression.objects.count() == 0
    assert list(Message.objects.values_list("needs_review", flat=True)) == [False, False]


def test_start_does_not_lift_an_unsubscription_from_emails(tenant):
    suppress(channel="email", address="p@example.com", reason="unsubscribe", event_key="e1")
    text("START")
    assert is_suppressed("email", "email", "p@example.com")


def test_a_wish_in_other_words_is_obeyed_and_flagged(tenant):
    text("please stop texting me")
    assert is_suppressed("sms", "phone", PERSON)
    assert Message.objects.get().needs_review


@pytest.mark.parametrize("body", ["STOP", "hello", "", "📱" * 800])
def test_the_answer_to_a_text_is_empty_twiml(tenant, body):
    answer = text(body)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert answer.content.endswith(b"<Response/>")


def test_webhooks_are_posts(tenant):
    for path in (STATUS, INBOUND, EVENTS):
        assert Client(HTTP_HOST="shop.localhost").get(path).status_code == 405


def test_signed_email_events_are_recorded(mailer):
    attempt = email_claim("p@example.com")
    assert mailer(event("processed", "p@example.com", attempt), event("delivered", "p@example.com", attempt)).status_code == 204
    assert row("email_sends", "email_ok")[:3] == ("sent", True, "delivered")


@pytest.mark.parametrize("change", [{"altered": b" "}, {"signature": ""}, {"signature": "AAAA"}, {"signature": "é"}])
def test_an_altered_or_unsigned_batch_is_refused(mailer, change):
    attempt = email_claim("p@example.com")
    before = fingerprint("shop")
    assert mailer(event("spamreport", "p@example.com", attempt), **change).status_code == 403
    assert fingerprint("shop") == before


@pytest.mark.parametrize("raw", [b"", b"{}", b"null", b"not json", b"\xff\xfe", b'[[1], 2, "x", null]'])
def test_a_signed_batch_that_makes_no_sense_changes_nothing(mailer, raw):
    before = fingerprint("shop")
    assert mailer(raw=raw).status_code in (204, 403)
    assert fingerprint("shop") == before


def test_email_events_out_of_order_and_replayed_end_the_same(mailer):
    attempt = email_claim("p@example.com")
    late = event("processed", "p@example.com", attempt)
    early = event("delivered", "p@example.com", attempt)
    for _turn in range(5):
        mailer(early, late)
    assert row("email_sends", "email_ok")[2] == "delivered"
    assert ProviderEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [
        ("bounce", {"type": "bounce"}, True),
        ("bounce", {"type": "blocked"}, False),
        ("spamreport", {}, True),
        ("unsubscribe", {}, True),
        ("deferred", {}, False),
    ],
)
def test_what_an_email_event_means_for_the_address(mailer, kind, extra, expected):
    mailer(event(kind, "p@example.com", email_claim("p@example.com"), **extra))
    assert is_suppressed("email", "email", "p@example.com") is expected


def test_five_soft_bounces_in_a_fortnight_are_one_too_many(mailer):
    attempt, start = email_claim("p@example.com"), timezone.now()
    for day, expected in ((0, False), (1, False), (2, False), (3, False), (15, False), (16, False), (16, False), (16, True)):
        with time_machine.travel(start + datetime.timedelta(days=day), tick=False):
            told = event("bounce", "P@example.com", attempt, type="blocked")
            for _turn in range(2):
                mailer(told)
            assert is_suppressed("email", "email", "p@example.com") is expected, day
    assert Suppression.objects.get().reason == "soft_bounces" and not SoftBounce.objects.exists()


def test_events_of_another_businesss_emails_change_nothing_here(mailer, indian_tenant):
    with schema_context("shop"):
        attempt = email_claim("p@example.com")
    before = fingerprint("salon")
    assert mailer(event("spamreport", "p@example.com", attempt), schema="salon").status_code == 204
    assert fingerprint("salon") == before
