"""Questions about welcome offers: what they promise, to whom, and what became of it. Money is in minor units."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from customers.selectors import Customer
from loyalty.models import OfferCode, OfferUse, WelcomeOffer
from loyalty.types import OfferPromise, OfferRedemption, OfferTerms, OfferUsage, RedemptionPage, UsableOffer
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.paging import page_count
from servicepro.lib.phone import mask_phone
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

PAGE_ROWS = 20
_USAGE = """
SELECT o.id,
       (SELECT count(*) FROM loyalty_offercode c WHERE c.offer_id = o.id),
       (SELECT count(*) FROM loyalty_offercode c WHERE c.offer_id = o.id AND c.claimed_at IS NOT NULL),
       (SELECT count(*) FROM loyalty_offercode c WHERE c.offer_id = o.id AND c.expires_at < %(now)s AND NOT EXISTS (
               SELECT FROM loyalty_offeruse u WHERE u.code_id = c.id AND u.returned_at IS NULL)),
       used.number, used.discount_minor
  FROM unnest(%(ids)s::bigint[]) AS o(id) CROSS JOIN LATERAL (
       SELECT count(*) AS number, coalesce(sum(u.discount_minor), 0)::bigint AS discount_minor
         FROM loyalty_offeruse u JOIN loyalty_offercode c ON c.id = u.code_id WHERE c.offer_id = o.id AND u.returned_at IS NULL) used
"""
# Every use, and every claimed code that has no use that stands: one line for each thing that came of a claim.
_LINES = """
WITH lines AS (
    SELECT c.code, c.customer_id, c.claimed_at, c.expires_at, u.source_key, u.total_minor, u.discount_minor, u.redeemed_at, u.returned_at,
           coalesce(u.redeemed_at, c.claimed_at) AS at, u.id AS use_id, c.id AS code_id
      FROM loyalty_offercode c JOIN loyalty_offeruse u ON u.code_id = c.id WHERE c.offer_id = %(offer)s
     UNION ALL
    SELECT c.code, c.customer_id, c.claimed_at, c.expires_at, '', 0, 0, NULL, NULL, c.claimed_at, NULL, c.id
      FROM loyalty_offercode c
     WHERE c.offer_id = %(offer)s AND c.claimed_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM loyalty_offeruse u WHERE u.code_id = c.id AND u.returned_at IS NULL)
)
"""
_PAGE = """
SELECT l.code, l.customer_id, coalesce(nullif(p.name, ''), 'somebody without a name'), p.phone,
       CASE WHEN l.returned_at IS NOT NULL THEN 'returned' WHEN l.redeemed_at IS NOT NULL THEN 'redeemed'
            WHEN l.expires_at < %(now)s THEN 'expired' ELSE 'active' END,
       l.claimed_at, l.expires_at, l.source_key, l.total_minor, l.discount_minor, l.redeemed_at, l.returned_at
  FROM lines l JOIN customers_customer p ON p.id = l.customer_id
 ORDER BY l.at DESC, l.use_id DESC NULLS LAST, l.code_id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


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
    codes = codes_of(customer_id).filter(offer_id=offer_id)
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
    codes = codes_of(owner_id).filter(offer__is_active=True).select_related("offer").annotate(standing=standing)
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


def codes_of(owner_id: int) -> "QuerySet[OfferCode]":
    """Return the codes of all records that are this person, who is named by the record that stands for them."""
    records = Customer.objects.filter(Q(pk=owner_id) | Q(same_person_as_id=owner_id)).values("pk")
    return OfferCode.objects.filter(customer_id__in=records)


def promised_codes(offer_id: int, customer_ids: Collection[int]) -> dict[int, str]:
    """Return {customer id: code} of those who were promised an offer under just these records."""
    return dict(OfferCode.objects.filter(offer_id=offer_id, customer_id__in=list(customer_ids)).values_list("customer_id", "code"))


def offer_usages() -> list[OfferUsage]:
    """Return all offers with what became of them, newest first."""
    every = [terms_of(offer) for offer in WelcomeOffer.objects.all()]
    counts = _usage_counts([terms.id for terms in every])
    return [OfferUsage(terms, *counts[terms.id]) for terms in every]


def offer_usage(terms: OfferTerms) -> OfferUsage:
    """Return what became of one offer."""
    return OfferUsage(terms, *_usage_counts([terms.id])[terms.id])


def _usage_counts(offer_ids: Sequence[int]) -> dict[int, tuple[int, int, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_USAGE, {"now": timezone.now(), "ids": list(offer_ids)})
        return {row[0]: row[1:] for row in cursor.fetchall()}


def offer_redemptions(offer_id: int, page: int = 1, page_size: int = PAGE_ROWS) -> RedemptionPage:
    """Return what became of an offer's claimed codes, a page of it, newest first; phones are masked."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES + "SELECT count(*) FROM lines", {"offer": offer_id})
        total = cursor.fetchone()[0]
        pages = page_count(total, page_size)
        page = min(max(page, 1), pages)
        named = {"offer": offer_id, "now": timezone.now(), "limit": page_size, "offset": (page - 1) * page_size}
        cursor.execute(_LINES + _PAGE, named)
        lines = [OfferRedemption(*row) for row in cursor.fetchall()]
    return RedemptionPage(tuple(replace(line, phone=_masked(line.phone)) for line in lines), page, pages, total)


def _masked(stored: str | None) -> str:
    return mask_phone(decrypt_address(connection.schema_name, "phone", stored)) if stored else ""
