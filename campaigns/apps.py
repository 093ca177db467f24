"""Campaigns: who is to be reached, what each person got, and the one drain loop."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Campaigns."""

    name = "campaigns"

    def ready(self) -> None:
        """Say who answers for personal data."""
        from customers.services import register_holder

        register_holder("campaigns.personal_data")
