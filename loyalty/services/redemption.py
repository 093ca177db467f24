"""Points used on something that is paid for, and returned when that is taken back."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from customers.selectors import contact_changed_at
from loyalty.errors import PointsReturned, RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.policy import coach, decide_redemption, rest_after
from loyalty.selectors import guardrails, living_record
from loyalty.services.entries import NewEntry, add_entry, hold_living_record
from loyalty.services.merging import pass_on_entry
from loyalty.types import Offer, Redemption, RedemptionCheck, RedemptionContext, Rest
from loyalty.wording import rest_in_words
from tenants.selectors import current_tenant

Kind = PointsTransaction.Kind


def check_redemption_eligibility(context: RedemptionContext) -> RedemptionCheck:
    """Tell whether the customer may use these points on this cart now; nothing is held. Raises UnknownCustomer."""
    customer_id, balance = living_record(context.customer_id)
    return decide_redemption(guardrails(), balance, context, _rest_of(customer_id))


def resting_points(customer_id: int) -> str:
    """Say why somebody's points cannot be used for a while whatever is booked, and until when; empty where they can."""
    rest = _rest_of(living_record(customer_id)[0])
    return rest_in_words(rest) if rest else ""


def _rest_of(customer_id: int) -> Rest | None:
    business = current_tenant()
    return rest_after(contact_changed_at(customer_id), timezone.now(), time_zone=business.time_zone, region=business.region)


def coach_redemption(context: RedemptionContext, offers: Sequence[Offer]) -> str:
    """Say the cheapest ways to make a blocked redemption work, as one sentence; empty where nothing blocks it.

    `offers` are services that could still be added. Raises UnknownCustomer.
    """
    customer_id, balance = living_record(context.customer_id)
    return coach(guardrails(), balance, context, offers, _rest_of(customer_id))


def apply_redemption(
    context: RedemptionContext, *, source_key: str, reason: str, metadata: Mapping[str, object] | None = None
) -> Redemption:
    """Take the points and return the discount, inside the caller's transaction: what fails after it takes nothing.

    `source_key` says what is paid ("booking:…", at most 70 characters); asked again for the same one, the first answer comes back.
    The points are those of the record that stands for the person. Raises RedemptionBlocked, UnknownCustomer, and PointsReturned
    where the points were used for it and have gone back.
    """
    with transaction.atomic():
        customer_id, balance = hold_living_record(context.customer_id)
        earlier = standing_redemption(source_key)
        if earlier is not None:
            return as_it_was(earlier)
        decided = guardrails()
        check = decide_redemption(decided, balance, context, _rest_of(customer_id))
        if not check.can_redeem:
            raise RedemptionBlocked(check.reason_code, check.message)
        facts = {
            **(metadata or {}),
            "cart_total_minor": context.cart_total_minor,
            "discount_minor": check.discount_minor,
            "point_value_minor": decided.point_value_minor,
        }
        entry = NewEntry(customer_id, Kind.REDEEM, -check.allowed_points, reason, source_key, metadata=facts)
        return Redemption(check.allowed_points, check.discount_minor, decided.point_value_minor, add_entry(entry))


def standing_redemption(source_key: str) -> PointsTransaction | None:
    """Return the newest entry that paid for `source_key`: the first, or the one that took its place when the bill changed."""
    redeemed = PointsTransaction.objects.filter(kind=Kind.REDEEM)
    entry = later = redeemed.filter(source_key=source_key).first()
    while later is not None:
        entry, later = later, redeemed.filter(source_key=key_after(source_key, later)).first()
    return entry


def key_after(source_key: str, entry: PointsTransaction) -> str:
    """Return the name of the entry that takes the place of another one."""
    return f"{source_key}:after:{entry.pk}"


def as_it_was(entry: PointsTransaction) -> Redemption:
    """Return a redemption as it was answered. Raises PointsReturned where the points have gone back."""
    if PointsTransaction.objects.filter(reverses=entry).exists():
        raise PointsReturned("The points for this went back already. Start anew to use them again.")
    return Redemption(-entry.points, entry.metadata["discount_minor"], entry.metadata["point_value_minor"], entry.pk)


def reverse_redemption(*, source_key: str, reason: str) -> int:
    """Return the points used for `source_key`, once; return how many went back now, 0 the second time or where none were used.

    They go back to where they were taken from, and on to the record that stands for the person by now.
    """
    with transaction.atomic():
        entry = standing_redemption(source_key)
        if entry is None:
            return 0
        hold_living_record(entry.customer_id)
        entry = standing_redemption(source_key) or entry  # a change of the bill may have been waited for
        if PointsTransaction.objects.filter(reverses=entry).exists():
            return 0
        return give_back(entry, reason)


def give_back(entry: PointsTransaction, reason: str) -> int:
    """Undo an entry that used points, while the caller holds the record; return how many points went back."""
    key = f"{entry.source_key}:reversed"
    pass_on_entry(add_entry(NewEntry(entry.customer_id, Kind.REVERSE, -entry.points, reason, key, reverses_id=entry.pk)))
    return -entry.points
