"""A list by django-import-export with its defaults: a dry run first (the preview), then the import, each row by itself."""

from typing import Any, ClassVar

import phonenumbers
import tablib
from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import BooleanWidget, CharWidget, DateWidget

from bench.import_peer.models import PlainCustomer


class PhoneWidget(CharWidget):
    """Reads a phone as ours does, by phonenumbers."""

    def clean(self, value: Any, row: Any = None, **_options: Any) -> str:
        """Return the number in E.164, or refuse the row."""
        try:
            number = phonenumbers.parse(value, "US")
        except phonenumbers.NumberParseException as error:
            raise ValidationError("Invalid phone number format") from error
        if not phonenumbers.is_valid_number(number):
            raise ValidationError("Invalid phone number format")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class TagsWidget(CharWidget):
    """Reads tags between commas."""

    def clean(self, value: Any, row: Any = None, **_options: Any) -> list[str]:
        """Return the tags."""
        return [tag.strip() for tag in value.split(",") if tag.strip()]

    def render(self, value: Any, obj: Any = None, **_options: Any) -> str:
        """Return them as they stood."""
        return ", ".join(value or [])


class CustomerResource(ModelResource):
    """A list of customers, known by their phone."""

    name = Field("name", "Name", CharWidget())
    phone = Field("phone", "Phone", PhoneWidget())
    email = Field("email", "Email", CharWidget())
    sms_consent = Field("sms_consent", "SMS consent", BooleanWidget())
    birthday = Field("birthday", "Birthday", DateWidget())
    notes = Field("notes", "Notes", CharWidget())
    tags = Field("tags", "Tags", TagsWidget())
    visits = Field("visits", "Visits", CharWidget())

    class Meta:
        model = PlainCustomer
        import_id_fields: ClassVar[list[str]] = ["phone"]


def read(path: str) -> tablib.Dataset:
    """Read the file, as its admin page does for the preview and again for the import."""
    with open(path, encoding="utf-8", newline="") as file:
        return tablib.Dataset().load(file.read(), format="csv")


def bring(path: str, *, is_dry: bool) -> dict[str, int]:
    """Try a list, or write it; return how many rows became what."""
    result = CustomerResource().import_data(read(path), dry_run=is_dry, raise_errors=False)
    return {name: count for name, count in result.totals.items() if count}
