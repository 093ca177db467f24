"""Write down appointments that were kept before they could be booked here."""

import datetime
import uuid

from django.db import transaction

from bookings.models import Booking, Place, Service
from bookings.selectors import busy_between
from bookings.services.booking import write_lines
from bookings.services.seats import hold_place, seat_sold_once
from bookings.types import QuoteLine
from customers.selectors import Customer
from tenants.selectors import current_tenant

NO_REQUEST = "kept before"


def record_kept_appointment(customer: Customer, place: Place, service: Service, *, starts_at: datetime.datetime, key: str) -> bool:
    """Write down that somebody came, under a key of its own; return whether that was new and there was a seat for it.

    Nobody is told, and neither points nor offers change. `starts_at` has passed.
    """
    ends_at = starts_at + datetime.timedelta(minutes=service.duration_minutes)
    with seat_sold_once(), transaction.atomic():
        held = hold_place(place.pk, is_active=False)
        taken = {busy.seat for busy in busy_between(held, starts_at, ends_at)}
        seat = next((seat for seat in range(1, held.capacity + 1) if seat not in taken), None)
        if seat is None or Booking.objects.filter(idempotency_key=key).exists():
            return False
        booking = Booking.objects.create(
            public_id=uuid.uuid4(),
            customer_id=customer.pk,
            place=held,
            starts_at=starts_at,
            ends_at=ends_at,
            seat=seat,
            status=Booking.Status.COMPLETED,
            contact_name=customer.name[:120],
            contact_phone=customer.phone,
            contact_email=customer.email,
            currency=current_tenant().currency,
            total_minor=service.price_minor,
            due_minor=service.price_minor,
            idempotency_key=key,
            request_digest=NO_REQUEST,
        )
        write_lines(booking, [QuoteLine(service.pk, service.name, service.category, service.price_minor, service.duration_minutes)])
    return True
