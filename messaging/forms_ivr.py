"""What an owner types about calls, read as a person writes it."""

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from phonenumbers import PhoneNumberType

from messaging.errors import BadRouting
from messaging.models import CallRouting, MenuOption
from messaging.services import Choice, Routing, check_routing
from messaging.services.calls import Plan
from servicepro.lib.phone import Phone, PhoneProblem, parse_phone
from tenants.selectors import current_tenant

ROWS_MIN, ROWS_MAX = 4, 10
_RINGS = {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN, PhoneNumberType.SHARED_COST}
_ROW = ("digit", "label", "action", "forward_to", "words")


class CallableNumber(forms.CharField):
    """A number that can be rung, landlines too; premium and satellite numbers are refused."""

    def to_python(self, value: Any) -> str | None:
        """Return the number (E.164), None where nothing was typed. Raises ValidationError."""
        text = super().to_python(value)
        if not text:
            return None
        region = current_tenant().region
        parsed = parse_phone(text, region)
        if isinstance(parsed, Phone):
            return parsed.e164
        if parsed is PhoneProblem.NOT_TEXTABLE:
            number = phonenumbers.parse(text, region)
            if phonenumbers.number_type(number) in _RINGS:
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            raise ValidationError("Calls are not put through to such a number: it costs extra.")
        raise ValidationError(parsed.sentence)


class RoutingForm(forms.Form):
    """Who answers, the words, and a row for each key; a row without a key is left out."""

    mode = forms.ChoiceField(choices=CallRouting.Mode.choices)
    forward_to = CallableNumber(required=False, max_length=64)
    greeting = forms.CharField(required=False, max_length=300)
    voicemail_words = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, rows: int = ROWS_MIN, **named: Any) -> None:
        super().__init__(*args, **named)
        self.row_numbers = range(1, rows + 1)
        for row in self.row_numbers:
            self.fields[f"digit_{row}"] = forms.ChoiceField(required=False, choices=[("", "no key"), *((key, key) for key in "1234567890")])
            self.fields[f"label_{row}"] = forms.CharField(required=False, max_length=60)
            self.fields[f"action_{row}"] = forms.ChoiceField(required=False, choices=MenuOption.Action.choices)
            self.fields[f"forward_to_{row}"] = CallableNumber(required=False, max_length=64)
            self.fields[f"words_{row}"] = forms.CharField(required=False, max_length=300)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the fields of each row by name, and its number."""
        return [{"number": row, **{name: self[f"{name}_{row}"] for name in _ROW}} for row in self.row_numbers]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong as (field, sentence)."""
        return [(name, str(error)) for name, errors in self.errors.items() for error in errors]

    def clean(self) -> dict[str, Any]:
        """Check the whole as well where the single fields can be read."""
        cleaned = super().clean() or {}
        used = [row for row in self.row_numbers if cleaned.get(f"digit_{row}")]
        for row in used:
            if not cleaned.get(f"label_{row}") and f"label_{row}" not in self.errors:
                self.add_error(f"label_{row}", f"Type what the key {cleaned[f'digit_{row}']} is for.")
        if not self.errors:
            try:
                check_routing(self.routing)
            except BadRouting as problem:
                for name, sentence in problem.details["fields"].items():
                    self.add_error(self._field_of(name, used), sentence)
        return cleaned

    @property
    def routing(self) -> Routing:
        """Return what was typed."""
        typed = self.cleaned_data
        choices = [
            Choice(
                typed[f"digit_{row}"],
                typed[f"label_{row}"],
                typed[f"action_{row}"] or MenuOption.Action.VOICEMAIL.value,
                typed[f"forward_to_{row}"],
                typed[f"words_{row}"],
            )
            for row in self.row_numbers
            if typed.get(f"digit_{row}")
        ]
        return Routing(typed["mode"], typed["forward_to"], typed["greeting"], typed["voicemail_words"], choices)

    def _field_of(self, name: str, used: list[int]) -> str:
        """Return the form's field for one of the routing's, whose keys are counted without empty rows."""
        field, _underline, count = name.rpartition("_")
        if name in self.fields and not count.isdecimal():
            return name
        return f"{field}_{used[int(count) - 1] if used else 1}"


def rows_for(plan: Plan) -> int:
    """Return how many rows a plan needs: its keys and room for more."""
    return min(ROWS_MAX, max(ROWS_MIN, len(plan.options) + 2))


def typed_from(plan: Plan) -> dict[str, Any]:
    """Return a plan as an owner would have typed it."""
    routing = plan.routing
    typed: dict[str, Any] = {
        "mode": routing.mode,
        "forward_to": routing.forward_to or "",
        "greeting": routing.greeting,
        "voicemail_words": routing.voicemail_words,
    }
    for row, option in enumerate(plan.options, start=1):
        typed |= {f"{name}_{row}": getattr(option, name) or "" for name in _ROW}
    return typed
