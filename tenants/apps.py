"""The tenants app: businesses, their host names, provisioning (public schema)."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Businesses and their host names."""

    name = "tenants"
