"""Twilio's Messages API through its official SDK: send, sort what comes back, read the message log."""

import asyncio
import datetime
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from pyreqwest.exceptions import PyreqwestError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.base.page import Page
from twilio.rest import Client

from messaging.providers.results import Answer, LogEntry, LogUnreadable, Outbound, Verdict, WhatsappOutbound
from messaging.providers.transport import CONNECTIONS_MAX, PooledTransport, Throttled, never_arrived
from messaging.types import WHATSAPP_CODES, Channel, Reason, Sender

LOG_PAGE_SIZE = 1000  # Twilio's largest page

OPTED_OUT_CODES = {21610}
ACCOUNT_CODES = {20003, 20005, 20403, 21408, 21601, 21606, 21608, 21701, 21702, 21703, 21704, 21705, 21612, 30034}
THROTTLED_CODES = {20429, 21611, 14107}
STOPPING = (Verdict.ACCOUNT, Verdict.THROTTLED, Verdict.TEMPLATE)
WHATSAPP = "whatsapp:"
_WHATSAPP_VERDICTS = {
    Reason.NOT_ON_WHATSAPP: Verdict.NOT_THERE,
    Reason.OUTSIDE_WINDOW: Verdict.OUTSIDE_WINDOW,
    Reason.LIMITED: Verdict.LIMITED,
    Reason.OPTED_OUT_PROVIDER: Verdict.OPTED_OUT,
    Reason.TEMPLATE: Verdict.TEMPLATE,
    Reason.ACCOUNT: Verdict.ACCOUNT,
    Reason.THROTTLED: Verdict.THROTTLED,
}


class TwilioSms:
    """Send texts and WhatsApp messages and read the message log of one Twilio account."""

    def __init__(self, account_sid: str, auth_token: str, base_url: str, timeout_seconds: float) -> None:
        self.transport = PooledTransport(base_url, timeout_seconds)
        self.client = Client(account_sid, auth_token, http_client=self.transport)

    async def send_many(self, messages: Sequence[Outbound], sender: Sender) -> list[Answer]:
        """Send each message once, many at a time; after an account error the rest is not called at all."""
        answers: list[Answer] = []
        queue = iter(messages)
        stopped = asyncio.Event()
        is_whatsapp = sender.channel is Channel.WHATSAPP
        fields, sort = (_whatsapp_fields, sort_whatsapp_error) if is_whatsapp else (_text_fields, sort_error)

        async def work() -> None:
            for message in queue:
                if stopped.is_set():
                    answers.append(Answer(message.attempt_id, Verdict.UNREACHABLE, error="not called"))
                    continue
                answer = await self._send(message, fields(message, sender), sort)
                if answer.verdict in STOPPING:
                    stopped.set()
                answers.append(answer)

        await asyncio.gather(*(work() for _ in range(min(CONNECTIONS_MAX, len(messages)))))
        return answers

    async def _send(self, message: Outbound, fields: dict[str, str], sort: Callable[[Outbound, Exception], Answer]) -> Answer:
        try:
            created = await self.client.messages.create_async(status_callback=message.callback_url, **fields)
        except Exception as error:  # noqa: BLE001  whatever broke, this one recipient gets an answer and the rest go on
            return sort(message, error)
        if not created.sid:
            return Answer(message.attempt_id, Verdict.AMBIGUOUS, error="answer without a message id")
        return Answer(message.attempt_id, Verdict.ACCEPTED, sid=created.sid)

    async def log(self, since: datetime.datetime, sender: Sender) -> AsyncIterator[LogEntry]:
        """Yield the account's outgoing messages of the sender's channel since `since`, newest first. Raises LogUnreadable."""
        prefix = WHATSAPP if sender.channel is Channel.WHATSAPP else ""
        page = await _read(self.client.messages.page_async(page_size=LOG_PAGE_SIZE))
        while page is not None:
            for record in page:
                if record.date_created and record.date_created < since:
                    return
                is_here = (record.to or "").startswith(WHATSAPP) == bool(prefix)
                if is_here and record.direction and record.direction.startswith("outbound"):
                    yield LogEntry(
                        sid=record.sid,
                        to=record.to.removeprefix(prefix),
                        body=record.body or "",
                        status=str(record.status),
                        created_at=record.date_created.timestamp(),
                        error_code=str(record.error_code or ""),
                    )
            page = await _read(page.next_page_async())


def _text_fields(message: Outbound, sender: Sender) -> dict[str, str]:
    if sender.messaging_service_sid:
        return {"to": message.to, "body": message.body, "messaging_service_sid": sender.messaging_service_sid}
    return {"to": message.to, "body": message.body, "from_": sender.address}


def _whatsapp_fields(message: Outbound, sender: Sender) -> dict[str, str]:
    assert isinstance(message, WhatsappOutbound)
    # Both ends, always: a messaging service alone could choose a number that only texts.
    fields = {"to": WHATSAPP + message.to, "from_": WHATSAPP + sender.address}
    if sender.messaging_service_sid:
        fields["messaging_service_sid"] = sender.messaging_service_sid
    if message.content_sid:
        return {**fields, "content_sid": message.content_sid, "content_variables": message.content_variables}
    return {**fields, "body": message.body}


async def _read(page: Awaitable[Page]) -> Any:
    try:
        return await page
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise LogUnreadable(type(error).__name__) from error


def sort_error(message: Outbound, error: Exception) -> Answer:
    """Sort whatever a call raised into the verdicts; only what surely never arrived may be tried again."""
    if never_arrived(error):
        return Answer(message.attempt_id, Verdict.UNREACHABLE, error="connection refused")
    if isinstance(error, Throttled):
        return Answer(message.attempt_id, Verdict.THROTTLED, code="429", error="twilio 429", retry_after_seconds=error.retry_after_seconds)
    if isinstance(error, TwilioRestException):
        code = error.code or error.status
        return Answer(message.attempt_id, _verdict(error.status, code), code=str(code), error=f"twilio {code}")
    if isinstance(error, TwilioException):
        return Answer(message.attempt_id, Verdict.AMBIGUOUS, error="answer could not be read")
    return Answer(message.attempt_id, Verdict.AMBIGUOUS, error=type(error).__name__)


def sort_whatsapp_error(message: Outbound, error: Exception) -> Answer:
    """Sort whatever a WhatsApp call raised: what its own codes say comes first, the rest is sorted as for texts."""
    answer = sort_error(message, error)
    verdict = _WHATSAPP_VERDICTS.get(WHATSAPP_CODES.get(answer.code, Reason.REJECTED))
    return replace(answer, verdict=verdict) if verdict and answer.verdict is Verdict.REJECTED else answer


def _verdict(status: int, code: int) -> Verdict:
    if status == 429 or code in THROTTLED_CODES:
        return Verdict.THROTTLED
    if status >= 500 or status < 400:
        return Verdict.AMBIGUOUS
    if code in OPTED_OUT_CODES:
        return Verdict.OPTED_OUT
    if status in (401, 403) or code in ACCOUNT_CODES:
        return Verdict.ACCOUNT
    return Verdict.REJECTED


_accounts: dict[Iterable[Any], TwilioSms] = {}


def twilio_account() -> TwilioSms:
    """Return this process's connection to the configured account."""
    key = (os.getpid(), settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE_URL)
    if key not in _accounts:
        _accounts[key] = TwilioSms(*key[1:], timeout_seconds=settings.PROVIDER_TIMEOUT_SECONDS)
    return _accounts[key]
