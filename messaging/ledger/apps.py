"""The send ledger: the public tables that make a second send impossible."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The send ledger (public schema)."""

    name = "messaging.ledger"
    label = "ledger"
