"""The tenants app: businesses, their host names, provisioning (public schema)."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Businesses and their host names."""

    name = "tenants"

    def ready(self) -> None:
        """Keep one tenant's content types from another's."""
        from servicepro.lib.content_types import remember_content_types_per_schema

        remember_content_types_per_schema()
