"""Points given or taken by hand: with a reason, within a limit a day, and never one's own."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from customers.selectors import Customer
from loyalty.errors import AdjustmentDiffers, AdjustmentRefused, BadAdjustment, BeyondDailyLimit
from loyalty.models import PointsTransaction
from loyalty.policy import ADJUSTMENT_POINTS_MAX, DAILY_ADJUSTMENT_POINTS, REASON_CHARACTERS_MAX
from loyalty.selectors import adjusted_since, guardrails, is_record_of
from loyalty.services.entries import NewEntry, add_entry, hold_living_record
from loyalty.types import Adjustment
from loyalty.wording import points_in_words
from servicepro.lib.tenancy import connection
from tenants.selectors import User, current_tenant
from tenants.services import record_action

Kind, Origin = PointsTransaction.Kind, PointsTransaction.Origin
KEY_CHARACTERS_MAX = 64


def adjust_points(*, customer: Customer, points: int, reason: str, actor: User, idempotency_key: str) -> Adjustment:
    """Give `points` to a customer by hand, or take them where they are less than 0; audited, once per `idempotency_key`.

    The points go to the record that stands for the person. Raises BadAdjustment (nothing to do, no reason, more taken than there
    is), AdjustmentRefused (own points, a role that may not), BeyondDailyLimit (a second person may approve it), AdjustmentDiffers (the
    key was used for something else) and UnknownCustomer.
    """
    reason = checked_reason(points, reason, idempotency_key)
    with transaction.atomic():
        _hold_turn_of(actor)
        living, balance = hold_living_record(customer.pk)
        key = f"adjust:{idempotency_key}"
        earlier = PointsTransaction.objects.filter(source_key=key).first()
        if earlier is not None:
            return _as_it_was(earlier, living, points, balance)
        refuse_own(actor, living)
        _refuse_beyond_limit(actor, points)
        refuse_below_zero(balance, points)
        entry = NewEntry(living, Kind.ADJUST, points, reason, key, Origin.MANUAL, metadata={"actor": actor.pk})
        made = add_entry(entry)
        record_action(actor, "points_adjusted", f"customer:{living}", points=points, entry=made)
        return Adjustment(made, living, points, balance + points, True)


def checked_reason(points: int, reason: str, idempotency_key: str) -> str:
    """Return the reason as it is kept. Raises BadAdjustment for what makes no sense whoever asks."""
    reason = " ".join(reason.replace("\0", " ").split())
    if not points:
        raise BadAdjustment("Say how many points to give, or to take with a minus: anything but 0.")
    if abs(points) > ADJUSTMENT_POINTS_MAX:
        raise BadAdjustment(f"At most {ADJUSTMENT_POINTS_MAX:,} points can be given or taken by hand.")
    if not reason:
        raise BadAdjustment("Say why: the customer reads it beside the points.")
    if len(reason) > REASON_CHARACTERS_MAX:
        raise BadAdjustment(f"The reason is longer than {REASON_CHARACTERS_MAX} characters. Say it in fewer.")
    if not 0 < len(idempotency_key) <= KEY_CHARACTERS_MAX:
        raise BadAdjustment(f"The idempotency key needs 1 to {KEY_CHARACTERS_MAX} characters.")
    return reason


def _hold_turn_of(actor: User) -> None:
    """Let one adjustment of a person wait for the other, so that two at once cannot both fit into what is left of the day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('adjust_points'), hashtext(%s))", [f"{connection.schema_name}:{actor.pk}"])


def _as_it_was(earlier: PointsTransaction, living: int, points: int, balance: int) -> Adjustment:
    if (earlier.customer_id, earlier.points) != (living, points):
        raise AdjustmentDiffers("This adjustment was sent before with another customer or another number. Nothing was changed.")
    return Adjustment(earlier.pk, living, points, balance, False)


def refuse_own(actor: User, living: int) -> None:
    """Raise AdjustmentRefused where the record is this person's own, by email or phone."""
    if is_record_of(living, email=actor.email, phone=actor.phone):
        raise AdjustmentRefused("This is your own record: somebody else has to change these points.")


def refuse_below_zero(balance: int, points: int) -> None:
    """Raise BadAdjustment where more would be taken than there is."""
    if balance + points < 0:
        raise BadAdjustment(f"Only {points_in_words(balance, guardrails())} are there to take. Nothing was changed.")


def limit_of(actor: User) -> int:
    """Return how many points somebody may give and take in a day. Raises AdjustmentRefused where none."""
    limit = DAILY_ADJUSTMENT_POINTS.get(actor.role, 0) if actor.is_active else 0
    if not limit:
        raise AdjustmentRefused("Your role does not change points by hand. Ask an owner or a manager.")
    return limit


def _refuse_beyond_limit(actor: User, points: int) -> None:
    limit = limit_of(actor)
    left = limit - adjusted_since(actor.pk, _today())
    if abs(points) > left:
        raise BeyondDailyLimit(
            f"You can give or take {limit:,} points by hand in a day, and {max(left, 0):,} are left of it today. "
            "A second person has to approve more, or wait until tomorrow."
        )


def _today() -> datetime:
    """Return the day's first moment on the business's clocks."""
    return timezone.now().astimezone(ZoneInfo(current_tenant().time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
