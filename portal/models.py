"""How somebody gets into their own pages: a code that proves an address, and the session it opens."""

from django.db import models
from django.db.models import Q

from servicepro.lib.fields import EncryptedTextField

TRIES_MAX = 5


class SignInCode(models.Model):
    """Somebody asked for a code. Addresses nobody knows get a row as well, so that both are treated alike."""

    class Purpose(models.TextChoices):
        """What the right code does."""

        SIGN_IN = "sign_in"
        CHANGE_EMAIL = "change_email"
        REGISTER = "register"

    class Channel(models.TextChoices):
        """How the code travels."""

        SMS = "sms"
        EMAIL = "email"

    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.SIGN_IN)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address_tag = models.CharField(max_length=32)
    address = EncryptedTextField(help_text="E.164 or email, as long as the row is kept")
    customer = models.ForeignKey(
        "customers.Customer", null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="none where nobody is known"
    )
    browser_hash = models.CharField(max_length=64, unique=True, help_text="the browser that asked")
    salt = models.CharField(max_length=32, blank=True)
    code_hash = models.CharField(max_length=64, blank=True, help_text="empty where no code was made")
    outcome = models.CharField(max_length=64, blank=True, help_text="what became of the message: sent, or why not")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tries__lte=TRIES_MAX), name="sign_in_code_tries_bounded")]
        indexes = [
            models.Index(fields=["purpose", "address_tag", "-id"], name="sign_in_code_newest"),
            models.Index(fields=["created_at"], name="sign_in_code_created"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}"


class PortalSession(models.Model):
    """Where somebody is signed in: a browser, or the app on a phone; the token itself is known there alone."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    is_app = models.BooleanField(default=False, db_default=False, help_text="its token opens the app's part of the API, and no page")
    user_agent = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField(help_text="when the code was entered")
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="portal_session_created")]

    def __str__(self) -> str:
        return f"Session {self.pk}"
