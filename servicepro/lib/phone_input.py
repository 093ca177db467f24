"""A form field for a phone number, typed any way the business's country does."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.tenancy import connection


class PhoneInput(forms.CharField):
    """Read a number into E.164; None where nothing was typed, and a plain sentence where it cannot be texted."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> str | None:
        """Return the number."""
        text = super().to_python(value)
        if not text:
            return None
        parsed = parse_phone(text, getattr(connection.tenant, "region", "US"))
        if not isinstance(parsed, Phone):
            raise ValidationError(parsed.sentence)
        return parsed.e164
