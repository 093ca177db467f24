"""Services, places and appointments."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Services, places and appointments."""

    name = "bookings"

    def ready(self) -> None:
        """Answer for personal data, and show the owner of the points what guardrails would have meant."""
        from bookings.selectors import past_carts
        from customers.services import register_holder
        from loyalty.services import register_cart_source

        register_holder("bookings.personal_data")
        register_cart_source(past_carts)
