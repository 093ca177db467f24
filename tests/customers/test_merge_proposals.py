"""The laws of asking whether two records are one person."""

import json

import pytest
from django.db import IntegrityError, transaction

from customers.errors import CannotMerge, UnknownMerge
from customers.models import (
    Customer,
    CustomerMerge,
    MergeEvidence,
    MergeProposal,
)
from customers.services import (
    dismiss_proposal,
    merge_customers,
    propose_merge,
    propose_merges,
)
from customers.types import MergeClue
from tenants.accounts.models import AuditEntry, User
from tests.customers.merges import CLUE, A, B, C, in_conversation, person


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
