"""django-tenants' database backend, made cheap for a process that serves many tenants in turn.

The stock backend forgets the search_path at every `set_tenant`, even for the tenant it already serves, and empties the
content type cache with it. Here both happen only when the tenant changes.
"""

from typing import Any

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper


class DatabaseWrapper(TenantDatabaseWrapper):
    """Set the search_path once per switch of tenant."""

    schema_name: str
    tenant: Any

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Serve `tenant` from the next statement on."""
        if self.schema_name == tenant.schema_name and self.include_public_schema == include_public:
            self.tenant = tenant
            return
        super().set_tenant(tenant, include_public)
