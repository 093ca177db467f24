"""What the owner types about a welcome offer, read as a person writes it."""

import re
from typing import Any

from django import forms

from loyalty.errors import BadOffer
from loyalty.forms import MoneyField
from loyalty.models import WelcomeOffer
from loyalty.types import OfferTerms, OfferWish
from servicepro.lib.money import format_minor

_PERCENT = re.compile(r"(\d{1,3}) ?%?", re.ASCII)
# Where a field of the offer is typed.
_TYPED_IN = {
    "name": "name",
    "discount_type": "kind",
    "discount_value": "value",
    "max_discount_minor": "cap",
    "minimum_purchase_minor": "minimum",
    "validity_days": "days",
    "usage_limit": "uses",
}


class OfferForm(forms.Form):
    """A welcome offer; `wish` is what was typed, once it is valid."""

    name = forms.CharField(max_length=255, error_messages={"required": "Give the offer a name."})
    kind = forms.ChoiceField(choices=WelcomeOffer.Discount.choices, error_messages={"required": "Choose a percentage or an amount."})
    value = forms.CharField(max_length=20, error_messages={"required": "Say what it takes off, such as 15 or 100."})
    cap = MoneyField(required=False)
    minimum = MoneyField(required=False)
    days = forms.IntegerField(error_messages={"required": "Say for how many days it runs.", "invalid": "Type the days as a whole number."})
    uses = forms.IntegerField(error_messages={"required": "Say how often one customer can use it.", "invalid": "Type a whole number."})
    is_active = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Read the value as what it is: a percentage or an amount."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "kind" in cleaned and "value" in cleaned:
            try:
                cleaned["value"] = _percent(cleaned["value"]) if self._is_percentage else MoneyField(required=True).clean(cleaned["value"])
            except forms.ValidationError as error:
                self.add_error("value", error)
        return cleaned

    @property
    def _is_percentage(self) -> bool:
        return bool(self.cleaned_data["kind"] == WelcomeOffer.Discount.PERCENTAGE)

    @property
    def wish(self) -> OfferWish:
        """Return what was typed."""
        typed = self.cleaned_data
        return OfferWish(
            name=" ".join(typed["name"].split()),
            is_percentage=self._is_percentage,
            discount_value=typed["value"],
            max_discount_minor=typed["cap"] if self.data.get("cap", "").strip() else None,
            minimum_purchase_minor=typed["minimum"],
            validity_days=typed["days"],
            usage_limit=typed["uses"],
            is_active=typed["is_active"],
        )

    def take_refusal(self, error: BadOffer) -> None:
        """Say what is wrong where it was typed."""
        for field, sentence in error.details["fields"].items():
            self.add_error(_TYPED_IN[field], sentence)


def _percent(text: str) -> int:
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise forms.ValidationError("Type the percentage as a whole number, such as 15.")
    return int(found[1])


def typed_offer(terms: OfferTerms) -> dict[str, Any]:
    """Return an offer as somebody would type it."""
    return {
        "name": terms.name,
        "kind": WelcomeOffer.Discount.PERCENTAGE if terms.is_percentage else WelcomeOffer.Discount.FIXED,
        "value": str(terms.discount_value) if terms.is_percentage else _amount(terms.discount_value),
        "cap": "" if terms.max_discount_minor is None else _amount(terms.max_discount_minor),
        "minimum": _amount(terms.minimum_purchase_minor) if terms.minimum_purchase_minor else "",
        "days": terms.validity_days,
        "uses": terms.usage_limit,
        "is_active": terms.is_active,
    }


def _amount(minor: int) -> str:
    return format_minor(minor, "").strip().replace(",", "").removesuffix(".00")
