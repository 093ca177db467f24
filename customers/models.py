"""People, what was said with them, and what they allowed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField, Tag


class Customer(models.Model):
    """Somebody the business serves. Consent is tri-state: yes, no, or never recorded (null)."""

    name = models.CharField(max_length=120, blank=True)
    phone = EncryptedPhoneField(null=True, blank=True)
    phone_raw = EncryptedTextField(null=True, blank=True, help_text="as it was typed, kept where it could not be read")
    email = models.EmailField(null=True, blank=True)
    sms_consent = models.BooleanField(null=True, blank=True)
    opted_out = models.BooleanField(default=False, help_text="asked to be left alone, on every channel")
    sms_opt_out = models.BooleanField(default=False)
    email_opt_out = models.BooleanField(default=False)
    gdpr_marketing_consent = models.BooleanField(null=True, blank=True)
    source = models.CharField(max_length=32, default="manual")
    time_zone = models.CharField(max_length=64, blank=True)
    loyalty_points_balance = models.IntegerField(default=0)
    same_person_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="the record this one was found to be the same person as",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(Tag("phone"), name="customer_phone_unique"),
            models.CheckConstraint(condition=Q(loyalty_points_balance__gte=0), name="customer_points_not_negative"),
        ]
        indexes = [models.Index(fields=["email"], name="customer_email")]

    def __str__(self) -> str:
        return self.name or f"Customer {self.pk}"


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


class Suppression(models.Model):
    """An address that must not be written to, known by its tag alone: it outlives the customer's own row."""

    class Channel(models.TextChoices):
        """What is suppressed."""

        SMS = "sms"
        WHATSAPP = "whatsapp"
        EMAIL = "email"

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address_tag = models.CharField(max_length=32)
    reason = models.CharField(max_length=64, help_text="stop_keyword, twilio_21610, unsubscribe, hard_bounce, complaint, staff, …")
    created_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address_tag"], condition=Q(lifted_at=None), name="suppression_once_while_active")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class ConsentEvent(models.Model):
    """A change of what somebody allowed; rows are only ever added (a trigger refuses the rest)."""

    class Action(models.TextChoices):
        """What happened to the consent."""

        GRANTED = "granted"
        WITHDRAWN = "withdrawn"

    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")
    address_tag = models.CharField(max_length=32)
    channel = models.CharField(max_length=8, choices=Suppression.Channel.choices)
    action = models.CharField(max_length=10, choices=Action.choices)
    source = models.CharField(max_length=32)
    actor = models.CharField(max_length=120, blank=True)
    event_key = models.CharField(max_length=80, unique=True, help_text="the message or click behind it; a replay adds nothing")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["address_tag", "-created_at"], name="consent_address_created")]

    def __str__(self) -> str:
        return f"{self.channel} {self.action}"


class JoinEvidence(models.Model):
    """Why two records were taken for one person: the field they share and where each came from."""

    # Without an index of its own: the unique constraint below begins with this column.
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="join_evidence", db_index=False)
    joined_kind = models.CharField(max_length=16, help_text="customer or participant")
    joined_id = models.BigIntegerField()
    shared_field = models.CharField(max_length=8, help_text="phone or email")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "joined_kind", "joined_id", "shared_field"], name="join_evidence_once")]

    def __str__(self) -> str:
        return f"{self.joined_kind} {self.joined_id} by {self.shared_field}"
