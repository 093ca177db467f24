"""The laws of making two records one person."""

import datetime
import json

import pytest
from django.db import connection, transaction
from django.utils import timezone

from customers.errors import CannotMerge, UnknownMerge
from customers.models import (
    ConsentEvent,
    Customer,
    MergeProposal,
)
from customers.selectors import consent_facts
from customers.services import (
    consolidate,
    merge_customers,
    propose_merge,
    register_customer,
    suppress,
    unmerge_customers,
)
from customers.types import MergeClue
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from tenants.accounts.models import AuditEntry, User
from tests.customers.merges import CLUE, A, B, C, balance, grant, in_conversation, person, state


def test_the_kept_record_is_filled_and_never_overwritten(tenant):
    kept = person("Ana", email="ana@example.com", tags=["vip"], extra=json.dumps({"Car": "red"}))
    gone = person(
        *["Anna S"], phone=A, phone_raw="512 555 0142", email="other@example.com", time_zone="America/Denver", notes="likes wax",
        birthday=datetime.date(1990, 5, 4), tags=["vip", "wax"], extra=json.dumps({"Car": "blue", "Dog": "Rex"}),
        other_phones=json.dumps([C]), registered_at=timezone.now(),
    )  # fmt: skip
    merge_customers(kept, gone, actor=None)
    kept.refresh_from_db()
    assert (kept.name, kept.email, kept.phone, kept.phone_raw) == ("Ana", "ana@example.com", A, "512 555 0142")
    assert (kept.time_zone, kept.notes, kept.birthday) == ("America/Denver", "likes wax", datetime.date(1990, 5, 4))
    assert (kept.tags, json.loads(kept.extra)) == (["vip", "wax"], {"Car": "red", "Dog": "Rex"})
    assert (json.loads(kept.other_phones), kept.registered_at) == ([C], gone.registered_at)
    gone.refresh_from_db()
    assert (gone.same_person_as_id, gone.name, gone.phone) == (kept.pk, "Anna S", None)


@pytest.mark.parametrize(
    "refusal",
    [
        *({"opted_out": True}, {"sms_opt_out": True}, {"email_opt_out": True}),
        *({"sms_consent": False}, {"gdpr_marketing_consent": False}, {"whatsapp_consent": False}),
    ],
)
@pytest.mark.parametrize("is_kept", [True, False])
def test_the_strictest_wish_wins_whoever_had_it(tenant, refusal, is_kept):
    allowed = {"sms_consent": True, "gdpr_marketing_consent": True, "whatsapp_consent": True}
    kept = person(phone=A, **allowed | (refusal if is_kept else {}))
    gone = person(phone=B, **allowed | ({} if is_kept else refusal))
    merge_customers(kept, gone, actor=None)
    kept.refresh_from_db()
    (column, value) = next(iter(refusal.items()))
    assert getattr(kept, column) is value
    facts = consent_facts([kept.pk, gone.pk])
    assert [getattr(facts[pk], column) for pk in (kept.pk, gone.pk)] == [value, value]


def test_a_permission_is_not_copied(tenant):
    kept, gone = person(phone=A), person(phone=B, sms_consent=True, gdpr_marketing_consent=True, whatsapp_consent=True)
    merge_customers(kept, gone, actor=None)
    kept.refresh_from_db()
    assert (kept.sms_consent, kept.gdpr_marketing_consent, kept.whatsapp_consent) == (None, None, None)


def test_points_move_through_the_ledger(tenant):
    kept, gone = person(phone=A), person(phone=B)
    grant(kept, 100), grant(gone, 250)
    merge = merge_customers(kept, gone, actor=None)
    assert (balance(kept), balance(gone)) == (350, 0)
    entries = PointsTransaction.objects.filter(kind="ADJUST").order_by("points").values_list("customer_id", "points", "source_key")
    assert list(entries) == [(gone.pk, -250, f"merge:{merge.pk}"), (kept.pk, 250, f"merge:{merge.pk}")]
    assert merge.outcome == ["250 points moved to the kept record."]
    assert drifting_balances() == []


def test_history_stays_where_it_was_written(tenant):
    kept, gone = person(phone=A), person(phone=B)
    suppress(channel="sms", address=B, reason="stop_keyword", event_key="e1")
    here = in_conversation(B, gone)
    merge_customers(kept, gone, actor=None)
    here.refresh_from_db()
    assert here.customer_id == kept.pk
    assert ConsentEvent.objects.exclude(source__startswith="merge:").get().customer_id == gone.pk
    assert consent_facts([kept.pk])[kept.pk].sms_opt_out


def test_a_merge_is_recorded_with_its_actor(tenant):
    owner, kept, gone = User.objects.get(email="owner@shop.example"), person(), person()
    merge = merge_customers(kept, gone, actor=owner)
    unmerge_customers(merge, actor=owner)
    entries = AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject", "details")
    details = {"merge": merge.pk, "gone": gone.pk}
    assert list(entries) == [
        (owner.pk, "customers_merged", f"customer:{kept.pk}", details),
        (owner.pk, "customers_unmerged", f"customer:{kept.pk}", details),
    ]


def test_what_cannot_be_merged_is_refused_with_a_reason(tenant):
    first, second, third = person("A"), person("B"), person("C")
    with pytest.raises(CannotMerge, match="with itself"):
        merge_customers(first, first, actor=None)
    merge_customers(first, second, actor=None)
    with pytest.raises(CannotMerge, match="merged already\\."):
        merge_customers(first, second, actor=None)
    with pytest.raises(CannotMerge, match="other way round"):
        merge_customers(second, first, actor=None)
    with pytest.raises(CannotMerge, match="part of customer"):
        merge_customers(third, second, actor=None)
    with pytest.raises(CannotMerge, match="Merge into that one"):
        merge_customers(second, third, actor=None)
    Customer.objects.filter(pk=third.pk).update(erased_as="3f0e2a4e-9a53-4f6a-8a57-0d8f0a4f7b6c")
    with pytest.raises(CannotMerge, match="erased"):
        merge_customers(first, third, actor=None)
    third.pk += 1
    with pytest.raises(UnknownMerge):
        merge_customers(first, third, actor=None)


def test_a_merge_that_fails_leaves_nothing(tenant, settings):
    kept, gone = person(phone=A), person(phone=B)
    grant(gone, 10)
    before = state()
    with pytest.raises(RuntimeError), transaction.atomic():
        merge_customers(kept, gone, actor=None)
        raise RuntimeError
    assert state() == before
    assert not PointsTransaction.objects.filter(kind="ADJUST").exists()


def test_the_state_before_is_encrypted_at_rest(tenant):
    kept, gone = person("Zebedee", email="zebedee@example.com"), person("Zeb", phone=A)
    merge_customers(kept, gone, actor=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT before FROM customers_customermerge")
        stored = cursor.fetchone()[0]
    assert "Zeb" not in stored and A not in stored


def test_open_questions_about_the_gone_record_are_asked_of_the_kept_one(tenant):
    first, second, third = person("A"), person("B"), person("C")
    propose_merge(first.pk, second.pk, [CLUE])
    propose_merge(second.pk, third.pk, [MergeClue("phone", "import_row", 4)])
    before = state()
    merge = merge_customers(first, second, actor=None)
    assert set(MergeProposal.objects.values_list("first_id", "second_id", "status")) == {
        (first.pk, second.pk, "merged"), (second.pk, third.pk, "superseded"), (first.pk, third.pk, "open"),
    }  # fmt: skip
    unmerge_customers(merge, actor=None)
    assert state() == before


def test_consolidation_keeps_merged_records_together_with_the_kept_one_as_head(tenant):
    older = register_customer(name="Old", phone_text=A, email="old@example.com")
    kept = register_customer(name="New", phone_text=B, email="new@example.com")
    merge = merge_customers(kept, older, actor=None)
    for _time in range(2):
        assert consolidate(write=True).people == 1
    older.refresh_from_db(), kept.refresh_from_db()
    assert (older.same_person_as_id, kept.same_person_as_id) == (kept.pk, None)
    unmerge_customers(merge, actor=None)
    assert consolidate(write=True).people == 2
    older.refresh_from_db()
    assert older.same_person_as_id is None


def test_a_consolidation_in_between_does_not_keep_the_records_together(tenant):
    oldest = register_customer(name="Oldest", phone_text=C, email="kept@example.com")
    kept = register_customer(name="Kept", phone_text=A, email="kept@example.com")
    gone = register_customer(name="Gone", phone_text=B)
    merge = merge_customers(kept, gone, actor=None)
    consolidate(write=True)
    assert set(Customer.objects.filter(same_person_as=oldest).values_list("pk", flat=True)) == {kept.pk, gone.pk}
    unmerge_customers(merge, actor=None)
    gone.refresh_from_db()
    assert gone.same_person_as_id is None


def test_a_merged_person_gets_one_text(tenant, simulator):
    from campaigns.services import create_port_recovery_campaign, drain, release_quiet_hours, start_campaign

    kept = register_customer(name="Ana", phone_text=A, email="a@example.com")
    gone = register_customer(name="Anna", phone_text=B, email="b@example.com")
    refusing = register_customer(name="Ben", phone_text=C)
    silent = register_customer(name="Benny", phone_text="+15125550145", sms_opt_out=True)
    merge_customers(kept, gone, actor=None)
    merge_customers(refusing, silent, actor=None)
    campaign = create_port_recovery_campaign(created_by=None, name="one-text")
    release_quiet_hours(campaign, actor=None)
    start_campaign(campaign, actor=None)
    campaign.refresh_from_db()
    drain(campaign)
    assert [text["to"] for text in simulator.texts()] == [A]
    assert (balance(kept), balance(refusing)) == (500, 500)
    assert drifting_balances() == []
