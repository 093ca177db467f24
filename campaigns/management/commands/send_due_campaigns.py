"""Send what is due, where no beat runs or nobody wants to wait for it."""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns.errors import WrongStatus
from campaigns.models import Campaign
from campaigns.selectors import campaign_counts, campaign_report, running_campaigns
from campaigns.services import drain, start_due_campaigns
from servicepro.lib.commands import ServiceCommand
from tenants.selectors import Tenant, tenants_named

IDLE_SECONDS = 1.0


class Command(ServiceCommand):
    """Start scheduled campaigns whose time has come, and send them."""

    help = "Start the scheduled campaigns that are due and send for up to a minute each, or with --until-done everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenants_argument(parser, all_by_default=True)
        parser.add_argument("--until-done", action="store_true", help="go on until everybody has an outcome or is held")

    def run(self, **options: Any) -> None:
        """Serve one business after the other, and say what became of each campaign."""
        for tenant in tenants_named(options["tenant"]):
            with tenant_context(tenant):
                self._serve(tenant, is_whole=options["until_done"])

    def _serve(self, tenant: Tenant, *, is_whole: bool) -> None:
        due = list(Campaign.objects.filter(status=Campaign.Status.SCHEDULED, scheduled_at__lte=timezone.now()).order_by("scheduled_at"))
        while True:
            start_due_campaigns()
            running = list(running_campaigns())
            for campaign in running:
                self._send(tenant, campaign, is_whole=is_whole)
            waits = Campaign.objects.filter(pk__in=[campaign.pk for campaign in due], status=Campaign.Status.SCHEDULED)
            if not (is_whole and running and waits.exists()) or running_campaigns().exists():
                break
        for campaign in due:
            campaign.refresh_from_db()
            why = f": {campaign.pause_reason}" if campaign.pause_reason else ""
            self.stdout.write(f"{tenant.schema_name}: {campaign.name} is {campaign.status}{why}")
        if not due and not running:
            self.stdout.write(f"{tenant.schema_name}: nothing is due.")

    def _send(self, tenant: Tenant, campaign: Campaign, *, is_whole: bool) -> None:
        while campaign.status == Campaign.Status.RUNNING:
            try:
                result = drain(campaign)
            except WrongStatus as error:
                self.stdout.write(f"{tenant.schema_name}: {campaign.name}: {error.message}")
                return
            campaign.refresh_from_db()
            if not is_whole or (not result.handled and self._is_held(campaign)):
                break
            if not result.handled:
                time.sleep(IDLE_SECONDS)
        self.stdout.write(f"{tenant.schema_name}: {campaign.name}")
        for line in campaign_report(campaign.pk):
            self.stdout.write(line)

    def _is_held(self, campaign: Campaign) -> bool:
        """Tell whether all who are left wait for a decent hour."""
        counts = campaign_counts(campaign.pk)
        return counts.sms.pending + counts.email.pending + counts.sms.in_doubt + counts.email.in_doubt == 0
