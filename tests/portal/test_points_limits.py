"""Points are never shown to a customer without their limits: not on a page, not in the API, not in a message."""

import html
import re

import pytest

from bookings.models import Booking, Service
from bookings.services import cancel, send_notices
from campaigns.models import Campaign
from customers.models import Customer
from customers.services import Upload, plan_import
from loyalty.selectors import describe_points, points_limits
from loyalty.types import Guardrails
from loyalty.wording import limits_in_words
from tenants.business.models import BusinessSettings
from tests.bookings.conftest import Shop, at
from tests.conformance.walk import every_route
from tests.portal.booking_form import cart
from tests.portal.conftest import client_of
from tests.portal.test_pages import words

PAGES = ("portal/", "book", "b/", "o/", "u/")
PARTS = {"book-price"}  # a part that stands on a page with the limits
POINTS = re.compile(r"\d[\d,]*\s+(reward )?points?\b")
SHOWING = {"portal-rewards", "book-details", "appointment", "offer"}
NEEDS = "To use your points, your booking total must be at least $75 and include a main service."
RULES = [
    ((7_500, True, 10), f"{NEEDS} Points are not paid out."),
    (
        (7_500, False, 10),
        "To use your points, your booking total must be at least $75. They never pay all of a booking of add-ons alone. Points are not paid out.",
    ),
    ((0, True, 10), "To use your points, your booking must include a main service. Points are not paid out."),
    ((0, False, 10), "Points can be used on any booking. They never pay all of a booking of add-ons alone. Points are not paid out."),
    ((7_500, True, 0), "Points cannot be used at the moment. Points are not paid out."),
]


@pytest.mark.parametrize(("rules", "said"), RULES)
def test_the_limits_follow_what_the_business_decided(rules, said):
    least, needs_main, worth = rules
    assert limits_in_words(Guardrails(least, needs_main, "Please call us.", worth)) == said


@pytest.fixture
def person(campaign: Campaign, shop: Shop, loyal) -> Customer:
    """Somebody with points, some of them used on a visit to come, with the link of a campaign about."""
    plan_import(Upload(b"Name,Phone\nAna,+15125550199\n", "a.csv"))  # the walk names one of everything
    customer = loyal(800)
    shop.book(at(10), customer_id=customer.pk, points_requested=300)
    return customer


def address(route, shop: Shop) -> str:
    """Return a route's address with a choice behind it, where it is a step of booking."""
    choice = cart(shop, use="1", points="200", t="2026-11-10T20:00Z")
    query = "&".join(f"{name}={item}" for name, value in choice.items() for item in (value if isinstance(value, list) else [value]))
    return f"{route.path}?{query}" if route.pattern.startswith("book") else route.path


def pages_that_show_points(client, shop: Shop) -> dict[str, str]:
    """Return the words of every page of customers that names a number of points, by the name of its route."""
    found = {}
    for route in every_route():
        if route.pattern.startswith(PAGES) and route.name not in PARTS:
            answer = client.get(address(route, shop))
            is_page = answer.get("Content-Type", "").startswith("text/html") and answer.status_code == 200
            text = html.unescape(words(answer)) if is_page else ""
            if POINTS.search(text):
                found[route.name] = text
    return found


@pytest.mark.parametrize(("rules", "said"), RULES)
def test_no_page_shows_points_without_their_limits(person, shop, rules, said):
    least, needs_main, worth = rules
    BusinessSettings.objects.update(loyalty_min_cart_total=least, loyalty_require_core_service=needs_main, point_value_minor=worth)
    for state in ("to come", "cancelled"):
        found = pages_that_show_points(client_of(person), shop)
        assert set(found) >= SHOWING, f"the walk no longer sees what it should, {state}"
        assert [name for name, text in found.items() if said not in text] == []
        cancel(Booking.objects.get())


def test_the_offer_says_nothing_the_business_did_not_decide(person, shop):
    BusinessSettings.objects.update(loyalty_min_cart_total=0, loyalty_require_core_service=False)
    page = pages_that_show_points(client_of(person), shop)["offer"]
    assert "do not qualify" not in page and "Points can be used on any booking." in page


def test_the_sentence_is_what_really_happens_to_add_ons_alone(shop, loyal):
    BusinessSettings.objects.update(loyalty_min_cart_total=0, loyalty_require_core_service=False)
    assert "They never pay all of a booking of add-ons alone." in points_limits()
    wish = {"cart": shop.cart(shop.wax), "customer_id": loyal(500).pk}
    with pytest.raises(Exception, match="add-ons alone"):
        shop.book(points_requested=350, **wish)
    assert shop.book(points_requested=100, **wish).points_used == 100
    Service.objects.filter(pk=shop.wax.pk).update(category=Service.Category.CORE)
    assert shop.book(at(14), points_requested=350, cart=shop.cart(shop.wax), customer_id=loyal(500).pk).due_minor == 0


def test_every_answer_of_the_api_with_a_balance_says_them(person):
    answer = client_of(person).get("/api/portal/loyalty/summary").json()
    assert answer["pointsBalance"] == 500 and answer["limits"] == points_limits()


def test_messages_about_appointments_say_them_beside_the_points(person, shop, simulator):
    booking = Booking.objects.get()
    send_notices()
    cancel(booking)
    send_notices()
    said = [text["body"] for text in simulator.texts("+15125550142")] + [mail["text"] for mail in simulator.emails("ana@example.com")]
    with_points = [text for text in said if POINTS.search(text)]
    assert len(with_points) == 4 and all("bookings from $75 with a main service" in text for text in with_points)
    assert sum(describe_points(300) in text for text in with_points) == 2


def test_emails_of_a_campaign_say_them_whatever_the_owner_wrote(campaign, simulator):
    from campaigns.services import run_port_recovery_batch, start_campaign

    Campaign.objects.filter(pk=campaign.pk).update(email_text="{{points}} points for you", email_html="<p>{{points}} points for you</p>")
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk)
    addresses = [mail for mail in Customer.objects.exclude(email=None).values_list("email", flat=True) if simulator.emails(mail)]
    assert addresses
    for email in addresses:
        (mail,) = simulator.emails(email)
        assert "500 points for you" in mail["text"] and points_limits() in mail["text"], mail["text"]
