"""What a business offers, and where and when."""

import datetime
import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

MIDNIGHT = datetime.time(0, 0)
PRICE_MINOR_MAX = 100_000_000
DURATION_MINUTES_MAX = 24 * 60


def known_time_zone(name: str) -> None:
    """Refuse a time zone that no clock knows."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError("There is no such time zone. It looks like America/Chicago or Asia/Kolkata.")


class Place(models.Model):
    """Where customers come. `capacity` is how many appointments it serves at a time."""

    name = models.CharField(max_length=120, unique=True)
    address = models.CharField(max_length=240, blank=True)
    time_zone = models.CharField(max_length=64, validators=[known_time_zone], help_text="such as America/Chicago")
    capacity = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text="appointments served at the same time; with fewer, what was booked already stays",
    )
    slot_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(720)], help_text="minutes between the times customers can choose"
    )
    lead_minutes = models.PositiveIntegerField(
        default=120, validators=[MaxValueValidator(60 * 24 * 60)], help_text="how long ahead an appointment is booked at least"
    )
    horizon_days = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="days ahead an appointment is booked at most",
    )
    is_active = models.BooleanField(default=True, help_text="customers can book here")
    owners = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        limit_choices_to={"role": "owner"},
        help_text="owners who look after this place and write to its customers; none: all of them",
    )

    class Meta:
        ordering = ("name",)
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(capacity__gte=1), name="place_serves_somebody"),
            models.CheckConstraint(condition=Q(slot_minutes__gte=5), name="place_slots_move_on"),
            models.CheckConstraint(condition=Q(horizon_days__gte=1), name="place_looks_ahead"),
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """A stretch of a weekday in which a place takes appointments; a day may have several, e.g. before and after lunch."""

    class Weekday(models.IntegerChoices):
        """Days as Python counts them."""

        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens_at = models.TimeField()
    closes_at = models.TimeField(help_text="12 midnight (00:00) is the end of the day")

    class Meta:
        verbose_name = verbose_name_plural = "opening hours"
        ordering = ("weekday", "opens_at")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")) | Q(closes_at=MIDNIGHT),
                name="hours_close_after_they_open",
                violation_error_message="It closes before it opens. For hours past midnight add the rest to the next day.",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M} to {self.closes_at:%H:%M}"


class Closure(models.Model):
    """A day on which a place is closed, whatever its hours say."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="closures", db_index=False)  # closure_once begins with it
    day = models.DateField()
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("day",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["place", "day"], name="closure_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Service(models.Model):
    """Something that can be booked."""

    class Category(models.TextChoices):
        """A main service, or something beside one."""

        CORE = "core", "Main service"
        ADD_ON = "add_on", "Add-on"

    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=400, blank=True)
    category = models.CharField(max_length=8, choices=Category.choices, default=Category.CORE)
    is_add_on_only = models.BooleanField(default=False, help_text="an add-on that is booked together with a main service only")
    price_minor = models.PositiveIntegerField(validators=[MaxValueValidator(PRICE_MINOR_MAX)], help_text="in cents or paise")
    duration_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(DURATION_MINUTES_MAX)])
    is_active = models.BooleanField(default=True)
    places = models.ManyToManyField(Place, related_name="services", blank=True)

    class Meta:
        ordering = ("-category", "name")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(is_add_on_only=False) | Q(category="add_on"),
                name="service_main_stands_alone",
                violation_error_message="A main service can be booked alone; only an add-on can need one.",
            ),
            models.CheckConstraint(condition=Q(duration_minutes__gte=1), name="service_takes_time"),
        ]

    def __str__(self) -> str:
        return self.name
