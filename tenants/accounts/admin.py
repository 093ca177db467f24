"""The team and the audit trail in the admin."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from servicepro.lib.record_admin import RecordAdmin
from tenants.accounts.models import AuditEntry, User

admin.site.unregister(Group)  # what somebody may do follows from the role alone


@admin.register(User)
class UserAdmin(RecordAdmin):
    """People who work for the business."""

    list_display = ("email", "role", "is_active", "last_login")
    fields = ("email", "first_name", "last_name", "phone", "role", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let only owners change roles."""
        return () if getattr(request.user, "is_owner", False) else ("email", "role", "is_active")


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """Who did what, when; to read only."""

    list_display = ("created_at", "actor", "action", "subject")
    list_select_related = ("actor",)
    search_fields = ("action", "subject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: entries are written by what happened."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Refuse: what happened stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Refuse: what happened stays."""
        return False
