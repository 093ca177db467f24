"""The laws of making two records one person, and of taking it back."""

import datetime
import itertools
import json
import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.errors import CannotMerge, CannotUnmerge, UnknownMerge
from customers.models import (
    ConsentEvent,
    Conversation,
    Customer,
    CustomerMerge,
    MergeEvidence,
    MergeProposal,
    Participant,
    PersonalDataAccess,
)
from customers.selectors import consent_facts
from customers.services import (
    consolidate,
    dismiss_proposal,
    forget_merges,
    lift_suppression,
    merge_customers,
    propose_merge,
    propose_merges,
    register_customer,
    suppress,
    unmerge_customers,
)
from customers.types import MergeClue
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from loyalty.services import grant_points
from tenants.accounts.models import AuditEntry, User

A, B, C = "+15125550142", "+15125550143", "+15125550144"
CLUE = MergeClue("email", "customer", 1)
_keys = itertools.count(1)


def person(name: str = "Ana", **fields: Any) -> Customer:
    return Customer.objects.create(name=name, **fields)


def grant(customer: Customer, points: int) -> None:
    grant_points(customer_ids=[customer.pk], points=points, reason="test", campaign_key=f"k{next(_keys)}")


def spend(customer: Customer, points: int) -> None:
    PointsTransaction.objects.create(customer=customer, kind="REDEEM", points=-points, reason="test")
    fresh = Customer.objects.get(pk=customer.pk).loyalty_points_balance
    Customer.objects.filter(pk=customer.pk).update(loyalty_points_balance=fresh - points)


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def state() -> dict[str, list]:
    """Everything a merge may touch, in a comparable form; the moment of the last change is no part of it."""
    columns = [field.attname for field in Customer._meta.concrete_fields if field.attname != "updated_at"]
    return {
        "customers": [[getattr(row, column) for column in columns] for row in Customer.objects.order_by("pk")],
        "participants": list(Participant.objects.order_by("pk").values_list("pk", "customer_id")),
        "proposals": list(MergeProposal.objects.order_by("pk").values_list("first_id", "second_id", "status")),
    }


def in_conversation(phone: str, customer: Customer | None) -> Participant:
    conversation = Conversation.objects.create(source="twilio", external_key=f"c{next(_keys)}")
    return Participant.objects.create(conversation=conversation, phone=phone, customer=customer)


# Proposals


def test_records_with_one_email_are_proposed_once_and_never_joined(tenant):
    first, second = person(email="ana@example.com"), person(email=" ANA@example.com ")
    assert propose_merges() == 1
    assert propose_merges() == 0
    proposal = MergeProposal.objects.get()
    assert (proposal.first_id, proposal.second_id, proposal.status) == (first.pk, second.pk, "open")
    clues = set(proposal.evidence.values_list("shared_field", "record_kind", "record_id"))
    assert clues == {("email", "customer", second.pk), ("name", "customer", second.pk)}
    assert not Customer.objects.exclude(same_person_as=None).exists()


def test_a_number_in_the_others_conversation_is_evidence_with_its_row(tenant):
    first, second = person("Ana", phone=A), person("Ben", email="b@example.com")
    in_conversation(A, second)
    newest = in_conversation(A, second)
    assert propose_merges() == 1
    clue = MergeEvidence.objects.get()
    assert (clue.proposal.first_id, clue.proposal.second_id) == (first.pk, second.pk)
    assert (clue.shared_field, clue.record_kind, clue.record_id) == ("phone", "participant", newest.pk)


@pytest.mark.parametrize("theirs", [{"phone": B}, {"other_phones": json.dumps([C, B])}])
def test_a_further_number_is_evidence(tenant, theirs):
    person("Ana", phone=A, other_phones=json.dumps([B]))
    second = person("Ben", **theirs)
    assert propose_merges() == 1
    assert list(MergeEvidence.objects.values_list("shared_field", "record_id")) == [("other_phone", second.pk)]


def test_an_equal_name_alone_says_nothing(tenant):
    person("Ana Silva", phone=A)
    person("Ana Silva", phone=B)
    assert propose_merges() == 0


def test_an_address_on_many_records_is_a_placeholder(tenant):
    for number in range(11):
        person(f"P{number}", email="none@example.com")
    assert propose_merges() == 0


def test_a_group_is_proposed_in_as_many_pairs_as_it_has_others(tenant):
    oldest, *others = [person(f"P{number}", email="family@example.com") for number in range(5)]
    assert propose_merges() == 4
    assert set(MergeProposal.objects.values_list("first_id", "second_id")) == {(oldest.pk, other.pk) for other in others}


def test_a_clue_from_a_list_becomes_a_proposal_whatever_the_order(tenant):
    first, second = person("Ana"), person("Ben")
    proposal = propose_merge(second.pk, first.pk, [MergeClue("phone", "import_row", 7)])
    again = propose_merge(first.pk, second.pk, [MergeClue("email", "import_row", 7), MergeClue("phone", "import_row", 7)])
    assert (proposal.pk, proposal.first_id) == (again.pk, first.pk)
    assert again.evidence.count() == 2


def test_a_proposal_needs_evidence_and_two_people(tenant):
    first, second = person("Ana"), person("Ben")
    with pytest.raises(CannotMerge, match="Nothing says"):
        propose_merge(first.pk, second.pk, [])
    with pytest.raises(CannotMerge, match="same person already"):
        propose_merge(first.pk, first.pk, [CLUE])
    with pytest.raises(UnknownMerge):
        propose_merge(first.pk, second.pk + 1, [CLUE])
    merge_customers(first, second, actor=None)
    with pytest.raises(CannotMerge, match="same person already"):
        propose_merge(first.pk, second.pk, [CLUE])


def test_who_was_said_to_be_somebody_else_is_not_proposed_again(tenant):
    person(email="ana@example.com"), person(email="ana@example.com")
    propose_merges()
    proposal = MergeProposal.objects.get()
    dismiss_proposal(proposal, actor=User.objects.get(email="owner@shop.example"))
    assert propose_merges() == 0
    assert MergeProposal.objects.get().status == "dismissed"
    assert AuditEntry.objects.latest("pk").action == "merge_dismissed"
    with pytest.raises(CannotMerge, match="answered already"):
        dismiss_proposal(proposal, actor=None)


def test_the_database_keeps_one_question_a_pair_and_one_merge_a_record(tenant):
    first, second, third = person(), person(), person()
    with pytest.raises(IntegrityError), transaction.atomic():
        MergeProposal.objects.create(first=second, second=first)
    CustomerMerge.objects.create(kept=first, gone=second, before="{}")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerMerge.objects.create(kept=third, gone=second, before="{}")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerMerge.objects.create(kept=third, gone=third, before="{}")


# Merging


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
    [{"opted_out": True}, {"sms_opt_out": True}, {"email_opt_out": True}, {"sms_consent": False}, {"gdpr_marketing_consent": False}],
)
@pytest.mark.parametrize("is_kept", [True, False])
def test_the_strictest_wish_wins_whoever_had_it(tenant, refusal, is_kept):
    allowed = {"sms_consent": True, "gdpr_marketing_consent": True}
    kept = person(phone=A, **allowed | (refusal if is_kept else {}))
    gone = person(phone=B, **allowed | ({} if is_kept else refusal))
    merge_customers(kept, gone, actor=None)
    kept.refresh_from_db()
    (column, value) = next(iter(refusal.items()))
    assert getattr(kept, column) is value
    facts = consent_facts([kept.pk, gone.pk])
    assert [getattr(facts[pk], column) for pk in (kept.pk, gone.pk)] == [value, value]


def test_a_permission_is_not_copied(tenant):
    kept, gone = person(phone=A), person(phone=B, sms_consent=True, gdpr_marketing_consent=True)
    merge_customers(kept, gone, actor=None)
    kept.refresh_from_db()
    assert (kept.sms_consent, kept.gdpr_marketing_consent) == (None, None)


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
    assert ConsentEvent.objects.get().customer_id == gone.pk
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


# Un-merging


def test_undoing_brings_both_back(tenant):
    kept = person("Ana", email="ana@example.com", tags=["vip"])
    gone = person("Anna", phone=A, phone_raw="512", opted_out=True, sms_opt_out=True, notes="x", tags=["wax"], birthday="1990-05-04")
    follower = person("Anna again", same_person_as=gone)
    in_conversation(A, gone)
    grant(kept, 30), grant(gone, 70)
    propose_merge(kept.pk, gone.pk, [CLUE])
    before = state()
    merge = merge_customers(kept, gone, actor=None)
    follower.refresh_from_db()
    assert follower.same_person_as_id == kept.pk
    merge = unmerge_customers(merge, actor=None)
    assert state() == before
    assert drifting_balances() == []
    assert merge.outcome == ["70 points moved to the kept record.", "70 points went back."]
    assert merge.before == ""


def test_what_changed_after_the_merge_stays_and_is_named(tenant):
    kept, gone = person("", phone=A), person("Anna", phone=B, time_zone="America/Denver")
    merge = merge_customers(kept, gone, actor=None)
    Customer.objects.filter(pk=kept.pk).update(name="Ana Silva")
    merge = unmerge_customers(merge, actor=None)
    kept.refresh_from_db()
    assert (kept.name, kept.time_zone) == ("Ana Silva", "")
    assert "The name was changed after the merge and stays." in merge.outcome


def test_points_spent_since_stay_spent_and_that_is_said(tenant):
    kept, gone = person(phone=A), person(phone=B)
    grant(kept, 100), grant(gone, 250)
    merge = merge_customers(kept, gone, actor=None)
    spend(kept, 300)
    merge = unmerge_customers(merge, actor=None)
    assert (balance(kept), balance(gone)) == (0, 50)
    assert merge.outcome[-2:] == ["50 points went back.", "200 points were spent since the merge and could not go back."]
    assert drifting_balances() == []


def test_points_granted_to_the_gone_record_later_reach_the_person(tenant):
    first, second, third = person(phone=A), person(phone=B), person(phone=C)
    inner = merge_customers(second, third, actor=None)
    outer = merge_customers(first, second, actor=None)
    grant(third, 500)
    assert [balance(row) for row in (first, second, third)] == [500, 0, 0]
    unmerge_customers(outer, actor=None)
    assert [balance(row) for row in (first, second, third)] == [0, 500, 0]
    unmerge_customers(inner, actor=None)
    assert [balance(row) for row in (first, second, third)] == [0, 0, 500]
    assert drifting_balances() == []


def test_a_wish_said_after_the_merge_outlives_it(tenant):
    kept, gone = person(phone=A), person(phone=B, sms_opt_out=True)
    merge = merge_customers(kept, gone, actor=None)
    suppress(channel="sms", address=A, reason="stop_keyword", event_key="e1")
    merge = unmerge_customers(merge, actor=None)
    kept.refresh_from_db()
    assert kept.sms_opt_out
    assert "The person asked to be left alone after the merge; that stays." in merge.outcome


@pytest.mark.parametrize(("was_out", "is_out"), [(False, True), (True, False)])
def test_a_moved_phone_takes_the_wish_about_it_along_and_back(tenant, was_out, is_out):
    kept, gone = person(email="ana@example.com"), person(phone=A, sms_opt_out=was_out)
    merge = merge_customers(kept, gone, actor=None)
    assert consent_facts([kept.pk])[kept.pk].sms_opt_out is was_out
    (suppress(channel="sms", address=A, reason="stop", event_key="e1")) if is_out else (
        lift_suppression(channel="sms", address=A, source="start", event_key="e1")
    )
    assert consent_facts([kept.pk])[kept.pk].sms_opt_out is is_out
    unmerge_customers(merge, actor=None)
    gone.refresh_from_db()
    assert (gone.phone, gone.sms_opt_out) == (A, is_out)


def test_a_phone_that_belongs_to_somebody_else_by_now_does_not_go_back(tenant):
    kept, gone = person(), person(phone=A)
    merge = merge_customers(kept, gone, actor=None)
    Customer.objects.filter(pk=kept.pk).update(phone=B)
    taken = person("New", phone=A)
    merge = unmerge_customers(merge, actor=None)
    assert [Customer.objects.get(pk=row.pk).phone for row in (kept, gone, taken)] == [B, None, A]
    assert "Another record has the phone by now, so it does not go back." in merge.outcome


def test_a_conversation_that_began_after_the_merge_goes_to_whose_number_it_is(tenant):
    kept, gone = person(), person(phone=A)
    merge = merge_customers(kept, gone, actor=None)
    later = in_conversation(A, kept)
    unmerge_customers(merge, actor=None)
    later.refresh_from_db()
    assert later.customer_id == gone.pk


def test_merges_of_one_person_are_undone_in_reverse(tenant):
    first, second, third = person("A"), person("B"), person("C")
    earlier = merge_customers(first, second, actor=None)
    later = merge_customers(third, first, actor=None)
    with pytest.raises(CannotUnmerge, match=f"Undo merge {later.pk} first"):
        unmerge_customers(earlier, actor=None)
    unmerge_customers(later, actor=None)
    unmerge_customers(earlier, actor=None)
    with pytest.raises(CannotUnmerge, match="undone already"):
        unmerge_customers(earlier, actor=None)


def test_who_was_erased_cannot_be_brought_back(tenant):
    kept, gone, other = person("A"), person("B"), person("C")
    merge = merge_customers(kept, gone, actor=None)
    propose_merge(kept.pk, other.pk, [CLUE])
    assert forget_merges([gone.pk, kept.pk]) == 1
    assert CustomerMerge.objects.get().before == ""
    assert not MergeProposal.objects.filter(status="open").exists()
    with pytest.raises(CannotUnmerge, match="erased since"):
        unmerge_customers(merge, actor=None)


def test_two_may_be_merged_again_after_an_undo(tenant):
    kept, gone = person(phone=A), person(phone=B)
    grant(gone, 40)
    unmerge_customers(merge_customers(kept, gone, actor=None), actor=None)
    merge_customers(gone, kept, actor=None)
    assert (balance(kept), balance(gone)) == (0, 40)


# One person for everything that sends


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


# The owner's page


@pytest.fixture
def owner(tenant) -> Client:
    """A browser of the owner."""
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(User.objects.get(email="owner@shop.example"))
    return client


def test_the_page_shows_evidence_side_by_side_with_masked_phones(owner):
    first, second = person("Ana", phone=A, email="ana@example.com"), person("Anna", phone=B, email="ana@example.com", opted_out=True)
    owner.post("/admin/merges/look/")
    proposal = MergeProposal.objects.get()
    for path in ("/admin/merges/", f"/admin/merges/{proposal.pk}/"):
        page = owner.get(path).content.decode()
        assert A not in page and B not in page and "+1512•••0142" in page and "+1512•••0143" in page
        assert f"Same email (customer {second.pk})." in page and "asked to be left alone" in page
    assert f"Customer {first.pk}" in page
    assert list(PersonalDataAccess.objects.values_list("action", "how_many")) == [("view", 2), ("view", 2)]


def test_the_owner_merges_undoes_and_dismisses(owner):
    first, second = person("Ana", phone=A), person("Anna", phone=B)
    proposal = propose_merge(first.pk, second.pk, [CLUE])
    grant(first, 20)
    page = owner.post(f"/admin/merges/{proposal.pk}/merge/", {"kept": "0"}, follow=True).content.decode()
    assert "Choose which of the two" in page
    page = owner.post(f"/admin/merges/{proposal.pk}/merge/", {"kept": second.pk}, follow=True).content.decode()
    assert "Merged into Anna. You can undo it below." in page and "20 points moved" in page
    merge = CustomerMerge.objects.get()
    assert (merge.kept_id, merge.gone_id, merge.actor.email) == (second.pk, first.pk, "owner@shop.example")
    page = owner.post(f"/admin/merges/{proposal.pk}/merge/", {"kept": second.pk}, follow=True).content.decode()
    assert "These two are merged already." in page
    page = owner.post(f"/admin/merges/undo/{merge.pk}/", follow=True).content.decode()
    assert "Undone: both records are back." in page and "20 points went back." in page
    page = owner.post(f"/admin/merges/{proposal.pk}/dismiss/", follow=True).content.decode()
    assert "they are two people" in page and "Nobody to decide about" in page
    page = owner.get(f"/admin/merges/{proposal.pk}/", follow=True).content.decode()
    assert "This question was answered already." in page


def test_what_is_not_there_is_not_found(owner):
    for path in ("/admin/merges/9/merge/", "/admin/merges/9/dismiss/", "/admin/merges/undo/9/"):
        assert owner.post(path).status_code == 404
    assert owner.get("/admin/merges/9/").status_code == 404


def test_an_earlier_merge_waits_for_the_later_one(owner):
    first, second, third = person("A"), person("B"), person("C")
    merge_customers(first, second, actor=None)
    later = merge_customers(first, third, actor=None)
    page = owner.get("/admin/merges/").content.decode()
    assert f"Undo merge {later.pk} first" in page and page.count("Both records come back") == 1


def test_the_page_asks_the_database_as_often_for_a_thousand_pairs_as_for_ten(owner):
    def queries(pairs: int) -> int:
        rows = Customer.objects.bulk_create([Customer(name=f"P{number}") for number in range(2 * pairs)])
        for number in range(0, 2 * pairs, 2):
            first, second = rows[number], rows[number + 1]
            proposals.append(MergeProposal(first=first, second=second))
        made = MergeProposal.objects.bulk_create(proposals)
        MergeEvidence.objects.bulk_create(
            MergeEvidence(proposal=row, shared_field="phone", record_kind="participant", record_id=talk.pk) for row in made
        )
        CustomerMerge.objects.bulk_create(CustomerMerge(kept=row.first, gone=row.second, before="{}") for row in made)
        proposals.clear()
        with CaptureQueriesContext(connection) as captured:
            assert owner.get("/admin/merges/").status_code == 200
        return len(captured)

    proposals: list[MergeProposal] = []
    talk = in_conversation(A, None)
    owner.get("/admin/merges/")  # the first request of a connection asks a few more
    assert queries(10) == queries(990)


# At once, and in any order


def at_once(*works: Any) -> list[str]:
    """Run each work on a connection of its own, all starting together; return what came of each."""
    answers, gate = [], threading.Barrier(len(works))

    def run(work: Any) -> None:
        with schema_context("shop"):
            gate.wait(5)
            try:
                work()
                answers.append("done")
            except CannotMerge as error:
                answers.append(error.message)
        connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return sorted(answers)


@pytest.mark.parametrize("is_crossed", [False, True])
def test_of_two_merging_one_pair_at_once_exactly_one_does(tenant, is_crossed):
    kept, gone = person(phone=A), person(phone=B)
    grant(kept, 100), grant(gone, 200)
    pairs = [(kept, gone), (gone, kept) if is_crossed else (kept, gone)]
    answers = at_once(*(lambda pair=pair: merge_customers(*pair, actor=None) for pair in pairs))
    assert len(answers) == 2 and answers.count("done") == 1
    assert any("merged already" in answer for answer in answers)
    assert CustomerMerge.objects.count() == 1
    assert sorted((balance(kept), balance(gone))) == [0, 300]
    assert drifting_balances() == []


def test_a_circle_cannot_close(tenant):
    one, two, three = person("1"), person("2"), person("3")
    works = [lambda pair=pair: merge_customers(*pair, actor=None) for pair in ((one, two), (two, three), (three, one))]
    answers = at_once(*works)
    assert answers.count("done") <= 2
    heads = {row.pk: row.same_person_as_id for row in Customer.objects.all()}
    assert any(head is None for head in heads.values())
    assert all(head is None or heads[head] is None for head in heads.values())


def test_grants_and_a_merge_at_once_add_up(tenant):
    kept, gone = person(phone=A), person(phone=B)
    works = [lambda number=number: grant((kept, gone)[number % 2], 10) for number in range(6)]
    at_once(*works, lambda: merge_customers(kept, gone, actor=None))
    assert balance(kept) + balance(gone) == 60
    assert drifting_balances() == []


_STEPS = st.lists(
    st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4))
    | st.tuples(st.just("undo"), st.integers(0, 9), st.just(0))
    | st.tuples(st.just("grant"), st.integers(0, 4), st.integers(1, 50)),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, shapes=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=5, max_size=5))
def test_whatever_is_merged_and_undone_the_points_add_up_and_everything_comes_back(tenant, steps, shapes):
    Customer.objects.update(same_person_as=None)
    numbers = itertools.count(200)
    people = [
        person(
            f"P{index}" if named else "",
            phone=f"+1512555{next(numbers):04d}" if reachable else None,
            sms_opt_out=refuses,
            tags=[f"t{index}"],
            email=f"{next(_keys)}@example.com" if named else None,
        )
        for index, (named, reachable, refuses) in enumerate(shapes)
    ]
    granted, merges = 0, []
    for kind, one, two in steps:
        if kind == "grant":
            grant(people[one], two)
            granted += two
        elif kind == "merge":
            try:
                merges.append(merge_customers(people[one], people[two], actor=None))
            except CannotMerge:
                continue
        elif one < len(merges):
            try:
                unmerge_customers(merges[one], actor=None)
            except CannotUnmerge:
                continue
        assert sum(balance(row) for row in people) == granted
        assert drifting_balances() == []
    before_points = {row.pk: 0 for row in people}
    for merge in reversed(merges):
        if not CustomerMerge.objects.get(pk=merge.pk).undone_at:
            unmerge_customers(merge, actor=None)
    for row in people:
        fresh = Customer.objects.get(pk=row.pk)
        same = ("name", "phone", "email", "sms_opt_out", "tags", "same_person_as_id")
        assert [getattr(fresh, column) for column in same] == [getattr(row, column) for column in same]
        earned = PointsTransaction.objects.filter(customer=row, kind="EARN").values_list("points", flat=True)
        before_points[row.pk] = sum(earned)
        assert fresh.loyalty_points_balance == before_points[row.pk]
    for row in people:
        Customer.objects.filter(pk=row.pk).update(phone=None, email=None)
