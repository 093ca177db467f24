"""The catalog in the admin: services, places with their hours, and every appointment to read."""

from typing import Any

from django.contrib import admin
from django.db.models import DateField, Field, ManyToManyField, TimeField
from django.forms import DateInput, TimeInput
from django.forms import Field as FormField
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.admin import TabularInline
from unfold.widgets import INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget

from bookings.forms import ServiceForm
from bookings.models import Booking, BookingLine, Closure, OpeningHours, Place, Service
from bookings.wording import when_in_words
from customers.services import record_access
from servicepro.lib.clock import clock_in_words
from servicepro.lib.money import format_minor
from servicepro.lib.phone import mask_phone
from servicepro.lib.record_admin import PeopleAdmin, ReadOnlyAdmin, RecordAdmin
from tenants.selectors import current_tenant, signed_in_user


class LabelledInline(TabularInline):
    """Rows whose fields say what they are: the theme hides the heads of the columns on a phone."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Name the field to whoever cannot see the head of its column; times and days are picked by the browser's own means."""
        for kind, widget, shape in ((TimeField, TimeInput, "%H:%M"), (DateField, DateInput, "%Y-%m-%d")):
            if isinstance(db_field, kind):
                native = {"type": "time" if kind is TimeField else "date", "class": " ".join(INPUT_CLASSES)}
                kwargs["widget"] = widget(format=shape, attrs=native)
        field: FormField | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", capfirst(db_field.verbose_name))
        return field


class OpeningHoursInline(LabelledInline):
    """When a place is open."""

    model = OpeningHours
    extra = 0
    hide_title = True


class ClosureInline(LabelledInline):
    """Days on which it is not."""

    model = Closure
    extra = 0
    hide_title = True


@admin.register(Place)
class PlaceAdmin(RecordAdmin):
    """Places with their hours."""

    list_display = ("name", "address", "time_zone", "capacity", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "address")
    inlines = (OpeningHoursInline, ClosureInline)

    def formfield_for_manytomany(self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the owners as boxes to tick: a business has a few."""
        return super().formfield_for_manytomany(db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Suggest the business's own clock."""
        return {"time_zone": current_tenant().time_zone, **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Place | None = None) -> bool:
        """Refuse: what was booked there stays; a place is switched off."""
        return False


@admin.register(Service)
class ServiceAdmin(RecordAdmin):
    """What can be booked."""

    form = ServiceForm
    fields = ("name", "description", "category", "is_add_on_only", "price", "duration_minutes", "is_active", "places")
    list_display = ("name", "category", "price_shown", "duration_minutes", "is_active")
    list_filter = ("category", "is_active", "places")
    search_fields = ("name", "description")

    def formfield_for_manytomany(self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the places as boxes to tick: a business has a few."""
        return super().formfield_for_manytomany(db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)

    @admin.display(description="Price", ordering="price_minor")
    def price_shown(self, service: Service) -> str:
        """Show the price as it is said."""
        return format_minor(service.price_minor, current_tenant().currency)

    def has_delete_permission(self, request: HttpRequest, obj: Service | None = None) -> bool:
        """Refuse: what was booked names it; a service is switched off."""
        return False


class BookingLineInline(TabularInline):
    """What an appointment consists of."""

    model = BookingLine
    fields = readonly_fields = ("name", "category", "price_shown", "duration_minutes")
    extra = 0

    @admin.display(description="Price")
    def price_shown(self, line: BookingLine) -> str:
        """Show the price of that day."""
        return format_minor(line.price_minor, line.booking.currency)

    def has_view_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        """Show it to who may see the appointment."""
        return request.user.has_perm("bookings.view_booking")

    def has_add_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        """Refuse: an appointment is booked as a whole."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BookingLine | None = None) -> bool:
        """Refuse: what was booked stays."""
        return False


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin, PeopleAdmin):
    """Every appointment, to find and read; what becomes of it is said on the day's page."""

    phone_field = "contact_phone"
    list_display = ("contact_name", "when", "place", "status", "bill", "points_used")
    list_filter = ("status", "place")
    list_select_related = ("place",)
    search_fields = ("contact_name", "contact_email")
    ordering = ("-starts_at",)
    inlines = (BookingLineInline,)
    fields = readonly_fields = (
        *("public_id", "contact_name", "masked_phone", "contact_email", "customer", "place", "when", "until", "seat", "status"),
        *("total", "offer_name", "offer_code", "offer_off", "discount", "bill", "points_used"),
        *("note", "created_at", "cancelled_at", "cancelled_by"),
    )

    @admin.display(description="When", ordering="starts_at")
    def when(self, booking: Booking) -> str:
        """Show when it begins, on the place's clock."""
        return when_in_words(booking, current_tenant().region)

    @admin.display(description="Until")
    def until(self, booking: Booking) -> str:
        """Show when it ends."""
        return clock_in_words(booking.ends_at, booking.place.time_zone, current_tenant().region)

    @admin.display(description="Phone")
    def masked_phone(self, booking: Booking) -> str:
        """Show the phone as a list may; the customer's own page shows it whole on request."""
        return mask_phone(booking.contact_phone) if booking.contact_phone else "none"

    @admin.display(description="Total")
    def total(self, booking: Booking) -> str:
        """Show what all of it cost."""
        return format_minor(booking.total_minor, booking.currency)

    @admin.display(description="Taken off by the offer")
    def offer_off(self, booking: Booking) -> str:
        """Show what a welcome offer took off."""
        return format_minor(booking.offer_discount_minor, booking.currency)

    @admin.display(description="Taken off by points")
    def discount(self, booking: Booking) -> str:
        """Show what points took off."""
        return format_minor(booking.discount_minor, booking.currency)

    @admin.display(description="To pay", ordering="due_minor")
    def bill(self, booking: Booking) -> str:
        """Show what is paid on site."""
        return format_minor(booking.due_minor, booking.currency)

    def phone_region(self) -> str:
        """Return the business's country."""
        return current_tenant().region

    def record_list(self, request: HttpRequest, how_many: int) -> None:
        """Write down how many people a page of the list showed."""
        record_access(actor=signed_in_user(request), action="view", how_many=how_many, subject="bookings")

    def record_look(self, request: HttpRequest, obj: Booking) -> None:
        """Write down who looks at this person's appointment."""
        record_access(actor=signed_in_user(request), action="view", customer=obj.customer, subject=f"booking:{obj.pk}")
