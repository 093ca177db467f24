"""Calls are answered as the owner decided, whoever claims to be the provider, and messages are never lost."""

import secrets
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django_tenants.utils import schema_context
from twilio.request_validator import RequestValidator

from customers.models import Message
from customers.services import register_customer
from messaging.models import CallRouting, MenuOption
from tenants.selectors import public_url, tenant_by_schema
from tests.conftest import OWN_NUMBER

CALLER, OFFICE = "+15125550142", "+15125550177"
VOICE = "/api/webhooks/twilio/voice"


def call(
    path: str = "", *, schema: str = "shop", sent: Mapping[str, str] | None = None, signature: str | None = None, **fields: str
) -> tuple:
    """Post as Twilio would; return the status, the verbs of the answer and all words in it."""
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "CallSid": "CA" + "1" * 32, "From": CALLER, "To": OWN_NUMBER, **fields}
    url = public_url(tenant_by_schema(schema)) + VOICE + path
    right = RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(url, form)
    headers = {"X-Twilio-Signature": right if signature is None else signature}
    response = Client(HTTP_HOST=f"{schema}.localhost").post(VOICE + path, sent or form, headers=headers)
    if response.status_code != 200:
        return response.status_code, [], ""
    assert response["Content-Type"] == "text/xml"
    root = ElementTree.fromstring(response.content)  # noqa: S314  our own answer
    return 200, [verb.tag for verb in root], " ".join(root.itertext())


@pytest.fixture
def office_menu(tenant):
    """1 puts through, 2 says something, 3 takes a message, 4 says when it is open."""
    CallRouting.objects.create(pk=1, mode="ivr", greeting="Clean Machine here.")
    for digit, label, action, fields in (
        ("1", "appointments", "forward", {"forward_to": OFFICE}),
        ("2", "prices", "message", {"words": "A wash is 40 dollars."}),
        ("3", "anything else", "voicemail", {}),
        ("4", "our hours", "hours", {"words": "Monday to Friday, 8 to 5."}),
    ):
        MenuOption.objects.create(digit=digit, label=label, action=action, **fields)


def test_a_business_that_decided_nothing_takes_messages(tenant):
    status, verbs, words = call()
    assert (status, verbs) == (200, ["Say", "Record", "Say"])
    assert "Thank you for calling Clean Machine Auto Detail." in words and "after the tone" in words


def test_the_recording_is_not_transcribed_and_comes_to_an_end(tenant):
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "From": CALLER, "To": OWN_NUMBER}
    right = RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(public_url(tenant) + VOICE, form)
    answer = Client(HTTP_HOST="shop.localhost").post(VOICE, form, headers={"X-Twilio-Signature": right})
    record = ElementTree.fromstring(answer.content).find("Record")  # noqa: S314  as above
    assert record.attrib["transcribe"] == "false" and int(record.attrib["maxLength"]) <= 120
    assert record.attrib["action"] == f"{VOICE}/recorded"


def test_a_direct_forward_rings_the_owner_and_ends_in_the_voicemail(tenant):
    CallRouting.objects.create(pk=1, mode="forward", forward_to=OFFICE)
    assert call() == (200, ["Dial"], OFFICE)
    assert call("/status", DialCallStatus="completed")[1] == ["Hangup"]
    for nobody in ("busy", "no-answer", "failed", "canceled", "never-heard-of"):
        _status, verbs, words = call("/status", DialCallStatus=nobody)
        assert verbs == ["Say", "Record", "Say"] and "Nobody can take your call" in words


def test_a_menu_reads_its_choices_and_does_what_was_pressed(office_menu):
    _status, verbs, words = call()
    assert verbs == ["Gather"]
    assert (
        words == "Clean Machine here. For appointments, press 1. For prices, press 2. For anything else, press 3. For our hours, press 4."
    )
    assert call("/menu?attempt=1", Digits="1") == (200, ["Dial"], OFFICE)
    assert call("/menu?attempt=1", Digits="2")[1:][0] == ["Say", "Gather"]
    assert "A wash is 40 dollars." in call("/menu?attempt=1", Digits="2")[2]
    assert call("/menu?attempt=1", Digits="3")[1] == ["Say", "Record", "Say"]
    assert "Monday to Friday" in call("/menu?attempt=1", Digits="4")[2]


@pytest.mark.parametrize("digit", ["9", "*", "#", "0", "12", "٣", ""])
def test_a_wrong_key_hears_the_menu_again_and_then_the_voicemail(office_menu, digit):
    status, verbs, words = call("/menu?attempt=1", Digits=digit)
    assert status == 200 and verbs[-1] == "Gather" and "press 1" in words
    status, verbs, words = call("/menu?attempt=2", Digits=digit)
    assert status == 200 and "Record" in verbs


@pytest.mark.parametrize("attempt", ["", "x", "-1", "99999999999999999999", "%C2%B2", "2&attempt=1"])
def test_a_made_up_count_of_attempts_keeps_nobody_in_a_circle(office_menu, attempt):
    assert call(f"/menu?attempt={attempt}", Digits="9")[0] == 200


def test_words_are_said_a_second_time_at_most(office_menu):
    assert call("/menu?attempt=2", Digits="2")[1] == ["Say", "Hangup"]


def test_a_menu_without_choices_takes_messages(tenant):
    CallRouting.objects.create(pk=1, mode="ivr")
    assert "Record" in call()[1]


def test_words_of_an_owner_cannot_become_instructions(tenant):
    CallRouting.objects.create(pk=1, mode="voicemail", greeting="</Say><Dial>+15125550000</Dial><Say>")
    assert call()[1] == ["Say", "Record", "Say"]


@pytest.mark.parametrize("path", ["", "/menu?attempt=1", "/recorded", "/status"])
def test_forged_calls_are_refused(tenant, path):
    assert call(path, signature="")[0] == 403
    assert call(path, signature="bm8=")[0] == 403
    assert call(path, sent={"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "To": OWN_NUMBER, "From": "+15125550666"})[0] == 403
    assert call(path, AccountSid="AC" + "9" * 32)[0] == 403
    assert call(path, To="+15125550999")[0] == 403


def test_a_call_to_one_business_is_not_answered_by_another(tenant):
    assert call(schema="salon")[0] == 403


def test_only_a_post_is_a_call(tenant):
    assert Client(HTTP_HOST="shop.localhost").get(VOICE).status_code == 405


def leave_message(recording: str, seconds: str = "34", **fields: str) -> tuple:
    return call(
        "/recorded", RecordingSid=recording, RecordingDuration=seconds, RecordingUrl=f"https://api.twilio.com/x/{recording}", **fields
    )


def test_a_voicemail_lands_in_the_callers_conversation_once_without_a_public_address(tenant):
    register_customer(name="Ann", region="US", phone_text=CALLER)
    recording = "RE" + secrets.token_hex(16)
    for _replay in range(2):
        assert leave_message(recording)[1] == ["Say", "Hangup"]
    message = Message.objects.get()
    assert message.body == f"Voicemail, 34 seconds: /admin/voicemails/{recording}/"
    assert message.needs_review and message.conversation.participants.get().phone == CALLER
    assert "twilio.com" not in message.body
    with schema_context("salon"):
        assert not Message.objects.filter(external_key=recording).exists()


@pytest.mark.parametrize("caller", ["anonymous", "Restricted", "+266696687", ""])
def test_a_caller_without_a_number_can_leave_a_message_and_is_never_written_to(tenant, caller):
    assert leave_message("RE" + secrets.token_hex(16), From=caller)[0] == 200
    participant = Message.objects.get().conversation.participants.get()
    assert participant.phone is None and participant.phone_raw == "anonymous"


@pytest.mark.parametrize(
    ("recording", "seconds"), [("RE" + "1" * 32, "0"), ("RE" + "1" * 32, "x"), ("../../etc", "5"), ("", "5"), ("RE" + "1" * 32, "")]
)
def test_an_empty_or_odd_recording_leaves_nothing(tenant, recording, seconds):
    assert leave_message(recording, seconds)[0] == 200
    assert not Message.objects.exists()
