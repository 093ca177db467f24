"""Keys that let a program act for the owner who made them."""

import hashlib
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


def hash_secret(secret: str) -> str:
    """Return what is stored of a secret. It carries 256 random bits, so a plain hash cannot be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiToken(models.Model):
    """A key for the API: what it may do, who made it, until when. The secret itself is never stored."""

    name = models.CharField(max_length=80, help_text="where it is used")
    prefix = models.CharField(max_length=16, unique=True, help_text="the part of the key that may be shown")
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_token_may_do_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_alive(self, now: datetime) -> bool:
        """Tell whether the key still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
