"""Migrate, create the demo businesses and fill them; a second run changes nothing."""

from typing import Any

from django.core.management import call_command

from onboarding.services import connect_simulator, set_up_demo
from servicepro.lib.commands import ServiceCommand
from tenants.services import refresh_template


class Command(ServiceCommand):
    """Set up the demo."""

    help = "Migrate everything and create the demo businesses where they are missing."

    def run(self, **options: Any) -> None:
        """Migrate public, the template and every business, then fill the demo."""
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        refresh_template()
        call_command("migrate_schemas", tenant=True, interactive=False, verbosity=0)
        for tenant in set_up_demo():
            self.stdout.write(f"{tenant.name} is ready.")
        connect_simulator()
