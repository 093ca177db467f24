"""Customers in the admin: phones masked until somebody asks, every look at a person recorded."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from customers.consent_shown import consent_section, day_named
from customers.forms import CustomerForm
from customers.imports_shown import LIFE_LABELS
from customers.models import Customer, PersonalDataAccess
from customers.people_shown import further_phones, masked_further_phones, shown_extra
from customers.selectors import LIVES, join_facts
from customers.services import record_access, record_consent, record_stop
from customers.wording import join_sentence, own_join_sentence
from servicepro.lib.admin_pages import admin_page, attempt
from servicepro.lib.phone import mask_phone
from servicepro.lib.record_admin import PeopleAdmin, ReadOnlyAdmin
from tenants.selectors import current_tenant, signed_in_user

_FIELDS = ("email", "birthday", "notes", "tags", "time_zone", "source")
# What somebody allows is recorded below the form, with how they said it; nobody ticks it for them.
_ALLOWED = ("sms_consent", "whatsapp_consent", "gdpr_marketing_consent", "opted_out", "sms_opt_out", "email_opt_out")
_SHOWN = ("loyalty_points_balance", "same_person_as")
_FROM_LISTS = ("further_phones", "extra_data", "how_far", "brought_by")
_TIMES = ("created_at", "updated_at")


class LifeFilter(admin.SimpleListFilter):
    """How far people from lists have come."""

    title = "people from lists"
    parameter_name = "life"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(str(life), label) for life, label in LIFE_LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep who has come that far."""
        condition = LIVES.get(self.value() or "")
        return queryset.exclude(import_batch=None).filter(condition) if condition else queryset


@admin.register(Customer)
class CustomerAdmin(PeopleAdmin):
    """People, with what they allowed and their points."""

    form = CustomerForm
    list_display = ("name", "masked_phone", "email", "loyalty_points_balance", "opted_out", "sms_opt_out", "source")
    list_filter = (LifeFilter, "opted_out", "sms_opt_out", "sms_consent", "whatsapp_consent", "source")
    search_fields = ("name", "email")
    readonly_fields = ("phone_on_request", *_ALLOWED, *_SHOWN, *_FROM_LISTS, *_TIMES)
    change_form_outer_after_template = "customers/_evidence.html"

    class Media:
        css = {"all": ("css/campaigns.css",)}

    def get_fields(self, request: HttpRequest, obj: Customer | None = None) -> tuple[str, ...]:
        """Show the masked phone of somebody who is there, and a field for another one to who may change it."""
        if obj is None:
            return ("name", "new_phone", *_FIELDS)
        lives_on_a_list = _FROM_LISTS if obj.life else _FROM_LISTS[:2]
        may_change = self.has_change_permission(request, obj)
        phone = ("phone_on_request", "new_phone") if may_change else ("phone_on_request",)
        return ("name", *phone, *_FIELDS, *_ALLOWED, *_SHOWN, *lives_on_a_list, *_TIMES)

    @admin.display(description="Phone")
    def masked_phone(self, customer: Customer) -> SafeString:
        """Show a phone as a list may, with a button that shows it whole."""
        shown = {"customer": customer, "masked": mask_phone(customer.phone)}
        return mark_safe(render_to_string("customers/_phone_in_list.html", shown))  # noqa: S308  a template of ours, escaped there

    @admin.display(description="Other phones")
    def further_phones(self, customer: Customer) -> str:
        """Show the person's other numbers masked; "Show phone" shows them whole."""
        return ", ".join(masked_further_phones(customer)) or "none"

    @admin.display(description="Extra data")
    def extra_data(self, customer: Customer) -> SafeString:
        """Show what lists said beside."""
        return mark_safe(render_to_string("customers/_extra.html", {"extra": shown_extra(customer)}))  # noqa: S308  a template of ours

    @admin.display(description="How far")
    def how_far(self, customer: Customer) -> str:
        """Show how far somebody from a list has come, and since when."""
        since = customer.registered_at or customer.expired_at or customer.invited_at
        return LIFE_LABELS[customer.life] + (f" since {since:%b %-d, %Y}" if since else "")

    @admin.display(description="Brought by")
    def brought_by(self, customer: Customer) -> str:
        """Name the list; its owner may open it."""
        batch = customer.import_batch
        if batch is None:
            return "a list that is no longer kept"
        link = reverse("customer-import", args=[batch.pk])
        return format_html('<span class="sp">{}, {} (<a href="{}">open</a>)</span>', batch, f"{batch.created_at:%b %-d, %Y}", link)

    @admin.display(description="Phone")
    def phone_on_request(self, customer: Customer) -> SafeString:
        """Show the phone masked, with a button that shows it whole."""
        return mark_safe(render_to_string("customers/_phone.html", _phone(customer)))  # noqa: S308  a template of ours, escaped there

    def phone_region(self) -> str:
        """Return the business's country."""
        return current_tenant().region

    def record_list(self, request: HttpRequest, how_many: int) -> None:
        """Write down how many people a page of the list showed."""
        record_access(actor=signed_in_user(request), action="view", how_many=how_many, subject="customers")

    def record_look(self, request: HttpRequest, obj: Customer) -> None:
        """Write down who looks at this person."""
        record_access(actor=signed_in_user(request), action="view", customer=obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the doors to a whole phone number, and to what people told us they want."""
        doors = {"show-phone": never_cache(self.show_phone), "stop": require_POST(self.stop), "agree": require_POST(self.agree)}
        return [
            *(
                path(f"<int:object_id>/{door}/", self.admin_site.admin_view(view), name=f"customers_customer_{door.replace('-', '_')}")
                for door, view in doors.items()
            ),
            *super().get_urls(),
        ]

    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Record that the person asked us to stop; whoever may see them may write that down."""
        customer = self._posted_to(request, object_id, self.has_view_permission)
        asked = {"channel": request.POST.get("channel", ""), "note": request.POST.get("note", "")}
        actor = signed_in_user(request)
        attempt(request, lambda: record_stop(customer, actor=actor, **asked), "Noted. They get no such offers from now on.")
        return redirect(reverse("admin:customers_customer_change", args=[object_id]) + "#consent")

    def agree(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Record that the person agreed, how and in which words."""
        customer = self._posted_to(request, object_id, self.has_change_permission)
        given = {name: request.POST.get(name, "") for name in ("channel", "how", "wording")}
        day, actor = day_named(request.POST.get("given_on", "")), signed_in_user(request)
        attempt(request, lambda: record_consent(customer, actor=actor, given_on=day, **given), "Their consent is recorded.")
        return redirect(reverse("admin:customers_customer_change", args=[object_id]) + "#consent")

    def _posted_to(self, request: HttpRequest, object_id: int, may: Callable[..., bool]) -> Customer:
        """Return whom a button on their page is about. Raises PermissionDenied and Http404."""
        customer = self.get_object(request, str(object_id))
        if not may(request, customer):
            raise PermissionDenied
        if customer is None:
            raise Http404(f"There is no customer {object_id} here.")
        return customer

    def show_phone(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Write down who asks, then show the whole number: in place, or on a page of its own without scripts."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        customer = self.get_object(request, str(object_id))
        if not self.has_view_permission(request, customer):
            raise PermissionDenied
        if customer is None:
            raise Http404(f"There is no customer {object_id} here.")
        record_access(actor=signed_in_user(request), action="show", customer=customer)
        shown = {"customer": customer, "number": customer.phone or customer.phone_raw or "none", "further": further_phones(customer)}
        if request.headers.get("HX-Request"):
            return render(request, "customers/_phone_shown.html", shown)
        return admin_page(request, "customers/phone_shown.html", str(customer), **shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Customer | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Add why other records are taken for this person, and what they allowed."""
        shown = {**context, **_evidence(obj), **(consent_section(obj, request.GET.dict()) if obj else {})}
        shown["may_record_consent"] = self.has_change_permission(request, obj)
        return super().render_change_form(request, shown, *args, obj=obj, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Refuse: people are erased in place, their ledger stays."""
        return False


def _phone(customer: Customer) -> dict[str, Any]:
    """Return what the masked phone shows; a number that could not be read is kept as it was typed."""
    as_typed = not customer.phone and bool(customer.phone_raw)
    masked = "as it was typed, which could not be read" if as_typed else mask_phone(customer.phone)
    return {"customer": customer, "masked": masked, "can_be_shown": bool(customer.phone or as_typed)}


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


@admin.register(PersonalDataAccess)
class PersonalDataAccessAdmin(ReadOnlyAdmin):
    """Who looked at whose data; owners read it, nobody writes it."""

    list_display = ("created_at", "actor", "action", "how_many", "customer", "subject")
    list_filter = ("action", "actor")
    list_select_related = ("actor", "customer")
    ordering = ("-id",)
