"""The customer's own pages, reached from a text message."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The customer's own pages."""

    name = "portal"
