"""The business's own settings, one row per tenant schema."""

import datetime

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from servicepro.lib.fields import EncryptedPhoneField

one_line = RegexValidator(r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", "Write it in one line.")


class BusinessSettings(models.Model):
    """One row: what the owner decided for the whole business."""

    class UnknownConsent(models.TextChoices):
        """Whether a person whose consent nobody recorded may be written to."""

        ALLOW = "allow", "Allowed unless they opted out"
        REQUIRE = "require", "Only people who agreed"

    postal_address = models.CharField(max_length=240, blank=True)
    owner_phone = EncryptedPhoneField(null=True, blank=True)
    owner_name = models.CharField(max_length=80, blank=True)
    sender_name = models.CharField(
        max_length=80,
        blank=True,
        default="",
        validators=[one_line],
        help_text="the name customers see on your emails; empty: the name of the business",
    )
    sender_email = models.EmailField(
        blank=True,
        default="",
        help_text="the address your emails come from, verified at SendGrid before (with SPF and DKIM of its domain); empty: the platform's",
    )
    reply_to_email = models.EmailField(blank=True, help_text="where answers to your emails go; empty: to the address they come from")
    tracks_email_opens = models.BooleanField(
        default=False,
        help_text="new campaigns count who opened their email, by a picture nobody sees. Off unless you need it: it is watching people who"
        " did not agree to that, and mail programs that load pictures by themselves make the figure a guess",
    )
    unknown_consent = models.CharField(
        max_length=8,
        choices=UnknownConsent.choices,
        default=UnknownConsent.ALLOW,
        help_text="applies to apology and invitation campaigns; marketing always needs consent",
    )
    texts_open_at = models.TimeField(default=datetime.time(8, 0))
    texts_close_at = models.TimeField(default=datetime.time(21, 0))
    point_value_minor = models.PositiveIntegerField(default=10, help_text="worth of one point, in cents or paise")
    loyalty_min_cart_total = models.PositiveIntegerField(
        default=7500, help_text="smallest bill points can be used on, in cents or paise, before the discount; 0: none"
    )
    loyalty_require_core_service = models.BooleanField(default=False, help_text="points need at least one main service in the booking")
    loyalty_guardrail_message = models.CharField(
        max_length=240, blank=True, default="", help_text="what customers read when a booking does not qualify; empty: our own words"
    )
    loyalty_may_stack = models.BooleanField(default=False, help_text="a welcome offer and points can be used on one booking")
    loyalty_weekly_digest = models.BooleanField(default=True, help_text="owners get a weekly email of all points changed by hand")
    keep_conversations_months = models.PositiveSmallIntegerField(
        null=True, blank=True, default=24, validators=[MinValueValidator(1)], help_text="months texts are kept; empty: for ever"
    )
    keep_import_rows_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=3,
        validators=[MinValueValidator(2)],
        help_text="months the rows of imported lists are kept, 2 or more because an import can be undone for 30 days; empty: for ever",
    )
    keep_unmatched_rows_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=1,
        validators=[MinValueValidator(1)],
        help_text="months rows of lists that made nobody a customer are kept; empty: for ever",
    )
    keep_access_log_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=13,
        validators=[MinValueValidator(12)],
        help_text="months it is kept who looked at personal data, 12 or more; empty: for ever",
    )

    class Meta:
        verbose_name_plural = "business settings"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="business_settings_single_row"),
            models.CheckConstraint(
                condition=models.Q(texts_open_at__gte=datetime.time(8, 0), texts_close_at__lte=datetime.time(21, 0)),
                name="business_texts_within_8_to_21",
            ),
            models.CheckConstraint(condition=models.Q(keep_import_rows_months__gte=2), name="business_keeps_imports_for_undo"),
            models.CheckConstraint(condition=models.Q(keep_access_log_months__gte=12), name="business_keeps_access_log_a_year"),
            models.CheckConstraint(
                condition=models.Q(keep_conversations_months__gte=1, keep_unmatched_rows_months__gte=1), name="business_keeps_a_month"
            ),
        ]

    def __str__(self) -> str:
        return "Business settings"
