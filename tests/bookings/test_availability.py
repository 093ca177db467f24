"""Every time offered can be kept: inside the hours on the place's own clock, on every night of the year."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bookings.availability import day_bounds, free_seat, is_bookable, open_slots, refusal
from bookings.types import Busy, Rules, Window

ZONES = (
    *("America/Chicago", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"),
    *("America/St_Johns", "America/Havana", "Africa/Cairo", "Pacific/Chatham", "America/Santiago", "Asia/Beirut", "Africa/Casablanca"),
)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@st.composite
def all_rules(draw) -> Rules:
    windows = []
    for _number in range(draw(st.integers(0, 6))):
        opens, closes = draw(TIMES), draw(TIMES)
        if opens < closes or closes == time(0):
            windows.append(Window(draw(st.integers(0, 6)), opens, closes))
    return Rules(draw(st.sampled_from(ZONES)), draw(st.integers(1, 3)), draw(st.sampled_from([10, 15, 30, 45, 60])), 0, 365, tuple(windows))


def clock_moves(zone: str, year: int) -> list[date]:
    """Return the days of a year on which a clock is moved."""
    day, found = date(year, 1, 1), []
    while day.year == year:
        begin, end = (datetime.combine(day + timedelta(days=n), time(0), ZoneInfo(zone)) for n in (0, 1))
        if end.astimezone(UTC) - begin.astimezone(UTC) != timedelta(days=1):
            found.append(day)
        day += timedelta(days=1)
    return found


def is_inside_hours(rules: Rules, slot, day: date) -> bool:
    """Tell, by the clock on the wall alone, whether a slot is inside the hours of its day from its first to its last minute."""
    zone, instant = ZoneInfo(rules.time_zone), slot.starts_at.astimezone(UTC)
    while instant < slot.ends_at.astimezone(UTC):
        local = instant.astimezone(zone)
        inside = [
            w
            for w in rules.windows
            if w.weekday == day.weekday() and w.opens_at <= local.time() < (w.closes_at if w.closes_at != time(0) else time.max)
        ]
        if local.date() != day or not inside:
            return False
        instant += timedelta(minutes=5)
    return True


def hold_every_law(rules: Rules, day: date, duration: int, busy: list[Busy]) -> None:
    now = datetime.combine(day, time(0), UTC) - timedelta(days=3)
    slots = open_slots(rules, busy, duration_minutes=duration, day=day, now=now)
    assert slots == sorted(slots) and len({slot.starts_at.astimezone(UTC) for slot in slots}) == len(slots)
    for slot in slots:
        assert slot.ends_at.astimezone(UTC) - slot.starts_at.astimezone(UTC) == timedelta(minutes=duration)
        assert is_inside_hours(rules, slot, day)
        assert is_bookable(rules, busy, slot.starts_at, duration_minutes=duration, now=now)
        seat = free_seat(rules, busy, slot)
        assert seat is not None and 1 <= seat <= rules.capacity
        assert not [b for b in busy if b.seat == seat and b.starts_at < slot.ends_at and slot.starts_at < b.ends_at]
        low, high = day_bounds(rules.time_zone, day)
        assert low <= slot.starts_at and slot.ends_at <= high


@settings(max_examples=300, deadline=None)
@given(
    all_rules(),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.sampled_from([5, 30, 45, 90, 240]),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(1, 8)), max_size=6),
)
def test_every_slot_offered_is_bookable_and_in_opening_hours(rules, day, duration, taken):
    begin = datetime.combine(day, time(0), UTC)
    busy = [Busy(seat, begin + timedelta(hours=hour), begin + timedelta(hours=hour + length)) for seat, hour, length in taken]
    hold_every_law(rules, day, duration, busy)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.integers(2026, 2030), st.sampled_from([15, 30, 60]), st.sampled_from([15, 30, 60, 180]), TIMES, TIMES)
@example("America/Chicago", 2027, 30, 30, time(0), time(0))
@example("America/Chicago", 2027, 30, 30, time(1, 30), time(2, 30))
@example("Australia/Lord_Howe", 2027, 15, 15, time(1, 45), time(2, 15))
def test_the_nights_on_which_the_clock_is_moved_obey_as_well(zone, year, step, duration, opens, closes):
    if opens >= closes and closes != time(0):
        opens, closes = closes, time(0)
    for day in clock_moves(zone, year):
        hold_every_law(Rules(zone, 1, step, 0, 365, (Window(day.weekday(), opens, closes),)), day, duration, [])


@settings(max_examples=100, deadline=None)
@given(all_rules(), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_taking_every_slot_in_turn_never_sells_a_seat_twice(rules, day):
    now, busy = datetime.combine(day, time(0), UTC) - timedelta(days=3), []
    while slots := open_slots(rules, busy, duration_minutes=60, day=day, now=now):
        slot = slots[len(busy) % len(slots)]
        busy.append(Busy(free_seat(rules, busy, slot), slot.starts_at, slot.ends_at))
    for one in busy:
        others = [b for b in busy if b is not one and b.seat == one.seat]
        assert not [b for b in others if b.starts_at < one.ends_at and one.starts_at < b.ends_at]


def chicago(day: date, opens: time = time(0), closes: time = time(4), **more) -> Rules:
    return Rules("America/Chicago", 1, 30, 0, 365, (Window(day.weekday(), opens, closes),), **more)


def shown(rules: Rules, day: date, duration: int = 30) -> list[str]:
    now = datetime.combine(day, time(0), UTC) - timedelta(days=2)
    return [f"{slot.starts_at:%H:%M %Z}" for slot in open_slots(rules, [], duration_minutes=duration, day=day, now=now)]


def test_an_hour_that_does_not_exist_is_not_offered():
    spring = date(2027, 3, 14)
    assert shown(chicago(spring), spring) == ["00:00 CST", "00:30 CST", "01:00 CST", "01:30 CST", "03:00 CDT", "03:30 CDT"]
    assert shown(chicago(spring, time(2), time(3)), spring) == []


def test_an_hour_that_comes_twice_is_two_hours_of_work():
    autumn = date(2027, 11, 7)
    assert shown(chicago(autumn, time(0), time(2)), autumn) == [
        "00:00 CDT",
        "00:30 CDT",
        "01:00 CDT",
        "01:30 CDT",
        "01:00 CST",
        "01:30 CST",
    ]
    assert shown(chicago(autumn, time(1, 30), time(3)), autumn) == ["01:30 CST", "02:00 CST", "02:30 CST"]


def test_hours_that_touch_are_one_and_a_break_is_a_break():
    day = date(2027, 6, 7)
    touching = Rules("UTC", 1, 60, 0, 365, (Window(0, time(9), time(11)), Window(0, time(11), time(13)), Window(0, time(14), time(0))))
    assert "10:00 UTC" in shown(touching, day, 180) and "12:00 UTC" not in shown(touching, day, 120)
    assert shown(touching, day, 120)[-1] == "22:00 UTC"


def test_a_closed_day_offers_nothing_and_says_so():
    day = date(2027, 6, 7)
    rules = chicago(day, time(9), time(17), closed_on=frozenset({day}))
    now = datetime(2027, 6, 1, tzinfo=UTC)
    assert open_slots(rules, [], duration_minutes=30, day=day, now=now) == []
    assert "closed" in refusal(rules, datetime(2027, 6, 7, 15, tzinfo=UTC), duration_minutes=30, now=now)


def test_a_seat_that_is_free_in_pieces_is_not_free():
    day = date(2027, 6, 7)
    rules = Rules("UTC", 2, 30, 0, 365, (Window(0, time(9), time(11)),))
    at = lambda hour, minute=0: datetime(2027, 6, 7, hour, minute, tzinfo=UTC)  # noqa: E731
    busy = [Busy(1, at(9), at(10)), Busy(2, at(10), at(11))]
    now = at(9) - timedelta(days=1)
    assert open_slots(rules, busy, duration_minutes=120, day=day, now=now) == []
    assert [slot.starts_at for slot in open_slots(rules, busy, duration_minutes=60, day=day, now=now)] == [at(9), at(10)]


@pytest.mark.parametrize("lead, first", [(0, "09:00"), (61, "10:30"), (24 * 60, "")])
def test_lead_time_is_kept(lead, first):
    rules = Rules("UTC", 1, 30, lead, 365, (Window(0, time(9), time(12)),))
    now = datetime(2027, 6, 7, 9, 0, tzinfo=UTC)
    slots = open_slots(rules, [], duration_minutes=30, day=date(2027, 6, 7), now=now)
    assert (f"{slots[0].starts_at:%H:%M}" if slots else "") == first
