"""A welcome offer beside points, and on a bill that changes after it was used."""

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from loyalty.errors import OfferRefused
from loyalty.models import OfferUse
from loyalty.offers import terms_of
from loyalty.policy import OFFER_NOT_CLAIMED, OFFER_WITH_POINTS, decide_offer
from loyalty.selectors import guardrails
from loyalty.services.offers import offer_as_it_was
from loyalty.types import OfferCheck, OfferDiscount, OfferPromise

_TOGETHER = "A welcome offer and points cannot be used on the same booking. Choose one of them."


def together_problem() -> OfferCheck | None:
    """Say why an offer and points cannot be used on one bill; None where the business lets them."""
    return None if guardrails().may_stack else OfferCheck(False, 0, OFFER_WITH_POINTS, _TOGETHER)


def check_offer_revision(*, source_key: str, total_minor: int) -> OfferCheck:
    """Tell whether the offer used for `source_key` may stay on a bill of another size, and what it takes off then; nothing is held.

    It was used while it ran, so it is not asked again whether it does; its minimum and its discount are those of now. Raises
    OfferReturned where it was given back, and OfferRefused where none was used.
    """
    use = OfferUse.objects.select_related("code__offer").filter(source_key=source_key).first()
    return _decided(_standing(use), total_minor)


def revise_offer(*, source_key: str, total_minor: int) -> OfferDiscount:
    """Fit the offer used for `source_key` to a bill of another size, inside the caller's transaction, and return what stands.

    Raises OfferRefused where it cannot stay, or none was used, and OfferReturned where it was given back.
    """
    with transaction.atomic():
        held = OfferUse.objects.select_related("code__offer").select_for_update(no_key=True, of=("self",)).filter(source_key=source_key)
        use = _standing(held.first())
        check = _decided(use, total_minor)
        if not check.is_valid:
            raise OfferRefused(check.reason_code, check.message)
        use.total_minor, use.discount_minor = total_minor, check.discount_minor
        use.save(update_fields=["total_minor", "discount_minor"])
        return offer_as_it_was(use)


def _standing(use: OfferUse | None) -> OfferUse:
    if use is None:
        raise OfferRefused(OFFER_NOT_CLAIMED, "No welcome offer was used here.")
    offer_as_it_was(use)
    return use


def _decided(use: OfferUse, total_minor: int) -> OfferCheck:
    now = timezone.now()
    return decide_offer(replace(terms_of(use.code.offer), is_active=True), OfferPromise(use.code.code, now, 0), total_minor, now)
