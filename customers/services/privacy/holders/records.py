"""Their records, and why records were taken for one person."""

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from customers.models import ContactChange, Customer, CustomerMerge, JoinEvidence, MergeEvidence, MergeProposal
from customers.services.announcing import announced
from customers.services.merging.parting import forget_merges
from customers.services.privacy.blanking import blank_values
from customers.services.privacy.registry import Holder, Parts, Person, Row

KEPT = {
    *("loyalty_points_balance", "source", "created_at", "updated_at", "erased_as"),
    *("invited_at", "registered_at", "expired_at", "opted_out", "sms_opt_out", "email_opt_out"),
}


def _row(record: Customer) -> Row:
    return {field.name: getattr(record, field.attname) for field in Customer._meta.local_concrete_fields}


def _collect(person: Person) -> Parts:
    ids = person.customer_ids
    evidence = JoinEvidence.objects.filter(customer_id__in=ids).order_by("pk")
    merges = CustomerMerge.objects.filter(Q(kept__in=ids) | Q(gone__in=ids)).order_by("pk")
    proposals = MergeProposal.objects.filter(Q(first__in=ids) | Q(second__in=ids)).order_by("pk")
    changes = ContactChange.objects.filter(_changes_of(person)).order_by("pk")
    asked = MergeEvidence.objects.filter(proposal__in=proposals).order_by("pk")
    return {
        "records": [_row(record) for record in Customer.objects.filter(pk__in=ids).order_by("pk")],
        "joined_records": list(evidence.values("customer_id", "joined_kind", "joined_id", "shared_field", "created_at")),
        "replaced_contacts": list(changes.values("customer_id", "channel", "old_phone", "old_email", "changed_at")),
        "merges": [
            {"kept": merge.kept_id, "gone": merge.gone_id, "before": merge.before, "at": merge.created_at, "undone_at": merge.undone_at}
            for merge in merges
        ],
        "merge_questions": list(asked.values("proposal__status", "shared_field", "record_kind", "record_id", "created_at")),
    }


def _changes_of(person: Person) -> Q:
    """Return which replaced addresses are about this person: those of their records, and theirs on the records of others."""
    return Q(customer_id__in=person.customer_ids) | Q(old_phone__in=person.phones) | Q(old_email__in=person.emails)


def _erase(person: Person) -> Mapping[str, int]:
    ContactChange.objects.filter(customer_id__in=person.customer_ids).delete()
    ContactChange.objects.filter(_changes_of(person)).update(old_phone=None, old_email=None, outcome="erased")
    forgotten = forget_merges(person.customer_ids)
    values: dict[str, Any] = blank_values(Customer, kept=KEPT)
    # Nothing is sent to a record without an address anyway; the refusal also holds should somebody type one in again.
    values |= {"opted_out": True, "erased_as": person.surrogate, "updated_at": timezone.now()}
    with announced(f"erasure:{person.surrogate}", takes_back=True):
        records = Customer.objects.filter(pk__in=person.customer_ids).update(**values)
    return {"records": records, "merge snapshots": forgotten, "further numbers of others": _forget_further_phones(person)}


def _forget_further_phones(person: Person) -> int:
    """Take this person's numbers out of the further numbers of records that are somebody else's."""
    theirs = set(person.phones) - person.shared
    others = Customer.objects.filter(other_phones__isnull=False).exclude(pk__in=person.customer_ids)
    found = {record.pk: json.loads(record.other_phones or "[]") for record in others.only("pk", "other_phones").iterator(1_000)}
    having = {pk: [phone for phone in phones if phone not in theirs] for pk, phones in found.items() if theirs.intersection(phones)}
    for pk, left in having.items():
        Customer.objects.filter(pk=pk).update(other_phones=json.dumps(left) if left else None)
    return len(having)


HOLDER = Holder(
    name="records",
    models=frozenset(
        {
            *("customers.Customer", "customers.JoinEvidence", "customers.CustomerMerge", "customers.ContactChange"),
            *("customers.MergeProposal", "customers.MergeEvidence"),
        }
    ),
    collect=_collect,
    erase=_erase,
    keeps={"the empty records with their numbers and points": "the points ledger and the audit trail point at them"},
)
