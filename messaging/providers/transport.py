"""The transport under Twilio's SDK: one connection pool, one timeout, no request sent twice.

The SDK's own async client ignores its timeout and posts again after a 5xx; a second post is a second text. This one says whether
a request can have reached Twilio at all, and keeps the wait that a 429 asks for, which the SDK's exceptions forget.
"""

import datetime
import logging
import math
from email.utils import parsedate_to_datetime
from functools import cached_property

from django.utils import timezone
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from servicepro.lib.provider_address import provider_address

CONNECTIONS_MAX = 256  # calls in flight in one process; at 50 ms each that is 5,000 messages a second
IDLE_SECONDS = 30
CONNECT_SECONDS_MAX = 5.0
# How the library's connector names a failure before the first byte was written. Its exception classes do not tell: an answer
# that was cut off and a connection that was refused are both ConnectError. Any other wording counts as "may have arrived".
CONNECT_FAILURE = "client error (Connect)"


class Throttled(TwilioException):
    """Twilio took nothing and asks to wait; 0 seconds where it does not say how long."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("throttled")
        self.retry_after_seconds = retry_after_seconds


class PooledTransport(AsyncHttpClient):
    """The SDK's transport: one connection pool, one timeout, no retries, base URL from the settings."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        super().__init__(logging.getLogger("twilio.transport"), True, timeout_seconds)
        self.base_url = base_url
        self.timeout_seconds = timeout_seconds

    @cached_property
    def client(self) -> Client:
        """The pool; made at the first request, after any fork."""
        limit = datetime.timedelta(seconds=self.timeout_seconds)
        connecting = datetime.timedelta(seconds=min(CONNECT_SECONDS_MAX, self.timeout_seconds / 2))
        builder = ClientBuilder().http1_only().no_proxy().follow_redirects(False).timeout(limit).connect_timeout(connecting)
        return builder.max_connections(CONNECTIONS_MAX).pool_idle_timeout(datetime.timedelta(seconds=IDLE_SECONDS)).build()

    async def close(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            await self.client.close()

    async def request(  # noqa: PLR0913  the SDK's own signature
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request, once. Raises Throttled, and PyreqwestError where there is no answer."""
        request = self.client.request(method, provider_address(self.base_url, url)).headers(headers or {})
        if auth:
            request = request.basic_auth(*auth)
        if params:
            request = request.query([(key, _form_value(value)) for key, value in params.items()])
        if data:
            request = request.form([(key, _form_value(value)) for key, value in data.items()])
        response = await request.build().send()
        if response.status == 429:
            raise Throttled(retry_after_seconds(response.get_header("Retry-After")))
        return Response(response.status, await response.text(), response.headers)


def never_arrived(error: BaseException) -> bool:
    """Return whether a request that failed with `error` surely never reached the provider."""
    if not isinstance(error, ConnectError):
        return False
    causes = error.details.get("causes") or []
    return any(cause["message"] == CONNECT_FAILURE for cause in causes)


def retry_after_seconds(text: str | None) -> float:
    """Return the wait a Retry-After header asks for, in seconds or as a date; 0 where it says nothing readable."""
    if not text:
        return 0.0
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(text) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return wait if 0 < wait < math.inf else 0.0


def _form_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
