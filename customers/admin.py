"""Customers in the admin: phones masked in lists, every look at a person recorded."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from customers.models import Customer
from servicepro.lib.phone import Phone, mask_phone, parse_phone
from tenants.selectors import current_tenant
from tenants.services import record_action


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    """People, with what they allowed and their points."""

    list_display = ("name", "masked_phone", "email", "loyalty_points_balance", "opted_out", "sms_opt_out", "source")
    list_filter = ("opted_out", "sms_opt_out", "sms_consent", "source")
    search_fields = ("name", "email")
    readonly_fields = ("loyalty_points_balance", "same_person_as", "created_at", "updated_at")
    fields = (
        *("name", "phone", "email", "time_zone", "sms_consent", "opted_out", "sms_opt_out", "email_opt_out"),
        *("gdpr_marketing_consent", "source", "loyalty_points_balance", "same_person_as", "created_at", "updated_at"),
    )

    @admin.display(description="Phone")
    def masked_phone(self, customer: Customer) -> str:
        """Show a phone as a list may."""
        return mask_phone(customer.phone)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Find by name or email, and by a whole phone number written any way."""
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        parsed = parse_phone(search_term, current_tenant().region)
        return (found | queryset.filter(phone=parsed.e164), True) if isinstance(parsed, Phone) else (found, has_duplicates)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one person, and record who looked."""
        record_action(request.user, "customer_viewed", f"customer:{object_id}")  # type: ignore[arg-type]
        return super().change_view(request, object_id, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Refuse: people are erased in place, their ledger stays."""
        return False
