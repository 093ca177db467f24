"""Offers found by the code somebody types; how often that is tried is counted, so that codes cannot be guessed."""

import re
from functools import lru_cache

import redis
from django.conf import settings

from loyalty.errors import TooManyOfferCodes, UnknownOfferCode
from loyalty.models import WelcomeOffer
from loyalty.offers import codes_of, terms_of
from loyalty.selectors import living_record
from loyalty.types import OfferTerms
from servicepro.lib.errors import Unavailable
from servicepro.lib.ratelimit import RateLimit, Turn
from servicepro.lib.tenancy import connection

CUSTOMER_TRIES_A_DAY, BUSINESS_TRIES_A_DAY = 10, 1_000
DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
_CODE = re.compile(r"[A-Z0-9-]{1,16}", re.ASCII)


@lru_cache(maxsize=4)
def _valkey(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def offer_by_code(code: str, customer_id: int) -> OfferTerms:
    """Return the offer that a code promises to this customer; a code that is somebody else's is as unknown as one that is nobody's.

    Wrong codes are counted by the day, for each customer and for the business. Raises UnknownOfferCode, UnknownCustomer,
    TooManyOfferCodes, and Unavailable where nobody can count.
    """
    owner_id, _balance = living_record(customer_id)
    turns: list[tuple[RateLimit, Turn]] = []
    try:
        for subject, most in ((str(owner_id), CUSTOMER_TRIES_A_DAY), ("all", BUSINESS_TRIES_A_DAY)):
            turns.append(_turn(subject, most))
        typed = "".join(code.split()).upper()
        known = codes_of(owner_id).filter(code=typed) if _CODE.fullmatch(typed) else None
        offer = None if known is None else WelcomeOffer.objects.filter(codes__in=known).first()
        if offer is not None:
            for limit, turn in turns:
                limit.give_back(turn)
    except redis.RedisError as error:
        raise Unavailable("Codes cannot be looked up for a moment. Please try again in a minute.") from error
    if offer is None:
        raise UnknownOfferCode("We do not know this code. Check it letter by letter, or sign in with the number it was sent to.")
    return terms_of(offer)


def _turn(subject: str, most: int) -> tuple[RateLimit, Turn]:
    key = f"{connection.schema_name}:offer-codes:{subject}"
    limit = RateLimit(_valkey(settings.REDIS_URL), key=key, limit=most, window_seconds=DAY_SECONDS)
    turn = limit.take()
    if not turn.is_granted:
        hours = -(-turn.retry_after_seconds // HOUR_SECONDS)
        sentence = f"That is a lot of codes. Please try again in {hours} hour{'s' * (hours != 1)}, or call us."
        raise TooManyOfferCodes(sentence, retry_after_seconds=turn.retry_after_seconds)
    return limit, turn
