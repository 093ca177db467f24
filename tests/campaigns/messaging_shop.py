"""A shop whose customers agreed to be written to, and its messaging API, for tests that ask it."""

import datetime
import itertools
import json
from collections.abc import Callable

import redis
from django.conf import settings
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Place
from customers.models import Customer
from tenants.accounts.models import User
from tenants.services import create_api_token

HOME = "/api/campaigns"
SCOPES = ("campaigns:read", "campaigns:write", "customers:read")
CONTENT = {
    "channels": ["email"],
    "emailSubject": "Spring at {{business_name}}",
    "emailBody": "<p>Hi {{first_name|there}}, see <a href='{{booking_link}}'>our times</a></p>",
}
_hours, _numbers = itertools.count(1), itertools.count(200)


def a_place(name: str = "Main shop") -> Place:
    return Place.objects.get_or_create(name=name, defaults={"time_zone": "America/Chicago", "capacity": 100})[0]


def agreed(count: int, place: Place | None = None, **about: object) -> list[Customer]:
    """People with a booking at the place who agreed to marketing, and whatever else is said of them."""
    place, made = place or a_place(), []
    for _person in range(count):
        number = next(_numbers)
        known = {"name": f"Person{number} Last", "email": f"p{number}@example.com", "phone": f"+1512557{number:04d}"}
        person = Customer.objects.create(**known | {"gdpr_marketing_consent": True} | about)
        visit(person, place)
        made.append(person)
    return made


def visit(customer: Customer, place: Place, **about: object) -> Booking:
    """Let somebody have been there some day."""
    start = timezone.now() - datetime.timedelta(hours=24 + 2 * next(_hours))
    known = {
        "starts_at": start, "ends_at": start + datetime.timedelta(hours=1), "seat": 1, "currency": "USD", "total_minor": 5_000,
        "due_minor": 5_000, "idempotency_key": start.isoformat(), "request_digest": "d", "status": "completed",
    }  # fmt: skip
    return Booking.objects.create(customer=customer, place=place, **known | about)


def another_owner(email: str = "second@shop.example") -> User:
    return User.objects.get_or_create(email=email, defaults={"role": User.Role.OWNER, "is_staff": True})[0]


def asking(
    email: str = "owner@shop.example", host: str = "shop.localhost", scopes: tuple[str, ...] = SCOPES
) -> Callable[..., tuple[int, dict]]:
    """Return a program of an owner that asks the API of messaging campaigns."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    _token, key = create_api_token(actor=User.objects.get(email=email), name="App", scopes=scopes)
    headers = {"Authorization": f"Bearer {key}"}

    def call(method: str, path: str = "", wish: str = "", **body: object) -> tuple[int, dict]:
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        answer = Client(HTTP_HOST=host).generic(method, HOME + path, headers=headers | ({"Idempotency-Key": wish} if wish else {}), **sent)
        return answer.status_code, answer.json()

    return call
