"""Show which businesses wait for a number of the platform's, or write down what became of their wish."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import tenant_context

from messaging.errors import UnknownNumber
from messaging.selectors import open_number_request
from messaging.services import settle_number_request
from tenants.errors import UnknownTenant
from tenants.selectors import tenants_named


class Command(BaseCommand):
    """List open requests; with --done or --declined settle the one of a business."""

    help = "List the businesses that asked for a number; --tenant NAME --done (or --declined) settles the one of a business."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a business and what became of its wish."""
        parser.add_argument("--tenant", help="schema name of the business")
        outcome = parser.add_mutually_exclusive_group()
        outcome.add_argument("--done", action="store_const", dest="outcome", const="done", help="it has its number")
        outcome.add_argument("--declined", action="store_const", dest="outcome", const="declined", help="it gets none")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or settle. Raises CommandError."""
        if options["outcome"] and not options["tenant"]:
            raise CommandError("Name the business with --tenant.")
        try:
            tenants = tenants_named(options["tenant"])
        except UnknownTenant as error:
            raise CommandError(error.message) from error
        for tenant in tenants:
            with tenant_context(tenant):
                if options["outcome"]:
                    self._settle(options["outcome"])
                elif asked := open_number_request():
                    wish = f"area code {asked.area_code or 'any'}" + (f", {asked.note}" if asked.note else "")
                    self.stdout.write(f"{tenant.schema_name}  {asked.requested_at:%Y-%m-%d}  {asked.requested_by}  {wish}")

    def _settle(self, outcome: str) -> None:
        try:
            settle_number_request(outcome)
        except UnknownNumber as error:
            raise CommandError(error.message) from error
        self.stdout.write("Written down.")
