"""When an appointment can begin: pure arithmetic over a place's rules, what is booked, and the clock.

Hours are said on the place's own clock and appointments are stretches of real time. On the two nights a year when the clock is
moved, an hour that does not exist offers nothing, and one that comes twice is used once: whichever reading of a doubtful time is
the narrower one counts, so no appointment begins before a place opens or ends after it closes on anybody's clock.
"""

import datetime
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from bookings.types import Busy, Rules, Slot, Window

_MIDNIGHT = datetime.time(0, 0)
_DAY = datetime.timedelta(days=1)
DAY_OVER = "That day is over. Please choose another one."
PAST = "This time is over. Please choose another one."
UNKNOWN_TIME = "Please choose one of the times shown."


def open_slots(rules: Rules, busy: Sequence[Busy], *, duration_minutes: int, day: datetime.date, now: datetime.datetime) -> list[Slot]:
    """Return the times of a day (the place's own) at which an appointment of this length can begin, in order.

    `now` is aware; `busy` holds at least what overlaps the day. A slot needs one seat that is free from its beginning to its end.
    """
    return [slot for slot in _possible(rules, duration_minutes, day, now) if free_seat(rules, busy, slot) is not None]


def free_seat(rules: Rules, busy: Sequence[Busy], slot: Slot) -> int | None:
    """Return the lowest seat that is free for all of a slot, None where there is none."""
    taken = {row.seat for row in busy if row.starts_at < slot.ends_at and slot.starts_at < row.ends_at}
    return next((seat for seat in range(1, rules.capacity + 1) if seat not in taken), None)


def slot_at(rules: Rules, starts_at: datetime.datetime, duration_minutes: int) -> Slot:
    """Return the slot of this length that begins at an instant, on the place's clock."""
    zone = ZoneInfo(rules.time_zone)
    begins = starts_at.astimezone(datetime.UTC)
    return Slot(_on_clock(begins, zone), _on_clock(begins + datetime.timedelta(minutes=duration_minutes), zone))


def _on_clock(instant: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """Return an instant as a zone's clock shows it, with that moment's own offset.

    Python compares and adds two times of one zone by what the clock shows, which is wrong in the hour that comes twice.
    """
    local = instant.astimezone(zone)
    return local.replace(tzinfo=datetime.timezone(local.utcoffset() or datetime.timedelta(), local.tzname() or ""), fold=0)


def refusal(rules: Rules, starts_at: datetime.datetime, *, duration_minutes: int, now: datetime.datetime) -> str:
    """Return why no appointment of this length can begin then, whoever has the seats, as a sentence; empty where it can."""
    starts_at, now = starts_at.astimezone(datetime.UTC), now.astimezone(datetime.UTC)
    if starts_at < now:
        return PAST
    if starts_at < now + datetime.timedelta(minutes=rules.lead_minutes):
        return f"That is too soon: book at least {_span(rules.lead_minutes)} ahead."
    if starts_at > now + datetime.timedelta(days=rules.horizon_days):
        return _too_far(rules)
    day = starts_at.astimezone(ZoneInfo(rules.time_zone)).date()
    stretches = list(_stretches(rules, day))
    if not stretches:
        return "We are closed on that day. Please choose another one."
    if not is_open_for(rules, starts_at, duration_minutes):
        return "We are not open for all of that time. Please choose another one."
    if all(slot.starts_at != starts_at for slot in _possible(rules, duration_minutes, day, now)):
        return UNKNOWN_TIME
    return ""


def is_open_for(rules: Rules, starts_at: datetime.datetime, duration_minutes: int) -> bool:
    """Tell whether the place is open from an instant on for this long."""
    begins = starts_at.astimezone(datetime.UTC)
    ends = begins + datetime.timedelta(minutes=duration_minutes)
    stretches = _stretches(rules, begins.astimezone(ZoneInfo(rules.time_zone)).date())
    return any(opens <= begins and ends <= closes for opens, closes in stretches)


def day_refusal(rules: Rules, day: datetime.date, now: datetime.datetime) -> str:
    """Return why a day (the place's own) is not looked at for free times, as a sentence; empty where it is, open or not."""
    zone = ZoneInfo(rules.time_zone)
    if day < now.astimezone(zone).date():
        return DAY_OVER
    latest = (now + datetime.timedelta(days=rules.horizon_days)).astimezone(zone).date()
    return _too_far(rules) if day > latest else ""


def _too_far(rules: Rules) -> str:
    return f"That is too far ahead: book at most {rules.horizon_days} days ahead."


def is_bookable(rules: Rules, busy: Sequence[Busy], starts_at: datetime.datetime, *, duration_minutes: int, now: datetime.datetime) -> bool:
    """Tell whether an appointment can begin at this instant: it is one of the times offered and a seat is free."""
    slot = slot_at(rules, starts_at, duration_minutes)
    return not refusal(rules, starts_at, duration_minutes=duration_minutes, now=now) and free_seat(rules, busy, slot) is not None


def day_bounds(time_zone: str, day: datetime.date, days: int = 1) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the instants between which a place's day lies, or several days from it on."""
    zone = ZoneInfo(time_zone)
    return min(_instants(zone, day, _MIDNIGHT)), max(_instants(zone, day + days * _DAY, _MIDNIGHT))


def _possible(rules: Rules, duration_minutes: int, day: datetime.date, now: datetime.datetime) -> Iterator[Slot]:
    """Yield the slots of a day as if every seat were free."""
    if duration_minutes <= 0:
        return
    earliest = now + datetime.timedelta(minutes=rules.lead_minutes)
    latest = now + datetime.timedelta(days=rules.horizon_days)
    step, length = datetime.timedelta(minutes=rules.slot_minutes), datetime.timedelta(minutes=duration_minutes)
    for opens, closes in _stretches(rules, day):
        begins = opens
        while begins + length <= closes:
            if earliest <= begins <= latest:
                yield slot_at(rules, begins, duration_minutes)
            begins += step


def _stretches(rules: Rules, day: datetime.date) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """Yield the instants between which a place is open on a day, hours that touch or overlap as one."""
    if day in rules.closed_on:
        return
    zone = ZoneInfo(rules.time_zone)
    today = sorted((window for window in rules.windows if window.weekday == day.weekday()), key=lambda window: window.opens_at)
    found: list[tuple[datetime.datetime, datetime.datetime]] = []
    for window in _joined(today):
        closing_day = day + _DAY if window.closes_at == _MIDNIGHT else day
        opens, closes = max(_instants(zone, day, window.opens_at)), min(_instants(zone, closing_day, window.closes_at))
        if opens < closes:
            found.append((opens, closes))
    yield from found


def _joined(windows: Sequence[Window]) -> list[Window]:
    joined: list[Window] = []
    for window in windows:
        last = joined[-1] if joined else None
        if last and (last.closes_at == _MIDNIGHT or window.opens_at <= last.closes_at):
            closes = _MIDNIGHT if _MIDNIGHT in (last.closes_at, window.closes_at) else max(last.closes_at, window.closes_at)
            joined[-1] = Window(last.weekday, last.opens_at, closes)
        else:
            joined.append(window)
    return joined


def _instants(zone: ZoneInfo, day: datetime.date, time: datetime.time) -> tuple[datetime.datetime, datetime.datetime]:
    """Return both readings of a time on a day's clock as UTC; they differ where the clock is moved over it."""
    local = datetime.datetime.combine(day, time, zone)
    return local.replace(fold=0).astimezone(datetime.UTC), local.replace(fold=1).astimezone(datetime.UTC)


def _span(minutes: int) -> str:
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length and minutes % length == 0:
            number = minutes // length
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
