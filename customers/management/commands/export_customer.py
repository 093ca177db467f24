"""Write everything held about one person into a zip file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from customers.services import customer_named, export_address, export_person
from servicepro.lib.commands import ServiceCommand
from tenants.selectors import tenant_by_schema


def add_person_arguments(parser: CommandParser) -> None:
    """Add ADDRESS and --id, of which exactly one is needed."""
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("address", nargs="?", metavar="PHONE_OR_EMAIL", help="a phone written any way, or an email; a record is not needed")
    whom.add_argument("--id", type=int, dest="customer_id", metavar="NUMBER", help="the customer's number")


class Command(ServiceCommand):
    """Export one person."""

    help = "Write everything held about one person, JSON and CSV, into a zip file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        add_person_arguments(parser)
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the zip file to write")

    def run(self, **options: Any) -> None:
        """Export, and say how much it was."""
        with tenant_context(tenant_by_schema(options["tenant"])):
            if options["customer_id"] is None:
                made = export_address(options["address"], actor=None)
            else:
                made = export_person(customer_named(customer_id=options["customer_id"]), actor=None)
        try:
            options["out"].write_bytes(made.content)
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}.") from error
        options["out"].chmod(0o600)
        self.stdout.write(f"{options['out']}: {made.rows:,} entries. It names a person: hand it over, then delete it.")
