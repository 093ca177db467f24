"""Take a merge back: both records as they were, except for what happened since."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.errors import CannotUnmerge, UnknownMerge
from customers.models import ConsentEvent, Customer, CustomerMerge, MergeProposal, Participant, Suppression
from customers.services.announcing import announced
from customers.services.contacts import contacts_moving
from customers.services.merging.effects import tell_unmerged
from customers.services.merging.joining import locked_family, merge_record
from customers.services.merging.records import REFUSALS, thawed
from servicepro.lib.fields import email_tag, phone_tag
from tenants.selectors import User
from tenants.services import record_action


def unmerge_customers(merge: CustomerMerge, *, actor: User | None) -> CustomerMerge:
    """Bring both records of a merge back and return it, its `outcome` saying what was kept and why.

    A value that was changed after the merge stays on the kept record, and so does every refusal where the person asked again to
    be left alone. Points go back as far as the kept record still has them. Raises CannotUnmerge where it is undone already, a
    later merge of the same person stands on it, or one of the two was erased.
    """
    with transaction.atomic():
        family = locked_family(merge.kept_id, merge.gone_id)
        found = CustomerMerge.objects.select_for_update().filter(pk=merge.pk).first()
        if found is None:
            raise UnknownMerge("There is no such merge.")
        merge = found
        _check(merge)
        record = merge_record(merge)
        with contacts_moving(), announced(f"unmerge:{merge.pk}", actor=str(actor or ""), takes_back=True):
            sentences = _part(merge, record, family)
        sentences += tell_unmerged(merge)
        _reopen_proposals(merge)
        merge.outcome, merge.undone_at, merge.undone_by = [*merge.outcome, *sentences], timezone.now(), actor
        merge.before = ""  # served its purpose; what people were is not kept twice
        merge.save(update_fields=["before", "outcome", "undone_at", "undone_by"])
        record_action(actor, "customers_unmerged", f"customer:{merge.kept_id}", merge=merge.pk, gone=merge.gone_id)
    return merge


def forget_merges(customer_ids: Collection[int]) -> int:
    """Wipe what merges wrote down about these people, so that nothing can bring them back; return how many merges it was.

    For erasing a person: the merges themselves stay as facts about numbers, open questions about the people go.
    """
    with transaction.atomic():
        MergeProposal.objects.filter(Q(first__in=customer_ids) | Q(second__in=customer_ids)).delete()
        return CustomerMerge.objects.filter(Q(kept__in=customer_ids) | Q(gone__in=customer_ids)).update(before="")


def _check(merge: CustomerMerge) -> None:
    if merge.undone_at:
        raise CannotUnmerge("This merge is undone already.")
    if not merge.before:
        raise CannotUnmerge("One of the two people was erased since: there is nothing to bring back.")
    later = standing_on(merge)
    if later:
        raise CannotUnmerge(f"Undo merge {later} first: it came later and is about the same person.")


def standing_on(merge: CustomerMerge) -> int | None:
    """Return the latest merge of the same person that came after this one and is not undone."""
    later = CustomerMerge.objects.filter(Q(kept=merge.kept_id) | Q(gone=merge.kept_id), undone_at=None, pk__gt=merge.pk)
    return later.order_by("-pk").values_list("pk", flat=True).first()


def _part(merge: CustomerMerge, record: dict[str, Any], family: dict[int, Customer]) -> list[str]:
    kept, gone = family[merge.kept_id], family[merge.gone_id]
    was_kept, was_gone, changes = (thawed(record[part]) for part in ("kept", "gone", "changes"))
    untouched = {column for column, value in changes.items() if getattr(kept, column) == value}
    sentences = [
        f"The {_words(column)} was changed after the merge and stays." for column in sorted(changes.keys() - untouched - {"phone"})
    ]
    restored = {column: was_kept[column] for column in untouched}
    after = {"phone": kept.phone, "email": kept.email, **restored}
    own = {address for address in (after["phone"], after["email"]) if address}
    refused = {column for column in restored if column in REFUSALS}
    if refused and _asked_again(merge, own):
        restored = {column: value for column, value in restored.items() if column not in refused}
        sentences.append("The person asked to be left alone after the merge; that stays.")
    now = timezone.now()
    if restored:
        Customer.objects.filter(pk=kept.pk).update(**restored, updated_at=now)
    if "phone" in changes:
        sentences += _return_phone(merge, was_gone)
    _part_links(merge, record["links"], family)
    mine = Q(pk__in=record["participants"])
    if was_gone["phone"]:
        mine |= Q(phone=was_gone["phone"], conversation__created_at__gt=merge.created_at)
    Participant.objects.filter(mine, customer=kept).update(customer=gone)
    return sentences


def _words(column: str) -> str:
    return column.removesuffix("_id").replace("_", " ")


def _asked_again(merge: CustomerMerge, addresses: set[str]) -> bool:
    tags = [email_tag(address) if "@" in address else phone_tag(address) for address in addresses]
    said = _said_since(merge).filter(action=ConsentEvent.Action.WITHDRAWN, address_tag__in=tags)
    return said.exists()


def _said_since(merge: CustomerMerge) -> QuerySet[ConsentEvent]:
    """Return what was said after a merge; what merges moved from record to record, nobody said."""
    moved = Q(source__startswith="merge:") | Q(source__startswith="unmerge:")
    return ConsentEvent.objects.filter(created_at__gt=merge.created_at).exclude(moved)


def _return_phone(merge: CustomerMerge, was_gone: dict[str, Any]) -> list[str]:
    """Give the moved phone back with the wishes about texts and WhatsApp it carries now."""
    phone = was_gone["phone"]
    if Customer.objects.filter(phone=phone).exists():
        return ["Another record has the phone by now, so it does not go back."]
    said = _said_since(merge).filter(address_tag=phone_tag(phone)).exclude(action=ConsentEvent.Action.CLEARED)
    since = said.order_by("created_at", "pk")
    last = dict(since.values_list("channel", "action"))
    wishes = {"sms_opt_out": was_gone["sms_opt_out"], "whatsapp_consent": was_gone.get("whatsapp_consent")}
    if by_text := last.get(Suppression.Channel.SMS):
        wishes["sms_opt_out"] = by_text == ConsentEvent.Action.WITHDRAWN
    if on_whatsapp := last.get(Suppression.Channel.WHATSAPP):
        wishes["whatsapp_consent"] = on_whatsapp == ConsentEvent.Action.GRANTED
    Customer.objects.filter(pk=merge.gone_id).update(phone=phone, **wishes, updated_at=timezone.now())
    return []


def _part_links(merge: CustomerMerge, recorded: dict[str, int | None], family: dict[int, Customer]) -> None:
    """Point every record of the person where it pointed before, unless it was found to be somebody else's since."""
    before = {int(pk): head for pk, head in recorded.items()}
    links = {pk: row.same_person_as_id for pk, row in family.items()}
    apart = {pk for pk in before if _top(before, pk) == _top(before, merge.gone_id) != _top(before, merge.kept_id)}
    is_ours = {pk for pk in before.keys() & links.keys() if pk in apart or links[pk] is None or links[pk] in before}
    links |= {pk: before[pk] for pk in is_ours}
    for pk in is_ours:
        head = None if before[pk] is None else _top(links, pk)
        Customer.objects.filter(pk=pk).exclude(same_person_as=head).update(same_person_as=head, updated_at=timezone.now())


def _top(links: dict[int, int | None], pk: int) -> int:
    """Follow links to the record that points at none."""
    seen: set[int] = set()
    while (above := links.get(pk)) is not None and pk not in seen:
        seen.add(pk)
        pk = above
    return pk


def _reopen_proposals(merge: CustomerMerge) -> None:
    Status = MergeProposal.Status
    MergeProposal.objects.filter(merge=merge, status=Status.OPEN).delete()
    answered = MergeProposal.objects.filter(merge=merge, status__in=(Status.MERGED, Status.SUPERSEDED))
    answered.update(status=Status.OPEN, merge=None, decided_at=None)
