"""The delivery engine: gate, send ledger, providers, webhooks."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """The delivery engine."""

    name = "messaging"

    def ready(self) -> None:
        """Say who answers for personal data."""
        from customers.services import register_holder

        register_holder("messaging.personal_data")
