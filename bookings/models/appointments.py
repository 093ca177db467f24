"""What was booked, and what people were told about it."""

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from bookings.models.catalog import Place, Service
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField


class Booking(models.Model):
    """An appointment: one seat of one place for a stretch of time that nobody else can have.

    Prices, points and their worth are those of the moment it, or a service that was added later, was booked. `discount_minor` is what
    points took off, `offer_discount_minor` what a welcome offer did before them. `sequence` counts its changes, as calendars need it.
    """

    class Status(models.TextChoices):
        """Where it stands; all but a cancelled one keep their seat."""

        CONFIRMED = "confirmed"
        COMPLETED = "completed"
        NO_SHOW = "no_show"
        CANCELLED = "cancelled"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)  # booking_of_day begins with it
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seat = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CONFIRMED)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_phone = EncryptedPhoneField(null=True, blank=True)
    contact_email = models.EmailField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    total_minor = models.PositiveIntegerField()
    discount_minor = models.PositiveIntegerField(default=0)
    points_used = models.PositiveIntegerField(default=0)
    point_value_minor = models.PositiveIntegerField(default=0, help_text="what a point was worth when it was used; 0 without points")
    offer = models.ForeignKey("loyalty.WelcomeOffer", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    offer_name = models.CharField(max_length=255, blank=True, help_text="of the welcome offer, when it was used")
    offer_code = models.CharField(max_length=16, blank=True, help_text="under which it was promised")
    offer_discount_minor = models.PositiveIntegerField(default=0)
    due_minor = models.PositiveIntegerField()
    note = EncryptedTextField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    request_digest = models.CharField(max_length=64, help_text="of what was asked for under the key")
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=32, blank=True, help_text="customer, or user and number")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="booking_seat_once",
                expressions=[
                    ("place", RangeOperators.EQUAL),
                    ("seat", RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(status="cancelled"),
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_takes_time"),
            models.CheckConstraint(condition=Q(seat__gte=1), name="booking_has_a_seat"),
            models.CheckConstraint(
                condition=Q(due_minor=F("total_minor") - F("offer_discount_minor") - F("discount_minor")), name="booking_bill_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__gte=0, points_used__gte=0, offer_discount_minor__gte=0, due_minor__gte=0),
                name="booking_no_negative_money",
            ),
            models.CheckConstraint(
                condition=Q(points_used=0, discount_minor=0) | Q(points_used__gt=0, discount_minor__gt=0, point_value_minor__gt=0),
                name="booking_discount_is_from_points",
            ),
            models.CheckConstraint(
                condition=Q(offer=None, offer_discount_minor=0) | Q(offer__isnull=False, offer_discount_minor__gt=0),
                name="booking_offer_takes_off",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False) | (~Q(status="cancelled") & Q(cancelled_at__isnull=True)),
                name="booking_cancelled_when",
            ),
        ]
        indexes = [
            models.Index(fields=["place", "starts_at"], name="booking_of_day"),
            models.Index(fields=["created_at"], name="booking_made"),
            # Who came where, how often and for how much is added up from this index alone, in the order of people.
            models.Index(
                fields=["customer"], include=["place", "starts_at", "due_minor"], condition=~Q(status="cancelled"), name="booking_visits"
            ),
        ]

    def __str__(self) -> str:
        return f"Booking {self.pk}"


class BookingLine(models.Model):
    """One service of an appointment, as it was when it was booked."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="lines")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=8, choices=Service.Category.choices)
    price_minor = models.PositiveIntegerField()
    duration_minutes = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["booking", "service"], name="booking_line_once")]

    def __str__(self) -> str:
        return self.name


class BookingNotice(models.Model):
    """Something the customer is told about an appointment: written with the change itself, sent by a worker afterwards."""

    class What(models.TextChoices):
        """What happened."""

        CONFIRMED = "confirmed"
        MOVED = "moved"
        CHANGED = "changed"
        CANCELLED = "cancelled"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="notices", db_index=False)  # booking_notice_once serves
    what = models.CharField(max_length=10, choices=What.choices)
    sequence = models.PositiveIntegerField(help_text="of the appointment when it happened")
    sms_outcome = models.CharField(max_length=64, blank=True, help_text="empty while it is to be sent")
    email_outcome = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["booking", "what", "sequence"], name="booking_notice_once"),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(done_at__isnull=True), name="booking_notice_open")]

    def __str__(self) -> str:
        return f"{self.what} {self.booking_id}"
