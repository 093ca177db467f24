"""Businesses in the platform's own admin: what only its operators decide about one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name

from servicepro.lib.record_admin import RecordAdmin
from servicepro.lib.tenancy import connection
from tenants.models import Tenant
from tenants.selectors import signed_in_user
from tenants.services import record_action


@admin.register(Tenant)
class TenantAdmin(RecordAdmin):
    """One business; an owner signed in at their own host never sees this page, whatever their rights there are."""

    list_display = ("name", "schema_name", "region", "is_a2p_gate_off", "created_at")
    fields = ("name", "schema_name", "region", "is_a2p_gate_off")
    readonly_fields = ("name", "schema_name", "region")
    search_fields = ("name", "schema_name")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it on the platform's host alone."""
        return _is_platform() and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let operators look."""
        return _is_platform() and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let operators decide."""
        return _is_platform() and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a business comes with a schema, which the command makes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: its schema holds people's data."""
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Store the decision and who made it."""
        Tenant.objects.filter(pk=obj.pk).update(is_a2p_gate_off=obj.is_a2p_gate_off)
        if "is_a2p_gate_off" in form.changed_data:
            action = "a2p_gate_opened" if obj.is_a2p_gate_off else "a2p_gate_closed"
            record_action(signed_in_user(request), action, f"tenant:{obj.schema_name}")


def _is_platform() -> bool:
    return connection.schema_name == get_public_schema_name()
