"""How many codes may be asked for, how many may cost money, and how often is booked. Where nobody can count, nothing is done."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import redis
from django.conf import settings

from portal.errors import CodesUnavailable, TooManyBookings, TooManyCodes, TooManyLooks
from portal.types import Address
from servicepro.lib.ratelimit import RateLimit, Turn
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
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
# What guests booked from one machine; who signs in is held to what is theirs instead.
GUESTS_IP = (Limit("guests-ip-day", 10, DAY), Limit("guests-ip-week", 25, 7 * DAY))
LOOKS_IP, LOOKS_ALL = Limit("looks-ip", 120, MINUTE), Limit("looks", 1_200, MINUTE)
CHANGES = Limit("changes", 10, DAY)


@lru_cache(maxsize=4)
def _valkey(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _window(limit: Limit, subject: str) -> RateLimit:
    key = f"{connection.schema_name}:portal:{limit.name}:{subject}"
    return RateLimit(_valkey(settings.REDIS_URL), key=key, limit=limit.most, window_seconds=limit.seconds)


def _turn(window: RateLimit) -> Turn:
    try:
        return window.take()
    except redis.RedisError as error:
        raise CodesUnavailable("We cannot do this for a moment. Please try again in a minute.") from error


def _take(limit: Limit, subject: str) -> int:
    """Take a turn; return 0, or the seconds until there is one. Raises CodesUnavailable."""
    turn = _turn(_window(limit, subject))
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


@contextmanager
def counted_booking(*, ip: str, is_guest: bool) -> Iterator[None]:
    """Count what books inside: every press, and of guests each that succeeds. Raises TooManyBookings and CodesUnavailable."""
    for limit, subject in ((BOOKINGS_IP, ip), (BOOKINGS_ALL, "all")):
        if wait := _take(limit, subject):
            raise TooManyBookings(f"That is a lot of bookings. Please try again in {_words(wait)}, or call us.", retry_after_seconds=wait)
    taken: list[tuple[RateLimit, Turn]] = []
    try:
        for limit in GUESTS_IP if is_guest else ():
            taken.append(_guest_turn(_window(limit, ip)))
        yield
    except BaseException:
        _give_back(taken)
        raise


def _guest_turn(window: RateLimit) -> tuple[RateLimit, Turn]:
    turn = _turn(window)
    if not turn.is_granted:
        wait = turn.retry_after_seconds
        sentence = f"Many appointments were booked from here. Please sign in to book another, try again in {_words(wait)}, or call us."
        raise TooManyBookings(sentence, retry_after_seconds=wait)
    return window, turn


def _give_back(taken: list[tuple[RateLimit, Turn]]) -> None:
    for window, turn in taken:
        try:
            window.give_back(turn)
        except redis.RedisError:  # what went wrong before is told; the turn comes back with its window
            logger.warning("guest_turn_not_given_back")


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
    if seconds < 2 * DAY:
        return f"{-(-seconds // HOUR)} hours"
    return f"{-(-seconds // DAY)} days"
