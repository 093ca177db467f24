"""Texting lines in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from messaging.models import Line
from servicepro.lib.phone import mask_phone


@admin.register(Line)
class LineAdmin(ModelAdmin):
    """The numbers a business texts from."""

    list_display = ("masked_phone", "channel", "is_default", "messages_per_second")

    @admin.display(description="Number")
    def masked_phone(self, line: Line) -> str:
        """Show the number as a list may."""
        return mask_phone(line.phone)
