"""Erase a person in place and print the certificate."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from customers.management.commands.export_customer import add_person_arguments
from customers.models import Customer, ErasureCertificate
from customers.services import Person, customer_named, erase_address, erase_person, person_at, person_of, provider_copies
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.phone import mask_phone
from tenants.selectors import tenant_by_schema

CONFIRMATION = "erase"


class Command(ServiceCommand):
    """Erase one person."""

    help = "Erase one person in place: names, addresses and texts go, sums and refusals stay. Cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        add_person_arguments(parser)
        parser.add_argument("--reason", choices=ErasureCertificate.Reason.values, default=ErasureCertificate.Reason.ASKED.value)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, **options: Any) -> None:
        """Show who would go, ask, erase, and print the certificate."""
        with tenant_context(tenant_by_schema(options["tenant"])):
            customer = None if options["customer_id"] is None else customer_named(customer_id=options["customer_id"])
            self._show(person_of(customer) if customer else person_at(options["address"]))
            if not options["yes"]:
                self._ask()
            if customer:
                certificate = erase_person(customer, actor=None, reason=options["reason"])
            else:
                certificate = erase_address(options["address"], actor=None, reason=options["reason"])
            self._print(certificate)

    def _show(self, person: Person) -> None:
        for record in Customer.objects.filter(pk__in=person.customer_ids).order_by("pk"):
            self.stdout.write(f"  record {record.pk}: {record.name or 'no name'}, {mask_phone(record.phone)}")
        if not person.customer_ids:
            self.stdout.write(f"  no record, {len(person.conversation_ids) + len(person.group_conversation_ids):,} conversations")

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nobody is here to confirm: add --yes.")
        if input(f"This cannot be undone. Type “{CONFIRMATION}” to go on: ").strip().lower() != CONFIRMATION:
            raise CommandError("Nothing was erased.")

    def _print(self, certificate: ErasureCertificate) -> None:
        self.stdout.write(f"Certificate {certificate.pk}")
        for holder, counts in certificate.erased.items():
            for what, count in counts.items():
                self.stdout.write(f"{count:>8,}  {holder}: {what}")
        waiting = sum(copy.state == "waiting" for copy in provider_copies(certificate))
        if waiting:
            self.stdout.write(f"The provider is asked to remove its {waiting:,} copies within a minute, and again until it answers.")
