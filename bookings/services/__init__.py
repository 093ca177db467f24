"""Everything that books, moves and ends appointments."""

from bookings.services.booking import book, book_by_hand
from bookings.services.calendar_file import booking_ics
from bookings.services.catalog import describe_catalog
from bookings.services.changes import cancel, reschedule, set_status
from bookings.services.contents import change_services, quote_change
from bookings.services.kept import record_kept_appointment
from bookings.services.notices import send_notices
from bookings.services.quotes import quote

__all__ = [
    "book",
    "book_by_hand",
    "booking_ics",
    "cancel",
    "change_services",
    "describe_catalog",
    "quote",
    "quote_change",
    "record_kept_appointment",
    "reschedule",
    "send_notices",
    "set_status",
]
