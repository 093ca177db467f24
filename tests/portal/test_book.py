"""From the services to the appointment: what the pages show, take, refuse and keep, with points and without."""

import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from bookings.models import Booking, Place, Service
from bookings.selectors import manage_token
from loyalty.models import PointsTransaction
from portal.models import PortalSession
from tests.bookings.conftest import Shop, at
from tests.portal.booking_form import CONTACT, TEN, cart, fields, form, press
from tests.portal.conftest import client_of
from tests.portal.test_pages import words
from tests.support.simulator import SimulatorProcess


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop, somebody who takes messages, and no turns taken."""


def test_the_whole_way_for_somebody_unknown(browser, shop):
    Place.objects.filter(pk=shop.other.pk).update(is_active=False)
    client = browser()
    first = client.get("/book")
    assert all(word in words(first) for word in ("Full Interior Detail", "$150", "2 h", "Add-ons", "Hand Wax", "$35"))
    second = client.get("/book/time", {"place": shop.place.pk, "s": [shop.detail.pk, shop.wax.pk]})
    assert "2 h 30 min, $185" in words(second) and "Monday, November 9" in words(second)
    tuesday = client.get("/book/time", {"place": shop.place.pk, "s": [shop.detail.pk, shop.wax.pk], "day": "2026-11-10"})
    assert f'value="{TEN}">10:00 AM<' in tuesday.content.decode() and "2:30 PM" in words(tuesday) and "3:00 PM" not in words(tuesday)
    done = press(client, form(client, cart(shop, shop.detail, shop.wax)))
    booking = Booking.objects.get()
    assert done.status_code == 303 and done["Location"] == f"/b/{manage_token(booking)}?done=booked"
    assert (booking.total_minor, booking.due_minor, booking.points_used, booking.starts_at) == (18_500, 18_500, 0, at(10))
    assert (booking.contact_phone, booking.contact_email, booking.note) == ("+15125550177", "ben@example.com", "Blue <van>")
    page = words(client.get(done["Location"]))
    assert "See you soon, Ben Fox" in page and "Tuesday, November 10 at 10:00 AM" in page and "$185" in page and "512555" not in page
    file = client.get(done["Location"].partition("?")[0] + "/calendar.ics")
    assert file["Content-Type"].startswith("text/calendar") and b"BEGIN:VEVENT" in file.content


def test_one_place_is_not_asked_for_and_two_are(browser, shop):
    assert "Where would you like to come?" in words(browser().get("/book"))
    shop.other.is_active = False
    shop.other.save()
    assert "What shall we do?" in words(browser().get("/book"))


def test_without_places_the_page_says_how_to_book(browser):
    Place.objects.update(is_active=False)
    assert "Answer the text you got from us" in words(browser().get("/book"))


def test_a_double_click_is_one_appointment(browser, shop, loyal):
    customer = loyal(500)
    client = client_of(customer)
    filled = form(client, cart(shop, use="1", points=""))
    first, second = press(client, filled), press(client, filled)
    assert first.status_code == second.status_code == 303 and first["Location"] == second["Location"]
    assert Booking.objects.count() == 1 and PointsTransaction.objects.filter(kind="REDEEM").count() == 1


def test_the_same_form_for_something_else_is_said_and_can_be_pressed_again(browser, shop):
    client = browser()
    filled = form(client, cart(shop))
    press(client, filled)
    answer = press(client, filled, name="Somebody Else")
    assert answer.status_code == 409 and Booking.objects.count() == 1
    kept = fields(answer)
    assert kept["key"] != filled["key"] and kept["name"] == "Somebody Else"


def test_points_take_off_what_they_are_worth_and_the_rest_stays(shop, loyal):
    customer = loyal(500)
    client = client_of(customer)
    answer = client.get("/book/details", cart(shop, use="1", points="200"))
    assert "You have 500 points (about $50)" in words(answer) and "-$20" in words(answer) and "To pay on site $130" in words(answer)
    assert "You keep 300 points." in words(answer)
    assert press(client, form(client, cart(shop, use="1", points="200"))).status_code == 303
    booking = Booking.objects.get()
    assert (booking.points_used, booking.discount_minor, booking.due_minor, booking.customer_id) == (200, 2_000, 13_000, customer.pk)
    customer.refresh_from_db()
    assert customer.loyalty_points_balance == 300


def test_changed_points_are_shown_before_they_are_spent(shop, loyal):
    client = client_of(loyal(500))
    answer = press(client, form(client, cart(shop)), use="1", points="100")
    assert answer.status_code == 200 and "Nothing is booked yet" in words(answer) and "To pay on site $140" in words(answer)
    assert Booking.objects.count() == 0
    assert press(client, fields(answer), action="confirm").status_code == 303
    assert Booking.objects.get().points_used == 100


def test_the_live_bill_is_the_one_that_is_booked(shop, loyal):
    client = client_of(loyal(500))
    piece = client.get("/book/price", cart(shop, use="1", points="300"))
    assert "-$30" in words(piece) and b"<html" not in piece.content
    filled = form(client, cart(shop)) | {"use": "1", "points": "300"} | {k: v for k, v in fields(piece).items() if k != "s"}
    assert press(client, filled).status_code == 303 and Booking.objects.get().due_minor == 12_000


@pytest.mark.parametrize("points", ["", "500", "100"])
def test_a_blocked_redemption_says_why_and_how_and_keeps_everything(shop, loyal, points):
    client = client_of(loyal(500))
    filled = form(client, cart(shop, shop.wash, use="1", points=points))
    answer = press(client, filled)
    assert answer.status_code == 400 and Booking.objects.count() == 0
    page = words(answer)
    assert "Points cannot be used like this" in page and "at least $75" in page and "book without points" in page and "Add " in page
    kept = fields(answer)
    assert {name: kept[name] for name in CONTACT} == CONTACT and kept["use"] == "1" and kept["key"] == filled["key"]
    done = press(client, kept, action="without")
    assert done.status_code == 303
    booking = Booking.objects.get()
    assert (booking.points_used, booking.due_minor, booking.note) == (0, 4_000, CONTACT["note"])


def test_adding_a_service_from_the_block_comes_back_with_everything_typed(shop, loyal):
    client = client_of(loyal(500))
    answer = press(client, form(client, cart(shop, shop.wash, use="1", points="500")), action="services")
    assert answer.status_code == 302 and answer["Location"].startswith("/book?")
    chosen = client.get(answer["Location"])
    assert f'value="{shop.wash.pk}" checked' in chosen.content.decode() and 'name="points" value="500"' in chosen.content.decode()
    more = client.get("/book/details", cart(shop, shop.wash, shop.wax, use="1", points="500"))
    assert {name: fields(more)[name] for name in CONTACT} == CONTACT and "To pay on site $25" in words(more)


@pytest.mark.parametrize("points", ["-5", "0", "abc", "1.5", "9" * 30, "999999999", "²", "'; --"])
def test_strange_points_book_nothing_and_are_said(shop, loyal, points):
    client = client_of(loyal(500))
    answer = press(client, form(client, cart(shop), use="1", points=points), shown=points)
    assert answer.status_code == 400 and "Points cannot be used like this" in words(answer)
    assert Booking.objects.count() == 0 and fields(answer)["points"] == points


@pytest.mark.parametrize(
    "changed", [{"total": "1"}, {"due": "0"}, {"due": "-1"}, {"total": ""}, {"due": "x"}, {"spend": "1"}, {"spend": "499"}]
)
def test_a_tampered_bill_books_nothing(shop, loyal, changed):
    customer = loyal(500)
    client = client_of(customer)
    answer = press(client, form(client, cart(shop, use="1", points="")), **changed)
    assert answer.status_code == 409 and "The price has changed" in words(answer)
    assert Booking.objects.count() == 0 and fields(answer)["name"] == CONTACT["name"]
    customer.refresh_from_db()
    assert customer.loyalty_points_balance == 500


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_booked(browser, shop):
    client = browser()
    filled = form(client, cart(shop))
    Service.objects.filter(pk=shop.detail.pk).update(price_minor=16_000)
    answer = press(client, filled)
    assert answer.status_code == 409 and "$160" in words(answer) and Booking.objects.count() == 0
    assert press(client, fields(answer), action="confirm").status_code == 303


def test_a_time_taken_meanwhile_leads_to_the_others_and_keeps_what_was_typed(browser, shop):
    client = browser()
    filled = form(client, cart(shop))
    for _seat in range(2):
        shop.book()
    answer = press(client, filled)
    assert answer.status_code == 409 and "Somebody just took that time" in words(answer)
    assert "10:00 AM" not in words(answer) and "12:00 PM" in words(answer) and Booking.objects.count() == 2
    later = client.get("/book/details", cart(shop, t="2026-11-10T18:00Z"))
    assert {name: fields(later)[name] for name in CONTACT} == CONTACT


def test_a_withdrawn_service_leads_back_to_the_list(browser, shop):
    client = browser()
    filled = form(client, cart(shop, shop.detail, shop.wax))
    Service.objects.filter(pk=shop.wax.pk).update(is_active=False)
    answer = press(client, filled)
    assert answer.status_code == 409 and "Hand Wax is no longer offered" in words(answer)
    assert f'value="{shop.detail.pk}" checked' in answer.content.decode() and Booking.objects.count() == 0
    again = client.get("/book/details", cart(shop))
    assert fields(again)["note"] == CONTACT["note"]


@pytest.mark.parametrize(
    "when",
    [
        "2026-11-08T16:00Z",
        "2020-01-01T16:00Z",
        "2026-11-10T04:00Z",
        "2026-11-10T16:07Z",
        "2026-11-15T16:00Z",
        "2027-11-10T16:00Z",
        "2199-12-31T23:59Z",
    ],
)
def test_past_closed_and_far_times_are_refused_at_both_doors(browser, shop, when):
    client = browser()
    looked = client.get("/book/details", cart(shop, t=when))
    pressed = press(client, form(client, cart(shop)), t=when)
    assert looked.status_code == 409 and pressed.status_code == 400 and Booking.objects.count() == 0
    assert "There is a problem" in words(looked) and "There is a problem" in words(pressed)


@pytest.mark.parametrize("page", ["/book", "/book/time", "/book/details", "/book/price"])
@pytest.mark.parametrize(
    "junk",
    [
        {"place": "x"}, {"place": "9" * 40}, {"place": "-1"}, {"place": "999999999"}, {"t": "0001-01-01T00:00Z"}, {"t": "9999-12-31T23:59Z"},
        {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"day": "²"}, {"s": ["x", "0", "-1", "9" * 30]}, {"s": []}, {"points": "\0"}, {"t": "\0"},
    ],
)  # fmt: skip
def test_junk_is_answered_and_never_breaks_a_page(browser, shop, page, junk):
    answer = browser().get(page, cart(shop, use="1") | junk)
    assert answer.status_code in (200, 302, 400, 404, 409), answer.status_code


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name": " "}, "name"), ({"phone": "12"}, "phone"), ({"email": "ben@"}, "email"), ({"phone": "", "email": ""}, "phone")],
)
def test_a_wrong_contact_is_said_beside_its_field_and_nothing_is_lost(browser, shop, typed, field):
    client = browser()
    answer = press(client, form(client, cart(shop), **typed))
    page = answer.content.decode()
    assert answer.status_code == 400 and f'id="{field}-wrong"' in page and Booking.objects.count() == 0
    assert fields(answer)["note"] == CONTACT["note"] and "<van>" not in page


def test_who_is_signed_in_is_not_asked_for_the_phone_again(shop, loyal):
    customer = loyal(0)
    client = client_of(customer)
    answer = client.get("/book/details", cart(shop))
    assert customer.phone not in answer.content.decode() and "•••" in words(answer) and fields(answer)["name"] == "Ana Silva"
    assert press(client, fields(answer) | {"action": "confirm"}).status_code == 303
    assert Booking.objects.get().contact_phone == customer.phone


def test_a_stranger_is_led_to_the_sign_in_and_back_to_the_same_cart(browser, shop):
    client = browser()
    assert "Sign in to use points" in words(client.get("/book/details", cart(shop)))
    for way in ({"action": "code"}, {"action": "confirm", "use": "1", "points": "100", "shown": "100"}):
        answer = press(client, form(client, cart(shop)), **way)
        target = urlsplit(answer["Location"])
        back = dict(parse_qsl(target.query))["next"]
        assert answer.status_code == 302 and target.path == "/portal/sign-in" and back.startswith("/book/details?")
        assert {name: fields(client.get(back))[name] for name in CONTACT} == CONTACT
    assert Booking.objects.count() == 0


def test_spending_points_needs_a_code_of_just_now(shop, loyal):
    customer = loyal(500)
    client = client_of(customer)
    PortalSession.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=16))
    assert "needs a code from the last 15 minutes" in words(client.get("/book/details", cart(shop)))
    answer = press(client, form(client, cart(shop, use="1", points="200")))
    assert answer.status_code == 302 and "again=1" in answer["Location"] and Booking.objects.count() == 0
    assert press(client, form(client, cart(shop))).status_code == 303
