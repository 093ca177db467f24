"""An hour is decent only where it is decent in every zone the person may live in."""

import datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers.timezone import time_zones_for_number

from servicepro.lib.zones import OVERLAYS, ZONES_PLACEABLE_MAX, Allowed, HeldUntil, candidate_zones, contacts_allowed_at

OPEN, CLOSE = datetime.time(8), datetime.time(21)


def answer(phone: str, instant: datetime.datetime, **extra: str):
    return contacts_allowed_at(phone, instant, opens=OPEN, closes=CLOSE, **extra)


@pytest.mark.parametrize("phone", ["+15125550142", "+12125550142", "+13105550142", "+18085550142", "+919876543210", "+447400123456"])
@pytest.mark.parametrize(("clock", "is_open"), [((7, 59, 59), False), ((8, 0, 0), True), ((20, 59, 59), True), ((21, 0, 0), False)])
@pytest.mark.parametrize("day", [(2026, 1, 15), (2026, 3, 8), (2026, 7, 1), (2026, 11, 1)])
def test_the_window_opens_and_closes_on_the_second(phone, clock, is_open, day):
    zones = candidate_zones(phone)
    local = datetime.datetime(*day, *clock, tzinfo=ZoneInfo(zones[0]))
    assert isinstance(answer(phone, local.astimezone(datetime.UTC)), Allowed) is is_open


def test_a_split_area_code_waits_for_its_later_zone():
    morning_in_new_york = datetime.datetime(2026, 11, 20, 13, 30, tzinfo=datetime.UTC)
    held = answer("+12195550142", morning_in_new_york)
    assert isinstance(held, HeldUntil) and held.until == datetime.datetime(2026, 11, 20, 14, 0, tzinfo=datetime.UTC)


def test_a_number_that_cannot_be_placed_waits_for_the_whole_country():
    assert isinstance(answer("+18005551212", datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)), HeldUntil)
    assert isinstance(answer("+18005551212", datetime.datetime(2026, 11, 20, 20, 0, tzinfo=datetime.UTC)), Allowed)


def test_a_known_zone_beats_the_number():
    assert candidate_zones("+15125550142", known_zone="America/New_York") == ("America/New_York",)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["+15125550142", "+12195550142", "+18005551212", "+12085550142", "+919876543210"]),
    st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 12, 31)),
)
def test_what_is_allowed_is_inside_the_window_everywhere_and_what_is_held_opens_later(phone, naive):
    instant = naive.replace(tzinfo=datetime.UTC)
    verdict = answer(phone, instant)
    if isinstance(verdict, Allowed):
        assert all(OPEN <= instant.astimezone(ZoneInfo(zone)).time() < CLOSE for zone in candidate_zones(phone))
    else:
        assert verdict.until > instant - datetime.timedelta(minutes=1)
        assert isinstance(answer(phone, verdict.until), Allowed)


@pytest.mark.parametrize(
    "area", ["219", "270", "308", "541", "574", "605", "701", "775", "812", "850", "906", "907", "928", "807", "250", "867"]
)
def test_every_exchange_of_a_split_area_code_stands_for_all_its_zones(area):
    answers = {candidate_zones(f"+1{area}{exchange}0123") for exchange in range(200, 1000, 7)}
    assert len(answers) == 1 and len(answers.pop()) > 1


@pytest.mark.parametrize(("overlay", "parent"), OVERLAYS.items())
def test_an_overlay_lives_in_every_zone_of_the_area_it_lies_over(overlay, parent):
    assert set(candidate_zones(f"+1{parent}5550123")) <= set(candidate_zones(f"+1{overlay}5550123"))


@settings(max_examples=300, deadline=None)
@given(st.integers(200, 999), st.integers(200, 999))
def test_candidates_never_leave_out_a_zone_the_library_names(area, exchange):
    phone = f"+1{area}{exchange}0123"
    named = time_zones_for_number(phonenumbers.parse(phone))
    if len(named) <= ZONES_PLACEABLE_MAX and named != ("Etc/Unknown",):
        assert set(named) <= set(candidate_zones(phone))


@pytest.mark.parametrize(
    ("phone", "place"),
    [
        ("+61412345678", "Australia/Sydney"),
        ("+79161234567", "Europe/Moscow"),
        ("+18765550123", "America/Jamaica"),
        ("+17875550123", "America/Puerto_Rico"),
        ("+447911123456", "Europe/London"),
        ("+525512345678", "America/Mexico_City"),
    ],
)
def test_a_number_from_abroad_keeps_the_hours_of_its_own_country(phone, place):
    zones = candidate_zones(phone, fallback_region="US")
    assert place in zones and "America/Chicago" not in zones


def test_nobody_in_sydney_is_texted_at_five_in_the_morning_by_an_american_business():
    assert isinstance(answer("+61412345678", datetime.datetime(2026, 11, 20, 18, 0, tzinfo=datetime.UTC)), HeldUntil)


@pytest.mark.parametrize(
    ("region", "zone"), [("US", "America/New_York"), ("CA", "America/St_Johns"), ("IN", "America/New_York"), ("??", "Pacific/Honolulu")]
)
def test_a_toll_free_number_stands_for_the_country_of_the_business(region, zone):
    assert zone in candidate_zones("+18005551212", fallback_region=region)


@pytest.mark.parametrize("phone", ["", "+", "garbage", "+99912345678"])
def test_a_number_of_no_country_stands_for_the_country_of_the_business(phone):
    assert candidate_zones(phone, fallback_region="IN") == ("Asia/Calcutta",)
    assert len(candidate_zones(phone, fallback_region="??")) > ZONES_PLACEABLE_MAX


@pytest.mark.parametrize("zone", ["Nowhere/Zone", "America", "../etc/passwd", "/etc/passwd", "EST5\x00"])
def test_a_stored_zone_that_no_clock_knows_counts_as_unknown(zone):
    assert candidate_zones("+15125550142", known_zone=zone) == ("America/Chicago",)


@pytest.mark.parametrize(("opens", "closes"), [((9, 0), (9, 0)), ((21, 0), (8, 0))])
def test_a_window_that_never_opens_holds_and_asks_again_a_day_later(opens, closes):
    now = datetime.datetime(2026, 11, 20, 18, 0, 30, tzinfo=datetime.UTC)
    held = contacts_allowed_at("+15125550142", now, opens=datetime.time(*opens), closes=datetime.time(*closes))
    assert isinstance(held, HeldUntil) and held.until == datetime.datetime(2026, 11, 21, 18, 0, tzinfo=datetime.UTC)


def test_a_window_given_to_the_second_is_never_read_wider():
    now = datetime.datetime(2026, 11, 20, 18, 59, 45, tzinfo=datetime.UTC)
    closes = datetime.time(12, 59, 30)
    assert isinstance(contacts_allowed_at("+15125550142", now, opens=OPEN, closes=closes), HeldUntil)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="instant"):
        answer("+15125550142", datetime.datetime(2026, 11, 20, 12, 0))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["+15125550142", "+12195550142", "+18005551212", "+61412345678", "+919876543210"]),
    st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 12, 31)),
)
def test_nobody_is_held_longer_than_needed(phone, naive):
    instant = naive.replace(tzinfo=datetime.UTC, second=0, microsecond=0)
    verdict = answer(phone, instant)
    if isinstance(verdict, HeldUntil):
        clocks = [ZoneInfo(zone) for zone in candidate_zones(phone)]
        step = instant + datetime.timedelta(minutes=1)
        while step < verdict.until:
            assert not all(OPEN <= step.astimezone(clock).time() < CLOSE for clock in clocks)
            step += datetime.timedelta(minutes=10)
