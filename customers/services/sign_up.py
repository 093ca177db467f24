"""Register people who have proved that an address is theirs; somebody from a list is found again, and nobody is made twice."""

import uuid

from django.db import transaction
from django.utils import timezone

from customers.errors import UnknownCustomer
from customers.models import ConsentEvent, Customer
from customers.services.announcing import WORDING_CHARACTERS_MAX, announced
from customers.services.registration import clean_name
from customers.services.self_service import (
    SOURCE,
    accepts_offers,
    blocking_reason,
    records_of,
)
from customers.types import RegisteredPerson
from servicepro.lib.fields import phone_tag


def register_person(*, phone: str, name: str = "") -> RegisteredPerson:
    """Register whoever has proved this phone (E.164): the customer who has it, found by any record of theirs, or a new one.

    `name` is what they say they are called; empty leaves what is known. Registered before, they stay registered since then.
    """
    with transaction.atomic():
        record, is_new = Customer.objects.get_or_create(phone=phone, defaults={"name": clean_name(name), "source": SOURCE})
        return _registered(record.pk, clean_name(name), is_new=is_new)


def register_customer_by_id(customer_id: int, *, name: str = "") -> RegisteredPerson:
    """Register somebody who is known already, and signed in. Raises UnknownCustomer."""
    with transaction.atomic():
        return _registered(customer_id, clean_name(name), is_new=False)


def _registered(record_id: int, name: str, *, is_new: bool) -> RegisteredPerson:
    rows = _held_records(record_id)
    now, head = timezone.now(), next(row for row in rows if row.same_person_as_id is None)
    waiting = [row.pk for row in rows if row.registered_at is None]
    Customer.objects.filter(pk__in=waiting).update(registered_at=now, updated_at=now)
    if name and name != head.name:
        Customer.objects.filter(pk=head.pk).update(name=name, updated_at=now)
    return RegisteredPerson(
        customer_id=head.pk,
        is_new=is_new,
        is_imported=any(row.import_batch_id or row.invited_at for row in rows),
        is_first_time=len(waiting) == len(rows),
    )


def _held_records(record_id: int) -> list[Customer]:
    """Lock all records of a person in the order everybody locks them in; a merge that is just under way is waited for."""
    head_id: int | None = record_id
    while head_id is not None:
        found = Customer.objects.filter(pk=head_id).values_list("pk", "same_person_as_id").first()
        if found is None or found[1] is not None:
            head_id = found[1] if found else None
            continue
        rows = list(records_of(Customer(pk=head_id)).select_for_update(no_key=True).order_by("pk"))
        if any(row.pk == head_id and row.same_person_as_id is None for row in rows):
            return rows
    raise UnknownCustomer("There is no such customer in this business.")


def agree_to_texts(customer: Customer, *, wording: str) -> bool:
    """Record that somebody who registers wants offers by text, in the words they were shown; return whether that was news.

    It ends no refusal: who opted out, or texted STOP, stays so until they say otherwise where they can see that they did.
    """
    with transaction.atomic():
        rows = _held_records(customer.pk)
        tags = [phone_tag(row.phone) for row in rows if row.phone]
        is_known = all(row.sms_consent for row in rows)
        if not tags or is_known or not accepts_offers(rows, "sms") or blocking_reason(rows, "sms"):
            return False
        with announced(SOURCE, actor=f"customer:{customer.pk}", wording=wording, is_told=True):
            Customer.objects.filter(pk__in=[row.pk for row in rows]).update(sms_consent=True, updated_at=timezone.now())
        ConsentEvent.objects.create(
            customer_id=customer.pk,
            channel="sms",
            address_tag=tags[0],
            action=ConsentEvent.Action.GRANTED,
            source=SOURCE,
            wording=wording[:WORDING_CHARACTERS_MAX],
            actor=f"customer:{customer.pk}",
            event_key=f"portal:{uuid.uuid4()}",
        )
    return True
