"""Welcome offers promised under codes, claimed by registering, used on what is paid for, and returned once."""

import datetime
import secrets
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from loyalty.errors import OfferRefused, OfferReturned
from loyalty.models import OfferCode, OfferUse
from loyalty.offers import offer_promise, offer_terms, promised_codes
from loyalty.policy import OFFER_INACTIVE, decide_offer
from loyalty.selectors import living_record
from loyalty.services.entries import hold_living_record
from loyalty.types import OfferCheck, OfferDiscount, OfferPromise
from servicepro.lib.tenancy import connection

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs nobody mixes up when reading or hearing them
PREFIX, SIGNS = "WELCOME-", 6
ROUNDS_MAX = 10  # a billion codes: even with a million given out, one round in a thousand leaves somebody over
_PROMISE = """
INSERT INTO loyalty_offercode (offer_id, customer_id, code, issued_at)
SELECT %s, c.id, c.code, now() FROM unnest(%s::bigint[], %s::text[]) AS c(id, code)
ON CONFLICT DO NOTHING
"""
_EXPIRE = """
UPDATE loyalty_offercode SET expired_at = %(now)s
 WHERE expired_at IS NULL AND expires_at < %(now)s
   AND NOT EXISTS (SELECT FROM loyalty_offeruse u WHERE u.code_id = loyalty_offercode.id AND u.returned_at IS NULL)
"""


def new_code() -> str:
    """Return a code such as WELCOME-A7K9M2, from a cryptographic source."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _sign in range(SIGNS))


def promise_offer(offer_id: int, customer_ids: Collection[int]) -> dict[int, str]:
    """Promise an active offer to customers; return {customer id: code}, the code of before for whoever has one. Raises OfferRefused."""
    terms = offer_terms(offer_id)
    if terms is None or not terms.is_active:
        raise OfferRefused(OFFER_INACTIVE, "Offer not found or inactive")
    wanted = sorted(set(customer_ids))
    for _round in range(ROUNDS_MAX):
        codes = promised_codes(offer_id, wanted)
        missing = [customer_id for customer_id in wanted if customer_id not in codes]
        if not missing:
            return codes
        with connection.cursor() as cursor:  # a code that somebody has already is drawn anew in the next round
            cursor.execute(_PROMISE, [offer_id, missing, [new_code() for _customer in missing]])
    raise RuntimeError(f"offer {offer_id}: no free codes in {ROUNDS_MAX} rounds")


def claim_offer(*, customer_id: int, offer_id: int) -> OfferPromise:
    """Let a customer's offer run from now; claimed before, it runs as it did. Raises OfferRefused, UnknownCustomer."""
    with transaction.atomic():
        owner_id, _balance = hold_living_record(customer_id)
        known = offer_promise(owner_id, offer_id)
        if known is not None and known.expires_at is not None:
            return known
        terms = offer_terms(offer_id)
        if terms is None or not terms.is_active:
            raise OfferRefused(OFFER_INACTIVE, "Offer not found or inactive")
        code = known.code if known else promise_offer(offer_id, [owner_id])[owner_id]
        now = timezone.now()
        ends_at = now + datetime.timedelta(days=terms.validity_days)
        OfferCode.objects.filter(code=code, claimed_at=None).update(claimed_at=now, expires_at=ends_at)
        return OfferPromise(code, ends_at, 0)


def check_offer(*, customer_id: int, offer_id: int, total_minor: int) -> OfferCheck:
    """Tell whether a customer can use an offer on a bill now; nothing is held. Raises UnknownCustomer."""
    owner_id, _balance = living_record(customer_id)
    return decide_offer(offer_terms(offer_id), offer_promise(owner_id, offer_id), total_minor, timezone.now())


def use_offer(*, customer_id: int, offer_id: int, total_minor: int, source_key: str) -> OfferDiscount:
    """Use a customer's offer on a bill, inside the caller's transaction, and return what it takes off.

    `source_key` says what is paid ("booking:…", at most 80 characters); asked again for the same one, the first answer comes back.
    Raises OfferRefused, UnknownCustomer, and OfferReturned where it was used for it and given back.
    """
    with transaction.atomic():
        owner_id, _balance = hold_living_record(customer_id)
        earlier = OfferUse.objects.select_related("code__offer").filter(source_key=source_key).first()
        if earlier is not None:
            return offer_as_it_was(earlier)
        terms, promise = offer_terms(offer_id), offer_promise(owner_id, offer_id)
        check = decide_offer(terms, promise, total_minor, timezone.now())
        if not check.is_valid or terms is None or promise is None:
            raise OfferRefused(check.reason_code, check.message)
        code = OfferCode.objects.get(code=promise.code)
        used = set(OfferUse.objects.filter(code=code, returned_at=None).values_list("use_number", flat=True))
        OfferUse.objects.create(
            code=code,
            use_number=next(number for number in range(1, terms.usage_limit + 1) if number not in used),
            usage_limit=terms.usage_limit,
            source_key=source_key,
            total_minor=total_minor,
            discount_minor=check.discount_minor,
        )
        return OfferDiscount(terms.id, terms.name, promise.code, check.discount_minor)


def offer_as_it_was(use: OfferUse) -> OfferDiscount:
    """Return a use of an offer as it was answered. Raises OfferReturned where it was given back."""
    if use.returned_at is not None:
        raise OfferReturned("The welcome offer for this was given back already. Start anew to use it again.")
    return OfferDiscount(use.code.offer_id, use.code.offer.name, use.code.code, use.discount_minor)


def return_offer(*, source_key: str) -> bool:
    """Give back the use of an offer that `source_key` paid with; return whether it went back now."""
    return bool(OfferUse.objects.filter(source_key=source_key, returned_at=None).update(returned_at=timezone.now()))


def expire_offers() -> int:
    """Write down, once for each, which codes ran out without a use that stands; return how many did so now."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"now": timezone.now()})
        return cursor.rowcount
