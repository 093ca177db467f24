"""Customers in the admin: phones masked in lists, every look at a person recorded."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from customers.models import Customer
from customers.selectors import join_facts
from customers.wording import join_sentence, own_join_sentence
from servicepro.lib.phone import Phone, mask_phone, parse_phone
from servicepro.lib.record_admin import RecordAdmin
from tenants.selectors import current_tenant
from tenants.services import record_action


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    """People, with what they allowed and their points."""

    list_display = ("name", "masked_phone", "email", "loyalty_points_balance", "opted_out", "sms_opt_out", "source")
    list_filter = ("opted_out", "sms_opt_out", "sms_consent", "source")
    search_fields = ("name", "email")
    readonly_fields = ("loyalty_points_balance", "same_person_as", "created_at", "updated_at")
    fields = (
        *("name", "phone", "email", "time_zone", "sms_consent", "opted_out", "sms_opt_out", "email_opt_out"),
        *("gdpr_marketing_consent", "source", "loyalty_points_balance", "same_person_as", "created_at", "updated_at"),
    )

    change_form_outer_after_template = "customers/_evidence.html"

    class Media:
        css = {"all": ("css/campaigns.css",)}

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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Customer | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Add why other records are taken for this person."""
        return super().render_change_form(request, {**context, **_evidence(obj)}, *args, obj=obj, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Refuse: people are erased in place, their ledger stays."""
        return False


def _evidence(customer: Customer | None) -> dict[str, Any]:
    """Return what the section on joined records shows; a new customer has none."""
    if customer is None:
        return {}
    head = customer.same_person_as
    if head:
        sentences = [own_join_sentence(fact) for fact in join_facts(head.pk, joined_customer_id=customer.pk)]
    else:
        time_zone = current_tenant().time_zone
        sentences = [join_sentence(fact, time_zone=time_zone) for fact in join_facts(customer.pk)]
    return {"same_person_as": head, "join_sentences": sentences}
