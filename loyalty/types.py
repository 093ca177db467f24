"""What other apps say to the points ledger, and what it answers. Money is in minor units of the business's currency."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What a business decided about using points.

    `min_cart_total_minor` is the smallest cart, before the discount and without tax or tip; 0 means none. `message` is the
    business's own sentence for a cart that does not qualify, empty for ours. A `point_value_minor` of 0 keeps points from being used.
    Where they `may_stack`, a booking can be paid with a welcome offer first and with points on what is left.
    """

    min_cart_total_minor: int
    require_core_service: bool
    message: str
    point_value_minor: int
    currency: str = "USD"
    may_stack: bool = False


@dataclass(frozen=True, slots=True)
class RedemptionContext:
    """A wish to pay with points: whose, for which cart, how many."""

    customer_id: int
    cart_total_minor: int
    has_core_service: bool
    has_only_add_ons: bool
    requested_points: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which points cannot be used, as the customer's phone or email was replaced; `time_zone` and `region` are the business's."""

    until: datetime
    time_zone: str
    region: str


@dataclass(frozen=True, slots=True)
class RedemptionCheck:
    """Whether points may be used; if not, why (a stable code and a sentence)."""

    can_redeem: bool
    allowed_points: int
    discount_minor: int
    reason_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Redemption:
    """Points that were used: how many, what they took off, at what worth, and the ledger entry that says so."""

    points_used: int
    discount_minor: int
    point_value_minor: int
    transaction_id: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that could be added to a cart."""

    name: str
    price_minor: int
    is_core: bool


@dataclass(frozen=True, slots=True)
class PastCart:
    """A booking of the past, as the guardrails see it; `points_used` is 0 where it was paid without points."""

    cart_total_minor: int
    has_core_service: bool
    has_only_add_ons: bool
    points_used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What guardrails would have said to past bookings.

    `open_to_points` counts all bookings that points could have been used on; `allowed`, `blocked` and `discount_minor` are about
    those that points were used on.
    """

    open_to_points: int = 0
    allowed: int = 0
    blocked: int = 0
    discount_minor: int = 0


@dataclass(frozen=True, slots=True)
class BackTest:
    """Past bookings under the guardrails as they are and as they would be; the last two count bookings that would change sides."""

    carts: int
    with_points: int
    old: Verdict
    new: Verdict
    newly_allowed: int
    newly_blocked: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points given or taken by hand: the ledger entry, the balance after it, and whether it was made just now."""

    transaction_id: int
    customer_id: int
    points: int
    balance: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """Points that were changed by hand, for people to read; `approved_by` is empty where nobody had to."""

    at: datetime
    points: int
    customer_id: int
    customer: str
    by: str
    approved_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingAdjustment:
    """Points by hand that wait for a second person; `name` and `asked_by` are for people to read."""

    id: int
    customer_id: int
    name: str
    points: int
    reason: str
    asked_by: str
    asked_by_id: int
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """A customer whose balance is not the sum of the entries; the phone is masked."""

    customer_id: int
    phone: str
    balance: int
    entries_sum: int


@dataclass(frozen=True, slots=True)
class LedgerProof:
    """What recomputing every balance from its entries showed, and whether the totals by day that are kept are those of the ledger."""

    customers: int
    entries: int
    points: int
    drifts: tuple[Drift, ...]
    totals_add_up: bool = True

    @property
    def adds_up(self) -> bool:
        """Whether every balance is the sum of its entries, and every total that is kept."""
        return not self.drifts and self.totals_add_up


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What a welcome offer promises. Without `max_discount_minor` a percentage has no cap; a minimum of 0 means any bill."""

    id: int
    name: str
    is_percentage: bool
    discount_value: int
    max_discount_minor: int | None
    minimum_purchase_minor: int
    validity_days: int
    usage_limit: int
    is_active: bool
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class OfferPromise:
    """Somebody's promise of an offer: their code, until when it runs (None before it is claimed), and how often it was used."""

    code: str
    expires_at: datetime | None
    uses: int


@dataclass(frozen=True, slots=True)
class OfferCheck:
    """Whether a welcome offer can be used; if not, why (a stable code and a sentence)."""

    is_valid: bool
    discount_minor: int
    reason_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class OfferDiscount:
    """An offer that was used: what it took off, of which offer, under which code."""

    offer_id: int
    name: str
    code: str
    discount_minor: int


@dataclass(frozen=True, slots=True)
class OfferWish:
    """A welcome offer as somebody wants it; the value is a percentage, or an amount in minor units."""

    name: str
    is_percentage: bool
    discount_value: int
    max_discount_minor: int | None = None
    minimum_purchase_minor: int = 0
    validity_days: int = 30
    usage_limit: int = 1
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class UsableOffer:
    """An offer somebody can use now, on a bill that is large enough."""

    terms: OfferTerms
    promise: OfferPromise


@dataclass(frozen=True, slots=True)
class OfferUsage:
    """An offer with what became of it: codes promised, claimed and run out unused; uses that stand and what they took off."""

    terms: OfferTerms
    promised: int
    claimed: int
    expired: int
    used: int
    discount_minor: int


@dataclass(frozen=True, slots=True)
class OfferRedemption:
    """One code of an offer that was claimed, or one use of it. `status` is active, redeemed, returned or expired; the phone is masked."""

    code: str
    customer_id: int
    name: str
    phone: str
    status: str
    claimed_at: datetime
    expires_at: datetime
    source_key: str = ""
    total_minor: int = 0
    discount_minor: int = 0
    redeemed_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RedemptionPage:
    """A page of what became of an offer's codes, newest first; `page` counts from 1 and never lies beyond the last."""

    rows: tuple[OfferRedemption, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class WaitingOffer:
    """A welcome offer that was promised to somebody under a code and is not claimed yet."""

    terms: OfferTerms
    code: str
    promised_at: datetime
