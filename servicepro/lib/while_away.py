"""What a visitor, a program and a provider are told while PostgreSQL or Valkey is away: 503, and when to come back."""

import sys
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from servicepro.lib.errors import Unavailable
from servicepro.lib.logs import request_id
from servicepro.lib.outages import absent_server

RETRY_AFTER_SECONDS = 30
SENTENCE = "Something this needs is away for the moment. Try again in a minute."
_API, _WEBHOOKS = "/api/", "/api/webhooks/"


class AnswerWhileAway:
    """Answer 503 in place of the 500 that Django makes of a server that is away, whichever view or middleware needed it.

    It stands first, so that it sees the requests of every other one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        got_request_exception.connect(_note, dispatch_uid="while_away")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the application does, or say that it cannot for the moment."""
        response = self.get_response(request)
        if getattr(request, "misses_server", False):
            response = _excuse(request, failed=response)
        if response.status_code == Unavailable.status and "Retry-After" not in response:
            response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


def _note(sender: object, request: HttpRequest | None = None, **_more: Any) -> None:
    """Remember on the request why it failed: the answer Django makes of an exception no longer tells."""
    if request is not None and absent_server(sys.exc_info()[1]):
        request.misses_server = True  # type: ignore[attr-defined]


def _excuse(request: HttpRequest, *, failed: HttpResponse) -> HttpResponse:
    """Return the answer for who is asking: the API's shape, a line for a provider, a page for a person."""
    failed.close()
    path = request.path_info
    if path.startswith(_WEBHOOKS):
        response = HttpResponse(SENTENCE, content_type="text/plain", status=Unavailable.status)
    elif path.startswith(_API):
        number = request_id()
        body = {"error": Unavailable.code, "message": SENTENCE, "requestId": number}
        response = JsonResponse(body, status=Unavailable.status)
        response["X-Request-Id"] = number
    else:
        response = HttpResponse(render_to_string("away.html"), status=Unavailable.status)
    for name, value in failed.items():  # what the other middlewares say about security holds for this answer as well
        if not name.lower().startswith(("content-type", "content-length", "content-encoding")):
            response.headers.setdefault(name, value)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # the outage has its own line; Django would add one a request
    return response
