"""Phones and emails that were replaced: who is to hear of it, and what is no change at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from customers.models import ContactChange, Customer
from servicepro.lib.fields import phone_tag
from servicepro.lib.tenancy import connection

Channel = ContactChange.Channel


@contextmanager
def contacts_moving() -> Iterator[None]:
    """Let addresses go from record to record, or back to what they were, without that counting as a change; in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('servicepro.moving_contacts', 'on', true)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('servicepro.moving_contacts', 'off', true)")


def note_replaced_contacts(kept: Customer, gone: Customer) -> None:
    """Note that the kept record's own phone or email stands for the person of a merge instead of the gone record's."""
    if kept.phone and gone.phone and phone_tag(kept.phone) != phone_tag(gone.phone):
        ContactChange.objects.create(customer=gone, channel=Channel.SMS, old_phone=gone.phone)
    if kept.email and gone.email and kept.email.strip().lower() != gone.email.strip().lower():
        ContactChange.objects.create(customer=gone, channel=Channel.EMAIL, old_email=gone.email.strip().lower())


def untold_contact_changes(limit: int) -> list[ContactChange]:
    """Return changes whose old address was not told yet, the oldest first, each with its customer."""
    return list(ContactChange.objects.filter(outcome="").select_related("customer").order_by("changed_at", "pk")[:limit])


def close_contact_change(change_id: int, outcome: str) -> None:
    """Write down what became of the notice, once, and let go of the old address."""
    changes = ContactChange.objects.filter(pk=change_id, outcome="")
    changes.update(outcome=outcome, old_phone=None, old_email=None)
