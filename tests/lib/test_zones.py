"""An hour is decent only where it is decent in every zone the person may live in."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicepro.lib.zones import Allowed, HeldUntil, candidate_zones, contacts_allowed_at

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
