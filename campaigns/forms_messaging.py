"""The steps of a messaging campaign as the wizard sends them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from campaigns.choosing import channels_of
from campaigns.forms import AnyOf, Day
from campaigns.models import Campaign
from campaigns.services.messaging_drafts import (
    DESCRIPTION_CHARACTERS_MAX,
    EMAIL,
    NAME_CHARACTERS_MAX,
    NO_CHANNEL,
    NO_PLACE,
    WHATSAPP,
)
from campaigns.services.segments import SEARCH_CHARACTERS_MAX
from campaigns.types import CustomerFilter, Selection

COUNT_MAX = 100_000
CHANNELS = ((EMAIL, "Email"), (WHATSAPP, "WhatsApp"))


class InfoForm(forms.Form):
    """What a campaign is called, for the people who work here."""

    name = forms.CharField(max_length=NAME_CHARACTERS_MAX, label="Name")
    description = forms.CharField(max_length=DESCRIPTION_CHARACTERS_MAX, label="Description", required=False, widget=forms.Textarea)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["name"].error_messages |= {
            "required": "Give it a name, for example “Spring news”.",
            "max_length": f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters.",
        }
        self.fields["description"].error_messages["max_length"] = (
            f"The description is too long: use at most {DESCRIPTION_CHARACTERS_MAX} characters."
        )

    @staticmethod
    def saved(campaign: Campaign) -> dict[str, Any]:
        """Return the fields as they are kept."""
        return {"name": campaign.name, "description": campaign.description}

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {"name": self.cleaned_data["name"], "description": self.cleaned_data["description"]}


class PlacesForm(forms.Form):
    """Whose customers can be written to."""

    places = forms.TypedMultipleChoiceField(coerce=int, label="Places", error_messages={"required": NO_PLACE})

    def __init__(self, *arguments: Any, places: list[tuple[int, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = self.fields["places"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = places
        field.error_messages["invalid_choice"] = "One of these places is not among yours. Choose only places you look after."

    @staticmethod
    def saved(campaign: Campaign) -> dict[str, Any]:
        """Return the fields as they are kept."""
        return {"places": list(Selection.from_json(campaign.audience).place_ids)}

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {"place_ids": self.cleaned_data["places"]}


class ChannelsForm(forms.Form):
    """How people are reached."""

    channels = forms.MultipleChoiceField(
        choices=CHANNELS, label="Channels", error_messages={"required": NO_CHANNEL, "invalid_choice": NO_CHANNEL}
    )

    @staticmethod
    def saved(campaign: Campaign) -> dict[str, Any]:
        """Return the fields as they are kept."""
        return {"channels": list(channels_of(campaign))}

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {"channels": self.cleaned_data["channels"]}


class FilterForm(forms.Form):
    """Which customers the fourth step shows; `filter` can be had in any state of it, and narrows down by what could be read."""

    search = forms.CharField(required=False, max_length=SEARCH_CHARACTERS_MAX, label="Search by name or email")
    email = forms.BooleanField(required=False, label="Has an email address")
    phone = forms.BooleanField(required=False, label="Has a phone")
    whatsapp = forms.BooleanField(required=False, label="Agreed to WhatsApp")
    last_from = Day(required=False, label="Last booking on or after")
    last_before = Day(required=False, label="Last booking before")
    bookings_min = forms.IntegerField(required=False, min_value=0, max_value=COUNT_MAX, label="Bookings, at least")
    bookings_max = forms.IntegerField(required=False, min_value=0, max_value=COUNT_MAX, label="Bookings, at most")
    spent_min = forms.DecimalField(required=False, min_value=0, max_digits=9, decimal_places=2, label="Spent, at least")
    spent_max = forms.DecimalField(required=False, min_value=0, max_digits=9, decimal_places=2, label="Spent, at most")
    tags = AnyOf(required=False, label="With any of these tags")
    only = forms.BooleanField(required=False, label="Only who is selected")

    def __init__(self, data: QueryDict, **named: Any) -> None:
        super().__init__(data, **named)
        for field in ("last_from", "last_before"):
            self.fields[field].error_messages["invalid"] = "This is not a date. Choose one, for example 2027-03-31."
        for field in ("bookings_min", "bookings_max", "spent_min", "spent_max"):
            self.fields[field].error_messages["invalid"] = "Type a number, for example 3."

    def clean(self) -> dict[str, Any]:
        """Hold the bounds against each other."""
        cleaned: dict[str, Any] = super().clean() or {}
        for low, high in (("bookings_min", "bookings_max"), ("spent_min", "spent_max")):
            if None not in (cleaned.get(low), cleaned.get(high)) and cleaned[low] > cleaned[high]:
                self.add_error(high, "Nobody fits both: this one has to be the larger one.")
        if cleaned.get("last_from") and cleaned.get("last_before") and cleaned["last_from"] >= cleaned["last_before"]:
            self.add_error("last_before", "Nobody fits both days: this one has to be the later one.")
        return cleaned

    @property
    def filter(self) -> CustomerFilter:
        """Return whom it describes."""
        self.is_valid()
        read = self.cleaned_data
        return CustomerFilter(
            search=read.get("search", ""),
            has_email=read.get("email", False),
            has_phone=read.get("phone", False),
            has_whatsapp_consent=read.get("whatsapp", False),
            last_booking_from=read.get("last_from"),
            last_booking_before=read.get("last_before"),
            bookings_min=read.get("bookings_min"),
            bookings_max=read.get("bookings_max"),
            spent_min_minor=_minor(read.get("spent_min")),
            spent_max_minor=_minor(read.get("spent_max")),
            tags=tuple(read.get("tags", ())),
        )

    @property
    def is_only_selected(self) -> bool:
        """Tell whether only those are to be shown who are ticked."""
        return self.is_valid() and bool(self.cleaned_data["only"])


def _minor(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)
