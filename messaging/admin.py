"""Texting lines in the admin."""

from django.contrib import admin

from messaging.models import Line
from servicepro.lib.phone import mask_phone
from servicepro.lib.record_admin import RecordAdmin


@admin.register(Line)
class LineAdmin(RecordAdmin):
    """The numbers a business texts from."""

    list_display = ("masked_phone", "channel", "is_default", "messages_per_second")

    @admin.display(description="Number")
    def masked_phone(self, line: Line) -> str:
        """Show the number as a list may."""
        return mask_phone(line.phone)
