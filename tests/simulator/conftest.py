"""The simulator over HTTP, the providers' own SDKs, and an application's doors to call back."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from sendgrid import SendGridAPIClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.support.simulator import SimulatorProcess

ACCOUNT_SID, AUTH_TOKEN, SENDGRID_KEY = "AC" + "5" * 32, "simulator-auth-token", "SG.simulator"
DEADLINE_SECONDS = 20.0
QUIET = logging.getLogger("tests.simulator.twilio")  # the SDK logs every header of every request
QUIET.setLevel(logging.WARNING)


class RedirectedClient(TwilioHttpClient):
    """The SDK's own transport, pointed at the simulator."""

    def __init__(self, base_url: str, timeout: float = DEADLINE_SECONDS) -> None:
        super().__init__(timeout=timeout, logger=QUIET)
        self.base_url = base_url

    def request(self, method: str, url: str, *args: object, **named: object) -> object:
        """Send a request to the simulator instead."""
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self.base_url}/{parts.netloc.split('.')[0]}{parts.path}{query}", *args, **named)


@dataclass(frozen=True)
class Call:
    """One webhook that arrived."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """Return the fields posted."""
        return dict(parse_qsl(self.body, keep_blank_values=True))


class Doors:
    """An application's webhooks: they keep what arrives and answer what the test says."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.news = threading.Condition()
        self.answer: tuple[int, str, str] = (204, "text/plain", "")
        self.refuse_first = 0
        doors = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with doors.news:
                    doors.calls.append(Call(self.path, dict(self.headers.items()), body))
                    status, content_type, text = doors.answer if len(doors.calls) > doors.refuse_first else (503, "text/plain", "")
                    doors.news.notify_all()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def url(self, path: str) -> str:
        """Return the address of a door."""
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def wait(self, count: int, path: str = "") -> list[Call]:
        """Return the calls (to one path) once there are so many."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.at(path)) >= count, DEADLINE_SECONDS), f"{len(self.at(path))} calls, not {count}"
            return self.at(path)

    def at(self, path: str) -> list[Call]:
        """Return the calls so far (to one path)."""
        return [call for call in self.calls if path in ("", call.path)]

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def doors() -> Iterator[Doors]:
    """An application that listens."""
    made = Doors()
    yield made
    made.close()


@pytest.fixture
def server(simulator_process: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """The simulator, empty, well-behaved, and quick with its news."""
    simulator_process.reset()
    simulator_process.faults(callbackDelayMs=1)
    yield simulator_process
    simulator_process.reset()


@pytest.fixture
def twilio(server: SimulatorProcess) -> Client:
    """Twilio's SDK."""
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=RedirectedClient(server.base_url))


@pytest.fixture
def sendgrid(server: SimulatorProcess) -> SendGridAPIClient:
    """SendGrid's SDK."""
    client = SendGridAPIClient(SENDGRID_KEY, host=f"{server.base_url}/sendgrid")
    client.client.timeout = DEADLINE_SECONDS
    return client


@pytest.fixture
def browser(server: SimulatorProcess) -> Iterator[requests.Session]:
    """Plain HTTP, for what no SDK can ask."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], Callable[[Any], bool]], Any]:
    """Ask again until the answer is as wished, at most until the deadline."""

    def ask(question: Callable[[], Any], is_wished: Callable[[Any], bool]) -> Any:
        end = time.monotonic() + DEADLINE_SECONDS
        while not is_wished(answer := question()):
            assert time.monotonic() < end, f"still {answer!r}"
        return answer

    return ask
