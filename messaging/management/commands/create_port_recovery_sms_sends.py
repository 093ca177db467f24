"""Make the send ledger's tables by hand; safe to run any number of times."""

from typing import Any

from messaging.ledger.ddl import create_ledger_tables
from servicepro.lib.commands import ServiceCommand


class Command(ServiceCommand):
    """Create the send ledger where it is missing."""

    help = "Create the send ledger tables where they are missing; safe to run any number of times."

    def run(self, **options: Any) -> None:
        """Create and say so."""
        create_ledger_tables()
        self.stdout.write("✅ port_recovery_sms_sends ready")
