"""Create the port-recovery draft from the command line."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from campaigns.selectors import campaign_counts
from campaigns.services import create_port_recovery_campaign, preview_port_recovery
from campaigns.wording import reason_label
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.money import format_minor
from tenants.selectors import tenant_by_schema


class Command(ServiceCommand):
    """Create a draft, or only show who would be in it."""

    help = "Create the port-recovery draft of a business; with --dry-run only show who would be reached."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("--name", default="", help="what 'once' refers to; nobody is reached twice under one name")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def run(self, **options: Any) -> None:
        """Preview, and create unless it is a dry run."""
        tenant = tenant_by_schema(options["tenant"])
        with tenant_context(tenant):
            preview = preview_port_recovery()
            self.stdout.write(f"{preview.people} people: {preview.with_phone} with a phone, {preview.with_email} with an email")
            self.stdout.write(f"would get a text: {preview.reach_sms}; an email: {preview.reach_email}")
            for reason, count in preview.skipped_by_reason.items():
                self.stdout.write(f"  no text for {count}: {reason_label(reason)}")
            worth = format_minor(preview.points_money_minor, tenant.currency)
            self.stdout.write(f"points: {preview.points_total}, worth up to {worth}")
            if options["dry_run"]:
                self.stdout.write("Nothing was written (dry run).")
                return
            campaign = create_port_recovery_campaign(created_by=None, name=options["name"])
            self.stdout.write(f"Draft {campaign.pk} “{campaign.name}” is ready with {campaign_counts(campaign.pk).sms.total} people.")
