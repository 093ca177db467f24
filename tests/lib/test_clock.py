"""Times are said as people of the country say them, on the clock of the place, on every night of the year."""

from datetime import UTC, date, datetime, timedelta

import phonenumbers
import pytest

from servicepro.lib.clock import (
    SUNDAY_FIRST,
    TWELVE_HOURS,
    clock_in_words,
    day_in_words,
    first_day_of_week,
    moment_in_words,
    spell_duration,
)

EU = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]


@pytest.mark.parametrize(
    ("hour", "twelve", "twenty_four"),
    [
        (0, "12:05 AM", "00:05"),
        (1, "1:05 AM", "01:05"),
        (11, "11:05 AM", "11:05"),
        (12, "12:05 PM", "12:05"),
        (13, "1:05 PM", "13:05"),
        (23, "11:05 PM", "23:05"),
    ],
)
def test_an_hour_is_said_as_in_the_country(hour, twelve, twenty_four):
    instant = datetime(2026, 6, 2, hour, 5, tzinfo=UTC)
    assert [clock_in_words(instant, "UTC", region) for region in ("US", "IN", "AU")] == [twelve] * 3
    assert {clock_in_words(instant, "UTC", region) for region in (*EU, "GB", "CH", "XX", "")} == {twenty_four}


def test_every_country_of_the_lists_is_one():
    assert phonenumbers.SUPPORTED_REGIONS >= TWELVE_HOURS | SUNDAY_FIRST


def test_the_clock_is_that_of_the_place():
    instant = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
    assert moment_in_words(instant, "America/Chicago", "US") == "Tue, Nov 10 at 10:00 AM"
    assert moment_in_words(instant, "Asia/Kolkata", "IN") == "Tue, Nov 10 at 9:30 PM"
    assert moment_in_words(instant, "Europe/Berlin", "DE") == "Tue, Nov 10 at 17:00"
    assert moment_in_words(instant, "Pacific/Auckland", "NZ", today=date(2027, 1, 1)) == "Wed, Nov 11, 2026 at 5:00 AM"


@pytest.mark.parametrize(
    ("first", "zone", "region", "said"),
    [
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/Chicago", "US", ["1:30 AM CDT", "1:30 AM CST", "2:30 AM"]),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin", "DE", ["02:30 CEST", "02:30 CET", "03:30"]),
        (datetime(2027, 3, 14, 7, 30, tzinfo=UTC), "America/Chicago", "US", ["1:30 AM", "3:30 AM", "4:30 AM"]),
    ],
)
def test_an_hour_that_comes_twice_says_which_one(first, zone, region, said):
    assert [clock_in_words(first + timedelta(hours=number), zone, region) for number in range(3)] == said


def test_a_year_is_said_where_it_is_another_one():
    assert day_in_words(date(2026, 12, 31), today=date(2026, 1, 1)) == day_in_words(date(2026, 12, 31)) == "Thu, Dec 31"
    assert day_in_words(date(2027, 1, 1), today=date(2026, 12, 31)) == "Fri, Jan 1, 2027"


@pytest.mark.parametrize(
    ("region", "first"), [("US", date(2026, 11, 8)), ("IN", date(2026, 11, 8)), ("DE", date(2026, 11, 9)), ("GB", date(2026, 11, 9))]
)
def test_a_week_begins_as_in_the_country(region, first):
    assert {first_day_of_week(first + timedelta(days=number), region) for number in range(7)} == {first}
    assert first_day_of_week(first - timedelta(days=1), region) == first - timedelta(days=7)


@pytest.mark.parametrize(("minutes", "said"), [(0, "0 min"), (45, "45 min"), (60, "1 h"), (150, "2 h 30 min")])
def test_a_length_is_said_in_hours_and_minutes(minutes, said):
    assert spell_duration(minutes) == said
