"""Sign up with a phone that was just proved: the record is found or made, the offer that was promised begins to run."""

import datetime
import logging

from django.db import transaction
from django.utils import timezone

from customers.selectors import Customer
from customers.services import (
    agree_to_texts,
    expire_invitations,
    register_customer_by_id,
    register_person,
    waiting_invitations,
)
from customers.types import RegisteredPerson
from loyalty.errors import OfferRefused, UnknownOffer
from loyalty.selectors import offer_promise, waiting_offers
from loyalty.services import claim_offer
from loyalty.types import OfferPromise
from portal.invitations import DAYS_WITHOUT_OFFER, is_over, offer_to_claim
from portal.types import Registration
from portal.wording import texts_wording

logger = logging.getLogger(__name__)
BATCH_ROWS = 1_000
NOT_PROMISED = "There is no welcome offer of this number for you."


def register(*, phone: str, name: str = "", wants_texts: bool = False, link: str = "") -> Registration:
    """Register whoever proved this phone (E.164), as the customer they are or as a new one, and claim what was promised to them.

    `link` is the invitation they came by, if any: it decides between several promises and opens nothing that is another person's.
    """
    with transaction.atomic():
        return _completed(register_person(phone=phone, name=name), wants_texts, link, claims=True)


def register_by_app(*, phone: str, name: str = "", wants_texts: bool = False) -> Registration:
    """Register whoever proved this phone in the app, which shows the offer and claims it in a step of its own."""
    with transaction.atomic():
        return _completed(register_person(phone=phone, name=name), wants_texts, "", claims=False)


def complete_registration(customer: Customer, *, name: str = "", wants_texts: bool = False, link: str = "") -> Registration:
    """Register somebody who is signed in already, and claim what was promised to them."""
    with transaction.atomic():
        return _completed(register_customer_by_id(customer.pk, name=name), wants_texts, link, claims=True)


def claim_promised(customer: Customer, offer_id: int) -> OfferPromise:
    """Claim an offer that was promised to somebody who registered; claimed before, it runs as it did.

    Raises UnknownOffer for one that was not promised to them, and OfferRefused for one that ended or ran out.
    """
    with transaction.atomic():
        register_customer_by_id(customer.pk)  # holds the person's records, so that two claims come one after the other
        known = offer_promise(customer.pk, offer_id)
        if known is None:
            raise UnknownOffer(NOT_PROMISED)
        if known.expires_at is None and is_over(customer, offer_id):
            raise OfferRefused("OFFER_EXPIRED", "Your invitation has run out, and its offer with it.")
        return claim_offer(customer_id=customer.pk, offer_id=offer_id)


def _completed(person: RegisteredPerson, wants_texts: bool, link: str, *, claims: bool) -> Registration:
    customer = Customer.objects.get(pk=person.customer_id)
    if wants_texts:
        agree_to_texts(customer, wording=texts_wording())
    offer = offer_to_claim(customer, link) if claims else None
    claimed = offer.id if offer and _is_claimed(customer, offer.id) else None
    logger.info(
        "portal_registered customer=%s new=%s imported=%s first=%s offer=%s",
        *(customer.pk, person.is_new, person.is_imported, person.is_first_time, claimed),
    )
    return Registration(customer, person.is_imported, person.is_first_time, claimed)


def _is_claimed(customer: Customer, offer_id: int) -> bool:
    """Claim an offer; one that the owner ended this very moment keeps nobody from registering."""
    try:
        claim_offer(customer_id=customer.pk, offer_id=offer_id)
    except OfferRefused as refusal:
        logger.info("portal_offer_refused customer=%s offer=%s reason=%s", customer.pk, offer_id, refusal.reason_code)
        return False
    return True


def expire_old_invitations() -> int:
    """Let invitations run out whose offer's days are over without a registration; return how many records that were."""
    now, after_id, gone = timezone.now(), 0, 0
    while batch := waiting_invitations(before=now - datetime.timedelta(days=1), after_id=after_id, limit=BATCH_ROWS):
        promised = waiting_offers({record_id for row in batch for record_id in row})
        by_days: dict[int, list[int]] = {}
        for customer_id, person_id in batch:
            found = promised.get(person_id) or promised.get(customer_id)
            by_days.setdefault(found.terms.validity_days if found else DAYS_WITHOUT_OFFER, []).append(customer_id)
        for days, customer_ids in by_days.items():
            gone += expire_invitations(customer_ids, before=now - datetime.timedelta(days=days))
        after_id = batch[-1][0]
    return gone
