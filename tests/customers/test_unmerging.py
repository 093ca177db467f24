"""The laws of taking a merge back."""

import pytest

from customers.errors import CannotUnmerge
from customers.models import (
    Customer,
    CustomerMerge,
    MergeProposal,
)
from customers.selectors import consent_facts
from customers.services import (
    forget_merges,
    lift_suppression,
    merge_customers,
    propose_merge,
    suppress,
    unmerge_customers,
)
from loyalty.selectors import drifting_balances
from tests.customers.merges import CLUE, A, B, C, balance, grant, in_conversation, person, spend, state


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


@pytest.mark.parametrize("was", [None, True, False])
@pytest.mark.parametrize("said", [None, True, False])
def test_a_moved_phone_takes_the_wish_about_whatsapp_along_and_back(tenant, was, said):
    kept, gone = person(email="ana@example.com"), person(phone=A, whatsapp_consent=was)
    merge = merge_customers(kept, gone, actor=None)
    assert consent_facts([kept.pk])[kept.pk].whatsapp_consent is was
    if said is not None:
        change = lift_suppression if said else suppress
        change(channel="whatsapp", address=A, event_key="e1", **({"source": "start"} if said else {"reason": "stop"}))
    expected = was if said is None else said
    assert consent_facts([kept.pk])[kept.pk].whatsapp_consent is expected
    unmerge_customers(merge, actor=None)
    gone.refresh_from_db()
    assert (gone.phone, gone.whatsapp_consent) == (A, expected)


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
