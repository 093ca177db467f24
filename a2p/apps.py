"""Registration of a business's texting with the carriers in the US."""

from django.apps import AppConfig


class A2pConfig(AppConfig):
    """Brand and campaign registration."""

    name = "a2p"
    verbose_name = "Registration for texting (A2P 10DLC)"
