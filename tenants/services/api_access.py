"""Who is asking the API: the owner in a browser, or a program with a key the owner made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from servicepro.lib.client_ip import client_ip
from servicepro.lib.errors import Forbidden, TooMany, Unauthenticated, Unavailable
from servicepro.lib.ratelimit import RateLimit
from servicepro.lib.tenancy import connection
from tenants.accounts.models import ApiToken, User
from tenants.services.api_tokens import api_token_by_secret
from tenants.types import ApiScope

MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever is asking: an owner, or a key acting for the owner who made it."""

    user: User
    token: ApiToken | None = None


class BearerToken:
    """Let a key with one of its scopes pass. Raises Unauthenticated, Forbidden and TooMany; None where no key was sent."""

    openapi_security_schema: ClassVar[dict[str, str]] = {
        "type": "http",
        "scheme": "bearer",
        "description": "A key the owner made in the admin under API keys.",
    }

    def __init__(self, scope: ApiScope | None) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Tell whose key the request carries."""
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        token = api_token_by_secret(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            count_stranger(request)
            raise Unauthenticated("This API key opens nothing here. It may be mistyped, revoked, expired, or another business's.")
        count_api_request(f"token:{token.pk}")
        if self.scope is not None and self.scope not in token.scopes:
            raise Forbidden(f"This API key may not do that: it lacks “{self.scope}”.", scope=str(self.scope))
        return Caller(token.created_by, token)


class OwnerSession:
    """Let the signed-in owner pass; what changes something needs the page's CSRF token. Raises Forbidden, TooMany; None for strangers."""

    openapi_security_schema: ClassVar[dict[str, str]] = {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The owner's sign-in. Changes need the header X-CSRFToken as well.",
    }

    csrf = True  # tells the page of /api/docs to send the token along

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Tell which owner is signed in."""
        user = request.user
        if not isinstance(user, User):
            count_stranger(request)
            return None
        count_api_request(f"user:{user.pk}")
        if not user.is_owner:
            raise Forbidden("Only the owner may use the API. Ask the owner to do it, or to change your role.")
        if is_forged(request):
            raise Forbidden("The request did not come from a page of ours: send the CSRF cookie's value as the header X-CSRFToken.")
        return Caller(user)


def api_access(scope: ApiScope | None) -> list[Callable[[HttpRequest], Caller | None]]:
    """Return the guards of one API operation: a key with this scope (None: any key), or the owner's own session."""
    return [BearerToken(scope), OwnerSession()]


@lru_cache(maxsize=4)
def _valkey(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def count_api_request(name: str) -> None:
    """Count one request. Raises TooMany, and Unavailable where nobody can count."""
    limit = settings.API_REQUESTS_PER_MINUTE
    counted = RateLimit(_valkey(settings.REDIS_URL), key=f"{connection.schema_name}:api:{name}", limit=limit, window_seconds=MINUTE_SECONDS)
    try:
        turn = counted.take()
    except redis.RedisError as error:
        raise Unavailable("Requests cannot be counted for a moment. Nothing was done: try again in a minute.") from error
    if not turn.is_granted:
        wait = turn.retry_after_seconds
        raise TooMany(f"More than {limit} requests in a minute. Try again in {wait} second{'s' * (wait != 1)}.", retry_after_seconds=wait)


def count_stranger(request: HttpRequest) -> None:
    """Count one request of whoever showed nothing that opens anything here, for each machine. Raises TooMany and Unavailable."""
    count_api_request(f"stranger:{client_ip(request)}")


def _no_view(request: HttpRequest) -> HttpResponse:
    raise AssertionError("the check calls no view")


def is_forged(request: HttpRequest) -> bool:
    """Run the check that API routes skip because programs carry no cookies."""
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check = CsrfViewMiddleware(_no_view)
    check.process_request(request)
    return check.process_view(request, _no_view, (), {}) is not None
