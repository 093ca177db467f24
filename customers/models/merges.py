"""Records that may be one person, why, and which of them were made one."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from customers.models.people import Customer
from servicepro.lib.fields import EncryptedTextField


class CustomerMerge(models.Model):
    """Two records made one person: `gone` stays as a row, points at `kept`, and can be brought back."""

    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    gone = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    before = EncryptedTextField(help_text="both records as they were; empty once it is undone or one of them is erased")
    outcome = models.JSONField(default=list, help_text="what else the merge and its undoing did, as sentences without names")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="merge_gone_once"),
            models.CheckConstraint(condition=~Q(kept=F("gone")), name="merge_of_two_records"),
        ]

    def __str__(self) -> str:
        return f"Merge {self.pk}"


class MergeProposal(models.Model):
    """Two records that may be one person, for a human to decide."""

    class Status(models.TextChoices):
        """What became of it."""

        OPEN = "open"
        MERGED = "merged"
        DISMISSED = "dismissed"
        SUPERSEDED = "superseded"

    # Without an index of its own: the unique constraint below begins with this column.
    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    merge = models.ForeignKey(
        CustomerMerge,
        null=True,
        on_delete=models.SET_NULL,
        related_name="proposals",
        help_text="the merge that answered, superseded or (while open) brought up this question",
    )
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["first", "second"], name="merge_proposal_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="merge_proposal_in_order"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(status="open"), name="merge_proposal_open")]

    def __str__(self) -> str:
        return f"Proposal {self.pk}"


class MergeEvidence(models.Model):
    """Why two records may be one person: the field, and the row or conversation where both meet."""

    # Without an index of its own: the unique constraint below begins with this column.
    proposal = models.ForeignKey(MergeProposal, on_delete=models.CASCADE, related_name="evidence", db_index=False)
    shared_field = models.CharField(max_length=16, help_text="phone, email, other_phone, name or row")
    record_kind = models.CharField(max_length=16, help_text="customer, participant or import_row")
    record_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "shared_field", "record_kind", "record_id"], name="merge_evidence_once")]

    def __str__(self) -> str:
        return f"{self.shared_field} in {self.record_kind} {self.record_id}"
