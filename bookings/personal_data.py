"""What bookings hold about a person: who came, how they were reached, and what they wanted."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from bookings.models import Booking, BookingLine, BookingNotice
from bookings.services.changes import release_for_erasure
from customers.services import Holder, Parts, Person

_TOLD = (
    *("public_id", "customer_id", "place__name", "starts_at", "ends_at", "status", "contact_name", "contact_phone", "contact_email"),
    *("currency", "total_minor", "offer_name", "offer_code", "offer_discount_minor", "discount_minor", "points_used", "point_value_minor"),
    *("due_minor", "note", "created_at", "cancelled_at"),
)


def _collect(person: Person) -> Parts:
    bookings = Booking.objects.filter(customer_id__in=person.customer_ids).order_by("starts_at", "pk")
    lines = BookingLine.objects.filter(booking__in=bookings).order_by("booking_id", "pk")
    notices = BookingNotice.objects.filter(booking__in=bookings).order_by("pk")
    return {
        "bookings": list(bookings.values(*_TOLD)),
        "booked_services": list(lines.values("booking__public_id", "name", "category", "price_minor", "duration_minutes")),
        "booking_notices": list(notices.values("booking__public_id", "what", "sms_outcome", "email_outcome", "created_at", "done_at")),
    }


def _erase(person: Person) -> Mapping[str, int]:
    own = Booking.objects.filter(customer_id__in=person.customer_ids)
    ids = list(own.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    cancelled = release_for_erasure(ids)
    unsent = BookingNotice.objects.filter(booking_id__in=ids, done_at=None)
    unsent.update(sms_outcome="erased", email_outcome="erased", done_at=timezone.now())
    nobody: dict[str, Any] = {"contact_name": "", "contact_phone": None, "contact_email": None, "note": None, "request_digest": ""}
    blanked = Booking.objects.filter(pk__in=ids).update(**nobody, offer_code="")
    # Somebody else booked and left an address that is this person's alone: the address goes, the appointment is theirs.
    phones, emails = ([value for value in values if value not in person.shared] for values in (person.phones, person.emails))
    blanked += Booking.objects.filter(contact_phone__in=phones).update(contact_phone=None)
    blanked += Booking.objects.filter(contact_email__in=emails).update(contact_email=None)
    return {"names, addresses and notes on appointments": blanked, "appointments to come, cancelled": cancelled}


HOLDER = Holder(
    name="bookings",
    models=frozenset({"bookings.Booking", "bookings.BookingLine", "bookings.BookingNotice"}),
    collect=_collect,
    erase=_erase,
    keeps={"appointments without name and address": "what was done, paid and discounted must add up"},
)
