"""SendGrid's mail/send through its official SDK: one call for many people, none of whom sees another.

The words are in a call once, with tokens; every person is a personalization of their own with what the tokens stand for with them,
their unsubscribe header and their attempt id. The attempt id comes back in each event, which is the only evidence SendGrid gives
after a call whose answer was lost.
"""

import asyncio
import json
import os
import time
import urllib.error
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from messaging.providers.results import Answer, EmailOutbound, Removal, RemovalAnswer, Verdict
from messaging.providers.transport import retry_after_seconds
from messaging.types import EmailFrame, Sender

PERSONALIZATIONS_MAX = 1_000  # SendGrid's limit per call
SUBSTITUTION_BYTES_MAX = 10_000  # SendGrid's limit per person
CALL_BYTES_MAX = 29_000_000  # SendGrid's limit is 30 MB
CHARACTER_BYTES_MAX = 12  # an emoji in JSON that is plain ASCII
PERSON_BYTES = 600  # address, headers, attempt id and punctuation
CALLS_AT_ONCE = 8
STOPPING = (Verdict.ACCOUNT, Verdict.THROTTLED)


class SendGridEmail:
    """Send emails from one SendGrid account."""

    def __init__(self, api_key: str, base_url: str, timeout_seconds: float) -> None:
        self.sdk = SendGridAPIClient(api_key, host=base_url or "https://api.sendgrid.com")
        self.sdk.client.timeout = timeout_seconds

    async def send_many(self, messages: Sequence[EmailOutbound], sender: Sender) -> list[Answer]:
        """Send a call per frame and up to 1,000 people, several at a time; after an account error the rest is not called at all."""
        answers = [
            Answer(message.attempt_id, Verdict.REJECTED, code="too_large", error="sendgrid too_large")
            for message in messages
            if _is_too_large(message.substitutions)
        ]
        calls = list(calls_for(messages))
        queue = iter(calls)
        stopped = asyncio.Event()

        async def work() -> None:
            for call in queue:
                if stopped.is_set():
                    answers.extend(Answer(attempt_id, Verdict.UNREACHABLE, error="not called") for attempt_id in call.attempt_ids)
                    continue
                told = await asyncio.to_thread(self._send, call, sender)
                if any(answer.verdict in STOPPING for answer in told):
                    stopped.set()
                answers.extend(told)

        await asyncio.gather(*(work() for _ in range(min(CALLS_AT_ONCE, len(calls)))))
        return answers

    def _send(self, call: "Call", sender: Sender) -> list[Answer]:
        try:
            response = self.sdk.client.mail.send.post(request_body=mail_body(call, sender))
        except HTTPError as error:
            if error.status_code == 400 and len(call.people) > 1 and _is_about_people(error):
                # One bad address refuses the whole call, and a refused call sent nothing: find it by halves.
                return [answer for half in call.halves() for answer in self._send(half, sender)]
            return [_refused(attempt_id, error) for attempt_id in call.attempt_ids]
        except urllib.error.URLError as error:
            is_refused = isinstance(error.reason, ConnectionRefusedError)
            verdict = Verdict.UNREACHABLE if is_refused else Verdict.AMBIGUOUS
            return [Answer(attempt_id, verdict, error=type(error.reason).__name__) for attempt_id in call.attempt_ids]
        except Exception as error:  # noqa: BLE001  a lost answer is not a lost email: evidence decides
            return [Answer(attempt_id, Verdict.AMBIGUOUS, error=type(error).__name__) for attempt_id in call.attempt_ids]
        sid = response.headers.get("X-Message-Id") or ""
        verdict = Verdict.ACCEPTED if response.status_code == 202 else Verdict.AMBIGUOUS
        return [Answer(attempt_id, verdict, sid=sid) for attempt_id in call.attempt_ids]

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


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a frame, and who gets it; the n-th attempt id belongs to the n-th person."""

    frame: EmailFrame
    attempt_ids: list[uuid.UUID] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)

    def halves(self) -> "tuple[Call, Call]":
        """Return two calls to half of the people each."""
        middle = len(self.people) // 2
        return (
            Call(self.frame, self.attempt_ids[:middle], self.people[:middle]),
            Call(self.frame, self.attempt_ids[middle:], self.people[middle:]),
        )


def calls_for(messages: Sequence[EmailOutbound]) -> Iterable["Call"]:
    """Yield calls within SendGrid's limits, without those whose own values alone are too large."""
    open_calls: dict[EmailFrame, tuple[Call, int]] = {}
    for message in messages:
        if _is_too_large(message.substitutions):
            continue
        weight = PERSON_BYTES + _characters(message.substitutions) * CHARACTER_BYTES_MAX
        call, weighs = open_calls.get(message.frame) or (Call(message.frame), _frame_weight(message.frame))
        if call.people and (len(call.people) == PERSONALIZATIONS_MAX or weighs + weight > CALL_BYTES_MAX):
            yield call
            call, weighs = Call(message.frame), _frame_weight(message.frame)
        call.attempt_ids.append(message.attempt_id)
        call.people.append(_personalization(message))
        open_calls[message.frame] = call, weighs + weight
    for call, _weighs in open_calls.values():
        yield call


def _frame_weight(frame: EmailFrame) -> int:
    return (len(frame.subject) + len(frame.text) + len(frame.html)) * CHARACTER_BYTES_MAX


def _characters(substitutions: Mapping[str, str]) -> int:
    return sum(map(len, substitutions)) + sum(map(len, substitutions.values()))


def _is_too_large(substitutions: Mapping[str, str]) -> bool:
    if _characters(substitutions) * 4 <= SUBSTITUTION_BYTES_MAX:  # no character has more bytes than four
        return False
    return sum(len(token.encode()) + len(value.encode()) for token, value in substitutions.items()) > SUBSTITUTION_BYTES_MAX


def _personalization(message: EmailOutbound) -> dict[str, Any]:
    person: dict[str, Any] = {"to": [{"email": message.to}], "custom_args": {"attempt_id": str(message.attempt_id)}}
    if message.substitutions:
        person["substitutions"] = message.substitutions
    if message.unsubscribe_url:
        person["headers"] = {
            "List-Unsubscribe": f"<{message.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return person


def mail_body(call: Call, sender: Sender) -> dict[str, Any]:
    """Return the request of a call: the frame once, then everybody's own few values."""
    frame = call.frame
    body: dict[str, Any] = {
        "personalizations": call.people,
        "from": {"email": sender.address, "name": sender.name} if sender.name else {"email": sender.address},
        "subject": frame.subject,
        "content": [{"type": "text/plain", "value": frame.text}, {"type": "text/html", "value": frame.html}],
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": frame.tracks_opens}},
    }
    if sender.reply_to:
        body["reply_to"] = {"email": sender.reply_to}
    return body


def _refused(attempt_id: uuid.UUID, error: HTTPError) -> Answer:
    status = error.status_code
    if status == 429:
        wait = _wait_seconds(error.headers or {})
        return Answer(attempt_id, Verdict.THROTTLED, code="429", error="sendgrid 429", retry_after_seconds=wait)
    if status in (401, 403) or (status == 400 and not _is_about_people(error)):  # nobody's fault who was written to
        return Answer(attempt_id, Verdict.ACCOUNT, code=str(status), error=f"sendgrid {status}")
    verdict = Verdict.AMBIGUOUS if status >= 500 else Verdict.REJECTED
    return Answer(attempt_id, verdict, code=str(status), error=f"sendgrid {status}")


def _is_about_people(error: HTTPError) -> bool:
    """Return whether a refusal may be about somebody in particular: not where it names the sender, the subject or the words."""
    try:
        fields = [str(told.get("field") or "personalizations") for told in json.loads(error.body)["errors"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return True
    return not fields or any(field.startswith("personalizations") for field in fields)


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
