"""Points: the append-only ledger and the balance it adds up to."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """Points."""

    name = "loyalty"
