"""Run the whole blast against the simulator and show that it adds up."""

import time
from typing import Any

from django_tenants.utils import tenant_context

from campaigns.selectors import Campaign, campaign_by_key, campaign_counts, campaign_report
from campaigns.services import create_port_recovery_campaign, drain, release_quiet_hours, send_test, start_campaign
from loyalty.selectors import drifting_balances
from onboarding.services import connect_simulator
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.errors import Unavailable
from tenants.selectors import tenant_by_schema

SECONDS_MAX = 120


class Command(ServiceCommand):
    """Walk the guide without a person."""

    help = "Consolidate the demo people, send the whole port-recovery blast to the simulator and print what everybody got."

    def run(self, **options: Any) -> None:
        """Create, test, start, send, add up. Raises where something does not add up."""
        if not connect_simulator():
            raise Unavailable("The simulator does not answer; start it with make run.")
        tenant = tenant_by_schema("cleanmachine")
        with tenant_context(tenant):
            campaign = campaign_by_key("demo") or create_port_recovery_campaign(created_by=None, name="demo")
            receipt = send_test(campaign, actor=None)
            self.stdout.write(f"Test text to the owner: {receipt.outcome.value}")
            if campaign.status == Campaign.Status.DRAFT:
                release_quiet_hours(campaign, actor=None)
                start_campaign(campaign, actor=None)
            self._send(campaign)
            self._report(campaign)

    def _send(self, campaign: Campaign) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        campaign.refresh_from_db()
        while campaign.status == Campaign.Status.RUNNING and time.monotonic() < deadline:
            drain(campaign)
            campaign.refresh_from_db()

    def _report(self, campaign: Campaign) -> None:
        counts = campaign_counts(campaign.pk)
        for line in campaign_report(campaign.pk):
            self.stdout.write(f"  {line}")
        for name, channel in (("texts", counts.sms), ("emails", counts.email)):
            self.stdout.write(
                f"{name}: {channel.total} people = {channel.sent} sent + {channel.failed} failed + {channel.skipped} skipped"
                f" + {channel.held} held + {channel.pending} pending + {channel.in_doubt} in doubt"
            )
        self.stdout.write(f"points: {counts.points_granted} granted")
        if campaign.status != Campaign.Status.COMPLETED or not (counts.sms.adds_up and counts.email.adds_up) or drifting_balances():
            raise Unavailable(f"The demo did not finish: the campaign is {campaign.status}.")
        self.stdout.write("Everything adds up.")
