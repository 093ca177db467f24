"""The steps of a messaging campaign as the wizard sends them."""

from typing import Any

from django import forms

from campaigns.models import Campaign
from campaigns.services.messaging_drafts import (
    DESCRIPTION_CHARACTERS_MAX,
    EMAIL,
    NAME_CHARACTERS_MAX,
    NO_CHANNEL,
    NO_PLACE,
    WHATSAPP,
    channels_of,
)
from campaigns.types import Selection

ID_MAX = 2**63 - 1
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
