"""Points as a ledger: signed entries that are only ever added, and add up to the customer's balance."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class PointsTransaction(models.Model):
    """One change of one customer's points; a trigger refuses UPDATE and DELETE."""

    class Kind(models.TextChoices):
        """Why the points moved."""

        EARN = "EARN"
        REDEEM = "REDEEM"
        ADJUST = "ADJUST"
        REVERSE = "REVERSE"

    class Origin(models.TextChoices):
        """Where points came from; empty for entries that only use or move points."""

        GOODWILL = "goodwill"
        EARNED = "earned"
        MANUAL = "manual"

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )  # points_customer_created serves
    kind = models.CharField(max_length=8, choices=Kind.choices)
    points = models.IntegerField()
    reason = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin.choices, blank=True, default=Origin.GOODWILL, db_default=Origin.GOODWILL)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False, help_text="the entry this one undoes"
    )  # points_reversed_once serves
    campaign_key = models.CharField(max_length=120, null=True, blank=True)
    source_key = models.CharField(
        max_length=80, null=True, blank=True, help_text="what brought the entry about; it counts once per customer"
    )
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(kind="EARN", points__gt=0)
                | Q(kind="REDEEM", points__lt=0)
                | (Q(kind__in=("ADJUST", "REVERSE")) & ~Q(points=0)),
                name="points_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="REVERSE", reverses__isnull=False) | (~Q(kind="REVERSE") & Q(reverses__isnull=True)),
                name="points_reverse_says_what",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=("goodwill", "earned", "manual")) | (Q(origin="") & ~Q(kind="EARN")), name="points_origin_known"
            ),
            models.UniqueConstraint(fields=["reverses"], condition=Q(reverses__isnull=False), name="points_reversed_once"),
            models.UniqueConstraint(
                fields=["campaign_key", "customer"],
                condition=Q(campaign_key__isnull=False, kind="EARN"),
                name="points_grant_once_per_campaign",
            ),
            models.UniqueConstraint(
                fields=["source_key", "customer"], condition=Q(source_key__isnull=False), name="points_once_per_source"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="points_customer_created"),
            models.Index(fields=["created_at"], condition=Q(kind="ADJUST", origin="manual"), name="points_by_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.points}"
