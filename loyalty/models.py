"""Points as a ledger: signed entries that are only ever added, and add up to the customer's balance; what waits to become one; and
welcome offers: what a business promises to whoever registers, to whom it was promised, and where it was used."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

PERCENT_MAX = 100
MONEY_MINOR_MAX = 100_000_000
VALIDITY_DAYS_MAX = 365
USES_MAX = 100


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


class WelcomeOffer(models.Model):
    """A discount on a booking for people who register: a share of the bill or an amount, within limits."""

    class Discount(models.TextChoices):
        """How the discount is reckoned."""

        PERCENTAGE = "percentage", "Percentage of the bill"
        FIXED = "fixed", "Fixed amount"

    name = models.CharField(max_length=255, unique=True)
    discount_type = models.CharField(max_length=10, choices=Discount.choices)
    discount_value = models.PositiveIntegerField(help_text="percent, or cents or paise")
    max_discount_minor = models.PositiveIntegerField(null=True, blank=True, help_text="the most a percentage takes off; none without it")
    minimum_purchase_minor = models.PositiveIntegerField(default=0, help_text="the smallest bill it can be used on; 0 for any")
    validity_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(VALIDITY_DAYS_MAX)], help_text="days from registration"
    )
    usage_limit = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(USES_MAX)], help_text="how often one customer can use it"
    )
    is_active = models.BooleanField(default=True, help_text="can be promised, claimed and used")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(discount_type="percentage", discount_value__gte=1, discount_value__lte=PERCENT_MAX)
                | Q(discount_type="fixed", discount_value__gte=1, max_discount_minor=None),
                name="offer_discount_fits_its_type",
                violation_error_message="A percentage is from 1 to 100; a fixed amount is more than nothing and has no maximum beside it.",
            ),
            models.CheckConstraint(
                condition=Q(max_discount_minor=None) | Q(max_discount_minor__gte=1),
                name="offer_cap_leaves_something",
                violation_error_message="The most it takes off must be more than nothing.",
            ),
            models.CheckConstraint(condition=Q(validity_days__gte=1), name="offer_lasts_a_day"),
            models.CheckConstraint(condition=Q(usage_limit__gte=1), name="offer_can_be_used"),
        ]

    def __str__(self) -> str:
        return self.name


class OfferCode(models.Model):
    """A welcome offer promised to one customer under a code of their own; it runs from the day they claim it."""

    offer = models.ForeignKey(WelcomeOffer, on_delete=models.PROTECT, related_name="codes", db_index=False)  # offer_promised_once serves
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=16, unique=True)
    issued_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True, help_text="when it was noticed that it ran out and was never used")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["offer", "customer"], name="offer_promised_once"),
            models.CheckConstraint(
                condition=Q(claimed_at=None, expires_at=None) | Q(claimed_at__isnull=False, expires_at__gt=F("claimed_at")),
                name="offer_runs_from_its_claim",
            ),
            models.CheckConstraint(condition=Q(expired_at=None) | Q(expired_at__gte=F("expires_at")), name="offer_expires_after_its_end"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(expired_at=None, expires_at__isnull=False), name="offers_running")]

    def __str__(self) -> str:
        return f"Code {self.pk}"


class OfferUse(models.Model):
    """One use of a promised offer on something that is paid for; returned once where that is taken back.

    `use_number` counts a code's uses from 1 to the limit that held then: with its constraints no race makes one too many.
    """

    code = models.ForeignKey(OfferCode, on_delete=models.PROTECT, related_name="uses", db_index=False)  # offer_use_numbered serves
    use_number = models.PositiveSmallIntegerField()
    usage_limit = models.PositiveSmallIntegerField()
    source_key = models.CharField(max_length=80, unique=True, help_text="what was paid with it")
    total_minor = models.PositiveIntegerField()
    discount_minor = models.PositiveIntegerField()
    redeemed_at = models.DateTimeField(auto_now_add=True)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code", "use_number"], condition=Q(returned_at=None), name="offer_use_numbered"),
            models.CheckConstraint(condition=Q(use_number__gte=1, use_number__lte=F("usage_limit")), name="offer_use_within_limit"),
            models.CheckConstraint(
                condition=Q(discount_minor__gte=1, discount_minor__lte=F("total_minor")), name="offer_discount_within_total"
            ),
        ]

    def __str__(self) -> str:
        return f"Use {self.pk}"
