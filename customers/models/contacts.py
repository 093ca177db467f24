"""When somebody's phone or email was replaced."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from servicepro.lib.fields import EncryptedPhoneField


class ContactChange(models.Model):
    """A phone or an email of a record that was replaced or taken away; a trigger writes it, whoever made the change.

    Records that are merged or parted again, lists that are taken back and people who are erased leave none by the trigger. The old
    address stays until its owner was told, or could not be.
    """

    class Channel(models.TextChoices):
        """What was replaced, by the way it is written to."""

        SMS = "sms"
        EMAIL = "email"

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False
    )  # contact_changes_of serves
    channel = models.CharField(max_length=5, choices=Channel.choices)
    old_phone = EncryptedPhoneField(null=True, blank=True)
    old_email = models.EmailField(null=True, blank=True)
    changed_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(
        max_length=64, blank=True, db_default="", default="", help_text="of the notice; empty while it is to be sent"
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["customer", "-changed_at"], name="contact_changes_of"),
            models.Index(fields=["changed_at"], condition=Q(outcome=""), name="contact_changes_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of customer {self.customer_id}"
