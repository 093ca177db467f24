"""What invited people were promised, and until when; reading a link changes nothing and signs nobody in."""

import datetime
from collections.abc import Sequence

from django.utils import timezone

from campaigns.selectors import invitation_of
from customers.selectors import Customer
from customers.services import records_of
from loyalty.selectors import offer_promise, offer_terms, waiting_offers
from loyalty.types import OfferTerms
from portal.types import Address, Invitation

DAYS_WITHOUT_OFFER = 30  # an invitation that promises nothing lasts as long as an offer does unless somebody chose otherwise


def invitation(token: str) -> Invitation | None:
    """Return what a personal link stands for, or None for one we never made."""
    found = invitation_of(token) if token else None
    records = _records(found[0]) if found else []
    if found is None or not records:
        return None
    offer = offer_terms(found[1]) if found[1] else None
    return Invitation(
        customer_id=records[0].pk,
        offer=offer if offer and offer.is_active else None,
        is_over=has_run_out(_invited_at(records), offer.validity_days if offer else DAYS_WITHOUT_OFFER),
        is_registered=any(record.registered_at for record in records),
    )


def invited_address(token: str) -> Address | None:
    """Return the phone an invitation's link was sent to, as the record has it now."""
    found = invitation(token)
    if found is None:
        return None
    phone = next((record.phone for record in _records(found.customer_id) if record.phone), None)
    return Address("sms", phone) if phone else None


def offer_to_claim(customer: Customer, link: str = "") -> OfferTerms | None:
    """Return the offer somebody gets by registering: the link's where it was sent to them, else the newest promise; None without one.

    `customer` is the record that stands for the person. What was claimed, ended or ran out is not offered again.
    """
    records = _records(customer.pk)
    linked = invitation(link)
    promised = sorted(waiting_offers([record.pk for record in records]).values(), key=lambda found: found.promised_at, reverse=True)
    candidates = [linked.offer] if linked and linked.offer and linked.customer_id == customer.pk else []
    candidates += [found.terms for found in promised]
    invited_at = _invited_at(records)
    return next((terms for terms in candidates if _is_claimable(customer.pk, terms, invited_at)), None)


def was_brought(customer: Customer) -> bool:
    """Return whether the business knew somebody before they registered: a list brought a record of theirs, or they were invited."""
    return any(record.import_batch_id or record.invited_at for record in _records(customer.pk))


def is_over(customer: Customer, offer_id: int) -> bool:
    """Return whether the invitation that promised an offer to somebody has run out."""
    terms = offer_terms(offer_id)
    return terms is None or has_run_out(_invited_at(_records(customer.pk)), terms.validity_days)


def has_run_out(invited_at: datetime.datetime | None, days: int) -> bool:
    """Return whether an invitation is older than it lasts."""
    return invited_at is not None and invited_at + datetime.timedelta(days=days) < timezone.now()


def _is_claimable(customer_id: int, terms: OfferTerms, invited_at: datetime.datetime | None) -> bool:
    if not terms.is_active or has_run_out(invited_at, terms.validity_days):
        return False
    promise = offer_promise(customer_id, terms.id)
    return promise is None or promise.expires_at is None


def _records(customer_id: int) -> Sequence[Customer]:
    """Return the records of a person, the one that stands for them first; none where nobody is there any more."""
    record = Customer.objects.filter(pk=customer_id, erased_as=None).first()
    if record is None:
        return []
    head = record.same_person_as_id or record.pk
    return sorted(records_of(Customer(pk=head)), key=lambda row: (row.pk != head, row.pk))


def _invited_at(records: Sequence[Customer]) -> datetime.datetime | None:
    return max((record.invited_at for record in records if record.invited_at), default=None)
