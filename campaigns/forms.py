"""An invitation as its owner composes it, read as the page sends it; what the services object to stands beside its field."""

import datetime
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from campaigns.models import Campaign
from campaigns.types import Audience, InvitationDraft

NAME_CHARACTERS_MAX = 100
TEXT_CHARACTERS_MAX = 1_600
TAG_CHARACTERS_MAX = 120
FIRST_YEAR, LAST_YEAR = 1990, 2190
MAPPED = re.compile(r"map-([A-Za-z0-9_]{1,16})", re.ASCII)
CHANNELS = (
    ("sms", "SMS"),
    ("whatsapp", "WhatsApp"),
    ("both", "WhatsApp first, SMS where that cannot reach them"),
)
LIVES = (
    ("imported", "Not invited yet"),
    ("invited", "Invited before and not registered"),
    ("expired", "Invited, and the time to register ran out"),
)
# What a variable is called on a button, in the order of the default text.
VARIABLES = (
    ("customer_name", "First name"),
    ("salon_name", "Business name"),
    ("offer_amount", "Discount"),
    ("offer_code", "Their code"),
    ("download_link", "Personal link"),
    ("expiry_days", "Days to use it"),
)


class AnyOf(forms.MultipleChoiceField):
    """Several words of somebody else's list, which may have lost some of them since."""

    def valid_value(self, value: Any) -> bool:
        """Take a word as it is, of a length a list allows."""
        return 0 < len(str(value)) <= TAG_CHARACTERS_MAX and "\0" not in str(value)


class Day(forms.DateField):
    """A day of our time, which every clock can be set to."""

    def clean(self, value: Any) -> Any:
        """Return the day. Raises ValidationError for one that nobody means."""
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"Choose a day between {FIRST_YEAR} and {LAST_YEAR}.")
        return day


class InvitationForm(forms.Form):
    """What an owner chooses and writes. `draft` and `audience` can be had in any state of it."""

    name = forms.CharField(max_length=NAME_CHARACTERS_MAX, label="Name")
    channel = forms.ChoiceField(choices=CHANNELS, label="Sent by")
    message_template = forms.CharField(required=False, max_length=TEXT_CHARACTERS_MAX, label="Text")
    offer = forms.IntegerField(required=False, min_value=1, max_value=2**31, label="Welcome offer")
    content_sid = forms.CharField(required=False, max_length=34, label="WhatsApp template")
    status = forms.MultipleChoiceField(choices=LIVES, label="How far they have come")
    tags = AnyOf(required=False, label="Tags")
    import_batch = forms.UUIDField(required=False, label="List")
    place = forms.IntegerField(required=False, min_value=1, max_value=2**31, label="Place")
    last_visit_after = Day(required=False, label="Last visit on or after")
    last_visit_before = Day(required=False, label="Last visit before")
    when = forms.ChoiceField(choices=(("now", "now"), ("later", "later")), required=False)
    day = Day(required=False, label="Day")
    time = forms.TimeField(required=False, label="Time")

    def __init__(self, data: QueryDict | None = None, **named: Any) -> None:
        super().__init__(data, **named)
        for field, sentence in (
            ("name", "Give it a name, for example “Spring list”."),
            ("channel", "Choose how it is sent."),
            ("status", "Tick at least one kind of people."),
        ):
            self.fields[field].error_messages["required"] = sentence
        for field in ("last_visit_after", "last_visit_before", "day"):
            self.fields[field].error_messages["invalid"] = "This is not a date. Choose one, for example 2027-03-31."
        self.fields["time"].error_messages["invalid"] = "This is not a time. Type one such as 10:30."
        self.fields["name"].error_messages["max_length"] = f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters."
        self.fields["message_template"].error_messages["max_length"] = (
            f"The text is too long: use at most {TEXT_CHARACTERS_MAX} characters."
        )

    def full_clean(self) -> None:
        """Read what was sent, and keep it: a field that is objected to later is still what was typed."""
        super().full_clean()
        self.read: dict[str, Any] = dict(getattr(self, "cleaned_data", {}))

    def clean(self) -> dict[str, Any]:
        """Hold what was chosen against itself."""
        cleaned: dict[str, Any] = super().clean() or {}
        after, before = cleaned.get("last_visit_after"), cleaned.get("last_visit_before")
        if after and before and after >= before:
            self.add_error("last_visit_before", "Nobody fits both days: this one has to be the later one.")
        if cleaned.get("when") == "later":
            for field, sentence in (("day", "Choose the day on which it starts."), ("time", "Choose the time at which it starts.")):
                if not cleaned.get(field) and field not in self.errors:
                    self.add_error(field, sentence)
        return cleaned

    @property
    def draft(self) -> InvitationDraft:
        """Return what is to be said and by which channel, as far as it was typed."""
        channel = self._value("channel") or "sms"
        has_template = channel != "sms" and bool(self._value("content_sid"))
        text = str(self["message_template"].value() or "").replace("\r\n", "\n").replace("\0", "")
        return InvitationDraft(
            channel=channel,
            message_template=text.strip()[:TEXT_CHARACTERS_MAX],
            offer_id=self._value("offer"),
            content_sid=self._value("content_sid") if has_template else "",
            content_variables=self.mapped if has_template else {},
        )

    @property
    def audience(self) -> Audience:
        """Return who is to be invited, as far as it was chosen."""
        return Audience(
            statuses=frozenset(self._value("status") or ()),
            tags=tuple(self._value("tags") or ()),
            import_batch_id=self._value("import_batch"),
            place_id=self._value("place"),
            last_visit_after=self._value("last_visit_after"),
            last_visit_before=self._value("last_visit_before"),
        )

    @property
    def mapped(self) -> dict[str, str]:
        """Return which of our variables stands for which of the WhatsApp template's."""
        if not self.is_bound:
            return dict(self.initial.get("content_variables", {}))
        known = {name for name, _label in VARIABLES}
        found = ((MAPPED.fullmatch(key), self.data.get(key, "")) for key in self.data)
        return {match[1]: value for match, value in found if match and value in known}

    def starts_at(self, time_zone: str) -> datetime.datetime | None:
        """Return the instant it was scheduled for, on the clock of the business; None for a draft."""
        if self.cleaned_data.get("when") != "later":
            return None
        return local_instant(self.cleaned_data["day"], self.cleaned_data["time"], time_zone)

    def _value(self, field: str) -> Any:
        if not self.is_bound:
            return self.initial.get(field)
        self.is_valid()  # reads what was sent, once
        return self.read.get(field)


class ScheduleForm(forms.Form):
    """When a draft is to start by itself."""

    day = Day(error_messages={"required": "Choose the day on which it starts.", "invalid": "This is not a date."})
    time = forms.TimeField(error_messages={"required": "Choose the time at which it starts.", "invalid": "This is not a time."})

    def starts_at(self, time_zone: str) -> datetime.datetime:
        """Return the instant, on the clock of the business."""
        return local_instant(self.cleaned_data["day"], self.cleaned_data["time"], time_zone)


def local_instant(day: datetime.date, time: datetime.time, time_zone: str) -> datetime.datetime:
    """Return the instant at which a clock shows this; where it skips the time, the one as much later as it is put forward."""
    local = datetime.datetime.combine(day, time.replace(tzinfo=None), ZoneInfo(time_zone))
    return local.astimezone(datetime.UTC)


def typed_from(campaign: Campaign) -> dict[str, Any]:
    """Return a draft as somebody would have typed it."""
    audience = Audience.from_json(campaign.audience)
    return {
        "name": campaign.name,
        "channel": campaign.channel,
        "message_template": campaign.sms_text,
        "offer": campaign.offer_id,
        "content_sid": campaign.content_sid,
        "content_variables": campaign.content_variables,
        "status": sorted(audience.statuses),
        "tags": list(audience.tags),
        "import_batch": audience.import_batch_id,
        "place": audience.place_id,
        "last_visit_after": audience.last_visit_after,
        "last_visit_before": audience.last_visit_before,
        "when": "now",
    }


def place_errors(form: InvitationForm, problems: Mapping[str, str]) -> None:
    """Put what a service objects to beside the fields it names; what names none of ours stands above the form."""
    theirs = {"offer_id": "offer", "content_variables": "content_sid", "audience": "status"}
    for field, sentence in problems.items():
        name = theirs.get(field, field)
        form.add_error(name if name in form.fields else None, sentence)
