"""What the tests of choosing customers share: people who agreed, and where they were."""

import datetime
import itertools

from django.utils import timezone

from bookings.models import Booking, Place
from customers.models import Customer

_numbers = itertools.count(1)


def agreed(name: str, **about: object) -> Customer:
    """Somebody who agreed to marketing, with a phone and an email of their own unless told otherwise."""
    number = next(_numbers)
    known = {"phone": f"+1512{number:07d}", "email": f"person{number}@example.com", "gdpr_marketing_consent": True}
    return Customer.objects.create(name=name, **{**known, **about})


def visited(customer: Customer, place: Place, days_ago: float = 10, *, price: int = 100, status: str = "completed") -> Booking:
    """An appointment of theirs, at a time nobody else has."""
    number = next(_numbers)
    start = timezone.now() - datetime.timedelta(days=days_ago)
    return Booking.objects.create(
        customer=customer, place=place, starts_at=start, ends_at=start + datetime.timedelta(minutes=15), seat=number % 30_000 + 1,
        status=status, cancelled_at=timezone.now() if status == "cancelled" else None, currency="USD", total_minor=price, due_minor=price,
        idempotency_key=f"visit-{number}", request_digest="d",
    )  # fmt: skip
