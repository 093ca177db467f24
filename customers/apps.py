"""People, their conversations, their consent."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """People, their conversations, their consent."""

    name = "customers"
