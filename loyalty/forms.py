"""What the owner types about using points, read as a person writes it."""

import re
from typing import Any

from django import forms

from loyalty.errors import BadGuardrails
from loyalty.services import check_guardrails
from loyalty.types import Guardrails
from servicepro.lib.money import format_minor

_MONEY = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
_FIELDS = {"minimum": "min_cart_total_minor", "worth": "point_value_minor", "message": "message"}


class MoneyField(forms.Field):
    """An amount of the business's currency in minor units, typed like "75", "$75.00" or "1,250.50"."""

    def to_python(self, value: Any) -> Any:
        """Return minor units. Raises ValidationError for what is no amount."""
        text = re.sub(r"[\s,$€£₹]", "", str(value or ""))
        if not text:
            return None if self.required else 0
        found = _MONEY.fullmatch(text)
        if found is None:
            raise forms.ValidationError("Type an amount such as 75 or 12.50, without a minus.")
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


class GuardrailsForm(forms.Form):
    """The settings of using points; `guardrails` are what was typed, once it is valid."""

    minimum = MoneyField(required=False, label="Smallest bill points can be used on")
    core = forms.BooleanField(required=False, label="The booking needs a main service")
    worth = MoneyField(required=True, label="A point is worth")
    stack = forms.BooleanField(required=False, label="A welcome offer and points on one booking")
    message = forms.CharField(required=False, max_length=240, label="What customers read when a booking does not qualify")
    field_order = ("worth", "minimum", "core", "stack", "message")

    def __init__(self, *arguments: Any, currency: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.currency = currency
        self.fields["worth"].error_messages["required"] = "Say what a point is worth, such as 0.10."
        self.fields["message"].error_messages["max_length"] = "The message is longer than 240 characters. Say it in fewer."

    def clean(self) -> dict[str, Any]:
        """Hold what was typed against the rules of the settings themselves."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                check_guardrails(self.guardrails)
            except BadGuardrails as error:
                for field, name in _FIELDS.items():
                    if name in error.details["fields"]:
                        self.add_error(field, error.details["fields"][name])
        return cleaned

    @property
    def guardrails(self) -> Guardrails:
        """Return what was typed."""
        typed = self.cleaned_data
        message = " ".join(typed["message"].split())
        return Guardrails(typed["minimum"], typed["core"], message, typed["worth"], self.currency, typed["stack"])


def typed_from(decided: Guardrails) -> dict[str, Any]:
    """Return the settings as somebody would type them."""
    return {
        "minimum": _amount(decided.min_cart_total_minor),
        "core": decided.require_core_service,
        "stack": decided.may_stack,
        "worth": _amount(decided.point_value_minor),
        "message": decided.message,
    }


def _amount(minor: int) -> str:
    return format_minor(minor, "").strip().replace(",", "")
