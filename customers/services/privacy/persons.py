"""Gather everything that names one person: all their records, addresses, names and conversations."""

import json
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet

from customers.errors import UnknownCustomer
from customers.models import Conversation, Customer, ImportRow, MergeProposal, Message, Participant
from customers.services.privacy.registry import Person
from servicepro.lib.phone import Phone, parse_phone
from tenants.selectors import business_settings, current_tenant

PROVIDER_SOURCES = ("twilio", "whatsapp")  # conversations whose messages Twilio keeps a copy of


def customer_named(*, phone_text: str = "", customer_id: int | None = None) -> Customer:
    """Return the customer with this number (written any way) or id. Raises UnknownCustomer."""
    if customer_id is not None:
        found = Customer.objects.filter(pk=customer_id).first()
    else:
        phone, _email = _address(phone_text)
        found = Customer.objects.filter(phone=phone).order_by("pk").first() if phone else None
    if found is None:
        raise UnknownCustomer("There is no such customer in this business.")
    return found


def person_at(address: str) -> Person:
    """Return everything that names the person with this phone (written any way) or email, whether they have a record or not.

    Raises UnknownCustomer where the address is neither.
    """
    phone, email = _address(address)
    if not (phone or email):
        raise UnknownCustomer("This is neither a phone number nor an email address.")
    customer = Customer.objects.filter(Q(phone=phone) if phone else Q(email=email)).order_by("pk").first()
    customer = customer or (_with_further_phone(phone) if phone else None)
    if customer:
        return person_of(customer)
    return _gathered([], [], phones={phone} if phone else set(), emails={email} if email else set())


def _address(text: str) -> tuple[str, str]:
    """Return the phone (E.164) or the email that somebody typed; both empty where it is neither."""
    text = text.strip()
    if "@" not in text:
        parsed = parse_phone(text, current_tenant().region)
        return (parsed.e164, "") if isinstance(parsed, Phone) else ("", "")
    try:
        validate_email(text)
    except ValidationError:
        return "", ""
    return "", text.lower()


def _with_further_phone(phone: str) -> Customer | None:
    """Return the customer who has this as a further number; those are sealed, so each has to be opened."""
    having = Customer.objects.filter(other_phones__isnull=False).order_by("pk").iterator(1_000)
    return next((customer for customer in having if phone in _phones([customer])), None)


def person_of(customer: Customer) -> Person:
    """Return everything that names the person behind a record.

    Records are one person where they were found to be so, or where they share a phone or an email, unless somebody decided that
    they are two people.
    """
    records, strangers = _records_of(customer)
    return _gathered(records, strangers, phones=_phones(records), emails=_emails(records))


def _gathered(records: list[Customer], strangers: list[Customer], *, phones: set[str], emails: set[str]) -> Person:
    ids = tuple(record.pk for record in records)
    participants = list(Participant.objects.filter(Q(customer_id__in=ids) | Q(phone__in=phones)).order_by("pk"))
    phones |= {participant.phone for participant in participants if participant.phone}
    alone, groups = _conversations(participants)
    rows: list[Customer | Participant] = [*records, *participants]
    names = {name for row in rows if (name := row.name.strip())}
    theirs = Q(customer_id__in=ids) | Q(phone__in=phones) | Q(email__in=emails)
    others: list[QuerySet] = [
        Customer.objects.exclude(pk__in=ids),
        Participant.objects.exclude(pk__in=[participant.pk for participant in participants]),
        ImportRow.objects.exclude(theirs),
    ]
    at_provider = Message.objects.filter(conversation_id__in=alone, source__in=PROVIDER_SOURCES)
    return Person(
        customer_ids=ids,
        phones=tuple(sorted(phones)),
        emails=tuple(sorted(emails)),
        names=tuple(sorted(names)),
        lone_names=tuple(sorted(name for name in names if _is_lone(name, others))),
        unread_phones=tuple(sorted({raw for row in rows if (raw := row.phone_raw)})),
        conversation_ids=alone,
        group_conversation_ids=groups,
        provider_ids=tuple(at_provider.order_by("pk").values_list("external_key", flat=True)),
        shared=frozenset((phones & _phones(strangers)) | (emails & _emails(strangers))),
    )


def _is_lone(name: str, others: list[QuerySet]) -> bool:
    """Tell a full name that nobody else here has: it names this person wherever it stands."""
    ours = {current_tenant().name.lower(), business_settings().owner_name.lower()}
    is_full = len(name.split()) > 1 and name.lower() not in ours
    return is_full and not any(rows.filter(name__iexact=name).exists() for rows in others)


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
    return {phone for record in records for phone in (record.phone, *json.loads(record.other_phones or "[]")) if is_phone(phone)}


def is_phone(value: object) -> bool:
    """Tell a number from nothing, and from the word that stands where somebody else's number was erased."""
    return isinstance(value, str) and value.startswith("+")


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
