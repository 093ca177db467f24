"""People, their conversations, their consent."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """People, their conversations, their consent."""

    name = "customers"

    def ready(self) -> None:
        """Say who answers for personal data."""
        from customers.services import register_holder

        for subject in ("records", "consent", "conversations", "imports", "trail", "access"):
            register_holder(f"customers.services.privacy.holders.{subject}")
