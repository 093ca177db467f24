"""Points: the append-only ledger and the balance it adds up to."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """Points."""

    name = "loyalty"

    def ready(self) -> None:
        """Let points follow people who turn out to be one, and say who answers for personal data."""
        from customers.services import register_holder, register_merge_effect
        from loyalty.services import PointsFollow

        register_merge_effect(PointsFollow())
        register_holder("loyalty.personal_data")
