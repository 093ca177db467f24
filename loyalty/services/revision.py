"""Points used on something whose bill changes afterwards: the rules are asked again, and what is no longer needed goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from loyalty.errors import RedemptionBlocked
from loyalty.models import PointsTransaction
from loyalty.policy import cheapest_way, decide_redemption
from loyalty.selectors import guardrails
from loyalty.services.entries import NewEntry, add_entry, hold_living_record
from loyalty.services.redemption import as_it_was, give_back, key_after, standing_redemption
from loyalty.types import Guardrails, Offer, Redemption, RedemptionCheck, RedemptionContext

_NONE = Redemption(0, 0, 0, 0)


def check_revision(context: RedemptionContext, *, source_key: str, offers: Sequence[Offer]) -> tuple[RedemptionCheck, str]:
    """Tell whether the points used for `source_key` may stay on the cart as it would be, and how many; nothing is held.

    Beside it the cheapest way to make it work, as a sentence, empty where nothing blocks it; `offers` are services that could still
    be added. Where no points are used the answer is none. Raises PointsReturned where they have gone back.
    """
    entry = standing_redemption(source_key)
    if entry is None:
        return RedemptionCheck(True, 0, 0), ""
    was = as_it_was(entry)
    terms, asked = _terms(was), replace(context, requested_points=was.points_used)
    check = decide_redemption(terms, was.points_used, asked)
    if check.can_redeem:
        return check, ""
    ways = [way for way in cheapest_way(terms, was.points_used, asked, offers) if way.startswith("add ")]
    sentence = ", or ".join([*ways, "have the points returned"])
    return check, f"{sentence[:1].upper()}{sentence[1:]}."


def revise_redemption(
    context: RedemptionContext, *, source_key: str, reason: str, metadata: Mapping[str, object] | None = None
) -> Redemption:
    """Fit the points used for `source_key` (at most 44 characters) to another cart, inside the caller's transaction; return what stands.

    Never more points than were used, each worth what it was worth then; the business's rules are those of now. Where the number or the
    discount changes, the old entry is undone and a new one takes its place, so cancelling returns exactly what stands; otherwise nothing
    is written. Raises RedemptionBlocked, PointsReturned, UnknownCustomer.
    """
    with transaction.atomic():
        customer_id, _balance = hold_living_record(context.customer_id)
        entry = standing_redemption(source_key)
        if entry is None:
            return _NONE
        was = as_it_was(entry)
        check = decide_redemption(_terms(was), was.points_used, replace(context, requested_points=was.points_used))
        if not check.can_redeem:
            raise RedemptionBlocked(check.reason_code, check.message)
        if (check.allowed_points, check.discount_minor) == (was.points_used, was.discount_minor):
            return was
        facts = {
            **(metadata or {}),
            "cart_total_minor": context.cart_total_minor,
            "discount_minor": check.discount_minor,
            "point_value_minor": was.point_value_minor,
        }
        give_back(entry, reason)
        made = NewEntry(
            customer_id,
            PointsTransaction.Kind.REDEEM,
            -check.allowed_points,
            entry.reason,
            key_after(source_key, entry),
            metadata=facts,
        )
        return Redemption(check.allowed_points, check.discount_minor, was.point_value_minor, add_entry(made))


def _terms(was: Redemption) -> Guardrails:
    return replace(guardrails(), point_value_minor=was.point_value_minor)
