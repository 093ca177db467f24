"""Where the pages of a campaign stand: what all kinds share finds its way by the kind alone."""

from django.urls import reverse

from campaigns.models import Campaign

# The names of a kind's routes begin with this; the list of its campaigns is called this.
ROUTES = {"port_recovery": "port-recovery", "invitation": "invitations", "messaging": "messages"}


def campaign_link(campaign: Campaign, page: str = "campaign", *arguments: object) -> str:
    """Return the address of a page of a campaign: its own, or its "progress", "targets", "why", "export", "act"."""
    return reverse(f"{ROUTES[campaign.kind]}-{page}", args=[campaign.pk, *arguments])
