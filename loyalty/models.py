"""Points as a ledger: signed entries that are only ever added, and add up to the customer's balance; and what waits to become one."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


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
            models.Index(fields=["created_at"], condition=Q(kind="REDEEM"), name="points_redeemed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.points}"


class AdjustmentRequest(models.Model):
    """Points somebody wants to give or take by hand beyond their day's limit: made by a second person's word, or not at all."""

    class Status(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        APPROVED = "approved"
        REFUSED = "refused"
        EXPIRED = "expired"

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    points = models.IntegerField()
    reason = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=64, unique=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    entry = models.OneToOneField(PointsTransaction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(points=0), name="adjustment_of_some_points"),
            models.CheckConstraint(condition=~Q(status="approved") | ~Q(decided_by=F("requested_by")), name="adjustment_by_two_people"),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_by=None, decided_at=None, entry=None)
                | Q(status="approved", decided_by__isnull=False, decided_at__isnull=False, entry__isnull=False)
                | Q(status="refused", decided_by__isnull=False, decided_at__isnull=False, entry=None)
                | Q(status="expired", decided_by=None, decided_at__isnull=False, entry=None),
                name="adjustment_decided_how",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(status="waiting"), name="adjustments_waiting")]

    def __str__(self) -> str:
        return f"{self.points:+} points, {self.status}"


class LedgerFigures(models.Model):
    """What the ledger adds up to through one entry: derived, made anew at any time, and there so that nobody waits for a sum."""

    through = models.BigIntegerField(help_text="the number of the last entry in it")
    made_at = models.DateTimeField(null=True, help_text="when that entry was made; where that differs, the ledger is another one")
    zone = models.CharField(max_length=64, help_text="whose midnights divide the days")
    merges = ArrayField(models.BigIntegerField(), help_text="of customers, not undone at that time")
    days = models.TextField(help_text="JSON, as jsonb takes longer to read whole: [day, earned, redeemed, adjusted, reversed] each")
    lots = models.TextField(help_text="JSON: [day, origin, points left] each")
    holders = models.IntegerField(help_text="how many customers have points")
    top = models.TextField(help_text="JSON: [customer, points] of those who have most")
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="ledger_figures_single_row")]

    def __str__(self) -> str:
        return f"Figures through entry {self.through}"
