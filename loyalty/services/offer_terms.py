"""The owner's welcome offers: checked, kept and audited. What was promised to somebody becomes no worse for them."""

from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from loyalty.errors import BadOffer, UnknownOffer
from loyalty.models import MONEY_MINOR_MAX, PERCENT_MAX, USES_MAX, VALIDITY_DAYS_MAX, OfferCode, WelcomeOffer
from loyalty.offers import terms_of
from loyalty.policy import worse_terms
from loyalty.types import OfferTerms, OfferWish
from tenants.selectors import User
from tenants.services import record_action

NAME_CHARACTERS_MAX = 255
_NAME_TAKEN = "Another welcome offer has this name. Choose another one, so that people can tell them apart."
_WORSE = {
    "discount_type": "it keeps its kind of discount",
    "discount_value": "it takes off no less",
    "max_discount_minor": "its maximum becomes no smaller",
    "minimum_purchase_minor": "its smallest bill becomes no larger",
    "validity_days": "it runs no shorter",
    "usage_limit": "it can be used no less often",
}


def create_offer(wish: OfferWish, *, actor: User | None) -> OfferTerms:
    """Keep a new welcome offer and return it. Audited. Raises BadOffer."""
    offer = _written(WelcomeOffer(), wish)
    with transaction.atomic():
        _save(offer)
        record_action(actor, "offer_created", f"offer:{offer.pk}", **asdict(wish))
    return terms_of(offer)


def edit_offer(offer_id: int, wish: OfferWish, *, actor: User | None) -> OfferTerms:
    """Change a welcome offer and return it as it is now. Audited where anything changed.

    Once it was promised to anybody it only becomes better for them; whoever claimed it keeps the days they were told.
    Raises BadOffer, UnknownOffer.
    """
    with transaction.atomic():
        offer = _held(offer_id)
        old = terms_of(offer)
        new = terms_of(_written(offer, wish))
        if old == new:
            return old
        _refuse_worse(old, new)
        _save(offer)
        was, is_now = asdict(old), asdict(new)
        record_action(
            actor, "offer_changed", f"offer:{offer_id}", **{key: [was[key], is_now[key]] for key in was if was[key] != is_now[key]}
        )
    return new


def deactivate_offer(offer_id: int, *, actor: User | None) -> bool:
    """Switch an offer off, so that nobody is promised it, claims it or uses it any more; return whether it was on.

    Audited. Raises UnknownOffer.
    """
    with transaction.atomic():
        offer = _held(offer_id)
        if not offer.is_active:
            return False
        offer.is_active = False
        offer.save(update_fields=["is_active", "updated_at"])
        record_action(actor, "offer_changed", f"offer:{offer_id}", is_active=[True, False])
    return True


def _held(offer_id: int) -> WelcomeOffer:
    """Lock an offer: a promise that is just being made is waited for."""
    offer = WelcomeOffer.objects.select_for_update().filter(pk=offer_id).first()
    if offer is None:
        raise UnknownOffer("There is no such welcome offer.")
    return offer


def _written(offer: WelcomeOffer, wish: OfferWish) -> WelcomeOffer:
    """Return the offer with what is wished for, not saved yet. Raises BadOffer with a sentence for each field that is wrong."""
    wrong = _wrong_fields(wish)
    if "name" not in wrong and WelcomeOffer.objects.filter(name__iexact=wish.name).exclude(pk=offer.pk).exists():
        wrong["name"] = _NAME_TAKEN
    if wrong:
        raise BadOffer(" ".join(wrong.values()), fields=wrong)
    values: dict[str, Any] = asdict(wish)
    is_percentage = values.pop("is_percentage")
    offer.discount_type = WelcomeOffer.Discount.PERCENTAGE if is_percentage else WelcomeOffer.Discount.FIXED
    for field, value in values.items():
        setattr(offer, field, value)
    return offer


def _wrong_fields(wish: OfferWish) -> dict[str, str]:
    wrong = {}
    if not 1 <= len(wish.name) <= NAME_CHARACTERS_MAX or wish.name != " ".join(wish.name.split()) or not wish.name.isprintable():
        wrong["name"] = f"Give the offer a name of up to {NAME_CHARACTERS_MAX} characters on one line."
    if wish.is_percentage and not 1 <= wish.discount_value <= PERCENT_MAX:
        wrong["discount_value"] = f"A percentage is a whole number from 1 to {PERCENT_MAX}."
    if not wish.is_percentage and not 1 <= wish.discount_value <= MONEY_MINOR_MAX:
        wrong["discount_value"] = f"A fixed amount is between 0.01 and {MONEY_MINOR_MAX // 100:,}."
    cap = wish.max_discount_minor
    if cap is not None and not wish.is_percentage:
        wrong["max_discount_minor"] = "A fixed amount has no maximum beside it. Leave it empty."
    elif cap is not None and not 1 <= cap <= MONEY_MINOR_MAX:
        wrong["max_discount_minor"] = f"The most it takes off is between 0.01 and {MONEY_MINOR_MAX // 100:,}, or empty for no maximum."
    if not 0 <= wish.minimum_purchase_minor <= MONEY_MINOR_MAX:
        wrong["minimum_purchase_minor"] = f"The smallest bill is between 0 and {MONEY_MINOR_MAX // 100:,}."
    if not 1 <= wish.validity_days <= VALIDITY_DAYS_MAX:
        wrong["validity_days"] = f"It runs for 1 to {VALIDITY_DAYS_MAX} days."
    if not 1 <= wish.usage_limit <= USES_MAX:
        wrong["usage_limit"] = f"One customer can use it 1 to {USES_MAX} times."
    return wrong


def _refuse_worse(old: OfferTerms, new: OfferTerms) -> None:
    worse = worse_terms(old, new)
    promised = OfferCode.objects.filter(offer_id=old.id).count() if worse else 0
    if not promised:
        return
    people = f"{promised:,} {'person was' if promised == 1 else 'people were'}"
    wrong = {field: f"{people} promised this offer, so {_WORSE[field]}. Make a new offer instead." for field in worse}
    raise BadOffer(" ".join(wrong.values()), fields=wrong)


def _save(offer: WelcomeOffer) -> None:
    """Save it. Raises BadOffer where another one took the name a moment ago."""
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError as error:
        if "name" not in str(error):
            raise
        raise BadOffer(_NAME_TAKEN, fields={"name": _NAME_TAKEN}) from error
