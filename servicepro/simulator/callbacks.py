"""Call the application back, signed as the providers sign."""

import asyncio
import base64
import json
import logging
import secrets
import time
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, Text

logger = logging.getLogger("simulator")
ATTEMPTS_MAX = 8  # a webhook whose server is restarting is called again, a little later each time


class Caller:
    """Post webhooks; one session, started with the loop."""

    def __init__(self, directory: Path | None) -> None:
        self.validator = RequestValidator(AUTH_TOKEN)
        self.session: aiohttp.ClientSession | None = None
        self.key = self._load_key(directory)
        self.tasks: set[asyncio.Task[Any]] = set()

    def _load_key(self, directory: Path | None) -> ec.EllipticCurvePrivateKey:
        path = directory / "sendgrid_private_key.pem" if directory else None
        if path and path.exists():
            return serialization.load_pem_private_key(path.read_bytes(), None)  # type: ignore[return-value]
        key = ec.generate_private_key(ec.SECP256R1())
        if path and directory:
            directory.mkdir(parents=True, exist_ok=True)
            pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            path.write_bytes(pem)
        return key

    def public_key(self) -> str:
        """Return the event webhook's public key as base64 DER."""
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def start(self, coroutine: Any) -> None:
        """Run something in the background."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def post(self, url: str, data: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        """Post, again while the server is away; return status, content type and body."""
        if self.session is None:
            self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15), cookie_jar=aiohttp.DummyCookieJar())
        for attempt in range(ATTEMPTS_MAX):
            try:
                target, host = _local(url)
                async with self.session.post(target, data=data, headers={**headers, "Host": host}, allow_redirects=False) as answer:
                    return answer.status, answer.content_type, await answer.text()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.2 * 2**attempt)
        return 0, "", ""

    async def post_form(self, url: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """Post a signed Twilio webhook."""
        from urllib.parse import urlencode

        signature = self.validator.compute_signature(url, fields)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return await self.post(url, urlencode(fields).encode(), headers)

    async def status(self, text: Text, status: str, error_code: int | None = None) -> None:
        """Tell the application where a text stands."""
        fields = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": ACCOUNT_SID,
            "From": text.sender,
            "To": text.to,
            "ApiVersion": "2010-04-01",
        }
        if error_code:
            fields["ErrorCode"] = str(error_code)
        await self.post_form(text.callback, fields)

    async def events(self, urls: list[str], events: list[dict[str, Any]]) -> None:
        """Post a signed batch of email events to every endpoint of the account."""
        body = json.dumps(events).encode()
        stamp = str(int(time.time()))
        signature = base64.b64encode(self.key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        for url in urls:
            await self.post(url, body, headers)


def _local(url: str) -> tuple[str, str]:
    """Return where to connect and the Host to name: `*.localhost` is this machine, whatever the resolver thinks."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    name = parts.hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), parts.netloc
    return url, parts.netloc


def event(kind: str, mail: dict[str, str], **extra: Any) -> dict[str, Any]:
    """Return one email event."""
    return {
        "email": mail["email"],
        "timestamp": int(time.time()),
        "event": kind,
        "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": f"{mail['message_id']}.filter0001",
        "smtp-id": f"<{mail['message_id']}@simulator>",
        **{key: value for key, value in mail.items() if key not in ("email", "message_id")},
        **extra,
    }
