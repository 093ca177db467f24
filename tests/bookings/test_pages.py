"""The day's page and the catalog: who may see and change what, and that every look and act is on record."""

import pytest
from django.db import connection
from django.test import Client

from bookings.models import Booking, BookingNotice, Place, Service
from bookings.selectors import manage_token
from bookings.services import booking_ics
from bookings.services.messages import notice_envelope
from customers.models import PersonalDataAccess
from messaging.types import Channel
from tenants.accounts.models import AuditEntry, User
from tenants.models import Tenant
from tests.bookings.conftest import at

DAY = "/admin/bookings/day/?day=2026-11-10"


def status_of(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).status


@pytest.mark.parametrize("role", ["owner", "manager", "staff"])
def test_everybody_who_works_here_sees_the_day_and_says_what_became_of_it(shop, client_of, loyal, clock, role):
    booking = shop.book(customer_id=loyal(500).pk, points_requested=500)
    client = client_of(role)
    page = client.get(DAY).content.decode()
    for words in ("10:00 AM to 12:00 PM", "Ana Silva", "Full Interior Detail", "$100.00", "500 points took $50.00 off", "+1512•••0142"):
        assert words in page
    assert "+15125550142" not in page and "Completed" not in page
    assert PersonalDataAccess.objects.get(subject="bookings:2026-11-10").how_many == 1
    clock.move_to(at(13))
    client = client_of(role)  # the session ended overnight
    assert client.post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "completed"}).status_code == 302
    assert status_of(booking) == "completed"
    entry = AuditEntry.objects.get(action="booking_completed")
    assert entry.actor.role == role and entry.subject == f"booking:{booking.pk}"


def test_the_owner_cancels_and_reads_that_points_went_back(shop, client_of, loyal):
    booking = shop.book(customer_id=loyal(500).pk, points_requested=500)
    answer = client_of("owner").post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "cancelled"}, follow=True)
    assert "500 points went back" in answer.content.decode() and status_of(booking) == "cancelled"
    assert answer.redirect_chain == [(DAY, 302)]


def test_what_cannot_be_is_said_and_changes_nothing(shop, client_of):
    booking, client = shop.book(), client_of("owner")
    answer = client.post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "completed"}, follow=True)
    assert "has not begun yet" in answer.content.decode() and status_of(booking) == "confirmed"
    assert client.get(f"/admin/bookings/day/{booking.public_id}/status/").status_code == 405
    assert client.post("/admin/bookings/day/00000000-0000-0000-0000-000000000000/status/", {"status": "completed"}).status_code == 404


def test_strangers_and_other_sites_change_nothing(shop, client_of):
    booking = shop.book()
    stranger = Client(HTTP_HOST="shop.localhost")
    assert stranger.get(DAY).status_code == 302
    assert stranger.post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "cancelled"}).status_code == 302
    forged = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    forged.force_login(User.objects.get(email="owner@shop.example"))
    assert forged.post(f"/admin/bookings/day/{booking.public_id}/status/", {"status": "cancelled"}).status_code == 403
    assert status_of(booking) == "confirmed"


@pytest.mark.parametrize("query", ["day=x", "day=9999-99-99", "day=0001-01-01", "day=9999-12-31", "place=x", "place=-1", "day=%00"])
def test_an_address_that_makes_no_sense_is_today(shop, client_of, query):
    shop.book()
    answer = client_of("owner").get(f"/admin/bookings/day/?{query}")
    assert answer.status_code == 200 and "Monday, November 9, 2026" in answer.content.decode()


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("staff", 403)])
def test_the_catalog_is_for_owners_and_managers(shop, client_of, role, status):
    client = client_of(role)
    for path in ("service/", f"service/{shop.wash.pk}/change/", "place/", f"place/{shop.place.pk}/change/", "place/add/"):
        assert client.get(f"/admin/bookings/{path}").status_code == status
    assert client.get("/admin/bookings/booking/").status_code == 200


def test_a_price_is_typed_as_people_write_it(shop, client_of):
    form = {
        "name": "Clay Bar",
        "category": "core",
        "price": "149.90",
        "duration_minutes": "60",
        "is_active": "on",
        "places": [shop.place.pk],
    }
    client = client_of("manager")
    assert client.post("/admin/bookings/service/add/", form).status_code == 302
    made = Service.objects.get(name="Clay Bar")
    assert (made.price_minor, list(made.places.all())) == (14_990, [shop.place])
    assert "149.90" in client.get(f"/admin/bookings/service/{made.pk}/change/").content.decode()
    wrong = client.post("/admin/bookings/service/add/", form | {"name": "X", "is_add_on_only": "on"})
    assert "only an add-on can need one" in wrong.content.decode() and not Service.objects.filter(name="X").exists()
    wrong = client.post("/admin/bookings/service/add/", form | {"name": "X", "price": "-1"})
    assert wrong.status_code == 200 and not Service.objects.filter(name="X").exists()


def test_hours_stand_with_their_place(shop, client_of):
    form = {
        "name": "Garage", "address": "", "time_zone": "America/Chicago", "capacity": "1", "slot_minutes": "30", "lead_minutes": "0", "horizon_days": "30",
        "is_active": "on", "hours-TOTAL_FORMS": "1", "hours-INITIAL_FORMS": "0", "hours-0-weekday": "0", "hours-0-opens_at": "09:00", "hours-0-closes_at": "17:00",
        "closures-TOTAL_FORMS": "1", "closures-INITIAL_FORMS": "0", "closures-0-day": "2026-12-25", "closures-0-note": "Christmas",
    }  # fmt: skip
    client = client_of("manager")
    assert client.post("/admin/bookings/place/add/", form).status_code == 302
    made = Place.objects.get(name="Garage")
    assert made.hours.count() == 1 and made.closures.get().note == "Christmas"
    wrong = client.post(
        "/admin/bookings/place/add/", form | {"name": "Barn", "time_zone": "Nowhere", "hours-0-closes_at": "08:00"}
    ).content.decode()
    assert "no such time zone" in wrong and "closes before it opens" in wrong and not Place.objects.filter(name="Barn").exists()


def test_an_appointment_is_found_read_and_not_typed_over(shop, client_of):
    booking, client = shop.book(), client_of("owner")
    assert "Ana Silva" in client.get("/admin/bookings/booking/?q=512-555-0142").content.decode()
    page = client.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    assert "Full Interior Detail" in page and "+15125550142" not in page
    assert PersonalDataAccess.objects.filter(subject=f"booking:{booking.pk}", customer=booking.customer_id).count() == 1
    assert client.post(f"/admin/bookings/booking/{booking.pk}/change/", {"status": "cancelled"}).status_code == 403
    assert client.get("/admin/bookings/booking/add/").status_code == 403


def test_times_are_said_as_in_the_country_of_the_business(shop, client_of):
    booking = shop.book(at(14))
    week, day = "/admin/bookings/week/?day=2026-11-10", DAY
    for region, said, never in (("US", "2:00 PM", "14:00"), ("DE", "14:00", "2:00 PM")):
        Tenant.objects.filter(schema_name="shop").update(region=region)
        client = client_of("owner")
        for path in (day, week, f"/admin/bookings/day/{booking.public_id}/move/", f"/admin/bookings/booking/{booking.pk}/change/"):
            page = client.get(path).content.decode()
            assert said in page and never not in page, (region, path)
        for path in (f"/b/{manage_token(booking)}", f"/b/{manage_token(booking)}/move", f"/b/{manage_token(booking)}/services"):
            page = client.get(path).content.decode()
            assert said in page and never not in page, (region, path)
        connection.set_tenant(Tenant.objects.get(schema_name="shop"))
        notice = BookingNotice.objects.get()
        assert said in notice_envelope(notice, Channel.SMS).body and said in notice_envelope(notice, Channel.EMAIL).subject
        assert said in booking_ics(booking).decode().replace("\r\n ", "").replace("\\", "")
    Tenant.objects.filter(schema_name="shop").update(region="US")
