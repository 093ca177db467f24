"""Questions about welcome offers that were promised and wait for whoever got them to register."""

from collections.abc import Collection

from loyalty.models import OfferCode
from loyalty.offers import terms_of
from loyalty.types import WaitingOffer


def waiting_offers(customer_ids: Collection[int]) -> dict[int, WaitingOffer]:
    """Return {customer id: the offer promised last under just this record and not claimed}; whether it is still active is in its terms."""
    codes = OfferCode.objects.filter(customer_id__in=list(customer_ids), claimed_at=None).select_related("offer")
    newest = codes.order_by("customer_id", "-issued_at", "-pk").distinct("customer_id")
    return {code.customer_id: WaitingOffer(terms_of(code.offer), code.code, code.issued_at) for code in newest}
