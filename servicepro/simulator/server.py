"""A small HTTP/1.1 server for the simulator: keep-alive, no framework, little CPU, so that benches measure the sender."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import httptools

BODY_BYTES_MAX = 32_000_000
_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other", 400: "Bad Request"}


@dataclass(slots=True)
class Request:
    """One request, parsed on demand."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Return the form fields (the last of repeated ones)."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def params(self) -> dict[str, str]:
        """Return the query's parameters."""
        return {key: values[-1] for key, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def json(self) -> Any:
        """Return the JSON body; ValueError where it is none."""
        return json.loads(self.body or b"{}")

    def basic_auth(self) -> tuple[str, str]:
        """Return user and password, empty where there are none."""
        kind, _, encoded = self.headers.get("authorization", "").partition(" ")
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
    return Reply(status, json.dumps(payload).encode(), headers=headers)


Handler = Callable[[Request], Reply | Awaitable[Reply]]


class HttpProtocol(asyncio.Protocol):
    """Parse requests of one connection and answer them in order."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self.queue: list[Request] = []
        self.is_busy = False
        self.url = b""
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is not HTTP closes the connection."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_url(self, url: bytes) -> None:
        """Take the request line."""
        self.url, self.headers, self.chunks = url, {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        """Answer, or queue behind an answer that takes its time."""
        parts = urlsplit(self.url.decode())
        method = self.parser.get_method().decode()
        request = Request(method, unquote(parts.path), parts.query, self.headers, b"".join(self.chunks))
        if self.is_busy:
            self.queue.append(request)
        else:
            self.answer(request)

    def answer(self, request: Request) -> None:
        """Run the handler and write what it says, at once or later."""
        reply = self.handler(request)
        if isinstance(reply, Reply) and not reply.delay_seconds:
            self.write(reply)
            return
        self.is_busy = True
        task = asyncio.get_running_loop().create_task(self.answer_later(reply))
        task.add_done_callback(lambda _done: None)

    async def answer_later(self, reply: Reply | Awaitable[Reply]) -> None:
        """Write a delayed answer, then whatever queued behind it."""
        ready = reply if isinstance(reply, Reply) else await reply
        if ready.delay_seconds:
            await asyncio.sleep(ready.delay_seconds)
        self.write(ready)
        self.is_busy = False
        while self.queue and not self.is_busy:
            self.answer(self.queue.pop(0))

    def write(self, reply: Reply) -> None:
        """Write an answer, or cut the line."""
        if self.transport is None or self.transport.is_closing():
            return
        if reply.is_reset:
            self.transport.abort()
        else:
            self.transport.write(reply.encode())

    def close(self) -> None:
        """Close the connection."""
        if self.transport:
            self.transport.close()
