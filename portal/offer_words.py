"""Welcome offers as the customer's pages show them: what they take off, until when, and under which limits."""

from dataclasses import dataclass

from customers.selectors import Customer
from loyalty.selectors import offer_amount, usable_offers
from portal.wording import day_words, offer_limits


@dataclass(frozen=True, slots=True)
class OfferCard:
    """A claimed offer: its name, what it takes off, the code, the last day, its limits (empty for none) and how many uses are left."""

    name: str
    amount: str
    code: str
    until: str
    limits: str
    uses_left: int


def offer_cards(customer: Customer) -> list[OfferCard]:
    """Return what somebody claimed and can use now, the one that ends first first."""
    return [
        OfferCard(
            name=found.terms.name,
            amount=offer_amount(found.terms),
            code=found.promise.code,
            until=day_words(found.promise.expires_at),
            limits=offer_limits(found.terms),
            uses_left=found.terms.usage_limit - found.promise.uses,
        )
        for found in usable_offers(customer.pk)
        if found.promise.expires_at is not None
    ]
