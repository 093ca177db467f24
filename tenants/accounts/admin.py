"""The team and the audit trail in the admin."""

from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from servicepro.lib.fields import EncryptedPhoneField
from servicepro.lib.phone_input import PhoneInput
from servicepro.lib.record_admin import ReadOnlyAdmin, RecordAdmin
from tenants.accounts.forms import MemberForm
from tenants.accounts.models import AuditEntry, User
from tenants.accounts.sign_in import unlock

admin.site.unregister(Group)  # what somebody may do follows from the role alone


@admin.register(User)
class UserAdmin(RecordAdmin):
    """People who work for the business."""

    form = MemberForm
    formfield_overrides = {EncryptedPhoneField: {"form_class": PhoneInput, "widget": UnfoldAdminTextInputWidget}}
    list_display = ("email", "role", "is_active", "last_login")
    fields = ("email", "first_name", "last_name", "phone", "role", "is_active", "new_password")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Refuse to take one's own role away, so that a business always keeps an owner."""
        return ("role", "is_active") if obj is not None and obj.pk == request.user.pk else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: who leaves is made inactive, and what they did keeps their name."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: MemberForm, change: bool) -> None:
        """Store the person; a new password may be tried at once, and who changes their own stays signed in."""
        super().save_model(request, obj, form, change)
        if not form.cleaned_data.get("new_password"):
            return
        unlock(obj.email)
        if obj.pk == request.user.pk:
            update_session_auth_hash(request, obj)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when; to read only."""

    list_display = ("created_at", "actor", "action", "subject")
    list_select_related = ("actor",)
    search_fields = ("action", "subject")
