"""The numbers a business texts from, and the provider events that came before their own record."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from servicepro.lib.fields import EncryptedPhoneField, Tag


class Line(models.Model):
    """A number (or messaging service) that the business sends from."""

    class Channel(models.TextChoices):
        """What the line carries."""

        SMS = "sms"
        WHATSAPP = "whatsapp"

    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    phone = EncryptedPhoneField()
    messaging_service_sid = models.CharField(max_length=34, blank=True)
    is_default = models.BooleanField(default=False)
    messages_per_second = models.FloatField(null=True, blank=True, help_text="from the registration tier; empty: the server's default")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint("channel", Tag("phone"), name="line_phone_once"),
            models.UniqueConstraint(fields=["channel"], condition=Q(is_default=True), name="line_one_default"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} line {self.pk}"


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
