"""The laws of the Google Voice import."""

import datetime
import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.errors import UnreadableTakeout
from customers.models import Conversation, Message, Participant
from customers.selectors import suppressed_tags
from customers.services import consolidate, import_google_voice, lift_suppression, register_customer
from servicepro.lib.fields import phone_tag
from tenants.models import Tenant
from tests.customers.takeout import OWN, message, page, write_folder, write_zip

ANA, BEN = "+15125550142", "+15125550143"
STAMP = "2021-01-22T01_33_43Z.html"


def _import(path: Path, **options: object) -> object:
    return import_google_voice(path, region="US", **options)


def _texts() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("occurred_at", "id").values_list("direction", "body"))


def test_a_thread_keeps_who_wrote_what_and_when(tenant: Tenant, tmp_path: Path) -> None:
    thread = page(message("Are you open?", sender=ANA, name="Ana"), message("Yes & no\n<3", at="2021-01-22T01:34:00.000-06:00"))
    report = _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": thread}))
    assert (report.conversations_new, report.participants_new, report.messages_new) == (1, 1, 2)
    assert _texts() == [("inbound", "Are you open?"), ("outbound", "Yes & no\n<3")]
    assert Message.objects.order_by("occurred_at").first().occurred_at == datetime.datetime(2021, 1, 22, 7, 33, 43, tzinfo=datetime.UTC)
    assert Participant.objects.values_list("phone", "name").get() == (ANA, "Ana")
    assert Conversation.objects.get().last_message_at.minute == 34


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_a_second_import_adds_nothing(tenant: Tenant, tmp_path: Path, write: object) -> None:
    pages = {
        f"{ANA} - Text - {STAMP}": page(message("hi", sender=ANA), message("hi", sender=ANA), message("hello")),
        "Ben - Text - 2022.html": page(message("nobody answered")),
        " - Text - 2023.html": page(message("to nobody")),
        "22395 - Text - 2024.html": page(message("code 1", sender="22395")),
        "Group Conversation - 2021.html": page(message("all", sender=BEN), participants=[(ANA, "Ana"), (BEN, "Ben")]),
    }
    path = write(tmp_path / "takeout.zip", pages)
    first, second = _import(path), _import(path)
    assert first.messages_new == 7
    assert (second.messages_new, second.messages_known) == (0, 7)
    assert (second.conversations_new, second.participants_new) == (0, 0)


def test_two_equal_texts_in_one_instant_stay_two(tenant: Tenant, tmp_path: Path) -> None:
    _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("ok", sender=ANA), message("ok", sender=ANA))}))
    assert Message.objects.count() == 2


def test_pieces_of_one_conversation_are_one(tenant: Tenant, tmp_path: Path) -> None:
    pages = {
        f"{ANA} - Text - 2021.html": page(message("one", sender=ANA)),
        "Ana - Text - 2022.html": page(message("two", sender=ANA, name="Ana", at="2022-01-22T01:33:43.000-06:00")),
    }
    _import(write_folder(tmp_path, pages))
    assert Conversation.objects.count() == 1
    assert Participant.objects.get().name == "Ana"


def test_without_a_reply_the_file_name_says_who(tenant: Tenant, tmp_path: Path) -> None:
    _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("hello?"))}))
    assert Participant.objects.get().phone == ANA
    assert _texts() == [("outbound", "hello?")]


def test_a_contact_who_never_replied_gets_the_number_that_other_files_tell(tenant: Tenant, tmp_path: Path) -> None:
    pages = {
        "Ana - Text - 2020.html": page(message("hello?")),
        "Ana - Text - 2021.html": page(message("hi", sender=ANA, name="Ana", at="2021-02-22T01:33:43.000-06:00")),
        "Zed - Text - 2021.html": page(message("anyone?")),
    }
    _import(write_folder(tmp_path, pages))
    assert Conversation.objects.count() == 2
    assert list(Participant.objects.order_by("name").values_list("name", "phone")) == [("Ana", ANA), ("Zed", None)]


def test_a_contact_with_two_numbers_is_not_guessed(tenant: Tenant, tmp_path: Path) -> None:
    pages = {
        "Ana - Text - 2019.html": page(message("hello?")),
        "Ana - Text - 2020.html": page(message("a", sender=ANA, name="Ana")),
        "Ana - Text - 2021.html": page(message("b", sender=BEN, name="Ana")),
    }
    _import(write_folder(tmp_path, pages))
    assert set(Participant.objects.values_list("phone", flat=True)) == {ANA, BEN, None}


def test_group_conversation_knows_its_silent_members(tenant: Tenant, tmp_path: Path) -> None:
    group = page(message("hi all", sender=ANA, name="Ana"), message("hi"), participants=[(ANA, "Ana"), (BEN, BEN)])
    _import(write_folder(tmp_path, {"Group Conversation - 2021-01-22T01_33_43Z.html": group}))
    assert Conversation.objects.get().is_group
    assert set(Participant.objects.values_list("phone", "name")) == {(ANA, "Ana"), (BEN, "")}


@pytest.mark.parametrize("kind", ["Placed", "Received", "Missed", "Voicemail"])
def test_calls_are_counted_and_hold_no_texts(tenant: Tenant, tmp_path: Path, kind: str) -> None:
    pages = {f"{ANA} - {kind} - {STAMP}": page(), f" - {kind} - {STAMP}": page(), f"Ana - B - {kind} - {STAMP}": page()}
    report = _import(write_folder(tmp_path, pages))
    assert (report.calls_skipped, report.unreadable, Conversation.objects.count()) == (3, [], 0)


def test_short_codes_are_kept_but_never_people_to_write_to(tenant: Tenant, tmp_path: Path) -> None:
    _import(write_folder(tmp_path, {"22395 - Text - 2021.html": page(message("Your code is 1", sender="22395"))}))
    assert Message.objects.count() == 1
    assert Participant.objects.values_list("phone", "phone_raw").get() == (None, "22395")
    assert consolidate().people == 0


def test_the_businesss_own_numbers_are_never_participants(tenant: Tenant, tmp_path: Path) -> None:
    group = page(message("hi", sender=ANA), message("me"), participants=[(ANA, "Ana"), (OWN, "Shop"), (BEN, "Second line")])
    folder = write_folder(tmp_path, {"Group Conversation - 2021.html": group})
    (folder / "Takeout" / "Voice" / "Phones.vcf").write_text(f"BEGIN:VCARD\nitem1.TEL:{BEN}\nEND:VCARD\n")
    _import(folder)
    assert Participant.objects.get().phone == ANA


def test_me_in_another_language_is_still_the_business(tenant: Tenant, tmp_path: Path) -> None:
    thread = page(message("Hallo", sender="+15125550177", name="Ich"), message("Ja?", sender=ANA, name="Ana"))
    _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": thread}))
    assert sorted(_texts()) == [("inbound", "Ja?"), ("outbound", "Hallo")]
    assert Participant.objects.get().phone == ANA


def test_attachments_are_told_in_the_text(tenant: Tenant, tmp_path: Path) -> None:
    picture = '<div><img src="a.jpg" alt="Image MMS Attachment" /></div>'
    _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("MMS Received", sender=ANA, extra=picture))}))
    assert _texts() == [("inbound", "MMS Received\n[1 attachment]")]


def test_unreadable_files_are_listed_and_the_rest_goes_in(tenant: Tenant, tmp_path: Path) -> None:
    pages: dict[str, str | bytes] = {
        "empty - Text - 1.html": b"",
        "garbage - Text - 2.html": bytes(range(256)) * 20,
        "no texts - Text - 3.html": page(),
        "no time - Text - 4.html": page(message("x", sender=ANA, at="yesterday")),
        f"{ANA} - Text - 5.html": page(message("fine", sender=ANA), message("odd", sender=ANA, at="")),
    }
    report = _import(write_folder(tmp_path, pages))
    assert {file.name[:4] for file in report.unreadable} == {"empt", "garb", "no t"}
    assert len(report.unreadable) == 4
    assert (report.messages_new, report.messages_unreadable) == (1, 1)


def test_a_damaged_entry_of_a_zip_is_skipped(tenant: Tenant, tmp_path: Path) -> None:
    body = page(*(message(f"text {n} " + "x" * 50, sender=ANA, at=f"2021-01-22T01:{n:02d}:43.000-06:00") for n in range(40)))
    path = write_zip(tmp_path / "t.zip", {f"{ANA} - Text - 1.html": body, f"{BEN} - Text - 2.html": page(message("x", sender=BEN))})
    with zipfile.ZipFile(path) as archive:
        offset = archive.infolist()[0].header_offset + 150
    content = bytearray(path.read_bytes())
    content[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(content)
    report = _import(path)
    assert [file.reason for file in report.unreadable] == ["is damaged inside the zip"]
    assert report.messages_new == 1


@pytest.mark.parametrize("make", ["missing", "text", "empty folder", "other zip"])
def test_a_path_without_a_takeout_is_one_clear_sentence(tenant: Tenant, tmp_path: Path, make: str) -> None:
    path = tmp_path / "given"
    if make == "text":
        path.write_text("hello")
    elif make == "empty folder":
        path.mkdir()
    elif make == "other zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Takeout/Mail/all.mbox", "x")
    with pytest.raises(UnreadableTakeout):
        _import(path)


def test_a_raw_dump_shows_no_digits_and_no_words(tenant: Tenant, tmp_path: Path) -> None:
    _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("secret words", sender=ANA))}))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(t::text, ' ') FROM (SELECT p::text AS t FROM customers_participant p"
            " UNION ALL SELECT m::text FROM customers_message m UNION ALL SELECT c::text FROM customers_conversation c) rows"
        )
        dump = cursor.fetchone()[0]
    assert "5550142" not in dump
    assert "secret" not in dump


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["hi", "STOP"], "stop_keyword"),
        (["please take me off your list"], "stop_in_other_words"),
        (["stop", "yes"], "stop_keyword"),
        (["stop", "START"], None),
        (["can't stop smiling"], None),
    ],
)
def test_who_asked_to_be_left_alone_is_left_alone(tenant: Tenant, tmp_path: Path, texts: list[str], reason: str | None) -> None:
    customer = register_customer(name="Ana", phone_text=ANA)
    lines = [message(body, sender=ANA, at=f"2021-01-22T01:0{n}:00.000-06:00") for n, body in enumerate(texts)]
    folder = write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("stop"), *lines)})
    assert (_import(folder).stopped, _import(folder).stopped) == (int(reason is not None), 0)
    customer.refresh_from_db()
    assert suppressed_tags("sms", [phone_tag(ANA)]).get(phone_tag(ANA)) == reason
    assert customer.sms_opt_out is (reason is not None)
    assert Message.objects.filter(needs_review=True).count() == int(reason == "stop_in_other_words")


def test_an_old_stop_does_not_undo_a_start_we_recorded(tenant: Tenant, tmp_path: Path) -> None:
    lift_suppression(channel="sms", address=ANA, source="start_keyword", event_key="inbound:SM1")
    assert _import(write_folder(tmp_path, {f"{ANA} - Text - {STAMP}": page(message("stop", sender=ANA))})).stopped == 0
    assert suppressed_tags("sms", [phone_tag(ANA)]) == {}


def test_the_command_sums_up_and_its_exit_code_tells(tenant: Tenant, tmp_path: Path) -> None:
    pages = {f"{ANA} - Text - {STAMP}": page(message("hi", sender=ANA)), f"{BEN} - Text - {STAMP}": "nothing"}
    folder = write_folder(tmp_path, pages)
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("import_google_voice", str(folder), tenant="shop", stdout=out)
    assert failed.value.returncode == 3
    assert "left out: +1512•••0143 - Text" in out.getvalue()
    assert "1  new messages" in out.getvalue()
    (folder / "Takeout" / "Voice" / "Calls" / f"{BEN} - Text - {STAMP}").unlink()
    call_command("import_google_voice", str(folder), tenant="shop", stdout=out)
    with pytest.raises(CommandError):
        call_command("import_google_voice", str(folder), tenant="nobody")


_LINES = st.lists(
    st.tuples(st.sampled_from([None, ANA, BEN]), st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs"]), max_size=20)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES)
def test_every_message_of_any_thread_goes_in_once(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory, lines: list) -> None:
    Conversation.objects.all().delete()
    texts = [message(body, sender=sender) for sender, body in lines]
    group = page(*texts, participants=[(ANA, "Ana"), (BEN, "Ben")])
    folder = write_folder(tmp_path_factory.mktemp("takeout"), {"Group Conversation - 1.html": group})
    assert _import(folder).messages_new == len(lines)
    assert _import(folder).messages_new == 0
    stored = sorted(_texts())
    assert stored == sorted(("outbound" if sender is None else "inbound", body.strip()) for sender, body in lines)
