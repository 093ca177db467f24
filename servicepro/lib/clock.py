"""Times as people of a country read them, on the clock of a place; every page, message and calendar file says them through here."""

import datetime
from zoneinfo import ZoneInfo

# Countries (ISO 3166) whose people write 2:30 PM; everywhere else it is 14:30.
TWELVE_HOURS = frozenset((
    "AE", "AU", "BD", "BH", "CA", "CO", "EG", "HK", "IN", "JM", "JO", "KE", "KR", "KW", "LB", "MX", "MY", "NZ", "OM", "PH", "PK", "PR",
    "QA", "SA", "SG", "TT", "US",
))  # fmt: skip
# Countries whose calendars begin on Sunday; everywhere else it is Monday.
SUNDAY_FIRST = frozenset((
    "BD", "BR", "CA", "CO", "HK", "IL", "IN", "JM", "JP", "KE", "KR", "MX", "PH", "PK", "PR", "SA", "SG", "TT", "TW", "US", "ZA",
))  # fmt: skip


def clock_in_words(instant: datetime.datetime, time_zone: str, region: str) -> str:
    """Return a time of day, e.g. “2:30 PM” or “14:30”; where the clock shows it twice that day, with the zone's letters."""
    local = instant.astimezone(ZoneInfo(time_zone))
    said = f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}" if region in TWELVE_HOURS else f"{local:%H:%M}"
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{said} {local:%Z}" if comes_twice else said


def day_in_words(day: datetime.date, *, today: datetime.date | None = None) -> str:
    """Return a date such as “Tue, Mar 3”, with the year where it is another one than that of `today`."""
    year = "" if today is None or day.year == today.year else f", {day.year}"
    return f"{day:%a, %b} {day.day}{year}"


def moment_in_words(instant: datetime.datetime, time_zone: str, region: str, *, today: datetime.date | None = None) -> str:
    """Return a day with its time, e.g. “Tue, Mar 3 at 2:30 PM”."""
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{day_in_words(local.date(), today=today)} at {clock_in_words(instant, time_zone, region)}"


def first_day_of_week(day: datetime.date, region: str) -> datetime.date:
    """Return the day on which the week of `day` begins in a country: Sunday or Monday."""
    return day - datetime.timedelta(days=(day.weekday() + (region in SUNDAY_FIRST)) % 7)


def spell_duration(minutes: int) -> str:
    """Return how long something takes, e.g. “1 h 30 min”."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part)
