"""Send a port-recovery campaign from the command line."""

import sys
import time
from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from campaigns.errors import BadCampaignInput
from campaigns.models import Campaign
from campaigns.selectors import campaign_by_id, campaign_counts, campaign_report
from campaigns.services import drain, run_port_recovery_batch, start_campaign
from campaigns.services.drain import LIMIT_MAX
from campaigns.types import BatchResult
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.errors import Conflict
from tenants.selectors import tenant_by_schema

BAR_CELLS = 30
IDLE_SECONDS = 1.0


class Command(ServiceCommand):
    """Send one batch, or all of it."""

    help = "Send up to --limit people of a campaign (a draft is started by it), or with --until-done everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("--campaign", type=int, required=True, help="the campaign's number")
        parser.add_argument("--limit", type=int, default=100, help=f"people in this batch, 1 to {LIMIT_MAX}")
        parser.add_argument("--until-done", action="store_true", help="go on until everybody has an outcome or is held")

    def run(self, **options: Any) -> None:
        """Start a draft, send, and say what everybody got."""
        if not 1 <= options["limit"] <= LIMIT_MAX:
            raise BadCampaignInput(f"The limit must be a number from 1 to {LIMIT_MAX}.")
        with tenant_context(tenant_by_schema(options["tenant"])):
            campaign = self.campaign(options["campaign"])
            if campaign.status == Campaign.Status.DRAFT:
                start_campaign(campaign, actor=None)
            if options["until_done"]:
                self._until_done(campaign)
            else:
                run_port_recovery_batch(campaign.pk, options["limit"])
            self._bar(campaign, final=True)
            for line in campaign_report(campaign.pk):
                self.stdout.write(line)
            campaign.refresh_from_db()
            if campaign.status == Campaign.Status.PAUSED:
                raise Conflict(f"The campaign is paused. {campaign.pause_reason}".strip())

    def campaign(self, campaign_id: int) -> Campaign:
        """Return the campaign that is to be sent. Raises UnknownCampaign."""
        return campaign_by_id(campaign_id)

    def _until_done(self, campaign: Campaign) -> None:
        def show(_result: BatchResult) -> None:
            self._bar(campaign)

        while campaign.status == Campaign.Status.RUNNING:
            result = drain(campaign, on_batch=show)
            campaign.refresh_from_db()
            if not result.handled and campaign.status == Campaign.Status.RUNNING:
                counts = campaign_counts(campaign.pk)
                if counts.sms.pending + counts.email.pending + counts.sms.in_doubt + counts.email.in_doubt == 0:
                    self.stdout.write("The rest is held until a decent hour; the beat or this command sends it then.")
                    return
                time.sleep(IDLE_SECONDS)

    def _bar(self, campaign: Campaign, *, final: bool = False) -> None:
        counts = campaign_counts(campaign.pk)
        full = counts.percent * BAR_CELLS // 100
        messages = "texts" if counts.has_email else "messages"
        line = f"[{'#' * full}{'.' * (BAR_CELLS - full)}] {counts.percent:3d} %  {messages} {counts.sms.finished}/{counts.sms.total}"
        if counts.has_email:
            line += f"  emails {counts.email.finished}/{counts.email.total}"
        self.stdout.write(line, ending="\n" if final or not sys.stdout.isatty() else "\r")
