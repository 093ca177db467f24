"""Choose the tenant by host name: once per request, from memory."""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django_tenants.utils import get_public_schema_name

from servicepro.lib.tenancy import connection
from tenants.models import Tenant
from tenants.selectors import tenant_by_host

CACHE_SECONDS = 10  # how long a change of host names may take to be seen by a running process
UNKNOWN_SECONDS = 1  # a business that was just created is reachable at once
CACHE_HOSTS_MAX = 10_000
HEALTH_PATH = "/healthz"


class TenantMiddleware:
    """Serve the tenant of the host; an unknown host gets a friendly 404 and touches no tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._known: dict[str, tuple[float, Tenant]] = {}
        self._unknown: dict[str, float] = {}  # apart, so that a flood of made-up hosts evicts no business

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer on the tenant's behalf."""
        # The thread still serves the tenant of its last request: nothing may be logged or read in that one's name.
        connection.set_schema_to_public()
        if request.path_info == HEALTH_PATH:
            return HttpResponse("ok", content_type="text/plain")
        try:
            host, _port = split_domain_port(request.get_host())
        except DisallowedHost:
            return _nobody(request.META.get("HTTP_HOST", ""))
        tenant = self._tenant(host)
        if tenant is None:
            return _nobody(host)
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
        if self._unknown.get(host, 0.0) > now:
            return None
        tenant = tenant_by_host(host)
        remembered: dict[str, tuple[float, Tenant]] | dict[str, float] = self._known if tenant else self._unknown
        if len(remembered) >= CACHE_HOSTS_MAX:
            remembered.clear()
        if tenant is None:
            self._known.pop(host, None)
            self._unknown[host] = now + UNKNOWN_SECONDS
        else:
            self._known[host] = (now + CACHE_SECONDS, tenant)
        return tenant


def _nobody(host: str) -> HttpResponse:
    """Say that no business lives here, without asking any tenant or the database."""
    return HttpResponse(render_to_string("tenants/unknown_host.html", {"host": host[:253]}), status=404)
