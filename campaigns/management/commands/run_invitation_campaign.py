"""Send an invitation campaign from the command line."""

from campaigns.management.commands.run_port_recovery_batch import Command as RunBatch
from campaigns.models import Campaign
from campaigns.selectors import invitation_by_id


class Command(RunBatch):
    """Send one batch of an invitation, or all of it."""

    help = "Send up to --limit people of an invitation campaign (a draft is started by it), or with --until-done everybody."

    def campaign(self, campaign_id: int) -> Campaign:
        """Return the invitation. Raises UnknownCampaign for any other campaign."""
        return invitation_by_id(campaign_id)
