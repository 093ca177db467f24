"""The catalog and what was booked from it."""

from bookings.models.appointments import Booking, BookingLine, BookingNotice
from bookings.models.catalog import Closure, OpeningHours, Place, Service

__all__ = ["Booking", "BookingLine", "BookingNotice", "Closure", "OpeningHours", "Place", "Service"]
