"""Questions about businesses."""

from collections.abc import Collection, Iterator
from typing import cast

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name, tenant_context

from servicepro.lib.tenancy import connection
from tenants.accounts.models import ApiToken as ApiToken
from tenants.accounts.models import AuditEntry as AuditEntry
from tenants.accounts.models import User as User  # other apps name the rows they are handed through here
from tenants.business.models import BusinessSettings as BusinessSettings
from tenants.errors import UnknownTenant
from tenants.models import Domain
from tenants.models import Tenant as Tenant

API_TOKENS_SHOWN_MAX = 200


def tenant_by_host(host: str) -> Tenant | None:
    """Return the business that answers on a host name (lower case, no port)."""
    connection.set_schema_to_public()
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    return domain.tenant if domain else None


def tenant_by_schema(schema: str) -> Tenant:
    """Return a business by its schema name. Raises UnknownTenant."""
    tenant = Tenant.objects.filter(schema_name=schema).exclude(schema_name=get_public_schema_name()).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.exclude(schema_name=get_public_schema_name()).values_list("schema_name", flat=True))
        raise UnknownTenant(f"There is no business “{schema}”. Known: {known or 'none yet'}.")
    return tenant


def each_tenant() -> Iterator[Tenant]:
    """Yield every business, with its schema active while the caller works on it."""
    for tenant in Tenant.objects.exclude(schema_name=get_public_schema_name()).order_by("schema_name"):
        with tenant_context(tenant):
            yield tenant


def public_url(tenant: Tenant) -> str:
    """Return the address of the business's pages, without a trailing slash."""
    host = Domain.objects.filter(tenant_id=tenant.pk, is_primary=True).values_list("domain", flat=True).first()
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{host or 'localhost'}{port}"


def current_tenant() -> Tenant:
    """Return the business whose schema is active. Raises UnknownTenant outside of one."""
    tenant = connection.tenant
    return tenant if isinstance(tenant, Tenant) else tenant_by_schema(connection.schema_name)


def signed_in_user(request: HttpRequest) -> User:
    """Return who asks for a page that only somebody who works for the business gets."""
    return cast(User, request.user)


def business_settings() -> BusinessSettings:
    """Return what the current business decided; its defaults where nobody decided yet."""
    return BusinessSettings.objects.filter(pk=1).first() or BusinessSettings(pk=1)


def tenants_named(schema: str | None) -> list[Tenant]:
    """Return the business with this schema name, or all where none is named. Raises UnknownTenant."""
    if schema:
        return [tenant_by_schema(schema)]
    return list(Tenant.objects.exclude(schema_name=get_public_schema_name()).order_by("schema_name"))


def api_tokens() -> list[ApiToken]:
    """Return the keys of the API, living ones first, newest first."""
    keys = ApiToken.objects.select_related("created_by").order_by(F("revoked_at").desc(nulls_first=True), "-created_at")
    return list(keys[:API_TOKENS_SHOWN_MAX])


def audit_entries(subjects: Collection[str]) -> list[AuditEntry]:
    """Return what was done to `subjects` (“customer:12”), oldest first."""
    return list(AuditEntry.objects.filter(subject__in=subjects).select_related("actor").order_by("pk"))
