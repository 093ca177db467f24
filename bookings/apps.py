"""Services, places and appointments."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Services, places and appointments."""

    name = "bookings"
