"""A real stack for a real browser: gunicorn, worker and beat on the test database, the simulator, and the system's Chromium."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from servicepro.devstack.browser import find_chromium
from servicepro.devstack.ports import free_ports
from tenants.accounts.models import User
from tenants.models import Tenant
from tests.support.browsing import signed_in
from tests.support.simulator import SimulatorProcess

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = find_chromium()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
WAIT_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and skip it in plain words where there is no browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@dataclass
class Stack:
    """Where the application answers."""

    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "shop.localhost") -> str:
        """Return the address of a page of a business."""
        return f"http://{host}:{self.port}{path}"

    def wait(self) -> None:
        """Return once the application answers."""
        for _turn in range(300):
            assert all(process.poll() is None for process in self.processes), "a process of the stack ended by itself"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the application did not come up")

    def stop(self) -> None:
        """End what was started."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)


def _environment(port: int, simulator: SimulatorProcess) -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + django_settings.DATABASES["default"]["TEST"]["NAME"])
    valkey = os.environ["REDIS_URL"].replace("db=0", "db=1")  # what the other tests flush is not the worker's queue
    return os.environ | {
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": valkey,
        "SIMULATOR_URL": simulator.base_url,
        "WEB_PORT": str(port),
        "PUBLIC_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="package")
def stack(django_db_setup: None, simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The application as people run it: web server, worker and beat as processes of their own."""
    folder, (port,) = tmp_path_factory.mktemp("stack"), free_ports(1)
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "servicepro.wsgi:application", "--bind", f"127.0.0.1:{port}", "--threads", "8", "--no-control-socket"]
    worker = [*python, "celery", "-A", "servicepro.celery", "worker", "-B", "-c", "1", "--schedule", str(folder / "beat"), "-l", "INFO"]
    running, environment = Stack(port), _environment(port, simulator_process)
    try:
        for name, command in (("web", web), ("worker", worker)):
            with (folder / f"{name}.log").open("wb") as log:
                running.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        running.wait()
        yield running
    finally:  # also where one of them does not come up: the other would live on
        running.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Playwright's loop lives in this thread, which Django must not take for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What goes wrong in a browser: console errors and warnings, uncaught exceptions, requests to anybody else's server."""

    port: int
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page, *, may_be_refused: bool = False) -> None:
        """Note what goes wrong in a page from now on."""
        page.on("console", lambda message: self._note_message(message, may_be_refused))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note_request(request.url))

    def _note_request(self, address: str) -> None:
        parts = urlsplit(address)
        is_ours = parts.port == self.port and (parts.hostname or "").endswith("localhost")
        if parts.scheme not in ("data", "blob", "about") and not is_ours:
            self.complaints.append(f"request to a third party: {address}")

    def _note_message(self, message: ConsoleMessage, may_be_refused: bool) -> None:
        is_refusal = may_be_refused and re.search(r"responded with a status of 4\d\d", message.text)
        if message.type in ("error", "warning") and not is_refusal:
            self.complaints.append(message.text)


def _context(chromium: Browser, width: int, theme: str) -> BrowserContext:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True)
    context.set_default_timeout(WAIT_MS)
    return context


@pytest.fixture
def open_page(chromium: Browser, stack: Stack, simulator: SimulatorProcess) -> Iterator[Callable[..., Page]]:
    """Open a browser of its own each time; afterwards nothing may have gone wrong in any of them."""
    simulator.behave()
    contexts, watch = [], Watch(stack.port)

    def make(*, width: int = 1280, theme: str = "light", may_be_refused: bool = False) -> Page:
        contexts.append(_context(chromium, width, theme))
        page = contexts[-1].new_page()
        watch.follow(page, may_be_refused=may_be_refused)
        return page

    yield make
    for context in contexts:
        context.close()
    assert watch.complaints == []


@pytest.fixture(scope="package")
def shared_page(chromium: Browser, stack: Stack) -> Iterator[tuple[Page, Watch]]:
    """One browser for all tests that only look."""
    context, watch = _context(chromium, 1280, "light"), Watch(stack.port)
    page = context.new_page()
    watch.follow(page)
    yield page, watch
    context.close()


def _session_cookie(email: str) -> dict[str, str]:
    value = signed_in(email).cookies["sessionid"].value
    return {"name": "sessionid", "value": value, "domain": "shop.localhost", "path": "/"}


@pytest.fixture
def owner_page(shared_page: tuple[Page, Watch], tenant: Tenant) -> Iterator[Page]:
    """The shared browser with the owner signed in, without the form; nothing may go wrong in it."""
    page, watch = shared_page
    page.context.add_cookies([_session_cookie("owner@shop.example")])
    watch.complaints.clear()
    yield page
    assert watch.complaints == []


@pytest.fixture
def staff(tenant: Tenant) -> Iterator[str]:
    """The email address of somebody who works for the business and does not own it."""
    email = "browser-staff@shop.example"
    User.objects.filter(email=email).delete()
    User.objects.create_user(email, "a-long-password", is_staff=True)
    yield email
    User.objects.filter(email=email).delete()


@pytest.fixture
def sign_in(open_page: Callable[..., Page], stack: Stack, tenant: Tenant) -> Callable[..., Page]:
    """Open a browser of a colleague's at a page: with a session they have, or through the form where signing in is part of the story."""

    def enter(email: str = "owner@shop.example", path: str = "/admin/port-recovery/", *, by_form: bool = False, **how: object) -> Page:
        page = open_page(**how)
        if not by_form:
            page.context.add_cookies([_session_cookie(email)])
        page.goto(stack.url(path))
        if by_form:
            page.get_by_label("Email").fill(email)
            page.get_by_label("Password").fill("a-long-password")
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(stack.url(path))
        return page

    return enter
