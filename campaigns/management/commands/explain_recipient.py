"""Say what became of one person, and why."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from campaigns.errors import UnknownRecipient
from campaigns.selectors import campaign_by_id, explain_target, target_by_phone
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.phone import mask_phone
from tenants.selectors import tenant_by_schema


class Command(ServiceCommand):
    """Explain a recipient."""

    help = "Say in plain words what became of one person of a campaign."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("--campaign", type=int, required=True, help="the campaign's number")
        parser.add_argument("phone", metavar="PHONE", help="as people write it")

    def run(self, **options: Any) -> None:
        """Find the person and explain."""
        tenant = tenant_by_schema(options["tenant"])
        with tenant_context(tenant):
            campaign = campaign_by_id(options["campaign"])
            target = target_by_phone(campaign.pk, options["phone"], tenant.region)
            if target is None:
                raise UnknownRecipient("Nobody in this campaign has this phone number.")
            self.stdout.write(f"{target.name or 'Somebody without a name'} ({mask_phone(target.phone)})")
            for sentence in explain_target(target).values():
                self.stdout.write(f"  {sentence}")
