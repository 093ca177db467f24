"""How much one request may bring, decided before anything reads it: Django itself puts no bound on files."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

REQUEST_BYTES_MAX = 6 * 1024 * 1024  # a customer list of 5 MB and the form around it
READ_AWAY_BYTES_MAX = 64 * 1024 * 1024  # a browser shows our answer only if what it sends was taken
_CHUNK_BYTES = 256 * 1024


class RequestSizeLimit:
    """Answer 413 in words where a request is larger than any of our doors takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse by the announced size; a body without one is empty to Django."""
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) <= REQUEST_BYTES_MAX:
            return self.get_response(request)
        left = min(int(announced), READ_AWAY_BYTES_MAX)
        while left > 0 and (chunk := request.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
        return HttpResponse(render_to_string("tenants/too_large.html"), status=413)
