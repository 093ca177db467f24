"""What people who work here type about a service."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from bookings.models import Service
from bookings.models.catalog import PRICE_MINOR_MAX


class ServiceForm(forms.ModelForm):
    """A service with its price as people write it, kept in the smallest unit of the currency."""

    price = forms.DecimalField(
        min_value=0,
        max_value=PRICE_MINOR_MAX // 100,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="in the business's currency, such as 149.90",
    )

    class Meta:
        model = Service
        fields = ("name", "description", "category", "is_add_on_only", "duration_minutes", "is_active", "places")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.instance.pk:
            self.initial["price"] = (Decimal(self.instance.price_minor) / 100).quantize(Decimal("0.01"))

    def clean(self) -> dict[str, Any]:
        """Keep the price with the service, so that its own rules see it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("price") is not None:
            self.instance.price_minor = int(cleaned["price"] * 100)
        return cleaned
