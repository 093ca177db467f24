"""A business with two places and a small catalog, on a Monday morning that stands still."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client

from bookings.models import Booking, OpeningHours, Place, Service
from bookings.services import book
from bookings.types import Cart, Contact
from customers.models import Customer
from loyalty.services import grant_points
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tenants.models import Tenant

NOW = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # Monday, 8 in the morning in Austin
AUSTIN = ZoneInfo("America/Chicago")
TUESDAY = date(2026, 11, 10)
_phones = itertools.count(1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that goes where a test wants it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    """Return an instant on the clock of Austin."""
    return datetime.combine(day, time(hour, minute), AUSTIN)


@dataclass
class Shop:
    """What there is to book."""

    place: Place
    other: Place
    detail: Service
    wash: Service
    wax: Service
    protection: Service
    contact: Contact = field(default_factory=lambda: Contact("Ana Silva", "512-555-0142", "ana@example.com"))

    def cart(self, *services: Service, **quoted: int) -> Cart:
        """Return a cart of the main place."""
        return Cart(self.place.pk, tuple(service.pk for service in services or (self.detail,)), **quoted)

    def book(self, starts_at: datetime | None = None, *services: Service, **more: object) -> Booking:
        """Book the detail on Tuesday at ten, or something else."""
        wish = {"cart": self.cart(*services), "contact": self.contact, "customer_id": None, "idempotency_key": str(uuid.uuid4())}
        return book(starts_at=starts_at or at(10), **(wish | more))


def open_weekdays(place: Place, opens: time = time(9), closes: time = time(17)) -> None:
    """Open a place from Monday to Saturday."""
    OpeningHours.objects.bulk_create(OpeningHours(place=place, weekday=day, opens_at=opens, closes_at=closes) for day in range(6))


def make_shop() -> Shop:
    """Make the places and the catalog in the current business."""
    place = Place.objects.create(name="Main shop", address="400 Congress Ave, Austin", time_zone="America/Chicago", capacity=2)
    other = Place.objects.create(name="Airport", time_zone="America/Chicago")
    open_weekdays(place)
    open_weekdays(other)
    core, add_on = Service.Category.CORE, Service.Category.ADD_ON
    rows = [
        Service.objects.create(name=name, category=category, price_minor=price, duration_minutes=minutes, is_add_on_only=only)
        for name, category, price, minutes, only in (
            ("Full Interior Detail", core, 15_000, 120, False),
            ("Express Wash", core, 4_000, 30, False),
            ("Hand Wax", add_on, 3_500, 30, False),
            ("Interior Protection", add_on, 4_500, 15, True),
        )
    ]
    for row in rows:
        row.places.add(place)
    rows[0].places.add(other)
    return Shop(place, other, *rows)


@pytest.fixture
def shop(tenant: Tenant, clock: time_machine.Traveller) -> Shop:
    """The catalog of the business in Austin, at eight on a Monday."""
    BusinessSettings.objects.update(
        loyalty_min_cart_total=7_500, loyalty_require_core_service=True, point_value_minor=10, loyalty_guardrail_message=""
    )
    return make_shop()


@pytest.fixture
def loyal(shop: Shop) -> Callable[..., Customer]:
    """Somebody with points."""

    def make(points: int = 500) -> Customer:
        customer = Customer.objects.create(name="Ana Silva", phone=f"+1512556{next(_phones):04d}")
        if points:
            grant_points(customer_ids=[customer.pk], points=points, reason="test", campaign_key=f"k{customer.pk}")
        return customer

    return make


@pytest.fixture
def client_of(shop: Shop) -> Iterator[Callable[[str], Client]]:
    """A browser with somebody of a role signed in; the traces they leave go afterwards."""
    made: list[int] = []

    def sign_in(role: str) -> Client:
        email = "owner@shop.example" if role == "owner" else f"{role}-books@shop.example"
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, "a-long-password", role=role, is_staff=True)
            made.append(user.pk)
        client = Client(HTTP_HOST="shop.localhost")
        client.force_login(user)
        return client

    yield sign_in
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "DELETE FROM shop.customers_personaldataaccess; DELETE FROM shop.accounts_auditentry; DELETE FROM shop.django_admin_log"
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.filter(pk__in=made).delete()
