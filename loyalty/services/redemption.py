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
    return rest_after(contact_changed_at(customer_id), timezone.now(), current_tenant().time_zone)


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
        earlier = _redeemed(source_key)
        if earlier is not None:
            return _as_it_was(earlier)
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


def _redeemed(source_key: str) -> PointsTransaction | None:
    return PointsTransaction.objects.filter(source_key=source_key, kind=Kind.REDEEM).first()


def _as_it_was(entry: PointsTransaction) -> Redemption:
    if PointsTransaction.objects.filter(reverses=entry).exists():
        raise PointsReturned("The points for this went back already. Start anew to use them again.")
    return Redemption(-entry.points, entry.metadata["discount_minor"], entry.metadata["point_value_minor"], entry.pk)


def reverse_redemption(*, source_key: str, reason: str) -> int:
    """Return the points used for `source_key`, once; return how many went back now, 0 the second time or where none were used.

    They go back to where they were taken from, and on to the record that stands for the person by now.
    """
    with transaction.atomic():
        entry = _redeemed(source_key)
        if entry is None:
            return 0
        hold_living_record(entry.customer_id)
        if PointsTransaction.objects.filter(reverses=entry).exists():
            return 0
        points = -entry.points
        key = f"{source_key}:reversed"
        returned = add_entry(NewEntry(entry.customer_id, Kind.REVERSE, points, reason, key, reverses_id=entry.pk))
        pass_on_entry(returned)
        return points
