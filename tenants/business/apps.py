"""What the business decides about itself: postal address, consent policy, sending hours, value of a point."""

from django.apps import AppConfig


class BusinessConfig(AppConfig):
    """The business's own settings."""

    name = "tenants.business"
    label = "business"
    verbose_name = "Business"
