"""Settle everything in doubt by the providers' own records."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from messaging.services import reconcile_sends
from servicepro.lib.commands import ServiceCommand
from tenants.selectors import tenants_named


class Command(ServiceCommand):
    """Reconcile sends."""

    help = "Settle sends in doubt: found in the provider's log means sent, not found means it may be tried again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options: one business, or all."""
        self.add_tenants_argument(parser, all_by_default=True)

    def run(self, **options: Any) -> None:
        """Reconcile and say what was found."""
        for tenant in tenants_named(options["tenant"]):
            with tenant_context(tenant):
                found = reconcile_sends()
            self.stdout.write(
                f"{tenant.name}: {found.sent} proven sent, {found.released} may go again, {found.still_in_doubt} still in doubt"
            )
