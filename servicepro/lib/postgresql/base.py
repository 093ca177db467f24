"""django-tenants' database backend, made cheap for a process that serves many tenants in turn.

The stock backend forgets the search_path at every `set_tenant`, even for the tenant it already serves, and empties the
content type cache with it. Here the search_path is set when a statement is about to run in another schema than the last one,
and content types are remembered per schema (see servicepro.lib.content_types). And statements are kept for inspection only where
a test asks for it: Django keeps the last 9,000 while DEBUG is on, and a bulk insert is one statement of a megabyte.
"""

from typing import Any

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper


class DatabaseWrapper(TenantDatabaseWrapper):
    """Set the search_path once per switch of tenant."""

    schema_name: str
    tenant: Any
    _path_serves: tuple[str, bool] | None = None  # schema and whether public is seen behind it

    @property
    def queries_logged(self) -> bool:
        """Keep statements only where `CaptureQueriesContext` asks for them."""
        return bool(self.force_debug_cursor)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Serve `tenant` from the next statement on."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.set_settings_schema(tenant.schema_name)

    def _handle_search_path(self, cursor: Any = None) -> None:
        serves = (self.schema_name, self.include_public_schema)
        if serves != self._path_serves:
            self.search_path_set_schemas = None
        super()._handle_search_path(cursor)
        self._path_serves = serves
