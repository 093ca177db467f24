"""SendGrid's mail/send through its official SDK: one call for many people, none of whom sees another.

Every person is a personalization of its own with their own substitutions, unsubscribe header and attempt id; the attempt id comes
back in each event, which is the only evidence SendGrid gives after a call whose answer was lost.
"""

import asyncio
import json
import os
import time
import urllib.error
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from messaging.providers.results import Answer, Outbound, Removal, RemovalAnswer, Verdict
from messaging.providers.transport import retry_after_seconds
from messaging.types import Sender

PERSONALIZATIONS_MAX = 1_000  # SendGrid's limit per call


class SendGridEmail:
    """Send emails from one SendGrid account."""

    def __init__(self, api_key: str, base_url: str, timeout_seconds: float) -> None:
        self.sdk = SendGridAPIClient(api_key, host=base_url or "https://api.sendgrid.com")
        self.sdk.client.timeout = timeout_seconds

    async def send_many(self, messages: Sequence[Outbound], sender: Sender) -> list[Answer]:
        """Send in calls of up to 1,000 people; after an account error the rest is not called at all."""
        answers: list[Answer] = []
        remaining = iter(messages)
        is_stopped = False
        while batch := list(islice(remaining, PERSONALIZATIONS_MAX)):
            if is_stopped:
                answers += [Answer(m.attempt_id, Verdict.UNREACHABLE, error="not called") for m in batch]
                continue
            answers += await asyncio.to_thread(self._send, batch, sender)
            is_stopped = answers[-1].verdict in (Verdict.ACCOUNT, Verdict.THROTTLED)
        return answers

    def _send(self, batch: Sequence[Outbound], sender: Sender) -> list[Answer]:
        try:
            response = self.sdk.client.mail.send.post(request_body=mail_body(batch, sender))
        except HTTPError as error:
            if error.status_code == 400 and len(batch) > 1:
                # One bad address refuses the whole call, and a refused call sent nothing: find it by halves.
                middle = len(batch) // 2
                return self._send(batch[:middle], sender) + self._send(batch[middle:], sender)
            return [_refused(message, error) for message in batch]
        except urllib.error.URLError as error:
            is_refused = isinstance(error.reason, ConnectionRefusedError)
            verdict = Verdict.UNREACHABLE if is_refused else Verdict.AMBIGUOUS
            return [Answer(message.attempt_id, verdict, error=type(error.reason).__name__) for message in batch]
        except Exception as error:  # noqa: BLE001  a lost answer is not a lost email: evidence decides
            return [Answer(message.attempt_id, Verdict.AMBIGUOUS, error=type(error).__name__) for message in batch]
        sid = response.headers.get("X-Message-Id") or ""
        verdict = Verdict.ACCEPTED if response.status_code == 202 else Verdict.AMBIGUOUS
        return [Answer(message.attempt_id, verdict, sid=sid) for message in batch]

    def erase_recipients(self, addresses: Sequence[str]) -> RemovalAnswer:
        """Have SendGrid remove everything it keeps of emails to these people; asking twice does no harm."""
        try:
            response = self.sdk.client.recipients.erasejob.post(request_body={"email_addresses": list(addresses)})
        except HTTPError as error:
            return _removal(error.status_code, _wait_seconds(error.headers or {}))
        except Exception as error:  # noqa: BLE001  whatever broke, it may be asked again
            return RemovalAnswer("", Removal.LATER, type(error).__name__)
        return RemovalAnswer("", Removal.DELETED) if response.status_code == 202 else _removal(response.status_code, 0.0)

    def find_attempt(self, attempt_id: str) -> bool | None:
        """Return whether the account's activity log shows an attempt; None where it cannot be asked."""
        query = {"query": f"unique_args['attempt_id']=\"{attempt_id}\"", "limit": 1}
        try:
            response = self.sdk.client.messages.get(query_params=query)
            return bool(json.loads(response.body).get("messages"))
        except Exception:  # noqa: BLE001  without the paid activity log there is simply no answer
            return None


def mail_body(batch: Sequence[Outbound], sender: Sender) -> dict[str, Any]:
    """Return the request for a batch: shared frame, everything personal as a substitution."""
    people = []
    for message in batch:
        headers = (
            {"List-Unsubscribe": f"<{message.unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
            if message.unsubscribe_url
            else {}
        )
        people.append(
            {
                "to": [{"email": message.to}],
                "subject": message.subject,
                "headers": headers,
                "substitutions": {"%body_text%": message.body, "%body_html%": message.html or message.body},
                "custom_args": {"attempt_id": str(message.attempt_id)},
            }
        )
    return {
        "personalizations": people,
        "from": {"email": sender.address},
        "subject": batch[0].subject,
        "content": [
            {"type": "text/plain", "value": "%body_text%"},
            {"type": "text/html", "value": "%body_html%"},
        ],
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
    }


def _refused(message: Outbound, error: HTTPError) -> Answer:
    status = error.status_code
    if status == 429:
        wait = _wait_seconds(error.headers or {})
        return Answer(message.attempt_id, Verdict.THROTTLED, code="429", error="sendgrid 429", retry_after_seconds=wait)
    if status in (401, 403):
        return Answer(message.attempt_id, Verdict.ACCOUNT, code=str(status), error=f"sendgrid {status}")
    verdict = Verdict.AMBIGUOUS if status >= 500 else Verdict.REJECTED
    return Answer(message.attempt_id, verdict, code=str(status), error=f"sendgrid {status}")


def _removal(status: int, wait: float) -> RemovalAnswer:
    if status == 401:
        return RemovalAnswer("", Removal.ACCOUNT, "401", stops_everything=True)
    if status == 429:
        return RemovalAnswer("", Removal.LATER, "429", stops_everything=True, wait_seconds=wait)
    # 403: older accounts have to ask SendGrid's support for this call first, and no address is kept waiting for that.
    is_final = 400 <= status < 500
    return RemovalAnswer("", Removal.REFUSED if is_final else Removal.LATER, str(status))


def _wait_seconds(headers: Mapping[str, str]) -> float:
    """Return how long SendGrid wants to be left alone: it names the instant (epoch seconds) at which its window starts anew."""
    if wait := retry_after_seconds(headers.get("Retry-After")):
        return wait
    reset = headers.get("X-RateLimit-Reset") or ""
    return max(0.0, float(reset) - time.time()) if reset.isdecimal() else 0.0


_accounts: dict[tuple[Any, ...], SendGridEmail] = {}


def sendgrid_account() -> SendGridEmail:
    """Return this process's connection to the configured account."""
    key = (os.getpid(), settings.SENDGRID_API_KEY, settings.SENDGRID_API_BASE_URL)
    if key not in _accounts:
        _accounts[key] = SendGridEmail(*key[1:], timeout_seconds=settings.PROVIDER_TIMEOUT_SECONDS)
    return _accounts[key]
