"""The business's settings in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from servicepro.lib.fields import EncryptedPhoneField
from servicepro.lib.phone_input import PhoneInput
from servicepro.lib.record_admin import RecordAdmin
from tenants.business.models import BusinessSettings


@admin.register(BusinessSettings)
class BusinessSettingsAdmin(RecordAdmin):
    """One row, changed by owners alone."""

    formfield_overrides = {EncryptedPhoneField: {"form_class": PhoneInput, "widget": UnfoldAdminTextInputWidget}}
    # Decided on a page of their own, which shows first what another choice would have meant.
    exclude = (
        *("loyalty_min_cart_total", "loyalty_require_core_service", "loyalty_guardrail_message", "point_value_minor"),
        "loyalty_weekly_digest",
    )
    list_display = ("__str__", "unknown_consent", "texts_open_at", "texts_close_at", "point_value_minor")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse a second row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BusinessSettings | None = None) -> bool:
        """Refuse: a business has settings."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: BusinessSettings | None = None) -> bool:
        """Let owners change them."""
        return bool(getattr(request.user, "is_owner", False))
