"""Businesses in the platform's own admin: what only its operators decide about one."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """Find none from a business's host."""
        found = super().get_queryset(request).exclude(schema_name=get_public_schema_name())
        return found if _is_platform() else found.none()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show them all. Raises Http404 for an owner at their own host."""
        if not _is_platform() and self.has_view_permission(request):
            raise Http404("Businesses are listed on the platform's host.")
        return super().changelist_view(request, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show what was changed of one. Raises PermissionDenied before it looks for it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

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
