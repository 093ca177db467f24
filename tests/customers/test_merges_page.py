"""The owner's page of who may be one person."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import (
    Customer,
    CustomerMerge,
    MergeEvidence,
    MergeProposal,
    PersonalDataAccess,
)
from customers.services import (
    merge_customers,
    propose_merge,
)
from tests.customers.merges import CLUE, A, B, grant, in_conversation, person


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
