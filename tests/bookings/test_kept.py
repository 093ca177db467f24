"""Appointments that were kept before they could be booked here."""

import datetime

import pytest
from django.utils import timezone

from bookings.models import Booking, BookingNotice, Place, Service
from bookings.services import record_kept_appointment
from customers.models import Customer
from customers.services import register_customer

LONG_AGO = timezone.now() - datetime.timedelta(days=40)


@pytest.fixture
def ana(tenant: object) -> Customer:
    return register_customer(name="Ana", region="US", phone_text="+15125550142", email="ana@example.com")


@pytest.fixture
def shop(tenant: object) -> tuple[Place, Service]:
    place = Place.objects.create(name="Main", time_zone="America/Chicago", capacity=1)
    return place, Service.objects.create(name="Wash", category="core", price_minor=3_500, duration_minutes=60)


def test_it_is_completed_paid_in_full_and_told_to_nobody(ana, shop, simulator):
    assert record_kept_appointment(ana, *shop, starts_at=LONG_AGO, key="k1")
    (kept,) = Booking.objects.all()
    assert (kept.status, kept.due_minor, kept.points_used, kept.customer_id) == ("completed", 3_500, 0, ana.pk)
    assert [line.name for line in kept.lines.all()] == ["Wash"]
    assert not BookingNotice.objects.exists() and simulator.texts() == simulator.emails() == []
    ana.refresh_from_db()
    assert ana.loyalty_points_balance == 0


def test_it_is_written_down_once_and_takes_nobodys_seat(ana, shop):
    assert record_kept_appointment(ana, *shop, starts_at=LONG_AGO, key="k1")
    later = LONG_AGO + datetime.timedelta(days=1)
    assert not record_kept_appointment(ana, *shop, starts_at=later, key="k1")
    assert not record_kept_appointment(ana, *shop, starts_at=LONG_AGO + datetime.timedelta(minutes=30), key="k2")
    assert record_kept_appointment(ana, *shop, starts_at=later, key="k2") and Booking.objects.count() == 2
