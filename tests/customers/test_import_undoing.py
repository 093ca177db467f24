"""The laws of taking a list back: all as it was before, except what people did since, and a reason for each of those."""

import datetime
import json
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.services import create_port_recovery_campaign, release_quiet_hours, start_campaign
from customers.errors import ImportNotReady, UndoTooLate
from customers.models import Conversation, Customer, ImportBatch, Participant, Suppression
from customers.selectors import import_by_id
from customers.services import (
    apply_import,
    confirm_import,
    lift_suppression,
    merge_customers,
    record_access,
    register_customer,
    suppress,
    undo_import,
    unmerge_customers,
)
from customers.types import UndoReport
from loyalty.services import grant_points
from servicepro.lib.fields import phone_tag
from tenants.accounts.models import AuditEntry
from tenants.models import Tenant
from tests.conftest import _clean
from tests.customers.import_worker import die, when_free
from tests.customers.lists import everybody, number, planned, written

ANA, BEN = number(1), number(2)
ANA_EMAIL = "ana@example.com"
HEADERS = (
    *("Name", "Mobile", "Home phone", "Email", "Birthday", "Notes", "Tags"),
    *("SMS consent", "Marketing consent", "Opted out", "Visits", "WhatsApp consent"),
)


def _undo(batch: ImportBatch) -> UndoReport:
    return undo_import(import_by_id(batch.pk), None)


def _kept(batch: ImportBatch) -> list[str]:
    return [reason for _row, reason in _undo(batch).kept]


_numbers = st.sampled_from([number(n) for n in range(6)])
_emails = st.sampled_from([f"{name}@example.com" for name in ("ana", "ben", "family")])
_names = st.sampled_from(["Ana", "Ana Lopez", "Ben", "Бен 😀"])
_answers = st.sampled_from(["", "yes", "no"])
_days = st.sampled_from(["", "1990-05-01", "1985-01-31"])
_words = st.sampled_from(["", "tea", "likes\ncoffee"])
_tags = st.sampled_from(["", "vip", "vip, gold", "new"])
_rows = st.tuples(
    st.one_of(_names, st.just("")), st.one_of(_numbers, st.just("12")), st.one_of(st.just(""), _numbers), st.one_of(st.just(""), _emails),
    _days, _words, _tags, _answers, _answers, st.sampled_from(["", "", "", "yes"]), st.sampled_from(["", "3", "4"]), _answers,
)  # fmt: skip
_known = st.fixed_dictionaries(
    {
        "name": _names | st.just(""),
        "phone": st.none() | _numbers,
        "email": st.none() | _emails,
        "birthday": st.none() | st.just(datetime.date(1990, 5, 1)),
        "notes": st.none() | st.just("old note"),
        "tags": st.sampled_from([[], ["vip"], ["old", "gold"]]),
        "extra": st.none() | st.just(json.dumps({"Visits": "3"})) | st.just(json.dumps({"Dog": "Rex"})),
        "other_phones": st.none() | st.just(json.dumps([number(5)])),
        "sms_consent": st.sampled_from([None, True, False]),
        "gdpr_marketing_consent": st.sampled_from([None, True, False]),
        "whatsapp_consent": st.sampled_from([None, True, False]),
        "opted_out": st.booleans(),
        "sms_opt_out": st.booleans(),
        "email_opt_out": st.booleans(),
    }
)
_people = st.lists(_known, max_size=4, unique_by=lambda person: person["phone"] or id(person))
_lists = st.lists(_rows, min_size=1, max_size=8)
_often = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _begin(people: list[dict[str, Any]], stopped: set[str]) -> None:
    _clean("shop")
    for person in people:
        Customer.objects.create(**person)
    for phone in sorted(stopped):
        suppress(channel="sms", address=phone, reason="stop_keyword", event_key=f"stop:{phone}")


@_often
@given(people=_people, rows=_lists, replace=st.booleans(), stopped=st.sets(_numbers, max_size=2))
def test_where_nobody_went_on_all_is_as_before(
    tenant: Tenant, people: list[dict[str, Any]], rows: list[tuple[str, ...]], replace: bool, stopped: set[str]
) -> None:
    _begin(people, stopped)
    before = everybody()
    batch = written(rows, HEADERS, replace_existing=replace)
    report = _undo(batch)
    assert everybody() == before
    assert report.kept == ()
    assert (report.removed, report.restored) == (batch.new_count, batch.changed_count + batch.merged_count)


@_often
@given(people=_people, one=_lists, other=_lists, replace=st.booleans())
def test_of_two_lists_the_later_taken_back_first_leaves_all_as_before(
    tenant: Tenant, people: list[dict[str, Any]], one: list[tuple[str, ...]], other: list[tuple[str, ...]], replace: bool
) -> None:
    _begin(people, set())
    before = everybody()
    first = written(one, HEADERS)
    between = everybody()
    second = written(other, HEADERS, replace_existing=replace)
    assert (_undo(second).kept, everybody()) == ((), between)
    assert (_undo(first).kept, everybody()) == ((), before)


@_often
@given(people=_people, one=_lists, other=_lists)
def test_of_two_lists_the_earlier_taken_back_first_loses_nothing_of_the_later(
    tenant: Tenant, people: list[dict[str, Any]], one: list[tuple[str, ...]], other: list[tuple[str, ...]]
) -> None:
    _begin(people, set())
    first, second = written(one, HEADERS), written(other, HEADERS)
    met = set(second.rows.exclude(applied_at=None).values_list("customer_id", flat=True))
    _undo(first)
    assert met <= set(Customer.objects.values_list("pk", flat=True))
    _undo(second)
    assert Customer.objects.count() <= len(people) + first.new_count


def test_two_lists_that_bring_different_people_go_in_either_order(tenant: Tenant) -> None:
    register_customer(name="Cid", phone_text=number(3))
    before = everybody()
    first, second = written([("Ana", ANA, ANA_EMAIL)]), written([("Ben", BEN, "")])
    assert (_undo(first).removed, _undo(second).removed) == (1, 1)
    assert everybody() == before


def test_who_is_in_a_later_list_stays_until_that_is_taken_back(tenant: Tenant) -> None:
    first, second = written([("Ana", ANA, "")]), written([("Ana", ANA, ANA_EMAIL)])
    assert _kept(first) == ["Kept, because they are in a later import as well."]
    assert (_undo(second).restored, Customer.objects.get().email) == (1, None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "Ana Lopez"}, "the name, phone or email was changed afterwards"),
        ({"phone": number(9)}, "the name, phone or email was changed afterwards"),
        ({"email": "new@example.com"}, "the name, phone or email was changed afterwards"),
        ({"notes": "prefers tea"}, "the record was changed afterwards"),
        ({"tags": ["vip"]}, "the record was changed afterwards"),
        ({"opted_out": True}, "the record was changed afterwards"),
        ({"sms_opt_out": True}, "the record was changed afterwards"),
        ({"gdpr_marketing_consent": True}, "the record was changed afterwards"),
        ({"birthday": datetime.date(1990, 1, 1)}, "the record was changed afterwards"),
        ({"registered_at": timezone.now()}, "they registered"),
        ({"invited_at": timezone.now()}, "they were invited"),
    ],
)
def test_somebody_the_list_brought_stays_where_they_were_changed(tenant: Tenant, fields: dict[str, Any], reason: str) -> None:
    batch = written([("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")])
    ana = Customer.objects.get(phone=ANA)
    for column, value in fields.items():
        setattr(ana, column, value)
    ana.save()
    assert _kept(batch) == [f"Kept, because {reason}."]
    assert list(Customer.objects.values_list("pk", flat=True)) == [ana.pk]
    for column, value in fields.items():
        assert getattr(Customer.objects.get(), column) == value


def test_who_has_points_stays(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, "")])
    grant_points(customer_ids=[Customer.objects.get().pk], points=500, reason="test", campaign_key="k")
    assert _kept(batch) == ["Kept, because they have points."]
    assert Customer.objects.get().loyalty_points_balance == 500


def test_who_is_in_a_campaign_stays(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, "")])
    campaign = create_port_recovery_campaign(created_by=None, name="apology")
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    assert _kept(batch) == ["Kept, because they are in a campaign."]


def test_who_is_in_a_conversation_stays(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, "")])
    conversation = Conversation.objects.create(source="twilio", external_key="c1")
    Participant.objects.create(conversation=conversation, phone=ANA, customer=Customer.objects.get())
    assert _kept(batch) == ["Kept, because they are in a conversation."]


def test_who_said_stop_themselves_stays_and_so_does_their_stop(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, "", "yes")], ("Name", "Phone", "Email", "SMS consent"))
    suppress(channel="sms", address=ANA, reason="stop_keyword", event_key="e1")
    assert _kept(batch) == ["Kept, because they said themselves what they allow."]
    assert Customer.objects.get().sms_opt_out and Suppression.objects.filter(lifted_at=None).exists()


def test_who_was_merged_since_stays_and_goes_once_they_are_two_again(tenant: Tenant) -> None:
    old = register_customer(name="Ana", phone_text=BEN)
    before = everybody()
    batch = written([("Ana", ANA, ANA_EMAIL)])
    merge = merge_customers(old, Customer.objects.get(phone=ANA), actor=None)
    assert _kept(batch) == ["Kept, because they were merged with another record."]
    assert Customer.objects.count() == 2
    unmerge_customers(merge, actor=None)
    assert everybody()[0] == before[0]


def test_a_change_of_a_known_person_stays_where_it_was_changed_again(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    batch = written([("Ana", ANA, ANA_EMAIL, "tea", "vip")], ("Name", "Phone", "Email", "Notes", "Tags"))
    ana = Customer.objects.get()
    ana.notes, ana.tags = "coffee", ["vip", "gold"]
    ana.save()
    assert _kept(batch) == ["Kept, because the note was changed afterwards."]
    ana.refresh_from_db()
    assert (ana.email, ana.notes, ana.tags) == (None, "coffee", ["gold"])


def test_points_of_a_known_person_do_not_keep_what_the_list_changed(tenant: Tenant) -> None:
    ana = register_customer(name="Ana", phone_text=ANA)
    batch = written([("Ana", ANA, ANA_EMAIL)])
    grant_points(customer_ids=[ana.pk], points=500, reason="test", campaign_key="k")
    assert _undo(batch).kept == ()
    ana.refresh_from_db()
    assert (ana.email, ana.loyalty_points_balance) == (None, 500)


def test_a_permission_given_again_since_stays(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    batch = written([("Ana", ANA, "yes")], ("Name", "Phone", "SMS consent"))
    lift_suppression(channel="sms", address=ANA, source="start_keyword", event_key="e2")
    assert _kept(batch) == ["Kept, because they said themselves what they allow."]
    assert Customer.objects.get().sms_consent is True


def test_the_refusals_a_list_brought_are_lifted_and_others_stay(tenant: Tenant) -> None:
    suppress(channel="sms", address=BEN, reason="stop_keyword", event_key="e1")
    rows = [("Ana", ANA, ANA_EMAIL, "yes"), ("Ben", BEN, "", "yes"), ("", number(3), "", "yes")]
    batch = written(rows, ("Name", "Phone", "Email", "Opted out"))
    assert set(Suppression.objects.filter(channel="sms", lifted_at=None).values_list("address_tag", flat=True)) == {
        phone_tag(phone) for phone in (ANA, BEN, number(3))
    }
    assert _undo(batch).kept == ()
    left = Suppression.objects.filter(lifted_at=None).values_list("channel", "address_tag", "reason")
    assert list(left) == [("sms", phone_tag(BEN), "stop_keyword")]


def test_a_refusal_two_lists_say_stays_until_both_are_taken_back(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    before = everybody()
    rows = [("Ana", ANA, ANA_EMAIL, "yes")]
    headers = ("Name", "Phone", "Email", "Opted out")
    first, second = written(rows, headers), written(rows, headers)
    assert second.unchanged_count == 1
    assert _kept(first) == ["Kept, because another list, “list.csv”, says what they allow as well."]
    assert Customer.objects.get().opted_out and Suppression.objects.filter(channel="sms", lifted_at=None).exists()
    third = written([("Ben", BEN, "")])
    _undo(third)  # has nothing to do with them
    assert Suppression.objects.filter(channel="sms", lifted_at=None).exists()
    _undo(second)
    # Whoever was kept out of caution stays out: nobody but they can say otherwise.
    assert Customer.objects.get().opted_out and everybody() != before


def test_where_another_list_and_the_person_spoke_the_person_is_named(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    first, _second = (written([("Ana", ANA, "yes")], ("Name", "Phone", "Opted out")) for _turn in range(2))
    suppress(channel="sms", address=ANA, reason="stop_keyword", event_key="e1")
    assert _kept(first) == ["Kept, because they said themselves what they allow."]


def test_the_list_that_spoke_last_is_named_with_room_for_the_sentence(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    batches = [written([("Ana", ANA, "yes")], ("Name", "Phone", "Opted out")) for _turn in range(3)]
    ImportBatch.objects.filter(pk=batches[2].pk).update(file_name="x" * 251 + ".csv")
    (reason,) = _kept(batches[0])
    assert reason == f"Kept, because another list, “{'x' * 59}…”, says what they allow as well."


def test_a_list_taken_back_no_longer_keeps_what_an_earlier_one_said(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    before = everybody()
    first = written([("Ana", ANA, "yes")], ("Name", "Phone", "Opted out"))
    second = written([("Ana", ANA, "yes")], ("Name", "Phone", "Opted out"))
    _undo(second)
    assert _undo(first).kept == ()
    assert everybody() == before


def test_an_import_can_be_taken_back_for_thirty_days(tenant: Tenant) -> None:
    early, late = written([("Ana", ANA, "")]), written([("Ben", BEN, "")])
    done = early.completed_at
    with time_machine.travel(done + datetime.timedelta(days=30, seconds=5)):
        with pytest.raises(UndoTooLate, match="30 days"):
            _undo(early)
        assert Customer.objects.count() == 2
    with time_machine.travel(late.completed_at + datetime.timedelta(days=30, seconds=-5), tick=False):
        assert _undo(late).removed == 1


def test_only_a_written_list_is_taken_back_and_only_once(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, "")])
    with pytest.raises(ImportNotReady, match="ready"):
        _undo(batch)
    apply_import(confirm_import(batch, None))
    _undo(batch)
    with pytest.raises(ImportNotReady, match="undone"):
        _undo(batch)
    assert AuditEntry.objects.filter(action="import_undone").count() == 1


def test_the_same_list_can_be_brought_again_after_it_was_taken_back(tenant: Tenant) -> None:
    rows = [("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")]
    first = written(rows)
    one = [person[:6] for person in everybody()]
    _undo(first)
    again = written(rows)
    assert (again.new_count, [person[:6] for person in everybody()]) == (2, one)


def test_who_looked_at_a_person_is_known_when_the_person_is_gone(tenant: Tenant) -> None:
    from customers.models import PersonalDataAccess

    batch = written([("Ana", ANA, "")])
    ana = Customer.objects.get()
    record_access(actor=None, action="view", customer=ana)
    assert _undo(batch).removed == 1
    line = PersonalDataAccess.objects.get()
    assert (line.customer_id, line.subject) == (None, f"customer:{ana.pk}")


@pytest.mark.parametrize(
    ("point", "calls"), [("_write_back", 1), ("_delete_people", 2), ("_undo_rows", 2), ("_lift_suppressions", 1), ("undo_report", 1)]
)
def test_an_undo_killed_at_any_point_is_finished_by_calling_it_again(tenant: Tenant, point: str, calls: int) -> None:
    for n in range(10):
        register_customer(name=f"Known {n}", phone_text=number(n))
    before = everybody()
    rows = [(f"Known {n}", number(n), f"known{n}@example.com", "") for n in range(10)]
    rows += [(f"New {n}", number(100 + n), "", "yes" if n % 2 else "") for n in range(20)]
    batch = written(rows, ("Name", "Phone", "Email", "Opted out"))
    assert die("undoing", batch, point, calls=calls)
    report = when_free(lambda: _undo(batch))
    assert everybody() == before
    assert (report.removed, report.restored, report.kept) == (20, 10, ())
    assert AuditEntry.objects.filter(action="import_undone").count() == 1


def test_what_undoing_asks_the_database_does_not_grow_with_the_list(tenant: Tenant) -> None:
    counts = []
    for rows, base in ((10, 0), (1_000, 1_000)):
        written([("Known", number(base + n), "") for n in range(0, rows, 2)])
        people = [
            (f"Person {n}", number(base + n), f"p{base + n}@example.com", "yes" if n % 3 else "no", "tea", "vip") for n in range(rows)
        ]
        batch = written(people, ("Name", "Phone", "Email", "SMS consent", "Notes", "Tags"))
        with CaptureQueriesContext(connection) as undo:
            report = _undo(batch)
        assert (report.removed, report.restored, report.kept) == (rows // 2, rows // 2, ())
        counts.append(len(undo))
    assert counts[0] == counts[1]
