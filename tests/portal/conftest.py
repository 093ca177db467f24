"""Somebody with a phone and an email, a browser, and the code that reached them."""

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from customers.services import register_customer
from portal.models import PortalSession, SignInCode
from portal.selectors import cookie_name, hashed
from tests.bookings.conftest import clock, loyal, shop
from tests.support.simulator import SimulatorProcess

__all__ = ["clock", "loyal", "shop"]  # what there is to book
PHONE, EMAIL = "+15125550142", "ana@example.com"


@pytest.fixture
def ana(tenant: object, simulator: SimulatorProcess) -> Customer:
    """A customer who can be reached."""
    return register_customer(name="Ana Silva", phone_text=PHONE, email=EMAIL)


@pytest.fixture
def browser() -> Callable[..., Client]:
    """Open a browser of its own each time."""

    def make(host: str = "shop.localhost", **how: object) -> Client:
        return Client(HTTP_HOST=host, **how)

    return make


def settled(seconds: float = 8.0) -> SignInCode:
    """Return the newest code once it is known what became of it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        row = SignInCode.objects.order_by("-pk").first()
        if row and row.outcome:
            return row
        time.sleep(0.02)
    raise AssertionError("nothing became of the code")


@pytest.fixture
def ask(simulator: SimulatorProcess) -> Callable[..., str]:
    """Ask for a code in a browser and return the one that arrived, empty where none did."""

    def asked(client: Client, address: str = PHONE, **data: str) -> str:
        answer = client.post("/portal/sign-in", {"address": address, "other": "1", **data})
        assert answer.status_code == 302 and answer["Location"].startswith("/portal/sign-in/code"), answer.content
        row = settled()
        if row.outcome != "sent":
            return ""
        body = simulator.texts(row.address)[-1]["body"] if row.channel == "sms" else simulator.emails(row.address)[-1]["subject"]
        found = re.search(r"\b\d{6}\b", body)
        assert found, body
        return found[0]

    return asked


@pytest.fixture
def sign_in(ask: Callable[..., str]) -> Callable[..., Client]:
    """Sign a browser in with a code."""

    def signed(client: Client, address: str = PHONE) -> Client:
        answer = client.post("/portal/sign-in/code", {"code": ask(client, address)})
        assert answer.status_code == 302, answer.content
        return client

    return signed


def other_than(code: str) -> str:
    """Return a code that is not the right one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def client_of(customer: Customer, host: str = "shop.localhost", **how: object) -> Client:
    """Return a browser in which somebody is signed in, without the forms."""
    token, now = f"token-of-{customer.pk}-{host}", timezone.now()
    PortalSession.objects.update_or_create(
        token_hash=hashed(token), defaults={"customer": customer, "created_at": now, "last_seen_at": now, "ended_at": None}
    )
    client = Client(HTTP_HOST=host, **how)
    client.cookies[cookie_name()] = token
    return client
