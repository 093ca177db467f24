"""Campaigns and their targets; every person has a row, and every row has a reason."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, Q

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField, Tag


class Segment(models.Model):
    """Customers an owner describes once and writes to again: who they are is found anew each time."""

    name = models.CharField(max_length=80, unique=True)
    filters = models.JSONField(default=dict, help_text="whom it describes, as customers are filtered")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """One message to many people, sent once per address under its key."""

    class Status(models.TextChoices):
        """The life of a campaign."""

        DRAFT = "draft"
        SCHEDULED = "scheduled"
        RUNNING = "running"
        PAUSED = "paused"
        COMPLETED = "completed"
        CANCELLED = "cancelled"

    class Channel(models.TextChoices):
        """How an invitation travels; both means WhatsApp, and a text to whom WhatsApp does not reach."""

        WHATSAPP = "whatsapp", "WhatsApp"
        SMS = "sms", "SMS"
        BOTH = "both", "WhatsApp, else SMS"

    key = models.CharField(
        max_length=120,
        unique=True,
        help_text="what 'once' refers to: a new campaign with this key reaches nobody again",
    )
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    pause_reason = models.CharField(max_length=240, blank=True)
    consent_policy = models.CharField(
        max_length=16,
        default="opt_out",
        help_text="opt_out: unknown consent may be contacted; required: only people who agreed",
    )
    sms_enabled = models.BooleanField(default=True)
    email_enabled = models.BooleanField(default=True)
    quiet_hours_released_at = models.DateTimeField(null=True, blank=True)
    sms_text = models.TextField(blank=True)
    email_subject = models.CharField(max_length=200, blank=True)
    email_text = models.TextField(blank=True)
    email_html = models.TextField(blank=True)
    points = models.PositiveIntegerField(default=0, help_text="points granted to each person")
    channel = models.CharField(
        max_length=8, choices=Channel.choices, blank=True, default="", help_text="which channel reaches people's phones, where one does"
    )
    offer = models.ForeignKey("loyalty.WelcomeOffer", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    content_sid = models.CharField(max_length=34, blank=True, default="", help_text="the approved WhatsApp template")
    content_body = models.TextField(blank=True, default="", help_text="the template's words when it was checked last, with {{1}} and so on")
    content_variables = models.JSONField(default=dict, blank=True, help_text="number of the template's variable to field")
    audience = models.JSONField(default=dict, blank=True, help_text="who is written to, as the owner chose")
    description = models.CharField(max_length=500, blank=True, default="")
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.PositiveSmallIntegerField(default=1, help_text="of a messaging campaign: the furthest step its owner came to")
    confirmed_count = models.PositiveIntegerField(null=True, blank=True, help_text="how many people the owner typed to start it")
    watched_from = models.DateTimeField(
        null=True, blank=True, help_text="failures and opt-outs are counted from here: when it was started or resumed"
    )
    tracks_opens = models.BooleanField(default=False, help_text="whether it is counted who opened the email")
    setbacks = models.PositiveSmallIntegerField(default=0, help_text="batches in a row that did not reach the provider at all")
    rests_until = models.DateTimeField(null=True, blank=True, help_text="nothing is sent before: the provider is away or asked to wait")
    email_setbacks = models.PositiveSmallIntegerField(default=0, help_text="the same of emails, which have a provider of their own")
    email_rests_until = models.DateTimeField(null=True, blank=True, help_text="no email is sent before")
    served_to = models.BigIntegerField(
        default=0, editable=False, help_text="every target up to this id had a turn; who of them still waits is marked so"
    )
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), condition=Q(status="running"), name="campaign_one_running_per_tenant")]

    def __str__(self) -> str:
        return self.name


OPEN = ("pending", "held", "in_doubt")
IS_OPEN = Q(sms_status__in=OPEN) | Q(email_status__in=OPEN)


class Target(models.Model):
    """One person of a campaign, with what became of the text, the email and the points."""

    class Outcome(models.TextChoices):
        """What became of one channel. `in_doubt` also stands while a worker is sending."""

        PENDING = "pending"
        IN_DOUBT = "in_doubt"
        SENT = "sent"
        FAILED = "failed"
        SKIPPED = "skipped"
        HELD = "held"

    # The unique constraints below begin with these columns: indexes of their own would only cost writes.
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="targets", db_index=False)
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120, blank=True)
    phone = EncryptedPhoneField(null=True)
    phone_raw = EncryptedTextField(null=True)
    email = models.EmailField(null=True)
    opted_out = models.BooleanField(default=False, help_text="the strictest wish of all joined records, when the list was built")
    phone_channel = models.CharField(
        max_length=8, default="sms", db_default="sms", help_text="how the one message to the phone goes, which sms_… tell of"
    )
    sms_status = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.PENDING)
    sms_reason = models.CharField(max_length=40, blank=True)
    sms_attempt_id = models.UUIDField(null=True)
    sms_sid = models.CharField(max_length=64, blank=True)
    email_status = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.PENDING)
    email_reason = models.CharField(max_length=40, blank=True)
    email_attempt_id = models.UUIDField(null=True)
    not_before = models.DateTimeField(null=True, help_text="when a held or throttled person may be tried again")
    points_granted = models.PositiveIntegerField(default=0)
    points_reason = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=240, blank=True)
    facts = models.JSONField(default=dict, help_text="what the rule saw when it decided")
    summary_logged = models.BooleanField(default=False)
    had_turn = models.BooleanField(default=False, help_text="the campaign passed this person, who still waited then")
    # The one indexed column that follows the outcome, and it is false for nearly everybody from beginning to end: so neither taking
    # a person nor recording what became of them touches an index.
    waits = models.GeneratedField(
        expression=ExpressionWrapper(Q(had_turn=True) & IS_OPEN, output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint("campaign", Tag("phone"), name="target_phone_once"),
            models.UniqueConstraint(fields=["customer", "campaign"], name="target_customer_once"),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], name="target_turn"),
            models.Index(fields=["campaign", "id"], condition=Q(waits=True), name="target_waits"),
        ]

    def __str__(self) -> str:
        return f"Target {self.pk}"
