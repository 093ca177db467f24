"""Questions about welcome offers: what they promise, to whom, and what became of it. Money is in minor units."""

from collections.abc import Collection

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from customers.selectors import Customer
from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.types import OfferPromise, OfferTerms, UsableOffer
from tenants.selectors import current_tenant


def terms_of(offer: WelcomeOffer) -> OfferTerms:
    """Return what an offer promises."""
    return OfferTerms(
        id=offer.pk,
        name=offer.name,
        is_percentage=offer.discount_type == WelcomeOffer.Discount.PERCENTAGE,
        discount_value=offer.discount_value,
        max_discount_minor=offer.max_discount_minor,
        minimum_purchase_minor=offer.minimum_purchase_minor,
        validity_days=offer.validity_days,
        usage_limit=offer.usage_limit,
        is_active=offer.is_active,
        currency=current_tenant().currency,
    )


def offer_terms(offer_id: int) -> OfferTerms | None:
    """Return what an offer promises, or None where there is none."""
    offer = WelcomeOffer.objects.filter(pk=offer_id).first()
    return terms_of(offer) if offer else None


def active_offers() -> list[OfferTerms]:
    """Return the offers that can be promised, newest first."""
    return [terms_of(offer) for offer in WelcomeOffer.objects.filter(is_active=True)]


def offer_promise(customer_id: int, offer_id: int) -> OfferPromise | None:
    """Return a person's promise of an offer; the uses of all records that are this person count together.

    `customer_id` is the record that stands for the person. Of several codes the one that was claimed first is theirs.
    """
    codes = _codes_of(customer_id).filter(offer_id=offer_id)
    first = codes.order_by(F("claimed_at").asc(nulls_last=True), "pk").first()
    if first is None:
        return None
    return OfferPromise(first.code, first.expires_at, OfferUse.objects.filter(code__in=codes, returned_at=None).count())


def usable_offers(customer_id: int) -> list[UsableOffer]:
    """Return what somebody claimed that still runs and has a use left, the one that ends first first.

    `customer_id` is any record of the person.
    """
    owner_id = Customer.objects.filter(pk=customer_id).values_list("same_person_as_id", flat=True).first() or customer_id
    standing = Count("uses", filter=Q(uses__returned_at=None))
    codes = _codes_of(owner_id).filter(offer__is_active=True).select_related("offer").annotate(standing=standing)
    theirs: dict[int, OfferCode] = {}
    uses: dict[int, int] = {}
    for code in codes.order_by(F("claimed_at").asc(nulls_last=True), "pk"):
        theirs.setdefault(code.offer_id, code)
        uses[code.offer_id] = uses.get(code.offer_id, 0) + code.standing
    now = timezone.now()
    found = [
        UsableOffer(terms_of(code.offer), OfferPromise(code.code, code.expires_at, uses[offer_id]))
        for offer_id, code in theirs.items()
        if code.expires_at is not None and code.expires_at >= now and uses[offer_id] < code.offer.usage_limit
    ]
    return sorted(found, key=lambda usable: (usable.promise.expires_at, usable.terms.id))


def _codes_of(owner_id: int) -> "QuerySet[OfferCode]":
    records = Customer.objects.filter(Q(pk=owner_id) | Q(same_person_as_id=owner_id)).values("pk")
    return OfferCode.objects.filter(customer_id__in=records)


def promised_codes(offer_id: int, customer_ids: Collection[int]) -> dict[int, str]:
    """Return {customer id: code} of those who were promised an offer under just these records."""
    return dict(OfferCode.objects.filter(offer_id=offer_id, customer_id__in=list(customer_ids)).values_list("customer_id", "code"))
