"""django-tenants' database backend, made cheap for a process that serves many tenants in turn.

The stock backend forgets the search_path at every `set_tenant`, even for the tenant it already serves, and empties the
content type cache with it. Here both happen only when the tenant changes. And statements are kept for inspection only where a
test asks for it: Django keeps the last 9,000 while DEBUG is on, and a bulk insert is one statement of a megabyte.
"""

from typing import Any

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper


class DatabaseWrapper(TenantDatabaseWrapper):
    """Set the search_path once per switch of tenant."""

    schema_name: str
    tenant: Any

    @property
    def queries_logged(self) -> bool:
        """Keep statements only where `CaptureQueriesContext` asks for them."""
        return bool(self.force_debug_cursor)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Serve `tenant` from the next statement on."""
        if self.schema_name == tenant.schema_name and self.include_public_schema == include_public:
            self.tenant = tenant
            return
        super().set_tenant(tenant, include_public)
