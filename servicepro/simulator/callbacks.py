"""Call the application back, signed as the providers sign."""

import asyncio
import base64
import json
import logging
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlencode, urlsplit, urlunsplit

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, Text

logger = logging.getLogger("simulator")
TOTAL_SECONDS, CONNECT_SECONDS = 15, 5  # Twilio's own
FORM_ATTEMPTS = 2  # Twilio calls once more where nobody took the call, and never where somebody did
EVENT_ATTEMPTS = 8  # SendGrid goes on for a day; here for most of a minute


@dataclass(frozen=True, slots=True)
class Heard:
    """What the application answered; status 0 where it did not."""

    status: int = 0
    content_type: str = ""
    body: str = ""

    @property
    def is_fine(self) -> bool:
        """Tell whether the application took the news."""
        return 200 <= self.status < 300


class Caller:
    """Post webhooks; one session, started with the loop."""

    def __init__(self, directory: Path | None) -> None:
        self.validator = RequestValidator(AUTH_TOKEN)
        self.session: aiohttp.ClientSession | None = None
        self.key = _load_key(directory)
        self.tasks: set[asyncio.Task[None]] = set()

    def public_key(self) -> str:
        """Return the event webhook's public key as base64 DER."""
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something in the background."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def forget(self) -> None:
        """Drop every call not made yet."""
        for task in self.tasks:
            task.cancel()

    async def close(self) -> None:
        """Drop every call not made yet and close the connections."""
        self.forget()
        if self.session:
            await self.session.close()

    async def post(self, url: str, data: bytes, headers: dict[str, str]) -> Heard:
        """Post once; ClientError and TimeoutError where nobody answers."""
        if self.session is None:
            limits = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
            self.session = aiohttp.ClientSession(timeout=limits, cookie_jar=aiohttp.DummyCookieJar())
        target, host = _local(url)
        async with self.session.post(target, data=data, headers={**headers, "Host": host}, allow_redirects=False) as answer:
            return Heard(answer.status, answer.content_type, await answer.text(errors="replace"))

    async def post_form(self, url: str, fields: dict[str, str]) -> Heard:
        """Post a signed Twilio webhook."""
        address = urldefrag(url).url  # a fragment holds overrides for Twilio itself: neither sent nor signed
        signature = self.validator.compute_signature(address, fields)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        for attempt in range(1, FORM_ATTEMPTS + 1):
            try:
                heard = await self.post(address, urlencode(fields).encode(), headers)
            except aiohttp.ClientConnectorError:
                if attempt < FORM_ATTEMPTS:
                    await asyncio.sleep(0.2)
            except (aiohttp.ClientError, TimeoutError, ValueError):
                break
            else:
                if not heard.is_fine:
                    logger.warning("11200: a Twilio webhook was answered with %d", heard.status)
                return heard
        logger.warning("11205: nobody answered a Twilio webhook")
        return Heard()

    async def status(self, text: Text, status: str, error_code: int | None = None) -> None:
        """Tell the application where a text stands."""
        fields = {
            "MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": status, "SmsStatus": status, "AccountSid": ACCOUNT_SID,
            "From": text.sender, "To": text.to, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if text.service_sid:
            fields["MessagingServiceSid"] = text.service_sid
        if status in ("delivered", "undelivered"):
            fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime())
        if text.to.startswith("whatsapp:"):
            fields |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": text.to, "EventType": status.upper()}
        if error_code:
            fields["ErrorCode"] = str(error_code)
        await self.post_form(text.callback, fields)

    async def events(self, urls: list[str], events: list[dict[str, Any]], *, times: int) -> None:
        """Post a signed batch of email events so many times to every endpoint of the account, none waiting for another."""
        body = json.dumps(events).encode()
        stamp = str(int(time.time()))
        signature = base64.b64encode(self.key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        await asyncio.gather(*(self._insist(url, body, headers) for url in urls for _time in range(times)))

    async def _insist(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Post until an endpoint takes it, a little later each time."""
        for attempt in range(EVENT_ATTEMPTS):
            try:
                if (await self.post(url, body, headers)).is_fine:
                    return
            except (aiohttp.ClientError, TimeoutError, ValueError):
                logger.info("nobody answered the event webhook")
            await asyncio.sleep(0.2 * 2**attempt)
        logger.warning("an event webhook did not take its events")


def _load_key(directory: Path | None) -> ec.EllipticCurvePrivateKey:
    path = directory / "sendgrid_private_key.pem" if directory else None
    if path and path.exists():
        return serialization.load_pem_private_key(path.read_bytes(), None)  # type: ignore[return-value]
    key = ec.generate_private_key(ec.SECP256R1())
    if path:
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(pem)
    return key


def _local(url: str) -> tuple[str, str]:
    """Return where to connect and the Host to name: `*.localhost` is this machine, whatever the resolver thinks."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), parts.netloc
    return url, parts.netloc


def event(kind: str, mail: dict[str, str], **extra: Any) -> dict[str, Any]:
    """Return one email event; whatever `mail` holds besides its address and id are the sender's custom arguments."""
    return {
        **{key: value for key, value in mail.items() if key not in ("email", "message_id")},
        "email": mail["email"],
        "timestamp": int(time.time()),
        "event": kind,
        "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": f"{mail['message_id']}.filter0001",
        "smtp-id": f"<{mail['message_id']}@simulator>",
        **extra,
    }
