"""An appointment as a file that every calendar reads."""

from urllib.parse import urlsplit

from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from bookings.models import Booking
from bookings.selectors import manage_url
from bookings.wording import bill_in_words, services_in_words, when_in_words, where_in_words
from tenants.selectors import business_settings, current_tenant, public_url


def booking_ics(booking: Booking) -> bytes:
    """Return an appointment as iCalendar (RFC 5545); a cancelled one takes itself out of the calendar it was put into.

    The same appointment always has the same UID, and each change a higher SEQUENCE, so a calendar that gets the file again moves
    the entry instead of adding one. Times are UTC, which needs no zone definition and is unambiguous on every night.
    """
    is_cancelled = booking.status == Booking.Status.CANCELLED
    calendar, event, business = Calendar(), Event(), current_tenant().name
    calendar.add("prodid", "-//ServicePro//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "PUBLISH")
    event.add("uid", f"{booking.public_id}@{urlsplit(public_url(current_tenant())).hostname}")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", timezone.now().replace(microsecond=0))
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("summary", f"{business}: {services_in_words(booking)}")
    event.add("location", where_in_words(booking))
    when, change = when_in_words(booking, current_tenant().region), f"Change or cancel: {manage_url(booking)}"
    event.add("description", f"{when}, {where_in_words(booking)}\n{bill_in_words(booking)}\n{change}")
    event.add("url", manage_url(booking))
    if reply_to := business_settings().reply_to_email:
        organizer = vCalAddress(f"mailto:{reply_to}")
        organizer.params["cn"] = vText(business)
        event["organizer"] = organizer
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
