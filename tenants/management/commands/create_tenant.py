"""Create a business from the command line."""

import secrets
from typing import Any

from django.core.management.base import CommandParser

from servicepro.lib.commands import ServiceCommand
from tenants.services import provision_tenant


class Command(ServiceCommand):
    """Create a business with its schema, host name and owner."""

    help = "Create a business: its schema, host name, settings and owner account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        for option, text in (
            ("--schema", "short name, e.g. glamour"),
            ("--name", "the business's name as customers know it"),
            ("--domain", "host name, e.g. glamour.example.com"),
            ("--region", "country, two letters: how phone numbers are read"),
            ("--owner-email", "the owner signs in with this"),
        ):
            parser.add_argument(option, required=True, help=text)

    def run(self, **options: Any) -> None:
        """Create it and print the owner's first password, once."""
        password = secrets.token_urlsafe(12)
        tenant = provision_tenant(
            schema=options["schema"],
            name=options["name"],
            domain=options["domain"],
            region=options["region"],
            owner_email=options["owner_email"],
            owner_password=password,
        )
        self.stdout.write(f"{tenant.name} is ready. {options['owner_email']} signs in with: {password}")
