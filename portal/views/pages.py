"""What every page of a customer has in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from portal.errors import CodesUnavailable, TooManyCodes
from portal.selectors import signed_in_customer
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant

PORTAL_POLICY = {"script-src": ["'self'"]}  # files of ours alone: nothing inline, nothing evaluated


def private(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Keep a page out of caches and search engines, and scripts that are not ours out of it; its dates are those of the business."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        with timezone.override(current_tenant().time_zone):
            response = view(request, *arguments, **named)
        response["X-Robots-Tag"] = "noindex"
        return response

    guarded: Callable[..., HttpResponseBase] = never_cache(csp_replace(PORTAL_POLICY)(answered))
    return guarded


def show(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page with the business's name and, for who is signed in, the way around."""
    shared = {"business": current_tenant().name, "customer": signed_in_customer(request)}
    return render(request, template, shared | context, status=status)


def show_problem(request: HttpRequest, template: str, error: ServiceProError, **context: Any) -> HttpResponse:
    """Render a page again with what went wrong, and tell programs when to come back."""
    response = show(request, template, status=error.status, problem=error.message, **context)
    if isinstance(error, TooManyCodes):
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


SENDING_PROBLEMS = (TooManyCodes, CodesUnavailable)
