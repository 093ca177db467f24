"""Who may pass: the signed-in customer, at pages and at the API."""

from collections.abc import Callable
from functools import wraps
from typing import ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from customers.selectors import Customer
from portal.models import PortalSession
from portal.selectors import app_session, cookie_name, portal_session, signed_in_customer
from portal.services.limits import count_look
from portal.services.sessions import note_visit
from servicepro.lib.client_ip import client_ip
from servicepro.lib.errors import Forbidden, Unauthenticated
from tenants.services import count_api_request, count_stranger, is_forged

SIGN_IN_PATH = "/portal/sign-in"
GUEST = "guest"


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let signed-in customers pass, and lead everybody else to the sign-in page and back."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: object, **named: object) -> HttpResponseBase:
        session = portal_session(request)
        if session is None:
            way_back = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
            return HttpResponseRedirect(f"{SIGN_IN_PATH}?{urlencode(way_back)}" if way_back else SIGN_IN_PATH)
        note_visit(session)
        return view(request, *arguments, **named)

    return checked


class CustomerSession:
    """Let the signed-in customer pass; what changes something needs the page's own CSRF token. Raises Unauthenticated, Forbidden."""

    openapi_security_schema: ClassVar[dict[str, str]] = {
        "type": "apiKey",
        "in": "cookie",
        "name": cookie_name(),
        "description": "The customer's sign-in at /portal/sign-in. Changes need the header X-CSRFToken as well.",
    }
    csrf = True
    scope = None

    def __call__(self, request: HttpRequest) -> Customer:
        """Tell who is signed in."""
        session, customer = portal_session(request), signed_in_customer(request)
        if session is None or customer is None:
            count_stranger(request)
            raise Unauthenticated(f"Sign in first, at {SIGN_IN_PATH}.")
        count_api_request(f"portal:{session.pk}")
        if is_forged(request):
            raise Forbidden("The request did not come from a page of ours: send the CSRF cookie's value as the header X-CSRFToken.")
        note_visit(session)
        return customer


customer_session = CustomerSession()


class AppSession:
    """Let the app of somebody who proved their phone pass, by its token. Raises Unauthenticated.

    A browser's cookie opens nothing here, so no other site can make a browser act.
    """

    openapi_security_schema: ClassVar[dict[str, str]] = {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of POST /api/mobile/verify-code, in the app where the code was entered.",
    }
    scope = None

    def __call__(self, request: HttpRequest) -> PortalSession:
        """Return the session the token opens."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        session = app_session(token.strip()) if scheme.lower() == "bearer" else None
        if session is None:
            count_stranger(request)
            raise Unauthenticated("Prove your phone first: this token is none of ours, or it was revoked or has expired.")
        count_api_request(f"app:{session.pk}")
        note_visit(session)
        return session


class AnyApp:
    """Let every app pass that has no token yet, each machine so often. Raises TooManyLooks and CodesUnavailable."""

    scope = None

    def __call__(self, request: HttpRequest) -> str:
        """Count the request."""
        count_look(ip=client_ip(request))
        return GUEST


app_only, any_app = AppSession(), AnyApp()


class CustomerOrGuest(CustomerSession):
    """Let everybody pass, and say who is signed in: a Customer, or GUEST. Raises Forbidden where a customer's session is abused."""

    def __call__(self, request: HttpRequest) -> Customer | str:  # type: ignore[override]
        """Tell who is signed in."""
        return super().__call__(request) if portal_session(request) else GUEST


customer_or_guest = CustomerOrGuest()
