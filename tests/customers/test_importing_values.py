"""Days and instants are read as their writers meant them."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.importing.values import Word, birthday_of, date_of, instant_of, word_of

TODAY = datetime.date(2026, 11, 21)
BORN = datetime.date(1990, 3, 5)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("1990-03-05", "US"),
        ("1990/3/5", "DE"),
        ("19900305", "IN"),
        ("3/5/1990", "US"),
        ("03-05-1990", "US"),
        ("3/5/90", "US"),
        ("5/3/1990", "IN"),
        ("05.03.1990", "DE"),
        ("05.03.1990", "US"),
        ("5. März 1990", "DE"),
        ("5. Mär 1990", "DE"),
        ("5 de marzo de 1990", "ES"),
        ("5 मार्च 1990", "IN"),
        ("5 March 1990", "IN"),
        ("March 5, 1990", "US"),
        ("Mar 5th, 1990", "US"),
        ("5-Mar-90", "US"),
        ("Monday, March 5, 1990", "US"),
        ("32937", "US"),
        ("1990-03-05T00:00:00Z", "US"),
        ("3/5/1990 12:00 AM", "US"),
    ],
)
def test_a_birthday_is_read_as_written_where_it_was_written(text, region):
    assert birthday_of(text, region, TODAY) == BORN


def test_a_day_above_twelve_tells_the_order_by_itself():
    assert date_of("25/03/1990", "US", TODAY) == date_of("03/25/1990", "IN", TODAY) == datetime.date(1990, 3, 25)


@pytest.mark.parametrize(
    "text", ["", "--03-05", "31/02/1990", "1890-01-01", "2027-01-01", "5 Foo 1990", "yes", "0000-00-00", "13/13/1990", "५"]
)
def test_what_is_no_birthday_is_not_made_one(text):
    assert birthday_of(text, "US", TODAY) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-05-06", "2024-05-06T00:00:00+00:00"),
        ("2024-05-06 10:22", "2024-05-06T10:22:00+00:00"),
        ("2024-05-06T10:22:33.123Z", "2024-05-06T10:22:33+00:00"),
        ("2024-05-06T10:22:33+05:30", "2024-05-06T04:52:33+00:00"),
        ("2024-05-06T22:00:00-0500", "2024-05-07T03:00:00+00:00"),
        ("5/6/2024 1:05 PM", "2024-05-06T13:05:00+00:00"),
        ("5/6/2024, 12:05 a.m.", "2024-05-06T00:05:00+00:00"),
    ],
)
def test_an_instant_keeps_its_offset(text, instant):
    assert instant_of(text, "US", TODAY) == datetime.datetime.fromisoformat(instant)


@pytest.mark.parametrize("text", ["2027-01-01", "2024-05-06 25:00", "soon"])
def test_permission_is_never_given_in_the_future_or_at_no_time(text):
    assert instant_of(text, "US", TODAY) is None


@given(st.dates(datetime.date(1900, 1, 1), TODAY), st.sampled_from(["US", "IN", "DE", "ES"]))
def test_every_day_reads_back(day, region):
    order = "%m/%d/%Y" if region == "US" else "%d/%m/%Y"
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", order):
        assert birthday_of(day.strftime(form), region, TODAY) == day


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (" YES ", Word.YES),
        ("J", Word.YES),
        ("Sí.", Word.YES),
        ("-", Word.NOTHING),
        ("k.A.", Word.NOTHING),
        ("☐", Word.NO),
        ("hm", Word.UNCLEAR),
    ],
)
def test_a_word_means(text, word):
    assert word_of(text) is word
