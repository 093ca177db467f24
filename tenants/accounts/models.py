"""Staff users, who sign in with their email address, and the append-only record of what they did."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models

from servicepro.lib.fields import EncryptedPhoneField
from tenants.accounts import roles
from tenants.accounts.api_tokens import ApiToken as ApiToken  # Django finds models through this module


class UserQuery(BaseUserManager["User"]):
    """Create users by email address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; an unusable password is set where none is given."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return who signs in with this address, however it is typed."""
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a platform operator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, role=User.Role.OWNER, **fields)


class User(AbstractUser):
    """Somebody who works for the business (or, in the public schema, for the platform)."""

    class Role(models.TextChoices):
        """What a person may do: owners send campaigns, managers and staff look after customers."""

        OWNER = roles.OWNER
        MANAGER = roles.MANAGER
        STAFF = roles.STAFF

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.STAFF)
    phone = EncryptedPhoneField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserQuery()  # type: ignore[assignment,misc]

    @property
    def is_owner(self) -> bool:
        """Whether this person owns the business."""
        return self.is_active and self.role == self.Role.OWNER

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether the role grants a permission."""
        return self.is_active and roles.may(self.role, perm)

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether the role grants anything in an app."""
        return self.is_active and roles.may_enter(self.role, app_label)

    def __str__(self) -> str:
        return self.email


class AuditEntry(models.Model):
    """Who did what, when; rows are only ever added (a trigger refuses the rest)."""

    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=120, help_text="what it was done to, e.g. campaign:12")
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["subject", "-created_at"], name="audit_subject_created")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
