"""How many codes may be asked for, how many may cost money, and how often is booked. Where nobody can count, nothing is done."""

from functools import lru_cache
from typing import NamedTuple

import redis
from django.conf import settings

from portal.errors import CodesUnavailable, TooManyBookings, TooManyCodes, TooManyLooks
from portal.types import Address
from servicepro.lib.ratelimit import RateLimit
from servicepro.lib.tenancy import connection

MINUTE, HOUR, DAY = 60, 3_600, 86_400
BLOCK_DIGITS = 4  # numbers that differ in these alone are one block, which is how carriers are paid for pumped texts
PUMPED_OUTCOME, BUDGET_OUTCOME = "too_many_for_this_block", "budget_of_the_day"


class Limit(NamedTuple):
    """At most `most` in `seconds` for each of something."""

    name: str
    most: int
    seconds: int


# Mobile carriers put many phones behind one address, so that one is not tight; the address itself is what guessing costs.
ADDRESS_SOON, ADDRESS_DAY = Limit("address", 3, 10 * MINUTE), Limit("address-day", 10, DAY)
IP_HOUR, TENANT_HOUR = Limit("ip", 20, HOUR), Limit("business", 2_000, HOUR)
BLOCK_HOUR = Limit("block", 30, HOUR)
DOWNLOADS = Limit("downloads", 5, DAY)
# Every booking and change sends a message to whatever address was typed, and takes a seat from somebody else.
BOOKINGS_IP, BOOKINGS_ALL = Limit("bookings-ip", 20, HOUR), Limit("bookings", 1_000, HOUR)
LOOKS_IP, LOOKS_ALL = Limit("looks-ip", 120, MINUTE), Limit("looks", 1_200, MINUTE)
CHANGES = Limit("changes", 10, DAY)


@lru_cache(maxsize=4)
def _valkey(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _take(limit: Limit, subject: str) -> int:
    """Take a turn; return 0, or the seconds until there is one. Raises CodesUnavailable."""
    key = f"{connection.schema_name}:portal:{limit.name}:{subject}"
    try:
        turn = RateLimit(_valkey(settings.REDIS_URL), key=key, limit=limit.most, window_seconds=limit.seconds).take()
    except redis.RedisError as error:
        raise CodesUnavailable("We cannot do this for a moment. Please try again in a minute.") from error
    return 0 if turn.is_granted else turn.retry_after_seconds


def count_request(*, tag: str, ip: str) -> None:
    """Count one wish for a code, whether or not anybody is known there. Raises TooManyCodes and CodesUnavailable."""
    for limit, subject in ((IP_HOUR, ip), (ADDRESS_SOON, tag), (ADDRESS_DAY, tag), (TENANT_HOUR, "all")):
        if wait := _take(limit, subject):
            raise TooManyCodes(f"That is a lot of codes. Please try again in {_words(wait)}.", retry_after_seconds=wait)


def count_download(customer_id: int) -> None:
    """Count one download of somebody's data. Raises TooManyCodes and CodesUnavailable."""
    if wait := _take(DOWNLOADS, str(customer_id)):
        raise TooManyCodes(f"You took your data along several times today. Try again in {_words(wait)}.", retry_after_seconds=wait)


def count_booking(*, ip: str) -> None:
    """Count one press that books, whether or not it succeeds. Raises TooManyBookings and CodesUnavailable."""
    for limit, subject in ((BOOKINGS_IP, ip), (BOOKINGS_ALL, "all")):
        if wait := _take(limit, subject):
            raise TooManyBookings(f"That is a lot of bookings. Please try again in {_words(wait)}, or call us.", retry_after_seconds=wait)


def count_look(*, ip: str) -> None:
    """Count one question of a program for free times. Raises TooManyLooks and CodesUnavailable."""
    for limit, subject in ((LOOKS_IP, ip), (LOOKS_ALL, "all")):
        if wait := _take(limit, subject):
            raise TooManyLooks(f"That is a lot of questions. Please ask again in {_words(wait)}.", retry_after_seconds=wait)


def count_change(booking_id: int) -> None:
    """Count one change of an appointment by its customer. Raises TooManyBookings and CodesUnavailable."""
    if wait := _take(CHANGES, str(booking_id)):
        raise TooManyBookings("This appointment was changed many times today. Please call us.", retry_after_seconds=wait)


def refusal_to_spend(address: Address) -> str:
    """Take a message out of the day's budget; return an empty text, or why it may not leave. Raises CodesUnavailable."""
    if address.channel == "sms" and _take(BLOCK_HOUR, address.value[:-BLOCK_DIGITS]):
        return PUMPED_OUTCOME
    budget = Limit(f"{address.channel}-budget", settings.PORTAL_CODES_PER_DAY, DAY)
    return BUDGET_OUTCOME if _take(budget, "all") else ""


def _words(seconds: int) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds} second{'s' * (seconds != 1)}"
    if seconds < 2 * HOUR:
        return f"{-(-seconds // MINUTE)} minutes"
    return f"{-(-seconds // HOUR)} hours"
