"""Gather everything that names one person: all their records, addresses, names and conversations."""

import json
from collections.abc import Collection

from django.db.models import Q

from customers.errors import UnknownCustomer
from customers.models import Conversation, Customer, MergeProposal, Message, Participant
from customers.services.privacy.registry import Person
from servicepro.lib.phone import Phone, parse_phone
from tenants.selectors import current_tenant

PROVIDER_SOURCE = "twilio"


def customer_named(*, phone_text: str = "", customer_id: int | None = None) -> Customer:
    """Return the customer with this number (written any way) or id. Raises UnknownCustomer."""
    if customer_id is not None:
        found = Customer.objects.filter(pk=customer_id).first()
    else:
        parsed = parse_phone(phone_text, current_tenant().region)
        found = Customer.objects.filter(phone=parsed.e164).order_by("pk").first() if isinstance(parsed, Phone) else None
    if found is None:
        raise UnknownCustomer("There is no such customer in this business.")
    return found


def person_of(customer: Customer) -> Person:
    """Return everything that names the person behind a record.

    Records are one person where they were found to be so, or where they share a phone or an email, unless somebody decided that
    they are two people.
    """
    records, strangers = _records_of(customer)
    phones = _phones(records)
    ids = tuple(record.pk for record in records)
    participants = list(Participant.objects.filter(Q(customer_id__in=ids) | Q(phone__in=phones)).order_by("pk"))
    phones |= {participant.phone for participant in participants if participant.phone}
    emails = _emails(records)
    alone, groups = _conversations(participants)
    rows: list[Customer | Participant] = [*records, *participants]
    return Person(
        customer_ids=ids,
        phones=tuple(sorted(phones)),
        emails=tuple(sorted(emails)),
        names=tuple(sorted({name for row in rows if (name := row.name.strip())})),
        unread_phones=tuple(sorted({raw for row in rows if (raw := row.phone_raw)})),
        conversation_ids=alone,
        group_conversation_ids=groups,
        provider_ids=tuple(
            Message.objects.filter(conversation_id__in=alone, source=PROVIDER_SOURCE).order_by("pk").values_list("external_key", flat=True)
        ),
        shared=frozenset((phones & _phones(strangers)) | (emails & _emails(strangers))),
    )


def _records_of(customer: Customer) -> tuple[list[Customer], list[Customer]]:
    """Return all records of this person, the oldest first, and those that share an address but were decided to be others."""
    found: dict[int, Customer] = {customer.pk: customer}
    strangers: dict[int, Customer] = {}
    fresh: Collection[Customer] = [customer]
    while fresh:
        heads = {record.same_person_as_id or record.pk for record in fresh}
        same = Q(pk__in=heads) | Q(same_person_as_id__in=heads) | Q(phone__in=_phones(fresh)) | Q(email__in=_emails(fresh))
        near = [record for record in Customer.objects.filter(same) if record.pk not in found and record.pk not in strangers]
        others = _decided_to_be_others(found, [record.pk for record in near])
        strangers |= {record.pk: record for record in near if record.pk in others}
        fresh = [record for record in near if record.pk not in others]
        found |= {record.pk: record for record in fresh}
    return [found[pk] for pk in sorted(found)], list(strangers.values())


def _decided_to_be_others(found: Collection[int], asked: Collection[int]) -> set[int]:
    dismissed = MergeProposal.objects.filter(status=MergeProposal.Status.DISMISSED)
    pairs = dismissed.filter(Q(first__in=found, second__in=asked) | Q(second__in=found, first__in=asked))
    return {pk for pair in pairs.values_list("first_id", "second_id") for pk in pair} - set(found)


def _phones(records: Collection[Customer]) -> set[str]:
    return {phone for record in records for phone in (record.phone, *json.loads(record.other_phones or "[]")) if phone}


def _emails(records: Collection[Customer]) -> set[str]:
    return {record.email.strip().lower() for record in records if record.email}


def _conversations(participants: list[Participant]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the ids of the conversations with these people alone, and of those with others in them."""
    ids = {participant.conversation_id for participant in participants}
    others = set(
        Participant.objects.filter(conversation_id__in=ids)
        .exclude(pk__in=[participant.pk for participant in participants])
        .values_list("conversation_id", flat=True)
    )
    groups = others | set(Conversation.objects.filter(pk__in=ids, is_group=True).values_list("pk", flat=True))
    return tuple(sorted(ids - groups)), tuple(sorted(groups))
