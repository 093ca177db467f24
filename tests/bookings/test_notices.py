"""People are told what happened to their appointment: once, whatever dies in between, and never after it was taken back."""

from datetime import timedelta

from celery import Celery, current_app
from icalendar import Calendar

from bookings.models import BookingNotice
from bookings.selectors import booking_by_public_id, manage_url
from bookings.services import booking_ics, cancel, reschedule, send_notices
from bookings.tasks import resume_notices
from bookings.types import Contact
from customers.models import ErasureCertificate
from customers.services import erase_person, export_person, suppress
from servicepro.lib.clock import clock_in_words
from tests.bookings.conftest import NOW, at


def test_a_confirmation_says_what_when_where_and_how_much(shop, simulator, loyal):
    booking = shop.book(customer_id=loyal(500).pk, points_requested=500)
    assert send_notices() == 1
    (text,) = simulator.texts("+15125550142")
    assert text["body"] == (
        "Clean Machine Auto Detail: Ana, your appointment is confirmed: Full Interior Detail, Tue, Nov 10 at 10:00 AM, Main shop,"
        " 400 Congress Ave, Austin. To pay on site: $100, after 500 points took $50 off (points count on bookings from $75 with a main service)."
        f" Change or cancel: {manage_url(booking)}"
    )
    notice = BookingNotice.objects.get()
    assert (notice.sms_outcome, notice.email_outcome) == ("sent", "sent") and notice.done_at
    assert send_notices() == 0
    (mail,) = simulator.emails("ana@example.com")
    assert mail["subject"] == "Your appointment at Clean Machine Auto Detail: Tue, Nov 10 at 10:00 AM"
    assert f"{manage_url(booking)}/calendar.ics" in mail["text"] and mail["text"].endswith("Jody\nClean Machine Auto Detail")


def test_a_move_and_a_cancellation_are_told_and_say_what_comes_back(shop, simulator, loyal):
    booking = shop.book(customer_id=loyal(500).pk, points_requested=500)
    send_notices()
    reschedule(booking, at(14))
    send_notices()
    cancel(booking)
    send_notices()
    bodies = [text["body"] for text in simulator.texts("+15125550142")]
    assert len(bodies) == 3 == len(simulator.emails("ana@example.com"))
    assert any("has moved: Full Interior Detail, Tue, Nov 10 at 2:00 PM" in body for body in bodies)
    assert any(
        body.endswith(
            "is cancelled. Your 500 points (about $50 off, on bookings from $75 with a main service) are back in your account. We hope to see you another time."
        )
        for body in bodies
    )


def test_what_no_longer_holds_is_not_told(shop, simulator):
    booking = shop.book()
    reschedule(booking, at(14))
    assert send_notices() == 2
    assert ["has moved" in text["body"] for text in simulator.texts()] == [True]
    assert BookingNotice.objects.get(what="confirmed").sms_outcome == "superseded"


def test_a_provider_that_is_away_is_asked_again_and_nobody_is_told_twice(shop, simulator, settings):
    shop.book()
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    assert send_notices() == 0
    notice = BookingNotice.objects.get()
    assert (notice.sms_outcome, notice.email_outcome, notice.done_at) == ("", "sent", None)
    settings.TWILIO_API_BASE_URL = simulator.base_url
    assert send_notices() == 1
    assert len(simulator.texts()) == 1 == len(simulator.emails())


def test_who_left_only_an_email_gets_only_that(shop, simulator):
    shop.book(contact=Contact("Ana Silva", "", "ana@example.com"))
    assert send_notices() == 1
    assert simulator.texts() == [] and len(simulator.emails()) == 1
    assert BookingNotice.objects.get().sms_outcome == "no_address"


def test_a_stop_holds_for_confirmations_as_well(shop, simulator):
    suppress(channel="sms", address="+15125550142", reason="stop_keyword", event_key="e1")
    shop.book()
    assert send_notices() == 1
    assert simulator.texts() == [] and BookingNotice.objects.get().sms_outcome == "skipped:address_suppressed"


def test_the_beat_takes_up_what_a_dead_worker_left(shop, simulator):
    shop.book()
    resume_notices()
    resume_notices()
    assert len(simulator.texts()) == 1 and BookingNotice.objects.get().done_at


def test_a_notice_that_comes_too_late_is_left(shop, simulator, clock):
    shop.book()
    clock.move_to(NOW + timedelta(hours=25))
    assert send_notices() == 1 and simulator.texts() == []
    assert BookingNotice.objects.get().sms_outcome == "too_late"


def test_a_broker_that_is_away_costs_a_moment_and_no_appointment(shop, simulator):
    before = current_app._get_current_object()
    Celery("without a broker", broker="redis://127.0.0.1:9/0", set_as_current=True)
    try:
        booking = shop.book()
    finally:
        before.set_current()
    assert booking.status == "confirmed"
    assert send_notices() == 1 and len(simulator.texts()) == 1


def event(booking):
    calendar = Calendar.from_ical(booking_ics(booking_by_public_id(booking.public_id)))
    return calendar, calendar.walk("VEVENT")[0]


def test_the_calendar_file_moves_with_the_appointment_and_takes_itself_out(shop):
    booking = shop.book()
    calendar, first = event(booking)
    assert (calendar["METHOD"], first["STATUS"], first["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 0)
    assert (first["DTSTART"].dt, first["DTEND"].dt) == (at(10), at(12)) and first["LOCATION"] == "Main shop, 400 Congress Ave, Austin"
    assert b"DTSTART:20261110T160000Z" in booking_ics(booking)
    reschedule(booking, at(14))
    _calendar, moved = event(booking)
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTART"].dt) == (first["UID"], 1, at(14))
    cancel(booking)
    calendar, gone = event(booking)
    assert (calendar["METHOD"], gone["STATUS"], gone["SEQUENCE"], gone["UID"]) == ("CANCEL", "CANCELLED", 2, first["UID"])


def test_a_clock_that_shows_an_hour_twice_is_told_with_its_zone():
    first = at(1, 30, at(1).date().replace(day=1))
    assert clock_in_words(first, "America/Chicago", "US") == "1:30 AM CDT"
    assert clock_in_words(first + timedelta(hours=12), "Europe/Berlin", "DE") == "20:30"


def test_everything_about_an_appointment_is_exported_and_erased(shop, simulator, loyal):
    ana = loyal(500)
    booking = shop.book(customer_id=ana.pk, points_requested=500, contact=Contact("Ana Silva", "512-555-0142", "ana@example.com", "Gate 7"))
    friend = shop.book(at(13), contact=Contact("Bo", "512-555-0143"))
    exported = export_person(ana, actor=None)
    assert exported.content
    erase_person(ana, actor=None, reason=ErasureCertificate.Reason.values[0])
    gone = booking_by_public_id(booking.public_id)
    assert (gone.contact_name, gone.contact_phone, gone.contact_email, gone.note) == ("", None, None, None)
    assert (gone.status, gone.cancelled_by, gone.total_minor, gone.discount_minor) == ("cancelled", "erasure", 15_000, 5_000)
    assert booking_by_public_id(friend.public_id).contact_name == "Bo"
    send_notices()
    assert [text["to"] for text in simulator.texts()] == ["+15125550143"]
