"""A small HTTP/1.1 server for the simulator: keep-alive, no framework, little CPU, so that benches measure the sender."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import httptools
import orjson
from yarl import URL

logger = logging.getLogger("simulator")
BODY_BYTES_MAX = 30_000_000  # SendGrid's limit; Twilio's requests are far smaller
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """One request, parsed on demand; `body` is empty where it was too large to keep."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    is_too_large: bool = False
    is_last: bool = False

    @property
    def form(self) -> dict[str, str]:
        """Return the form fields (the last of repeated ones); ValueError where they are not text."""
        return _fields(self.body.decode())

    @property
    def params(self) -> dict[str, str]:
        """Return the query's parameters (the last of repeated ones)."""
        return _fields(self.query)

    @property
    def json(self) -> Any:
        """Return the JSON body; ValueError where it is none."""
        return orjson.loads(self.body or b"{}")

    def basic_auth(self) -> tuple[str, str]:
        """Return user and password, empty where there are none."""
        return _basic_auth(self.headers.get("authorization", ""))


def _fields(encoded: str) -> dict[str, str]:
    return dict(URL.build(query_string=encoded, encoded=True).query.items())  # a third of what urllib's parse_qsl takes


@lru_cache(maxsize=64)
def _basic_auth(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


@dataclass(slots=True)
class Reply:
    """One answer; `delay_seconds` comes first, `is_reset` cuts the connection instead of answering."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    is_reset: bool = False

    def encode(self) -> bytes:
        """Return the bytes on the wire."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return (
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Status')}\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.body)}\r\n{extra}\r\n"
        ).encode() + self.body


def json_reply(status: int, payload: Any, **headers: str) -> Reply:
    """Return a JSON answer."""
    return Reply(status, orjson.dumps(payload), headers=headers)


Answer = Reply | Awaitable[Reply]


class HttpProtocol(asyncio.Protocol):
    """Parse requests of one connection and answer them in order."""

    def __init__(self, handler: Callable[[Request], Answer]) -> None:
        self.handler = handler
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self.queue: list[Request] = []
        self.pending: asyncio.Task[None] | asyncio.TimerHandle | None = None  # the loop itself holds tasks weakly
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is not HTTP closes the connection."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            if self.transport:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Start a new request."""
        self.url, self.body_bytes = b"", 0
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []

    def on_url(self, piece: bytes) -> None:
        """Take the address, which arrives in as many pieces as there are packets."""
        self.url += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, chunk: bytes) -> None:
        """Take a piece of the body; past the limit nothing is kept."""
        self.body_bytes += len(chunk)
        if self.body_bytes > BODY_BYTES_MAX:
            self.chunks.clear()
        else:
            self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        """Answer, or queue behind an answer that takes its time."""
        target, _, query = self.url.decode("latin-1").partition("?")
        path = urlsplit(target).path if target.startswith("http") else target
        request = Request(
            self.parser.get_method().decode(),
            unquote(path),
            query,
            self.headers,
            b"".join(self.chunks),
            is_too_large=self.body_bytes > BODY_BYTES_MAX,
            is_last=not self.parser.should_keep_alive(),
        )
        if self.pending:
            self.queue.append(request)
        else:
            self.answer(request)

    def answer(self, request: Request) -> None:
        """Run the handler and write what it says, at once or later."""
        reply, loop = self.ask(request), asyncio.get_running_loop()
        if not isinstance(reply, Reply):
            self.pending = loop.create_task(self.answer_later(reply, is_last=request.is_last))
        elif reply.delay_seconds:
            self.pending = loop.call_later(reply.delay_seconds, self.answer_now, reply, request.is_last)
        else:
            self.write(reply, is_last=request.is_last)

    def ask(self, request: Request) -> Answer:
        """Return what the handler says."""
        if request.is_too_large:
            return Reply(413, b"<html><h1>413 Request Entity Too Large</h1></html>", "text/html")
        try:
            return self.handler(request)
        except Exception:
            logger.exception("the simulator broke on %s", request.method)
            return Reply(500, b"The simulator itself broke: see its log.", "text/plain")

    async def answer_later(self, reply: Awaitable[Reply], *, is_last: bool) -> None:
        """Write an answer that is being made, when it is ready and its delay over."""
        try:
            ready = await reply
        except Exception:
            logger.exception("the simulator broke")
            ready = Reply(500, b"The simulator itself broke: see its log.", "text/plain")
        if ready.delay_seconds:
            await asyncio.sleep(ready.delay_seconds)
        self.answer_now(ready, is_last)

    def answer_now(self, reply: Reply, is_last: bool) -> None:
        """Write a delayed answer, then whatever queued behind it."""
        self.write(reply, is_last=is_last)
        self.pending = None
        while self.queue and not self.pending:
            self.answer(self.queue.pop(0))

    def write(self, reply: Reply, *, is_last: bool) -> None:
        """Write an answer, or cut the line."""
        if self.transport is None or self.transport.is_closing():
            return
        if reply.is_reset:
            self.queue.clear()
            self.transport.abort()
            return
        self.transport.write(reply.encode())
        if is_last:
            self.transport.close()
