"""The week: seven days on each place's own clock, the way people of the country begin it, as quick with a thousand as with ten."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from bookings.models import Booking, BookingLine, Place
from bookings.selectors import bookings_of_week
from bookings.services import cancel
from bookings.types import Contact
from customers.models import Customer, PersonalDataAccess
from tenants.accounts.models import User
from tests.bookings.conftest import NOW, TUESDAY, Shop, at

WEEK = "/admin/bookings/week/"
SUNDAY = date(2026, 11, 8)


def put(shop: Shop, *instants: datetime, place: Place | None = None) -> list[Booking]:
    """Write appointments down wherever the clock says, each on a seat of its own."""
    ana = Customer.objects.create(name="Ana Silva", phone=f"+1512557{Customer.objects.count():04d}")
    made = Booking.objects.bulk_create(
        Booking(
            customer=ana, place=place or shop.place, starts_at=instant, ends_at=instant + timedelta(minutes=30), seat=number,
            contact_name=f"Guest {number}", contact_phone="+15125550142", currency="USD", total_minor=100, due_minor=100, idempotency_key=str(uuid.uuid4()),
        )
        for number, instant in enumerate(instants, Booking.objects.count() + 1)
    )  # fmt: skip
    BookingLine.objects.bulk_create(
        BookingLine(booking=booking, service=service, name=service.name, category=service.category, price_minor=50, duration_minutes=15)
        for booking in made
        for service in (shop.wash, shop.wax)
    )
    return made


def test_a_week_shows_when_who_what_and_how_it_stands(shop, client_of):
    shop.book(at(10), shop.detail, shop.wax)
    cancel(shop.book(at(14, day=TUESDAY + timedelta(days=1)), contact=Contact("Bo Adebayo", "512-555-0143")))
    page = client_of("staff").get(f"{WEEK}?day=2026-11-12").content.decode()
    for words in (
        "November 8 to November 14, 2026",
        "10:00 AM",
        "Ana Silva",
        "Full Interior Detail and Hand Wax",
        "Confirmed",
        "Bo Adebayo",
        "Cancelled",
    ):
        assert words in page
    assert "512" not in re.sub(r"value=\S+", "", page.partition('class="week"')[2]).replace("2026", "")
    assert f'href="/admin/bookings/day/?day=2026-11-10#b-{Booking.objects.get(contact_name="Ana Silva").public_id}"' in page
    assert PersonalDataAccess.objects.get(subject="bookings-week:2026-11-08").how_many == 2


def test_the_weeks_around_and_today_are_one_press_away(shop, client_of):
    page = client_of("owner").get(f"{WEEK}?day=2026-12-30&place={shop.other.pk}").content.decode()
    assert "December 27 to January 2, 2027, Airport" in page
    for day in ("2026-12-20", "2026-11-09", "2027-01-03"):
        assert f'href="{WEEK}?day={day}&amp;place={shop.other.pk}"' in page
    assert f'href="/admin/bookings/day/?day=2026-12-29&amp;place={shop.other.pk}"' in page
    assert "Nobody has booked for this week at Airport" in page
    assert f'href="{WEEK}?day=2026-11-09"' in client_of("owner").get("/admin/bookings/day/").content.decode()


@pytest.mark.parametrize("query", ["day=x", "day=9999-12-31", "day=0001-01-01", "place=x", "day=%00&place=-1"])
def test_an_address_that_makes_no_sense_is_this_week(shop, client_of, query):
    answer = client_of("owner").get(f"{WEEK}?{query}")
    assert answer.status_code == 200 and "November 8 to November 14, 2026" in answer.content.decode()


@pytest.mark.parametrize("day", ["1970-01-09", "9998-12-22"])
def test_the_ends_of_time_are_weeks_too(shop, client_of, day):
    assert client_of("owner").get(f"{WEEK}?day={day}").status_code == 200
    assert client_of("owner").get(f"/admin/bookings/day/?day={day}").status_code == 200


def test_a_week_with_a_thousand_appointments_asks_no_more_than_one_with_ten(shop, client_of):
    client, counts = client_of("owner"), []
    put(shop, *(at(9 + number % 8, day=SUNDAY + timedelta(days=number % 7)) for number in range(10)))
    client.get(f"{WEEK}?day=2026-11-10")
    for more in (0, 990):
        put(shop, *(at(9 + number % 8, day=SUNDAY + timedelta(days=number % 7)) for number in range(more)))
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"{WEEK}?day=2026-11-10").content.decode()
        assert page.count('class="entry') == 10 + more
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 16


def test_the_night_the_clock_goes_back_has_both_hours_and_ends_where_it_should(shop, client_of):
    night = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 1:30 in Austin, the first time
    put(shop, night, night + timedelta(hours=1), datetime(2026, 11, 2, 5, 59, tzinfo=UTC), datetime(2026, 11, 2, 6, 0, tzinfo=UTC))
    found = bookings_of_week(date(2026, 11, 1))
    assert [len(found[date(2026, 11, day)]) for day in (1, 2, 3)] == [3, 1, 0]
    page = client_of("owner").get(f"{WEEK}?day=2026-11-01").content.decode()
    assert page.index("1:30 AM CDT") < page.index("1:30 AM CST") < page.index("11:59 PM") < page.index("12:00 AM")


def test_the_night_the_clock_goes_forward_has_a_day_of_23_hours(shop):
    before, first, last, after = (
        datetime(2027, 3, day, hour, minute, tzinfo=UTC) for day, hour, minute in ((14, 5, 59), (14, 6, 0), (15, 4, 59), (15, 5, 0))
    )
    put(shop, before, first, last, after)
    found = bookings_of_week(date(2027, 3, 14))
    assert [booking.starts_at for booking in found[date(2027, 3, 14)]] == [first, last]
    assert [booking.starts_at for booking in found[date(2027, 3, 15)]] == [after]
    assert [booking.starts_at for booking in bookings_of_week(date(2027, 3, 7))[date(2027, 3, 13)]] == [before]


def test_every_place_has_its_own_midnight(shop):
    Place.objects.filter(pk=shop.other.pk).update(time_zone="Pacific/Auckland")
    instant = datetime(2026, 11, 14, 20, tzinfo=UTC)  # Saturday in Austin, Sunday in Auckland
    (here,), (there,) = put(shop, instant), put(shop, instant, place=shop.other)
    assert bookings_of_week(SUNDAY)[date(2026, 11, 14)] == [here]
    assert bookings_of_week(SUNDAY + timedelta(days=7))[date(2026, 11, 15)] == [there]
    assert bookings_of_week(SUNDAY, shop.other)[date(2026, 11, 14)] == []


def test_strangers_and_neighbours_see_nothing_of_it(shop, indian_tenant):
    with schema_context("shop"):
        put(shop, NOW)
    assert Client(HTTP_HOST="shop.localhost").get(WEEK)["Location"].startswith("/admin/login/")
    with schema_context("salon"):
        client = Client(HTTP_HOST="salon.localhost")
        client.force_login(User.objects.get(email="owner@salon.example"))
    page = client.get(WEEK).content.decode()
    assert "Guest" not in page and "Nobody has booked" in page
