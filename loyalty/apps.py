"""Points: the append-only ledger and the balance it adds up to."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """Points."""

    name = "loyalty"

    def ready(self) -> None:
        """Say who answers for personal data."""
        from customers.services import register_holder

        register_holder("loyalty.personal_data")
