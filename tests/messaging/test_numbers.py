"""Numbers come from the account by a tick, stay as they are at the provider, and belong to one business each."""

import base64
import secrets
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from customers.models import Message, PersonalDataAccess
from messaging.errors import NotConfirmed, NumberTaken, ProviderAway, RequestOpen, UnknownNumber
from messaging.models import Line, NumberRequest
from messaging.providers.loop import start_in_loop
from messaging.providers.numbers import read_number, read_numbers
from messaging.providers.redaction import remove_messages
from messaging.providers.results import Removal
from messaging.providers.twilio import twilio_account
from messaging.selectors import phone_status, sender_for
from messaging.services import account_numbers, call_address, import_numbers, keep_voicemail, make_primary, request_number, take_calls
from messaging.types import Channel, PhoneStatus
from tenants.selectors import AuditEntry, User, current_tenant, public_url
from tests.conftest import OWN_NUMBER

FREE, ANOTHER = "+15125550131", "+15125550132"
PAGE = "/admin/ivr-config/"


@pytest.fixture
def account(tenant, simulator):
    """An account with this business's number and two more."""
    for number in (OWN_NUMBER, FREE, ANOTHER):
        simulator.control("POST", "numbers", {"number": number, "inboundUrl": f"http://shop.localhost/texts/{number[-4:]}"})
    yield simulator


@pytest.fixture
def actor(tenant):
    return User.objects.get(email="owner@shop.example")


def sid_of(phone: str) -> str:
    numbers = start_in_loop(read_numbers(twilio_account())).result()
    return next(number.sid for number in numbers if number.phone == phone)


def at_provider(phone: str):
    """Return a number as the provider's own record has it."""
    return twilio_account().client.incoming_phone_numbers(sid_of(phone)).fetch_async()


def record_of(phone: str) -> dict[str, object]:
    record = start_in_loop(at_provider(phone)).result()
    return {
        name: getattr(record, name) for name in ("sms_url", "voice_url", "friendly_name", "status_callback", "sms_method", "voice_method")
    }


def test_the_account_shows_ours_and_what_nobody_has(account):
    shown = {number.phone: number.is_ours for number in account_numbers()}  # others may have told the account of numbers too
    assert {number: shown.get(number) for number in (OWN_NUMBER, FREE, ANOTHER)} == {OWN_NUMBER: True, FREE: False, ANOTHER: False}


def test_taking_numbers_over_changes_nothing_at_the_provider_and_not_what_is_sent_from(account, actor):
    before = {number: record_of(number) for number in (OWN_NUMBER, FREE)}
    sending = sender_for(Channel.SMS)
    assert import_numbers([sid_of(FREE), sid_of(OWN_NUMBER)], actor=actor) == 1
    assert import_numbers([sid_of(FREE)], actor=actor) == 0
    assert {number: record_of(number) for number in (OWN_NUMBER, FREE)} == before
    assert sender_for(Channel.SMS) == sending and Line.objects.get(is_default=True).phone == OWN_NUMBER
    assert Line.objects.get(phone=OWN_NUMBER).twilio_sid == sid_of(OWN_NUMBER)
    assert AuditEntry.objects.filter(action="line_imported", actor=actor).count() == 1


def test_a_business_without_a_number_sends_from_the_first_it_takes_over(account, actor):
    Line.objects.all().delete()
    import_numbers([sid_of(FREE)], actor=actor)
    assert sender_for(Channel.SMS).address == FREE


def test_a_number_the_platform_lends_goes_on_sending_until_an_owner_says_otherwise(account, actor, settings):
    Line.objects.all().delete()
    settings.TWILIO_FROM_NUMBER = "+15125550109"
    import_numbers([sid_of(FREE)], actor=actor)
    assert sender_for(Channel.SMS).address == "+15125550109"
    line = Line.objects.get()
    with pytest.raises(NotConfirmed, match="Tick that you mean it"):
        make_primary(line.pk, actor=actor, confirmed=False)
    assert sender_for(Channel.SMS).address == "+15125550109"
    make_primary(line.pk, actor=actor, confirmed=True)
    assert sender_for(Channel.SMS).address == FREE
    assert AuditEntry.objects.filter(action="line_made_primary", subject=f"line:{line.pk}").exists()


def test_the_platforms_own_number_is_not_for_the_taking(account, actor, settings):
    settings.TWILIO_FROM_NUMBER = FREE
    assert FREE not in {number.phone for number in account_numbers()}
    with pytest.raises(UnknownNumber):
        import_numbers([sid_of(FREE)], actor=actor)


def test_a_number_labelled_for_another_business_is_not_shown(account, actor):
    sid = sid_of(FREE)
    start_in_loop(_label(sid, "servicepro:salon:number")).result()
    assert FREE not in {number.phone for number in account_numbers()}
    with pytest.raises(UnknownNumber):
        import_numbers([sid], actor=actor)
    start_in_loop(_label(sid, "servicepro:shop:number")).result()
    assert FREE in {number.phone for number in account_numbers()}


def _label(sid: str, name: str):
    return twilio_account().client.incoming_phone_numbers(sid).update_async(friendly_name=name)


def test_each_number_belongs_to_one_business(account, actor, indian_tenant):
    with schema_context("salon"):
        Line.objects.create(channel="sms", phone=FREE)
    with schema_context("shop"):
        assert FREE not in {number.phone for number in account_numbers()}
        with pytest.raises(NumberTaken, match="Nothing was taken over"):
            import_numbers([sid_of(FREE), sid_of(ANOTHER)], actor=None)
        assert not Line.objects.filter(phone__in=[FREE, ANOTHER]).exists()
        form_class = admin.site.get_model_admin(Line).get_form(None)
        form = form_class({"channel": "sms", "phone": FREE})
        assert "Another business has this number." in form.errors["phone"]
        stolen = Line.objects.create(channel="sms", phone=FREE)
        with pytest.raises(NumberTaken):
            take_calls(stolen.pk, actor=None, confirmed=True)
        assert record_of(FREE)["voice_url"] in (None, "")


@pytest.mark.parametrize(
    ("service", "sentence"),
    [("MG" + "a" * 32, "Another business has this messaging service."), ("MG1", "MG and 32 digits"), ("MG" + "b" * 32, "")],
)
def test_texts_do_not_leave_by_the_messaging_service_of_another_business(tenant, indian_tenant, service, sentence):
    with schema_context("salon"):
        Line.objects.update(messaging_service_sid="MG" + "a" * 32)
    with schema_context("shop"):
        line = Line.objects.get()
        form_class = admin.site.get_model_admin(Line).get_form(None, line)
        form = form_class({"channel": "sms", "phone": line.phone, "is_default": "on", "messaging_service_sid": service}, instance=line)
        assert form.is_valid() is not bool(sentence) and sentence in form.errors.as_text()


@pytest.mark.parametrize("sid", ["PN" + "0" * 32, "", "x'; --"])
def test_a_made_up_number_is_refused(account, actor, sid):
    with pytest.raises(UnknownNumber):
        import_numbers([sid], actor=actor)


def test_calls_are_sent_here_only_when_confirmed_and_texts_stay(account, actor):
    import_numbers([sid_of(FREE)], actor=actor)
    line, before = Line.objects.get(phone=FREE), record_of(FREE)
    with pytest.raises(NotConfirmed):
        take_calls(line.pk, actor=actor, confirmed=False)
    assert record_of(FREE) == before
    take_calls(line.pk, actor=actor, confirmed=True)
    assert record_of(FREE) == before | {"voice_url": call_address()}
    assert call_address() == f"{public_url(current_tenant())}/api/webhooks/twilio/voice"
    assert AuditEntry.objects.filter(action="calls_sent_here", subject=f"line:{line.pk}").exists()


def test_a_number_that_was_typed_by_hand_is_found_in_the_account(account, actor):
    line = Line.objects.get(phone=OWN_NUMBER)
    take_calls(line.pk, actor=actor, confirmed=True)
    assert record_of(OWN_NUMBER)["voice_url"] == call_address()
    assert Line.objects.get(pk=line.pk).twilio_sid == sid_of(OWN_NUMBER)


def test_a_number_that_left_the_account_is_said_to_be_gone(account, actor):
    line = Line.objects.create(channel="sms", phone=FREE, twilio_sid="PN" + "0" * 32)
    with pytest.raises(UnknownNumber, match="does not have this number"):
        take_calls(line.pk, actor=actor, confirmed=True)
    typed = Line.objects.create(channel="sms", phone="+15125550133")
    with pytest.raises(UnknownNumber, match="does not have this number"):
        take_calls(typed.pk, actor=actor, confirmed=True)
    with pytest.raises(UnknownNumber):
        make_primary(999_999, actor=actor, confirmed=True)


def test_a_provider_that_is_away_is_said_in_plain_words(tenant, settings, actor):
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(ProviderAway, match="Twilio does not answer. Please try again") as caught:
        account_numbers()
    assert "127.0.0.1" not in caught.value.message


def test_a_number_is_asked_for_once_at_a_time(tenant, actor):
    asked = request_number(area_code="512", note="near our shop", actor=actor)
    assert (asked.status, asked.requested_by) == ("open", "owner@shop.example")
    with pytest.raises(RequestOpen, match="asked for a number already"):
        request_number(area_code="737", note="", actor=actor)
    NumberRequest.objects.update(status="done")
    request_number(area_code="737", note="", actor=actor)


def test_the_platform_sees_who_waits_for_a_number_and_settles_it(tenant, actor, capsys):
    request_number(area_code="512", note="", actor=actor)
    call_command("number_requests")
    assert "shop  " in (listed := capsys.readouterr().out) and "area code 512" in listed
    call_command("number_requests", tenant="shop", outcome="done")
    asked = NumberRequest.objects.get()
    assert asked.status == "done" and asked.settled_at is not None
    with pytest.raises(CommandError, match="has not asked"):
        call_command("number_requests", tenant="shop", outcome="declined")
    with pytest.raises(CommandError, match="There is no business"):
        call_command("number_requests", tenant="nobody")


def test_phone_status_tells_what_texts_are_sent_with(tenant, settings):
    assert phone_status() == PhoneStatus(True, OWN_NUMBER, False, None, "")
    Line.objects.update(messaging_service_sid="MG" + "1" * 32)
    assert phone_status().messaging_service_sid == "MG" + "1" * 32
    Line.objects.all().delete()
    assert phone_status() == PhoneStatus(False, None, False, None, "")


def test_the_page_keeps_what_was_looked_at(owner, account):
    page = owner.get(PAGE)
    assert page.status_code == 200 and "Thank you for calling Clean Machine Auto Detail." in page.content.decode()
    typed = {"mode": "ivr", "digit_1": "1", "label_1": "appointments", "action_1": "forward", "forward_to_1": "(512) 555-0177"}
    looked = owner.post(PAGE, {**typed, "then": "look"}).content.decode()
    assert "For appointments, press 1." in looked and "Nothing is kept yet" in looked
    assert phone_status().routing_mode == ""
    assert owner.post(PAGE, {**typed, "then": "save"}).status_code == 302
    assert phone_status().routing_mode == "ivr"
    assert AuditEntry.objects.filter(action="call_routing_changed").exists()
    assert "+15125550177" in owner.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"mode": "forward"}, "Type the number your calls are put through to."),
        ({"mode": "forward", "forward_to": OWN_NUMBER}, "round in a circle"),
        ({"mode": "forward", "forward_to": "+19005550100"}, ""),
        ({"mode": "forward", "forward_to": "12"}, ""),
        ({"mode": "ivr"}, "A menu needs at least one key."),
        ({"mode": "ivr", "digit_1": "1", "action_1": "voicemail"}, "Type what the key 1 is for."),
        ({"mode": "ivr", "digit_2": "1", "label_2": "a", "action_2": "message"}, "Type what is said for the key 1."),
        (
            {
                "mode": "ivr",
                "digit_1": "1",
                "label_1": "a",
                "action_1": "voicemail",
                "digit_2": "1",
                "label_2": "b",
                "action_2": "voicemail",
            },
            "The key 1 is there twice.",
        ),
        ({"mode": "ivr", "digit_1": "1", "label_1": "a", "action_1": "forward", "forward_to_1": OWN_NUMBER}, "round in a circle"),
        ({"mode": "ivr", "digit_1": "*", "label_1": "a"}, ""),
        ({"mode": "nonsense"}, ""),
    ],
)
def test_what_would_leave_callers_with_nothing_is_not_kept(owner, tenant, typed, sentence):
    answer = owner.post(PAGE, {**typed, "then": "save"})
    assert answer.status_code == 400 and "There is a problem" in answer.content.decode()
    assert sentence in answer.content.decode()
    assert phone_status().routing_mode == ""


def test_a_landline_can_be_rung(owner, tenant):
    assert owner.post(PAGE, {"mode": "forward", "forward_to": "+442079460018", "then": "save"}).status_code == 302


def test_numbers_are_taken_over_and_asked_for_on_the_page(owner, account):
    shown = owner.get(f"{PAGE}?numbers=1").content.decode()
    assert FREE in shown and ANOTHER in shown
    owner.post(f"{PAGE}numbers/import/", {"number": [sid_of(FREE)]})
    line = Line.objects.get(phone=FREE)
    assert "Tick that you mean it" in owner.post(f"{PAGE}numbers/{line.pk}/calls/", follow=True).content.decode()
    said = owner.post(f"{PAGE}numbers/{line.pk}/calls/", {"confirm": "yes"}, follow=True).content.decode()
    assert "answered here now" in said and "calls answered here" in said
    assert "We wrote down" in owner.post(f"{PAGE}numbers/request/", {"area_code": "512"}, follow=True).content.decode()


def test_a_voicemail_is_played_to_the_business_alone(owner, simulator, settings, tmp_path):
    recording = "RE" + secrets.token_hex(16)
    assert keep_voicemail(recording_sid=recording, caller="+15125550142", seconds=3)
    path = f"/admin/voicemails/{recording}/"
    assert owner.get(path).status_code == 404  # the provider has no such recording any more
    assert owner.get(f"/admin/voicemails/RE{secrets.token_hex(16)}/").status_code == 404
    owner.logout()
    assert owner.get(path).status_code == 302
    with schema_context("salon"):
        assert not Message.objects.filter(external_key=recording).exists()


@pytest.fixture
def recordings(settings):
    """A provider that hands out recordings to whoever has the account's password."""
    kept: dict[str, bytes] = {}

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            password = base64.b64encode(f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}".encode()).decode()
            sound = kept.get(self.path.rpartition("/")[2].removesuffix(".mp3"))
            is_allowed = self.headers["Authorization"] == f"Basic {password}"
            self.send_response(200 if sound and is_allowed else 404 if is_allowed else 401)
            self.send_header("Content-Length", str(len(sound or b"") if is_allowed else 0))
            self.end_headers()
            self.wfile.write(sound or b"")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()


def test_whoever_may_read_messages_listens_and_that_is_written_down(owner, recordings):
    recording = "RE" + secrets.token_hex(16)
    recordings[recording] = b"ID3 sound"
    keep_voicemail(recording_sid=recording, caller="+15125550142", seconds=3)
    played = owner.get(f"/admin/voicemails/{recording}/")
    assert (played.content, played["Content-Type"], played["Cache-Control"]) == (b"ID3 sound", "audio/mpeg", "private, no-store")
    look = PersonalDataAccess.objects.get()
    assert look.subject == f"voicemail:{Message.objects.get().pk}" and look.actor.email == "owner@shop.example"


def test_a_provider_that_does_not_hand_a_recording_out_is_said_in_a_sentence(owner, recordings, settings):
    recording = "RE" + secrets.token_hex(16)
    keep_voicemail(recording_sid=recording, caller="+15125550142", seconds=3)
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    said = owner.get(f"/admin/voicemails/{recording}/", follow=True).content.decode()
    assert "That did not work just now: Twilio does not answer." in said and recording not in said


def test_an_erased_persons_recordings_are_asked_to_be_removed_as_recordings(tenant, simulator):
    sid = "RE" + uuid.uuid4().hex
    (answer,) = start_in_loop(remove_messages(twilio_account(), [sid])).result()
    assert answer.sid == sid and answer.removal is Removal.ABSENT


def test_no_number_is_no_answer(tenant, simulator):
    assert start_in_loop(read_number(twilio_account(), "PN" + "0" * 32)).result() is None
