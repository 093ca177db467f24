"""The SDK's connection: one timeout, nothing sent twice, every fault sorted before the SDK sees it, nothing logged.

The SDK's own client waits for ever, forgets the wait that a 429 asks for, and raises three unrelated kinds of exceptions depending on
whether a list or a single thing was asked for.
"""

import json
import logging
import threading
import time
from typing import Any

import requests
from django.conf import settings
from twilio.http import HttpClient
from twilio.http.response import Response

from a2p.providers.results import Account, Away, Refused, Throttled
from servicepro.lib.provider_address import provider_address

ACCOUNT_CODES = {20003, 20005, 20006}
THROTTLED_CODES = {20429}
# What the registry asks of everybody who registers brands and campaigns.
_PACED = ("/a2p/BrandRegistrations", "/Compliance/Usa2p")
_turn = threading.Lock()
_next_turn = 0.0


class Connection(HttpClient):
    """One connection to Twilio, for one piece of work."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        super().__init__(logging.getLogger("twilio.registry"), False, timeout_seconds)
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False

    def request(  # noqa: PLR0913  the SDK's own signature
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request, once. Raises Refused, Away, Throttled and Account."""
        _wait_for_turn(uri)
        try:
            answer = self.session.request(
                method.upper(),
                provider_address(self.base_url, uri),
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=timeout or self.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Away(type(error).__name__) from error
        if not answer.ok:
            raise sorted_fault(answer.status_code, answer.text, answer.headers.get("Retry-After", ""))
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Close the connection."""
        self.session.close()


def sorted_fault(status: int, text: str, retry_after: str = "") -> Refused | Away | Throttled | Account:
    """Return what an answer of 400 or above means."""
    payload = _read(text)
    code = _number(payload.get("code")) or status
    if status == 429 or code in THROTTLED_CODES:
        return Throttled(float(_number(retry_after)))
    if status == 401 or code in ACCOUNT_CODES:
        return Account(code)
    if status >= 500:
        return Away(f"status {status}")
    return Refused(code, status=status, fields=_fields(payload))


def _read(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _fields(payload: dict[str, Any]) -> tuple[str, ...]:
    details = payload.get("details")
    named = details.get("fields") if isinstance(details, dict) else None
    return tuple(str(name) for name in named) if isinstance(named, list) else ()


def _number(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _wait_for_turn(uri: str) -> None:
    """Keep calls about brands and campaigns apart, as long as the settings say."""
    global _next_turn
    if not any(part in uri for part in _PACED):
        return
    with _turn:
        now = time.monotonic()
        wait, _next_turn = _next_turn - now, max(now, _next_turn) + settings.A2P_SECONDS_BETWEEN_CALLS
    if wait > 0:
        time.sleep(wait)
