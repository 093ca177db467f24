"""Choose the tenant by host name: once per request, from memory."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django_tenants.utils import get_public_schema_name

from servicepro.lib.tenancy import connection
from tenants.models import Tenant
from tenants.selectors import tenant_by_host

CACHE_SECONDS = 10  # how long a change of host names may take to be seen by a running process
CACHE_HOSTS_MAX = 10_000


class TenantMiddleware:
    """Serve the tenant of the host; an unknown host gets a friendly 404 and touches no tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._known: dict[str, tuple[float, Tenant | None]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer on the tenant's behalf."""
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        host = request.get_host().rpartition(":")[0] or request.get_host()
        tenant = self._tenant(host.lower())
        if tenant is None:
            page = render_to_string("tenants/unknown_host.html", {"host": host})
            return HttpResponse(page, status=404)
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        is_platform = tenant.schema_name == get_public_schema_name()
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if is_platform else settings.ROOT_URLCONF  # type: ignore[attr-defined]
        set_urlconf(request.urlconf)  # type: ignore[attr-defined]
        return self.get_response(request)

    def _tenant(self, host: str) -> Tenant | None:
        now = time.monotonic()
        known = self._known.get(host)
        if known and known[0] > now:
            return known[1]
        if len(self._known) >= CACHE_HOSTS_MAX:
            self._known.clear()
        tenant = tenant_by_host(host)
        self._known[host] = (now + CACHE_SECONDS, tenant)
        return tenant
