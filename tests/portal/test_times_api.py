"""Free times by the API: those of the page, and clear sentences for what cannot be asked."""

import datetime
import html

import pytest

from bookings.models import Closure, Place, Service
from portal.models import PortalSession
from portal.services.limits import LOOKS_IP
from tests.bookings.conftest import TUESDAY, Shop, at
from tests.portal.conftest import client_of
from tests.portal.test_pages import words
from tests.support.simulator import SimulatorProcess

PATH = "/api/booking/times"


@pytest.fixture(autouse=True)
def _ready(shop: Shop, simulator: SimulatorProcess) -> None:
    """Start every test with a shop on a Monday morning, and no turns taken."""


def look(client, shop: Shop, *services: Service, **more: object):
    asked = {"place": shop.place.pk, "services": [row.pk for row in services or (shop.detail,)], "date": TUESDAY.isoformat(), "days": 1}
    return client.get(PATH, {name: value for name, value in (asked | more).items() if value is not None})


def times(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [slot["time"] for day in answer.json()["days"] for slot in day["times"]]


def test_times_are_those_of_the_page_and_can_be_booked(browser, shop):
    shop.book(at(10))
    shop.book(at(10))
    client = browser()
    found = look(client, shop)
    page = html.unescape(
        client.get("/book/time", {"place": shop.place.pk, "s": [shop.detail.pk], "day": TUESDAY.isoformat()}).content.decode()
    )
    assert times(found) and "10:00" not in times(found) and "12:00" in times(found)
    starts = [slot["startsAt"] for day in found.json()["days"] for slot in day["times"]]
    assert starts and page.count('name="t"') == len(starts) and all(f'value="{start[:16]}Z"' in page for start in starts)
    wish = {"place": shop.place.pk, "services": [shop.detail.pk], "date": TUESDAY.isoformat(), "time": times(found)[-1]}
    wish |= {"contact": {"name": "Ben", "phone": "5125550177"}, "quotedTotalMinor": found.json()["totalMinor"]}
    booked = client.post("/api/booking", wish, content_type="application/json", headers={"Idempotency-Key": "from-the-times"})
    assert booked.status_code == 201 and booked.json()["startsAt"] == starts[-1]


def test_length_price_and_clock_are_said(browser, shop):
    body = look(browser(), shop, shop.detail, shop.protection).json()
    assert (body["durationMinutes"], body["totalMinor"], body["currency"], body["timeZone"]) == (135, 19_500, "USD", "America/Chicago")
    first = body["days"][0]["times"][0]
    assert first == {"time": "09:00", "startsAt": "2026-11-10T15:00:00Z", "endsAt": "2026-11-10T17:15:00Z"}


def test_without_a_day_it_is_a_week_from_today(browser, shop):
    days = look(browser(), shop, date=None, days=None).json()["days"]
    assert [day["date"] for day in days] == [f"2026-11-{number:02d}" for number in range(9, 16)]
    assert days[-1]["times"] == [], "closed on Sundays"


def test_a_day_off_has_no_times(browser, shop):
    Closure.objects.create(place=shop.place, day=TUESDAY)
    assert times(look(browser(), shop)) == []


def test_the_place_may_be_left_out_where_there_is_one(browser, shop):
    answer = look(browser(), shop, place=None)
    assert answer.status_code == 400 and answer.json()["message"] == "Please say at which place."
    Place.objects.filter(pk=shop.other.pk).update(is_active=False)
    assert look(browser(), shop, place=None).json()["place"] == shop.place.pk


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"date": "2026-11-08"}, 400, "That day is over."), ({"date": "2199-12-31"}, 400, "too far ahead: book at most"),
        ({"date": "9999-12-31"}, 400, "date:"), ({"date": "soon"}, 400, "date:"), ({"date": "2026-02-30"}, 400, "date:"),
        ({"days": 0}, 400, "days:"), ({"days": 32}, 400, "days:"), ({"days": 10**30}, 400, "days:"),
        ({"services": []}, 400, "services: This is required."), ({"services": [0]}, 400, "services"), ({"services": [10**30]}, 400, "services"),
        ({"services": [999_999]}, 400, "One of these services does not exist."), ({"services": list(range(1, 42))}, 400, "services"),
        ({"place": 999_999}, 404, "takes no bookings"), ({"place": "x"}, 400, "place:"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_in_a_sentence(browser, shop, changed, status, said):
    answer = look(browser(), shop, **changed)
    assert answer.status_code == status, answer.content
    assert said in answer.json()["message"] and answer.json()["message"].endswith(".")


def test_a_withdrawn_service_and_one_of_another_place_are_refused(browser, shop):
    assert "Not all of these services are offered at Airport." in look(browser(), shop, shop.wax, place=shop.other.pk).json()["message"]
    Service.objects.filter(pk=shop.wash.pk).update(is_active=False)
    assert look(browser(), shop, shop.wash).status_code == 409
    assert "main service" in look(browser(), shop, shop.protection).json()["message"]


def test_an_hour_that_the_clock_leaves_out_is_not_offered(browser, shop):
    sunday = datetime.date(2027, 3, 14)
    shop.place.hours.create(weekday=6, opens_at=datetime.time(1), closes_at=datetime.time(5))
    Place.objects.filter(pk=shop.place.pk).update(horizon_days=365)
    found = times(look(browser(), shop, shop.wash, date=sunday.isoformat()))
    assert found and not any(time.startswith("02") for time in found)


def test_asking_is_limited_for_one_machine(browser, shop):
    client = browser()
    seen = [client.get(PATH).status_code for _turn in range(3)]
    assert seen == [400] * 3, "what is not understood takes no turn"
    assert [look(client, shop).status_code for _turn in range(LOOKS_IP.most)] == [200] * LOOKS_IP.most
    refused = look(client, shop)
    assert refused.status_code == 429 and refused.json()["error"] == "TOO_MANY_LOOKS" and 1 <= int(refused["Retry-After"]) <= 60


def test_who_is_signed_in_asks_too_and_nothing_of_them_is_said(shop, loyal):
    answer = look(client_of(loyal(500)), shop)
    assert answer.status_code == 200 and "Ana" not in words(answer) and PortalSession.objects.count() == 1


def test_the_queries_do_not_grow_with_the_days(browser, shop, django_assert_max_num_queries):
    client = browser()
    look(client, shop)
    with django_assert_max_num_queries(12):
        assert look(client, shop, days=31).status_code == 200
