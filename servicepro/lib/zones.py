"""The clock at the other end: every time zone a phone number may stand for, and whether a text may arrive there now.

A number may have moved with its owner and many area codes span two zones, so an hour is decent only where it is decent in
every candidate zone. What cannot be placed (toll-free, unknown) stands for the whole country.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones

ZONES_PLACEABLE_MAX = 6  # a prefix with more zones than this says nothing about a place
HOLD_DAYS_MAX = 8

COUNTRY_ZONES = {
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
           "America/Anchorage", "Pacific/Honolulu"),
    "IN": ("Asia/Kolkata",),
    "GB": ("Europe/London",),
    "DE": ("Europe/Berlin",),
}  # fmt: skip
_E, _C, _M, _P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
# US area codes that span two zones, with the overlays that carry no split in the library's data (surveyed over all
# area code and exchange pairs of phonenumbers 9.0.43).
SPLIT_AREA_CODES = {
    **dict.fromkeys(("219", "270", "364", "423", "574", "606", "812", "930", "850", "448", "906"), (_E, _C)),
    **dict.fromkeys(("308", "605", "620", "701", "785", "915", "432"), (_C, _M)),
    **dict.fromkeys(("208", "986", "541", "458"), (_M, _P)),
    "775": (_P, _M),
    "928": ("America/Phoenix", _M),
    "907": ("America/Anchorage", "America/Adak"),
}


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
    """Return every zone the person behind a number may live in; a known address zone beats the number."""
    return (known_zone,) if known_zone else _zones_of_prefix(e164[:8], len(e164), fallback_region)


@lru_cache(maxsize=65_536)
def _zones_of_prefix(prefix: str, length: int, fallback_region: str) -> tuple[str, ...]:
    whole = COUNTRY_ZONES.get(fallback_region, COUNTRY_ZONES["US"])
    if prefix.startswith("+1") and prefix[2:5] in SPLIT_AREA_CODES:
        return SPLIT_AREA_CODES[prefix[2:5]]
    try:
        number = phonenumbers.parse(prefix.ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return whole
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    zones = tuple(zone for zone in number_zones.time_zones_for_number(number) if zone != "Etc/Unknown")
    if not zones or len(zones) > ZONES_PLACEABLE_MAX:
        return COUNTRY_ZONES.get(region, whole)
    return zones


def contacts_allowed_at(
    e164: str,
    now: datetime.datetime,
    *,
    opens: datetime.time,
    closes: datetime.time,
    known_zone: str | None = None,
    region: str = "US",
) -> Allowed | HeldUntil:
    """Answer whether `now` (aware) lies in [opens, closes) on the clock of every candidate zone."""
    zones = candidate_zones(e164, known_zone=known_zone, fallback_region=region)
    until = _next_opening(zones, now.replace(second=0, microsecond=0), opens, closes)
    return ALLOWED if until is None else HeldUntil(until, zones)


@lru_cache(maxsize=4_096)
def _next_opening(
    zones: tuple[str, ...], minute: datetime.datetime, opens: datetime.time, closes: datetime.time
) -> datetime.datetime | None:
    """Return None where `minute` is open everywhere, else the next instant that is (or a day on, where none exists)."""
    clocks = [ZoneInfo(zone) for zone in zones]
    if all(_is_open(minute, clock, opens, closes) for clock in clocks):
        return None
    candidates = sorted(
        datetime.datetime.combine(minute.astimezone(clock).date() + datetime.timedelta(days=day), opens, clock).astimezone(datetime.UTC)
        for clock in clocks
        for day in range(HOLD_DAYS_MAX)
    )
    for instant in candidates:
        if instant > minute and all(_is_open(instant, clock, opens, closes) for clock in clocks):
            return instant
    return minute + datetime.timedelta(days=1)


def _is_open(instant: datetime.datetime, clock: ZoneInfo, opens: datetime.time, closes: datetime.time) -> bool:
    return opens <= instant.astimezone(clock).time() < closes
