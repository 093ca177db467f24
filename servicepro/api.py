"""The JSON API of a business, at /api/: every app's part, one shape for errors, and pages that describe it."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import redis
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from pydantic.alias_generators import to_camel

from a2p.api import router as registration_router
from campaigns.api import router as invitations_router
from campaigns.api_messaging import router as messaging_router
from customers.api import router as customers_router
from loyalty.api import router as loyalty_router
from loyalty.api_offers import router as offers_router
from loyalty.errors import OfferRefused, RedemptionBlocked
from onboarding.setup.api import router as setup_router
from portal.api import router as portal_router
from portal.api_booking import PointsBlocked
from portal.api_booking import router as booking_router
from portal.api_mobile import router as mobile_router
from portal.api_times import router as times_router
from servicepro.lib.api_schema import ApiSchema, Problem, documented
from servicepro.lib.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    ServiceProError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from servicepro.lib.logs import request_id
from servicepro.lib.while_away import SENTENCE
from tenants.selectors import current_tenant
from tenants.services import Caller, api_access, owner_required
from tenants.types import ApiScope

log = logging.getLogger("servicepro.api")
API_PREFIX, WEBHOOKS_PREFIX = "/api/", "/api/webhooks/"
SIGN_IN = "Sign in as the owner, or send an API key: the header Authorization: Bearer, followed by the key."
OUR_FAULT = "Something went wrong on our side. Try again; if it stays, tell us the request id."
_WORDS_BY_STATUS = {
    400: "What was sent cannot be read. Check that it is valid JSON, or a form where one is asked for.",
    403: "This may not be done by whoever is asking.",
    404: "There is nothing at this address. /api/docs lists what there is.",
    405: "This address does not answer to that method. /api/docs says which it knows.",
    413: "More was sent than is taken at once: a request may have 6 MB, a customer list 5 MB.",
}
_CODES_BY_STATUS = {400: InvalidInput.code, 401: Unauthenticated.code, 403: Forbidden.code, 404: NotFound.code, 405: "METHOD_NOT_ALLOWED"}
_CODES_BY_STATUS |= {413: TooLarge.code, 429: TooMany.code, 503: Unavailable.code}
_HALF = re.compile("[\ud800-\udfff]")  # written as an escape, or in bytes that pass for UTF-8
_MAY_BE_HALF = re.compile(rb"\\u[dD]|\xed")


def _guarded_docs(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show the description to the owner, and to programs with any key."""
    for_owners = owner_required(view)
    with_key, _session = api_access(None)

    @wraps(for_owners)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        try:
            is_known = with_key(request) is not None
        except ServiceProError as error:
            return problem(error)
        return (view if is_known else for_owners)(request, *arguments, **named)

    return checked


class KeepableParser(Parser):
    """Read a body, and refuse halves of characters, which JSON can write and nothing can keep."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what was sent. Raises ValueError."""
        found = super().parse_body(request)
        if _MAY_BE_HALF.search(request.body) and any(_HALF.search(text) for text in _texts(found)):
            raise ValueError("half a character")
        return found


def _texts(found: Any) -> Iterator[str]:
    """Yield every text of what was sent, names too."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list | dict):
        for part in found if isinstance(found, list) else (*found, *found.values()):
            yield from _texts(part)


class DescribedApi(NinjaAPI):
    """An API whose description knows the shape of errors, though no operation returns one by itself."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        """Return the OpenAPI description."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for shape in (Problem, PointsBlocked):
            schema["components"]["schemas"][shape.__name__] = shape.model_json_schema(by_alias=True)
        return schema


api = DescribedApi(
    parser=KeepableParser(),
    title="ServicePro",
    version="1",
    description=(
        "What a program may do for one business. The business is the one whose host name is called; a key opens that one alone.\n\n"
        "Everything that goes wrong has one shape: `error`, a stable code; `message`, a sentence for people; `details` where there "
        "are any; `requestId`. Times are UTC in ISO 8601. Phones are masked."
    ),
    urls_namespace="api",
    docs_decorator=_guarded_docs,  # type: ignore[arg-type]
    auth=api_access(None),
    openapi_extra={
        "tags": [
            {"name": "Access", "description": "Who is asking."},
            {"name": "Customers", "description": "Single people."},
            {"name": "Import", "description": "Bring in a list of customers: look, confirm, undo."},
            {"name": "Portal", "description": "What signed-in customers ask about themselves."},
            {"name": "Mobile", "description": "Registering in the app: prove the phone, see and claim the welcome offer."},
            {"name": "Booking", "description": "Free times, and appointments with points and without."},
            {"name": "Invitations", "description": "Invite people from a list by WhatsApp or text, and see what came of it."},
            {
                "name": "Messaging campaigns",
                "description": "Write to customers who agreed, by email and WhatsApp, and see what came of it.",
            },
            {"name": "Loyalty", "description": "What points add up to."},
            {
                "name": "Registration",
                "description": "The business's registration for texting in the US: submit it and see where it stands.",
            },
            {"name": "Setup", "description": "How far the set-up of the business is, and what is missing."},
            {"name": "Welcome offers", "description": "Discounts for people who register, and what became of them."},
        ]
    },
)


class Myself(ApiSchema):
    """Who is asking, and what they may do."""

    business: str
    acts_for: str
    key: str | None
    scopes: list[ApiScope]


@api.get(
    "/me",
    response=Myself,
    by_alias=True,
    tags=["Access"],
    summary="Who am I",
    description="Tells whose key or session this is and what it may do. A good first call with a new key.",
    operation_id="whoAmI",
    openapi_extra=documented(
        {"business": "Clean Machine", "actsFor": "owner@cleanmachine.example", "key": "Website", "scopes": ["customers:read"]}
    ),
)
def who_am_i(request: HttpRequest) -> dict[str, Any]:
    """Describe the caller."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    token = caller.token
    return {
        "business": current_tenant().name,
        "acts_for": caller.user.email,
        "key": token.name if token else None,
        "scopes": token.scopes if token else list(ApiScope),
    }


api.add_router("/customers", customers_router)
api.add_router("/portal", portal_router)
api.add_router("/booking", booking_router)
api.add_router("/booking", times_router)
api.add_router("/mobile", mobile_router)
api.add_router("/admin/loyalty", loyalty_router)
api.add_router("/invitation-campaigns", invitations_router)
api.add_router("/campaigns", messaging_router)
api.add_router("/welcome-offers", offers_router)
api.add_router("/admin/setup-wizard", setup_router)
api.add_router("/admin/a2p/campaigns", registration_router)


def problem(error: ServiceProError) -> HttpResponse:
    """Answer with what went wrong: this is the one shape an error has."""
    details = {to_camel(name): value for name, value in error.details.items()}
    response = _problem(error.status, error.code, error.message, details)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = "Bearer"
    return response


def _problem(status: int, code: str, message: str, details: dict[str, Any] | None = None, **beside: str) -> HttpResponse:
    body: dict[str, Any] = {"error": code, "message": message, "requestId": request_id(), **beside}
    if details:
        body["details"] = json.loads(json.dumps(details, default=str))
    return JsonResponse(body, status=status)


@api.exception_handler(ServiceProError)
def _told(_request: HttpRequest, error: ServiceProError) -> HttpResponse:
    return problem(error)


@api.exception_handler(RedemptionBlocked)
def _blocked(_request: HttpRequest, error: RedemptionBlocked) -> HttpResponse:
    """Say which rule keeps points from being used, and what would make it work, where pages look for it: beside the message."""
    return _problem(error.status, error.code, error.message, reasonCode=error.reason_code, suggestion=error.suggestion)


@api.exception_handler(OfferRefused)
def _refused(_request: HttpRequest, error: OfferRefused) -> HttpResponse:
    """Say which rule keeps a welcome offer from being used beside the message, as for points."""
    return _problem(error.status, error.code, error.message, reasonCode=error.reason_code)


@api.exception_handler(AuthenticationError)
def _stranger(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return problem(Unauthenticated(SIGN_IN))


@api.exception_handler(ValidationError)
def _not_valid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name every field that cannot be used; what was sent is not repeated, it may be somebody's address."""
    fields = [{"field": ".".join(map(str, entry["loc"][1:])) or "body", "message": _sentence(entry)} for entry in error.errors]
    first = fields[0]
    return problem(InvalidInput(f"{first['field']}: {first['message']}", fields=fields))


def _sentence(entry: dict[str, Any]) -> str:
    text = "This is required" if entry["type"] == "missing" else str(entry["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


@api.exception_handler(HttpError)
def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return _by_status(error.status_code)


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return _by_status(404)


@api.exception_handler(PermissionDenied)
def _denied(_request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return _by_status(403)


@api.exception_handler(SuspiciousOperation)
def _suspicious(_request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return _by_status(413 if isinstance(error, RequestDataTooBig) else 400)


@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
def _unreadable(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return _by_status(400)


@api.exception_handler(redis.RedisError)
@api.exception_handler(OperationalError)
def _away(_request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api_dependency_away", exc_info=error)
    return problem(Unavailable(SENTENCE))


@api.exception_handler(Exception)
def _our_fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api_failed", exc_info=error)
    return _problem(500, ServiceProError.code, OUR_FAULT)


def _by_status(status: int) -> HttpResponse:
    return _problem(status, _CODES_BY_STATUS.get(status, ServiceProError.code), _WORDS_BY_STATUS.get(status, OUR_FAULT))


class ApiAnswers:
    """Give what Django itself refuses below /api/ (no such address, wrong method) the API's shape, and keep answers out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the application does, bar the shape."""
        response = self.get_response(request)
        if not request.path_info.startswith(API_PREFIX) or request.path_info.startswith(WEBHOOKS_PREFIX):
            return response
        if response.status_code in (404, 405, 413) and not response.headers.get("Content-Type", "").startswith("application/json"):
            allowed = response.headers.get("Allow")
            response = _by_status(response.status_code)
            if allowed:
                response["Allow"] = allowed
        response["Cache-Control"] = "no-store"
        response["X-Request-Id"] = request_id()
        return response
