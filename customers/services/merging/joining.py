"""Make two records one person, in one transaction."""

import json

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customers.errors import CannotMerge, UnknownMerge
from customers.models import Customer, CustomerMerge, MergeProposal, Participant
from customers.services.announcing import announced
from customers.services.consolidation import hold_joins
from customers.services.contacts import contacts_moving, note_replaced_contacts
from customers.services.merging.effects import tell_merged
from customers.services.merging.proposing import add_evidence
from customers.services.merging.records import columns_of, frozen, moves_phone, taken_over
from customers.types import MergeClue
from tenants.selectors import User
from tenants.services import record_action


def merge_customers(kept: Customer, gone: Customer, *, actor: User | None) -> CustomerMerge:
    """Make `gone` part of the person `kept`; both rows stay, and everything recorded stays where it was recorded.

    The kept record takes over what it lacks and every refusal, never loses a value, and gets the points through the ledger. What
    points at the gone record (consent, campaigns, ledger entries) is found through `same_person_as`. Raises CannotMerge for the
    same record twice, an erased one and records that are part of a merge already, and UnknownMerge where one does not exist.
    """
    with transaction.atomic():
        family = locked_family(kept.pk, gone.pk)
        if kept.pk not in family or gone.pk not in family:
            raise UnknownMerge("One of the two customers does not exist any more.")
        kept, gone = family[kept.pk], family[gone.pk]
        _check(kept, gone)
        merge = _join(kept, gone, family, actor)
        _answer_proposals(merge)
        merge.outcome = tell_merged(merge)
        merge.save(update_fields=["outcome"])
        record_action(actor, "customers_merged", f"customer:{kept.pk}", merge=merge.pk, gone=gone.pk)
    return merge


def locked_family(*ids: int) -> dict[int, Customer]:
    """Lock these records and all that are the same person as one of them, in the order of their ids; return them by id."""
    hold_joins()
    heads = set(ids)
    above = Customer.objects.filter(pk__in=heads).exclude(same_person_as=None)
    heads |= set(above.values_list("same_person_as_id", flat=True))
    rows = Customer.objects.select_for_update().filter(Q(pk__in=heads) | Q(same_person_as__in=heads)).order_by("pk")
    return {row.pk: row for row in rows}


def _check(kept: Customer, gone: Customer) -> None:
    if kept.pk == gone.pk:
        raise CannotMerge("A record cannot be merged with itself: choose two different ones.")
    if kept.erased_as or gone.erased_as:
        raise CannotMerge("One of the two people was erased: an erased record stays by itself.")
    above = dict(CustomerMerge.objects.filter(gone__in=(kept.pk, gone.pk), undone_at=None).values_list("gone_id", "kept_id"))
    if above.get(gone.pk) == kept.pk:
        raise CannotMerge("These two are merged already.")
    if above.get(kept.pk) == gone.pk:
        raise CannotMerge("These two are merged already, the other way round. Undo that merge to keep the other record.")
    if gone.pk in above:
        raise CannotMerge(f"That record is part of customer {above[gone.pk]} already. Undo that merge first.")
    if kept.pk in above:
        raise CannotMerge(f"The record to keep is part of customer {above[kept.pk]} now. Merge into that one.")


def _join(kept: Customer, gone: Customer, family: dict[int, Customer], actor: User | None) -> CustomerMerge:
    changes, participants = taken_over(kept, gone), Participant.objects.filter(customer=gone)
    before = {
        "kept": columns_of(kept),
        "gone": columns_of(gone),
        "changes": changes,
        "links": {row.pk: row.same_person_as_id for row in family.values()},
        "participants": list(participants.values_list("pk", flat=True)),
    }
    merge = CustomerMerge.objects.create(kept=kept, gone=gone, actor=actor, before=frozen(before))
    now = timezone.now()
    with contacts_moving(), announced(f"merge:{merge.pk}", actor=str(actor or ""), takes_back=True):
        if moves_phone(kept, gone):
            # A stop and a start arrive by phone, so the wish they leave goes where the phone goes.
            left = {"sms_opt_out": False, "whatsapp_consent": gone.whatsapp_consent or None}
            Customer.objects.filter(pk=gone.pk).update(phone=None, **left, updated_at=now)
        if changes:
            Customer.objects.filter(pk=kept.pk).update(**changes, updated_at=now)
    note_replaced_contacts(kept, gone)
    Customer.objects.filter(pk=kept.pk).update(same_person_as=None)
    Customer.objects.filter(pk__in=family.keys() - {kept.pk}).update(same_person_as=kept, updated_at=now)
    participants.update(customer=kept)
    return merge


def _answer_proposals(merge: CustomerMerge) -> None:
    """Close the question about this pair; ask the open ones about the gone record of the kept one instead."""
    pair, now = {merge.kept_id, merge.gone_id}, timezone.now()
    Status = MergeProposal.Status
    MergeProposal.objects.filter(first=min(pair), second=max(pair)).update(status=Status.MERGED, merge=merge, decided_at=now)
    about_gone = MergeProposal.objects.filter(Q(first=merge.gone_id) | Q(second=merge.gone_id), status=Status.OPEN)
    for proposal in about_gone.prefetch_related("evidence"):
        other = proposal.second_id if proposal.first_id == merge.gone_id else proposal.first_id
        first, second = sorted((other, merge.kept_id))
        carried, _is_new = MergeProposal.objects.get_or_create(first_id=first, second_id=second, defaults={"merge": merge})
        clues = [MergeClue(row.shared_field, row.record_kind, row.record_id) for row in proposal.evidence.all()]
        add_evidence(carried, clues)
        MergeProposal.objects.filter(pk=proposal.pk).update(status=Status.SUPERSEDED, merge=merge, decided_at=now)


def merge_record(merge: CustomerMerge) -> dict[str, dict]:
    """Return what a merge wrote down about the state before it; empty where one of the two was erased since."""
    return json.loads(merge.before) if merge.before else {}
