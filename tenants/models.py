"""Businesses and their host names: with platform users and the send ledger, all that tenants share."""

from typing import Any, ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Tenant(TenantMixin):
    """A business; its schema holds everything it owns."""

    name = models.CharField(max_length=120)
    region = models.CharField(max_length=2, help_text="ISO 3166 country, decides how phone numbers are read")
    time_zone = models.CharField(max_length=64, default="America/Chicago")
    currency = models.CharField(max_length=3, default="USD")
    is_a2p_gate_off = models.BooleanField(
        "may text the US unregistered",
        default=False,
        help_text="Its texts to the US leave although its registration with the carriers is not approved. Only for a business whose account"
        " is older than this rule or whose numbers need no registration.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False  # provisioning replays the template schema instead

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name that a tenant answers on."""

    class Meta(DomainMixin.Meta):
        abstract = False
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["tenant"], condition=models.Q(is_primary=True), name="domain_one_primary_per_tenant")
        ]
