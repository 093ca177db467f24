"""Campaigns: who is to be reached, what each person got, and the one drain loop."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Campaigns."""

    name = "campaigns"
