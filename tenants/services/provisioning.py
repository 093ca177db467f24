"""Create businesses, and record what their people do."""

import re
import zoneinfo
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django_tenants.utils import get_public_schema_name, schema_context, schema_exists, tenant_context
from phonenumbers import timezone as number_zones
from psycopg.errors import DuplicateSchema, UniqueViolation

from servicepro.lib.admin_pages import View, guarded
from tenants.accounts.models import AuditEntry, User
from tenants.business.models import BusinessSettings
from tenants.errors import BadTenant
from tenants.models import Domain, Tenant
from tenants.services.schema_template import TEMPLATE_SCHEMA, refresh_template, replay_template

_RESERVED = {"public", "information_schema", TEMPLATE_SCHEMA}
NAME_LENGTH_MAX = 120
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{1,40}")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_EURO = frozenset(
    ["AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"]
)
_CURRENCIES = {
    "AE": "AED", "AU": "AUD", "BR": "BRL", "CA": "CAD", "CH": "CHF", "CZ": "CZK", "DK": "DKK", "GB": "GBP", "HK": "HKD",
    "HU": "HUF", "ID": "IDR", "IL": "ILS", "IN": "INR", "JP": "JPY", "KE": "KES", "KR": "KRW", "LK": "LKR", "MX": "MXN",
    "MY": "MYR", "NG": "NGN", "NO": "NOK", "NP": "NPR", "NZ": "NZD", "PH": "PHP", "PK": "PKR", "PL": "PLN", "RO": "RON",
    "SA": "SAR", "SE": "SEK", "SG": "SGD", "TH": "THB", "TR": "TRY", "VN": "VND", "ZA": "ZAR",
}  # fmt: skip
# Where a country has several clocks, the one in the middle; the owner may choose another.
_TIME_ZONES = {"US": "America/Chicago", "CA": "America/Toronto", "IN": "Asia/Kolkata", "MX": "America/Mexico_City"}


def provision_tenant(*, schema: str, name: str, domain: str, region: str, owner_email: str, owner_password: str | None = None) -> Tenant:
    """Create a business with its schema, host name, settings and owner, all or nothing.

    The schema is a copy of a template that the migrations made once, which takes a tenth of the time. Raises BadTenant.
    """
    region, domain, owner_email = region.upper(), domain.lower(), owner_email.strip().lower()
    with schema_context(get_public_schema_name()):
        _check(schema, name, domain, region, owner_email)
        refresh_template()
        try:
            with transaction.atomic():
                tenant = Tenant.objects.create(
                    schema_name=schema, name=name.strip(), region=region, time_zone=_time_zone(region), currency=_currency(region)
                )
                Domain.objects.create(domain=domain, tenant=tenant, is_primary=True)
                replay_template(schema)
                with tenant_context(tenant):
                    BusinessSettings.objects.get_or_create(pk=1, defaults={"reply_to_email": owner_email})
                    User.objects.create_user(owner_email, owner_password, role=User.Role.OWNER, is_staff=True, is_superuser=True)
        except (IntegrityError, ProgrammingError) as error:
            if isinstance(error.__cause__, UniqueViolation | DuplicateSchema):  # someone else was quicker since the check
                raise BadTenant(f"A business “{schema}” or the host name “{domain}” was created just now.") from error
            raise
    return tenant


def _currency(region: str) -> str:
    return "EUR" if region in _EURO else _CURRENCIES.get(region, "USD")


def _time_zone(region: str) -> str:
    known = _TIME_ZONES.get(region)
    if known:
        return known
    example = phonenumbers.example_number(region)
    zone = number_zones.time_zones_for_number(example)[0] if example else "UTC"
    return zone if zone in zoneinfo.available_timezones() else "UTC"


def _check(schema: str, name: str, domain: str, region: str, owner_email: str) -> None:
    if not _SCHEMA.fullmatch(schema) or schema in _RESERVED or schema.startswith("pg_"):
        raise BadTenant(
            f"The schema name “{schema}” cannot be used: take 2 to 41 lower-case letters, digits or _, starting with a letter, "
            "and none the database needs for itself (public, pg_…)."
        )
    if not 0 < len(name.strip()) <= NAME_LENGTH_MAX:
        raise BadTenant(f"The business needs a name of at most {NAME_LENGTH_MAX} characters.")
    if not _HOST.fullmatch(domain):
        raise BadTenant(f"“{domain}” is not a host name: use something like glamour.example.com, without http:// or a port.")
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadTenant(f"“{region}” is not a country code: use two letters such as US, IN or DE.")
    try:
        User._meta.get_field("email").clean(owner_email, None)
    except ValidationError as error:
        raise BadTenant(f"“{owner_email}” is not an email address.") from error
    if Tenant.objects.filter(schema_name=schema).exists() or schema_exists(schema):
        raise BadTenant(f"There is a business “{schema}” already.")
    if Domain.objects.filter(domain=domain).exists():
        raise BadTenant(f"Another business answers on “{domain}” already.")


def record_action(actor: User | None, action: str, subject: str, **details: Any) -> AuditEntry:
    """Add a line to the audit trail; `details` carry ids and numbers, never addresses."""
    return AuditEntry.objects.create(actor=actor, action=action, subject=subject, details=details)


def owner_required(view: View) -> View:
    """Let owners of this business pass; send strangers to the sign-in page, and tell staff whose page it is (403)."""
    return guarded(view, lambda request: request.user.is_owner, refusal="tenants/owners_only.html")  # type: ignore[union-attr]
