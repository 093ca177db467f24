"""What a business says of itself, and the host of the platform above all businesses."""

from tenants.business.models import BusinessSettings
from tenants.models import Domain, Tenant


def describe_business(*, owner_name: str, postal_address: str, owner_phone: str) -> BusinessSettings:
    """Write down who owns the current business and where it is; a phone that is known already stays."""
    described, _is_new = BusinessSettings.objects.update_or_create(
        pk=1, defaults={"owner_name": owner_name, "postal_address": postal_address}
    )
    if not described.owner_phone:
        described.owner_phone = owner_phone
        described.save(update_fields=["owner_phone"])
    return described


def introduce_platform(*, name: str, domain: str) -> Tenant:
    """Give the public schema its row and host name; a second call changes nothing."""
    platform, _is_new = Tenant.objects.get_or_create(schema_name="public", defaults={"name": name, "region": "US"})
    Domain.objects.get_or_create(domain=domain, defaults={"tenant": platform, "is_primary": True})
    return platform
