"""Erase a person in place: every holder lets go, the sums stay, and a certificate says what was done."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from customers.errors import CannotErase, UnknownCustomer
from customers.models import Customer, ErasureCertificate
from customers.services.privacy.mentions import erase_mentions
from customers.services.privacy.persons import person_of
from customers.services.privacy.registry import ProviderCopy, holders
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action


def erase_person(customer: Customer, *, actor: User | None, reason: str) -> ErasureCertificate:
    """Erase everybody behind this record and return the certificate; all of it or nothing.

    `reason` is one of ErasureCertificate.Reason. Names, addresses and texts go; points, the send ledger and consent events keep their
    sums under a surrogate; an address that ever refused stays suppressed. Raises CannotErase.
    """
    if reason not in ErasureCertificate.Reason.values:
        raise CannotErase(f"“{reason}” is no reason we know: use one of {', '.join(ErasureCertificate.Reason.values)}.")
    with transaction.atomic():
        _alone()
        customer = Customer.objects.select_for_update().get(pk=customer.pk)
        if customer.erased_as:
            raise CannotErase(f"This record was erased already: see certificate {customer.erased_as}.")
        person = person_of(customer)
        list(Customer.objects.select_for_update().filter(pk__in=person.customer_ids).order_by("pk"))
        known = holders()
        with _history_open():
            erased = {holder.name: dict(holder.erase(person)) for holder in known}
            erased["mentions"] = {"texts elsewhere that held the phone or email": erase_mentions(person)}
        certificate = ErasureCertificate.objects.create(
            id=person.surrogate,
            requested_by=actor,
            reason=reason,
            record_ids=list(person.customer_ids),
            erased={name: dict(+Counter(counts)) for name, counts in erased.items() if any(counts.values())},
            kept={holder.name: dict(holder.keeps) for holder in known if holder.keeps},
        )
        record_action(
            actor, "customer_erased", f"customer:{customer.pk}", certificate=str(certificate.pk), records=len(person.customer_ids)
        )
    return certificate


def _alone() -> None:
    """Erase one person at a time in a business: two at once would wait for each other's rows in different orders."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('erase'), hashtext(%s))", [connection.schema_name])


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
