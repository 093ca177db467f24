"""What was said, and with whom."""

from typing import Any, ClassVar

from django.db import models

from customers.models.people import Customer
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField, Tag


class Conversation(models.Model):
    """A thread of messages with one person or a group."""

    source = models.CharField(max_length=32, help_text="twilio, google_voice_import, …")
    external_key = models.CharField(max_length=200, help_text="what makes a second import the same thread")
    is_group = models.BooleanField(default=False)
    last_message_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_key"], name="conversation_once_per_source")]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"


class Participant(models.Model):
    """Somebody on the other side of a conversation; consolidation says which customer they are."""

    # Without an index of its own: the unique constraint below begins with this column.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants", db_index=False)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    phone = EncryptedPhoneField(null=True)
    phone_raw = EncryptedTextField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint("conversation", Tag("phone"), name="participant_phone_once")]
        indexes = [models.Index(Tag("phone"), name="participant_phone")]

    def __str__(self) -> str:
        return self.name or f"Participant {self.pk}"


class Message(models.Model):
    """One text, in or out."""

    class Direction(models.TextChoices):
        """Seen from the business."""

        INBOUND = "inbound"
        OUTBOUND = "outbound"

    # Without an index of its own: the unique constraint below begins with this column.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    source = models.CharField(max_length=32)
    body = EncryptedTextField()
    occurred_at = models.DateTimeField()
    external_key = models.CharField(max_length=64, help_text="provider id, or a keyed digest of the imported message")
    needs_review = models.BooleanField(default=False, help_text="reads like a wish to be left alone, said in other words")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "external_key"], name="message_once")]
        indexes = [models.Index(fields=["conversation", "occurred_at"], name="message_thread_order")]

    def __str__(self) -> str:
        return f"Message {self.pk}"
