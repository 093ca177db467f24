"""The customer's own pages, reached from a text message."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The customer's own pages."""

    name = "portal"

    def ready(self) -> None:
        """Say who answers for personal data."""
        from customers.services import register_holder

        register_holder("portal.personal_data")
