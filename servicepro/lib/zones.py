"""The clock at the other end: every time zone a phone number may stand for, and whether a text may arrive there now.

A number may have moved with its owner and many area codes span two zones, so an hour is decent only where it is decent in
every candidate zone. What cannot be placed (toll-free, unknown) stands for the whole country.
"""

import datetime
from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones
from phonenumbers.tzdata import TIMEZONE_DATA

ZONES_PLACEABLE_MAX = 6  # a prefix with more zones than this says nothing about a place
HOLD_DAYS_MAX = 8

# The countries behind +1 cannot be told apart by the country code; every other country's set comes from the library.
COUNTRY_ZONES = {
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
           "America/Anchorage", "Pacific/Honolulu"),
    "CA": ("America/St_Johns", "America/Halifax", "America/Toronto", "America/Winnipeg", "America/Regina",
           "America/Edmonton", "America/Vancouver"),
}  # fmt: skip
# Younger area codes laid over one that spans two zones: the library knows one zone for them, their people live in all.
OVERLAYS = {
    "364": "270", "448": "850", "458": "541", "729": "423", "930": "812", "986": "208",
    "236": "250", "672": "250", "778": "250", "367": "418", "581": "418", "879": "709",
}  # fmt: skip
# Far west Texas keeps Mountain time inside area codes the library counts as one zone.
FURTHER_ZONES = {"432": ("America/Denver",), "915": ("America/Chicago",)}


@dataclass(frozen=True, slots=True)
class Allowed:
    """Now is a decent hour in every candidate zone."""


@dataclass(frozen=True, slots=True)
class HeldUntil:
    """Not now; `until` (UTC) is the next instant that is decent everywhere."""

    until: datetime.datetime
    zones: tuple[str, ...]


ALLOWED = Allowed()


def candidate_zones(e164: str, *, known_zone: str | None = None, fallback_region: str = "US") -> tuple[str, ...]:
    """Return every zone the person behind a number may live in; a known address zone beats the number.

    A `known_zone` that no clock knows counts as unknown. `fallback_region` (ISO country) answers for +1 numbers without a place
    and for numbers of no country.
    """
    if known_zone and _clock(known_zone):
        return (known_zone,)
    if e164.startswith("+1"):
        return _zones_of_area(e164[2:5], fallback_region)
    country = _zones_of_country_code(e164[1:4])
    return country if len(country) == 1 else _zones_abroad(e164, fallback_region)


@cache
def _zones_by_area() -> dict[str, set[str]]:
    """Survey the library: every zone of any exchange of each +1 area code, whatever one exchange claims."""
    areas: dict[str, set[str]] = {}
    for prefix, zones in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            areas.setdefault(prefix[1:4], set()).update(zones)
    return areas


@lru_cache(maxsize=4_096)
def _zones_of_area(area: str, fallback_region: str) -> tuple[str, ...]:
    areas = _zones_by_area()
    zones = areas.get(area, set()) | areas.get(OVERLAYS.get(area, ""), set()) | set(FURTHER_ZONES.get(area, ()))
    if not zones or len(zones) > ZONES_PLACEABLE_MAX:
        return COUNTRY_ZONES.get(fallback_region, COUNTRY_ZONES["US"])
    return tuple(sorted(zones))


@lru_cache(maxsize=4_096)
def _zones_of_country_code(digits: str) -> tuple[str, ...]:
    # No country code begins with another one, so the first prefix that is known is the country.
    return next((TIMEZONE_DATA[digits[:n]] for n in (1, 2, 3) if digits[:n] in TIMEZONE_DATA), ())


@lru_cache(maxsize=65_536)
def _zones_abroad(e164: str, fallback_region: str) -> tuple[str, ...]:
    try:
        found = number_zones.time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        found = ()
    zones = tuple(zone for zone in found if zone != number_zones.UNKNOWN_TIMEZONE)
    return zones or _zones_of_country_code(e164[1:4]) or _zones_of_region(fallback_region)


def _zones_of_region(region: str) -> tuple[str, ...]:
    code = phonenumbers.country_code_for_region(region)
    return COUNTRY_ZONES.get(region) or (() if code == 1 else _zones_of_country_code(str(code))) or COUNTRY_ZONES["US"]


def contacts_allowed_at(
    e164: str,
    now: datetime.datetime,
    *,
    opens: datetime.time,
    closes: datetime.time,
    known_zone: str | None = None,
    region: str = "US",
) -> Allowed | HeldUntil:
    """Answer whether `now` (aware) lies in [opens, closes) on the clock of every candidate zone.

    The window is read in whole minutes. Raises ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("Quiet hours need an instant, not a time on an unnamed clock.")
    zones = candidate_zones(e164, known_zone=known_zone, fallback_region=region)
    until = _next_opening(zones, now.replace(second=0, microsecond=0), opens, closes)
    return ALLOWED if until is None else HeldUntil(until, zones)


@lru_cache(maxsize=4_096)
def _next_opening(
    zones: tuple[str, ...], minute: datetime.datetime, opens: datetime.time, closes: datetime.time
) -> datetime.datetime | None:
    """Return None where `minute` is open everywhere, else the next instant that is (or a day on, where none exists)."""
    closes = closes.replace(second=0, microsecond=0)  # the minute that the window ends in is closed from its start
    clocks = [clock for clock in map(_clock, zones) if clock]
    if all(_is_open(minute, clock, opens, closes) for clock in clocks):
        return None
    # The hours that are decent everywhere begin where some zone's window opens.
    openings = sorted(
        datetime.datetime.combine(minute.astimezone(clock).date() + datetime.timedelta(days=day), opens, clock).astimezone(datetime.UTC)
        for clock in clocks
        for day in range(HOLD_DAYS_MAX)
    )
    for instant in openings:
        if instant > minute and all(_is_open(instant, clock, opens, closes) for clock in clocks):
            return instant
    return minute.astimezone(datetime.UTC) + datetime.timedelta(days=1)


def _is_open(instant: datetime.datetime, clock: ZoneInfo, opens: datetime.time, closes: datetime.time) -> bool:
    return opens <= instant.astimezone(clock).time() < closes


@lru_cache(maxsize=1_024)
def _clock(zone: str) -> ZoneInfo | None:
    """Return the clock of a zone name, or None where there is no such zone."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown name; a path that leaves the database; a folder of it
        return None
