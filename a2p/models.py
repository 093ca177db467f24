"""A business's registration with the carriers: who it is, what it texts, and every attempt to have that approved."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField

SID_CHARACTERS = 34


def _sid(help_text: str) -> "models.CharField[str, str]":
    return models.CharField(max_length=SID_CHARACTERS, blank=True, default="", help_text=help_text)


class Brand(models.Model):
    """Who registers: one row, what the owner gave and what the provider made of it, each kept as soon as it is there."""

    legal_name = models.CharField(max_length=255, blank=True, help_text="exactly as the tax office writes it")
    display_name = models.CharField(max_length=255, blank=True, help_text="the name people know, where it is another one")
    company_type = models.CharField(max_length=16, default="private", help_text="private, public, non-profit, government, sole_proprietor")
    business_type = models.CharField(max_length=40, blank=True, help_text="the legal form, as the provider spells it")
    industry = models.CharField(max_length=40, blank=True)
    registration_type = models.CharField(max_length=8, default="EIN")
    registration_number = EncryptedTextField(null=True, blank=True)
    website = models.CharField(max_length=255, blank=True)
    street = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=40, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, default="US")
    contact_first_name = models.CharField(max_length=80, blank=True)
    contact_last_name = models.CharField(max_length=80, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = EncryptedPhoneField(null=True, blank=True)
    contact_title = models.CharField(max_length=80, blank=True)
    contact_position = models.CharField(max_length=40, blank=True)
    stock_exchange = models.CharField(max_length=16, blank=True)
    stock_ticker = models.CharField(max_length=16, blank=True)

    customer_profile_sid = _sid("the secondary customer profile, BU…")
    business_sid = _sid("its end user with the business, IT…")
    representative_sid = _sid("its end user with the representative, IT…")
    address_sid = _sid("the address, AD…")
    document_sid = _sid("the address document, RD…")
    trust_product_sid = _sid("the A2P profile, BU…")
    product_sid = _sid("its end user, IT…")
    twilio_brand_sid = _sid("the brand, BN…")
    tcr_id = models.CharField(max_length=16, blank=True, default="", help_text="the registry's own number of the brand")
    profile_status = models.CharField(max_length=24, blank=True, default="")
    trust_product_status = models.CharField(max_length=24, blank=True, default="")
    brand_status = models.CharField(max_length=24, blank=True, default="")
    identity_status = models.CharField(max_length=24, blank=True, default="", help_text="a brand is of use only where this is verified")
    rejections = models.JSONField(default=list, blank=True, help_text="why the brand was refused: code, fields and words")
    corrections = models.PositiveSmallIntegerField(default=0, help_text="how often it was corrected; three times is all there is")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="a2p_brand_single_row")]

    def __str__(self) -> str:
        return self.display_name or self.legal_name or "Brand"


class A2pCampaign(models.Model):
    """What is texted under the brand, and where its registration stands."""

    class Status(models.TextChoices):
        """The life of a registration; what the provider calls it stands in `trusthub_status`."""

        DRAFT = "DRAFT", "Draft"
        READY_TO_SUBMIT = "READY_TO_SUBMIT", "Ready"
        SUBMITTED = "SUBMITTED", "Submitted"
        APPROVED = "APPROVED", "Approved"
        REJECTED = "REJECTED", "Rejected"
        ERROR = "ERROR", "Error"

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="campaigns")
    use_case = models.CharField(max_length=40, blank=True)
    description = models.TextField(blank=True)
    message_flow = models.TextField(blank=True, help_text="how people agree to get texts")
    samples = ArrayField(models.TextField(), default=list, blank=True)
    has_embedded_links = models.BooleanField(default=False)
    has_embedded_phone = models.BooleanField(default=False)
    opt_in_message = models.TextField(blank=True)
    opt_out_message = models.TextField(blank=True)
    help_message = models.TextField(blank=True)
    opt_in_keywords = ArrayField(models.TextField(), default=list, blank=True)
    opt_out_keywords = ArrayField(models.TextField(), default=list, blank=True)
    help_keywords = ArrayField(models.TextField(), default=list, blank=True)
    privacy_url = models.CharField(max_length=255, blank=True)
    terms_url = models.CharField(max_length=255, blank=True)
    is_age_gated = models.BooleanField(default=False)
    is_direct_lending = models.BooleanField(default=False)

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT)
    messaging_service_sid = _sid("the messaging service of the campaign, MG…")
    twilio_brand_sid = _sid("the brand it was submitted under, BN…")
    twilio_campaign_sid = _sid("QE…: the same for every campaign there is, so it identifies none")
    campaign_id = models.CharField(max_length=24, blank=True, default="", help_text="the registry's own number of the campaign")
    trusthub_status = models.CharField(
        max_length=24, null=True, blank=True, help_text="draft, submitted, approved, rejected, suspended, error"
    )
    trusthub_last_checked_at = models.DateTimeField(null=True, blank=True)
    trusthub_last_error = models.TextField(null=True, blank=True, help_text="the last refusal or fault, in words for people")
    rejections = models.JSONField(default=list, blank=True, help_text="why it was refused: code, fields and words")
    numbers_total = models.PositiveSmallIntegerField(default=0, help_text="numbers attached to its messaging service")
    numbers_provisioned = models.PositiveSmallIntegerField(default=0, help_text="of them known to the carriers")
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "registration"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["messaging_service_sid"], condition=~Q(messaging_service_sid=""), name="a2p_one_campaign_per_service"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} registration"


class Attempt(models.Model):
    """One press of a button that sends something to the provider: what was sent and how it differs from the attempt before.

    Rows are only ever added; what came of it stands in its events.
    """

    class Verb(models.TextChoices):
        """What the owner pressed."""

        SUBMIT = "submit"
        RESUBMIT = "resubmit"

    campaign = models.ForeignKey(A2pCampaign, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="1 for the first")
    verb = models.CharField(max_length=8, choices=Verb.choices)
    sent = models.JSONField(help_text="brand and campaign as they were; of the tax number the last four digits alone")
    difference = models.JSONField(default=dict, help_text="field to [before, now]; empty for the first")
    actor = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["campaign", "number"], name="a2p_attempt_once")]

    def __str__(self) -> str:
        return f"Attempt {self.number}"


class AttemptEvent(models.Model):
    """A step of an attempt and what the provider answered; rows are only ever added."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=40, help_text="which call, or the state that was heard of: submitted, approved, rejected, error")
    outcome = models.CharField(max_length=16, help_text="done, found, refused, unreachable, heard")
    sid = models.CharField(max_length=SID_CHARACTERS, blank=True)
    code = models.CharField(max_length=16, blank=True)
    answer = models.JSONField(default=dict, help_text="what was answered, without names and numbers of people")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.step} {self.outcome}"
