"""Send a campaign's text to one phone, as a test."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from campaigns.selectors import campaign_by_id
from campaigns.services import send_test
from campaigns.wording import reason_label
from messaging.types import Outcome
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.errors import Conflict
from tenants.selectors import tenant_by_schema


class Command(ServiceCommand):
    """Send the test."""

    help = "Send a campaign's text to one phone; it must not be the number the business sends from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("--campaign", type=int, required=True, help="the campaign's number")
        parser.add_argument("--to", required=True, metavar="PHONE", help="your own phone")

    def run(self, **options: Any) -> None:
        """Send it, and say what became of it."""
        with tenant_context(tenant_by_schema(options["tenant"])):
            receipt = send_test(campaign_by_id(options["campaign"]), actor=None, to=options["to"])
        if receipt.outcome is not Outcome.SENT:
            raise Conflict(f"The test did not go: {reason_label(str(receipt.reason))}.")
        self.stdout.write("The test text is on its way.")
