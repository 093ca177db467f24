"""What people allowed, and the addresses that must not be written to."""

from django.db import models
from django.db.models import Q

from customers.models.people import Customer


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
        """What happened to the consent; cleared is what counts no longer, as if it had not been said."""

        GRANTED = "granted"
        WITHDRAWN = "withdrawn"
        CLEARED = "cleared"

    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+")
    address_tag = models.CharField(max_length=32)
    channel = models.CharField(max_length=8, choices=Suppression.Channel.choices)
    action = models.CharField(max_length=10, choices=Action.choices)
    source = models.CharField(max_length=48)
    wording = models.CharField(max_length=200, blank=True, db_default="", help_text="what the person agreed to or said, where it is known")
    given_at = models.DateTimeField(null=True, blank=True, help_text="when they said so, where that was before it was recorded")
    actor = models.CharField(max_length=120, blank=True)
    event_key = models.CharField(max_length=80, unique=True, help_text="the message or click behind it; a replay adds nothing")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["address_tag", "-created_at"], name="consent_address_created")]

    def __str__(self) -> str:
        return f"{self.channel} {self.action}"


class ConsentChange(models.Model):
    """What a record's consent columns held before and since. The database writes it, whoever changes them; rows are only ever added."""

    record_id = models.BigIntegerField(help_text="the customer's record; a list that is taken back may remove it")
    changes = models.JSONField(help_text="column to what it held before and since")
    source = models.CharField(max_length=48)
    actor = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["record_id", "at"], name="consent_changes_of")]

    def __str__(self) -> str:
        return f"{self.source} changed {', '.join(self.changes)}"


class SoftBounce(models.Model):
    """An email that came back from a box that exists: full, or refusing for now. Kept for a fortnight, by the address's tag."""

    address_tag = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address_tag", "created_at"], name="soft_bounce_of_address")]

    def __str__(self) -> str:
        return f"soft bounce {self.pk}"
