"""What customers read about their appointments, in the business's voice."""

from bookings.models import Booking, BookingNotice
from bookings.selectors import manage_url
from bookings.wording import bill_in_words, offer_back_in_words, services_in_words, when_in_words, where_in_words
from loyalty.selectors import describe_points
from messaging.types import Channel, Envelope, MessageClass
from tenants.selectors import business_settings, current_tenant

What = BookingNotice.What


def notice_envelope(notice: BookingNotice, channel: Channel) -> Envelope:
    """Return the message of a notice for one channel; its key is its own, so that it is never sent twice."""
    booking = notice.booking
    is_email = channel is Channel.EMAIL
    return Envelope(
        reference=notice.pk,
        channel=channel,
        campaign_key=f"booking:{booking.public_id}:{notice.what}:{notice.sequence}",
        address=booking.contact_email if is_email else booking.contact_phone,
        subject=_subject(notice) if is_email else "",
        body=_email(notice) if is_email else _text(notice),
        message_class=MessageClass.TRANSACTIONAL,
        customer_id=booking.customer_id,
        time_zone=booking.place.time_zone,
    )


def _first_name(booking: Booking) -> str:
    return booking.contact_name.split(" ")[0] if booking.contact_name else ""


def _when(booking: Booking) -> str:
    return when_in_words(booking, current_tenant().region)


def _text(notice: BookingNotice) -> str:
    booking, business = notice.booking, current_tenant().name
    name = _first_name(booking)
    hello = f"{business}: {name}, " if name else f"{business}: "
    if notice.what == What.CANCELLED:
        return f"{hello}your appointment on {_when(booking)} is cancelled.{_came_back(booking)} We hope to see you another time."
    said = {What.CONFIRMED: "is confirmed", What.MOVED: "has moved", What.CHANGED: "is changed"}[What(notice.what)]
    return (
        f"{hello}your appointment {said}: {services_in_words(booking)}, {_when(booking)}, {where_in_words(booking)}."
        f" {bill_in_words(booking)} Change or cancel: {manage_url(booking)}"
    )


def _subject(notice: BookingNotice) -> str:
    booking, business = notice.booking, current_tenant().name
    return {
        What.CONFIRMED: f"Your appointment at {business}: {_when(booking)}",
        What.MOVED: f"Your appointment at {business} has moved to {_when(booking)}",
        What.CHANGED: f"Your appointment at {business} on {_when(booking)} is changed",
        What.CANCELLED: f"Your appointment at {business} on {_when(booking)} is cancelled",
    }[What(notice.what)]


def _email(notice: BookingNotice) -> str:
    booking, business = notice.booking, current_tenant().name
    owner = business_settings().owner_name
    hello = f"Hi {_first_name(booking)}," if booking.contact_name else "Hello,"
    signature = f"{owner}\n{business}" if owner else business
    if notice.what == What.CANCELLED:
        news = f"your appointment on {_when(booking)} ({services_in_words(booking)}) is cancelled.{_came_back(booking)}"
        return f"{hello}\n\n{news}\n\nWe hope to see you another time.\n\n{signature}"
    news = {
        What.CONFIRMED: "your appointment is confirmed.",
        What.MOVED: "your appointment has moved. This is the new time.",
        What.CHANGED: "your appointment is changed. This is how it stands.",
    }[What(notice.what)]
    link = manage_url(booking)
    return (
        f"{hello}\n\n{news}\n\nWhat: {services_in_words(booking)}\nWhen: {_when(booking)}\nWhere: {where_in_words(booking)}\n"
        f"{bill_in_words(booking)}\n\nChange or cancel it: {link}\nPut it into your calendar: {link}/calendar.ics\n\n"
        f"We look forward to seeing you.\n\n{signature}"
    )


def _came_back(booking: Booking) -> str:
    points = f"Your {describe_points(booking.points_used)} are back in your account." if booking.points_used else ""
    return "".join(f" {sentence}" for sentence in (offer_back_in_words(booking), points) if sentence)
