"""Erase a person in place: every holder lets go, the sums stay, and a certificate says what was done."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from customers.errors import CannotErase, UnknownCustomer
from customers.models import Customer, ErasureCertificate
from customers.services.privacy.mentions import erase_mentions
from customers.services.privacy.persons import person_at, person_of
from customers.services.privacy.registry import Person, ProviderCopy, holders
from customers.services.standstill import nobody_written_meanwhile
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

NOBODY_THERE = "Nothing is held that names somebody with this phone or email."
UNDER_A_HASH = {"consent", "consent_changes", "soft_bounces", "suppressions", "sends", "provider_events"}


def erase_person(customer: Customer, *, actor: User | None, reason: str) -> ErasureCertificate:
    """Erase everybody behind this record and return the certificate; all of it or nothing.

    `reason` is one of ErasureCertificate.Reason. Names, addresses and texts go; points, the send ledger and consent events keep their
    sums under a surrogate; an address that ever refused stays suppressed. Raises CannotErase.
    """
    _check(reason)
    with transaction.atomic():
        nobody_written_meanwhile()
        customer = Customer.objects.select_for_update().get(pk=customer.pk)
        if customer.erased_as:
            raise CannotErase(f"This record was erased already: see certificate {customer.erased_as}.")
        return _erase(person_of(customer), actor=actor, reason=reason, subject=f"customer:{customer.pk}")


def erase_address(address: str, *, actor: User | None, reason: str) -> ErasureCertificate:
    """Erase whoever has this phone or email, with a customer record or without one, and return the certificate.

    For people who only wrote to the business, stand on a list or were written to. Raises CannotErase, also where nothing is held
    (any more) that names them, and UnknownCustomer where the address is neither a phone nor an email.
    """
    _check(reason)
    with transaction.atomic():
        nobody_written_meanwhile()
        person = person_at(address)
        if not names_somebody(person):
            raise CannotErase(NOBODY_THERE)
        subject = f"customer:{person.customer_ids[0]}" if person.customer_ids else f"certificate:{person.surrogate}"
        return _erase(person, actor=actor, reason=reason, subject=subject)


def names_somebody(person: Person) -> bool:
    """Tell whether anything is held that names this person; what only stands under a keyed hash does not."""
    parts = [part for holder in holders() for name, part in holder.collect(person).items() if name not in UNDER_A_HASH]
    return any(parts)


def _check(reason: str) -> None:
    if reason not in ErasureCertificate.Reason.values:
        raise CannotErase(f"“{reason}” is no reason we know: use one of {', '.join(ErasureCertificate.Reason.values)}.")


def _erase(person: Person, *, actor: User | None, reason: str, subject: str) -> ErasureCertificate:
    with transaction.atomic():
        list(Customer.objects.select_for_update().filter(pk__in=person.customer_ids).order_by("pk"))
        known = holders()
        with _history_open():
            erased = {holder.name: dict(holder.erase(person)) for holder in known}
            erased["mentions"] = {"texts elsewhere that named them": erase_mentions(person)}
        certificate = ErasureCertificate.objects.create(
            id=person.surrogate,
            requested_by=actor,
            reason=reason,
            record_ids=list(person.customer_ids),
            erased={name: dict(+Counter(counts)) for name, counts in erased.items() if any(counts.values())},
            kept={holder.name: dict(holder.keeps) for holder in known if holder.keeps},
        )
        record_action(actor, "customer_erased", subject, certificate=str(certificate.pk), records=len(person.customer_ids))
    return certificate


@contextmanager
def _history_open() -> Iterator[None]:
    """Let the append-only tables be changed, and close them again where the transaction goes on; a failure ends it anyway."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('servicepro.erase', 'on', true)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('servicepro.erase', 'off', true)")


def certificate_by_id(certificate_id: uuid.UUID) -> ErasureCertificate:
    """Return a certificate of this business. Raises UnknownCustomer."""
    found = ErasureCertificate.objects.select_related("requested_by").filter(pk=certificate_id).first()
    if found is None:
        raise UnknownCustomer("There is no such certificate in this business.")
    return found


def provider_copies(certificate: ErasureCertificate) -> list[ProviderCopy]:
    """Return what providers were asked to remove for this certificate, and what they answered."""
    asked = [holder.provider_copies for holder in holders() if holder.provider_copies]
    return [copy for ask in asked for copy in ask(certificate.pk)]
