"""The numbers a business texts from, provider events, and copies that providers were asked to remove."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField, Tag

PER_SECOND_MAX = 1_000_000  # PostgreSQL takes "not a number" for more than anything


class Line(models.Model):
    """A number (or messaging service) that the business sends from."""

    class Channel(models.TextChoices):
        """What the line carries."""

        SMS = "sms"
        WHATSAPP = "whatsapp"

    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    phone = EncryptedPhoneField()
    messaging_service_sid = models.CharField(max_length=34, blank=True)
    twilio_sid = models.CharField(max_length=34, blank=True, default="", editable=False, help_text="PN…: taken from the account")
    label = models.CharField(max_length=64, blank=True, default="", help_text="what you call it; nobody else sees it")
    is_default = models.BooleanField(default=False)
    messages_per_second = models.FloatField(null=True, blank=True, help_text="from the registration tier; empty: the server's default")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint("channel", Tag("phone"), name="line_phone_once"),
            models.UniqueConstraint(fields=["channel"], condition=Q(is_default=True), name="line_one_default"),
            models.CheckConstraint(
                condition=Q(messages_per_second__gt=0) & Q(messages_per_second__lte=PER_SECOND_MAX),
                name="line_pace_above_zero",
                violation_error_message=(
                    f"Messages per second must be more than 0 and at most {PER_SECOND_MAX:,}; leave it empty for the server's default."
                    " To send nothing, pause the campaign."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} line {self.pk}"

    @property
    def is_primary(self) -> bool:
        """Whether the business writes from this number where nobody chose another."""
        return self.is_default


class CallRouting(models.Model):
    """What happens when somebody calls: one row."""

    class Mode(models.TextChoices):
        """Who or what answers."""

        IVR = "ivr", "A menu"
        VOICEMAIL = "voicemail", "Voicemail"
        FORWARD = "forward", "Your own phone"

    mode = models.CharField(max_length=9, choices=Mode.choices, default=Mode.VOICEMAIL)
    forward_to = EncryptedPhoneField(null=True, blank=True)
    greeting = models.CharField(max_length=300, blank=True, default="")
    voicemail_words = models.CharField(max_length=300, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="call_routing_single_row")]

    def __str__(self) -> str:
        return f"calls: {self.get_mode_display()}"


class MenuOption(models.Model):
    """A key callers may press, and what happens then."""

    class Action(models.TextChoices):
        """What a key does."""

        FORWARD = "forward", "Put the call through"
        VOICEMAIL = "voicemail", "Take a message"
        MESSAGE = "message", "Say something"
        HOURS = "hours", "Say when you are open"

    digit = models.CharField(max_length=1, unique=True)
    label = models.CharField(max_length=60)
    action = models.CharField(max_length=9, choices=Action.choices)
    forward_to = EncryptedPhoneField(null=True, blank=True)
    words = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("digit",)
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(digit__regex="^[0-9]$"), name="menu_option_digit")]

    def __str__(self) -> str:
        return f"{self.digit}: {self.label}"


class NumberRequest(models.Model):
    """A wish for a number that the platform provides: who asked, when, and what became of it."""

    class Status(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Asked for"
        DONE = "done", "Ready"
        DECLINED = "declined", "Not possible"

    area_code = models.CharField(max_length=8, blank=True)
    note = models.CharField(max_length=240, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    requested_by = models.CharField(max_length=254, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["status"], condition=Q(status="open"), name="number_request_one_open")
        ]

    def __str__(self) -> str:
        return f"number {self.get_status_display().lower()}"


class UsTexting(models.Model):
    """Whether the carriers let this business text the US: one row, written when its registration is approved or lost."""

    is_approved = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="us_texting_single_row")]

    def __str__(self) -> str:
        return "may text the US" if self.is_approved else "may not text the US"


class ProviderEvent(models.Model):
    """A provider's callback, kept raw (without address or text) so that a replay is recognised and a person can ask why."""

    provider = models.CharField(max_length=10)
    event_key = models.CharField(max_length=120, unique=True)
    attempt_id = models.UUIDField(null=True)
    status = models.CharField(max_length=24)
    error_code = models.CharField(max_length=16, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["attempt_id"], name="provider_event_attempt")]

    def __str__(self) -> str:
        return f"{self.provider} {self.status}"


class CopyRemoval(models.Model):
    """One message whose copy a provider was asked to remove; it holds the provider's own id and nothing else of the person.

    SendGrid knows no message, only addresses: `message_sid` is then a keyed hash, and `address` is kept until SendGrid has answered.
    """

    class State(models.TextChoices):
        """What became of the copy."""

        WAITING = "waiting"
        DELETED = "deleted"
        REDACTED = "redacted"
        ABSENT = "absent"
        REFUSED = "refused"

    certificate_id = models.UUIDField()
    provider = models.CharField(max_length=10, default="twilio", db_default="twilio")
    message_sid = models.CharField(max_length=64, unique=True)
    address = EncryptedTextField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=40, blank=True, help_text="the provider's code, or what went wrong")
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["certificate_id"], name="copy_removal_certificate"),
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="copy_removal_due"),
        ]

    def __str__(self) -> str:
        return f"{self.message_sid} {self.state}"
