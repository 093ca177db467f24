"""The delivery engine: gate, send ledger, providers, webhooks."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """The delivery engine."""

    name = "messaging"
