"""Texting lines in the admin."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from messaging.errors import NumberTaken
from messaging.models import Line
from messaging.services import refuse_service_of_another, refuse_taken
from servicepro.lib.phone import mask_phone
from servicepro.lib.record_admin import RecordAdmin

SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")


class LineForm(forms.ModelForm):
    """A line; another business's number is refused."""

    class Meta:
        model = Line
        fields = ("channel", "phone", "label", "messaging_service_sid", "is_default", "messages_per_second")

    def clean_phone(self) -> Any:
        """Return the number. Raises ValidationError where another business has it."""
        phone = self.cleaned_data["phone"]
        if phone and phone != self.instance.phone:
            try:
                refuse_taken(phone)
            except NumberTaken as problem:
                raise ValidationError(problem.message) from problem
        return phone

    def clean_messaging_service_sid(self) -> str:
        """Return the service. Raises ValidationError where it is none, or another business's."""
        sid = self.cleaned_data["messaging_service_sid"].strip()
        if not sid or sid == self.instance.messaging_service_sid:
            return sid
        if not SERVICE_SID.fullmatch(sid):
            raise ValidationError("A messaging service is written MG and 32 digits or letters from a to f.")
        try:
            refuse_service_of_another(sid)
        except NumberTaken as problem:
            raise ValidationError(problem.message) from problem
        return sid


@admin.register(Line)
class LineAdmin(RecordAdmin):
    """The numbers a business texts from."""

    form = LineForm
    list_display = ("masked_phone", "label", "channel", "is_default", "messages_per_second")

    @admin.display(description="Number")
    def masked_phone(self, line: Line) -> str:
        """Show the number as a list may."""
        return mask_phone(line.phone)
