"""Somebody the business serves, and why records were taken for one person."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField, Tag


class Customer(models.Model):
    """Somebody the business serves. Consent is tri-state: yes, no, or never recorded (null)."""

    class Life(models.TextChoices):
        """How far somebody from a list has come."""

        IMPORTED = "imported"
        INVITED = "invited"
        REGISTERED = "registered"
        EXPIRED = "expired"

    name = models.CharField(max_length=255, blank=True)
    phone = EncryptedPhoneField(null=True, blank=True)
    phone_raw = EncryptedTextField(null=True, blank=True, help_text="as it was typed, kept where it could not be read")
    email = models.EmailField(null=True, blank=True)
    sms_consent = models.BooleanField(null=True, blank=True)
    whatsapp_consent = models.BooleanField(null=True, blank=True, help_text="their own yes or no to WhatsApp; no opt-in: null")
    opted_out = models.BooleanField(default=False, help_text="asked to be left alone, on every channel")
    sms_opt_out = models.BooleanField(default=False)
    email_opt_out = models.BooleanField(default=False)
    gdpr_marketing_consent = models.BooleanField(null=True, blank=True)
    source = models.CharField(max_length=32, default="manual")
    time_zone = models.CharField(max_length=64, blank=True)
    loyalty_points_balance = models.IntegerField(default=0)
    birthday = models.DateField(null=True, blank=True)
    notes = EncryptedTextField(null=True, blank=True)
    tags = ArrayField(models.TextField(), default=list, db_default=Value([], ArrayField(models.TextField())), blank=True)
    extra = EncryptedTextField(null=True, blank=True, help_text="JSON: what a list said beside, header to value")
    other_phones = EncryptedTextField(null=True, blank=True, help_text="JSON: list of further E.164 numbers")
    import_batch = models.ForeignKey(
        "customers.ImportBatch",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="the list that brought this person",
    )
    invited_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    same_person_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="the record this one was found to be the same person as",
    )
    erased_as = models.UUIDField(null=True, blank=True, editable=False, help_text="the certificate of who was erased from this record")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(Tag("phone"), name="customer_phone_unique"),
            models.CheckConstraint(condition=Q(loyalty_points_balance__gte=0), name="customer_points_not_negative"),
        ]
        # Of those alone who have one: points are written for everybody at once, and each index costs a write.
        indexes = [
            models.Index(fields=[column], condition=Q(**{f"{column}__isnull": False}), name=f"customer_{name}")
            for column, name in (("email", "email"), ("import_batch", "of_import"), ("same_person_as", "same_person"))
        ]

    def __str__(self) -> str:
        return self.name or f"Customer {self.pk}"

    @property
    def life(self) -> str:
        """Return how far somebody from a list has come; empty for people who never were on one."""
        for moment, life in (
            (self.registered_at, self.Life.REGISTERED),
            (self.expired_at, self.Life.EXPIRED),
            (self.invited_at, self.Life.INVITED),
            (self.import_batch_id, self.Life.IMPORTED),
        ):
            if moment:
                return life.value
        return ""


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
