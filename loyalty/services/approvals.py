"""Points by hand beyond what one person may give in a day: one asks, another one approves or refuses, or the wish runs out."""

from django.db import transaction
from django.utils import timezone

from customers.selectors import Customer
from loyalty.errors import AdjustmentDecided, AdjustmentDiffers, AdjustmentRefused, UnknownAdjustment
from loyalty.models import AdjustmentRequest, PointsTransaction
from loyalty.policy import APPROVAL_TIME, WAITING_MAX
from loyalty.services.adjustments import checked_reason, limit_of, refuse_below_zero, refuse_own
from loyalty.services.entries import NewEntry, add_entry, hold_living_record
from loyalty.types import Adjustment
from tenants.selectors import User
from tenants.services import record_action

Kind, Origin = PointsTransaction.Kind, PointsTransaction.Origin
Status = AdjustmentRequest.Status


def request_adjustment(*, customer: Customer, points: int, reason: str, actor: User, idempotency_key: str) -> int:
    """Ask a second person for points beyond one's own limit, once per `idempotency_key`; return the number of the wish.

    Nothing is given or taken yet. Raises BadAdjustment, AdjustmentRefused (own points, a role that may not, too many wishes),
    AdjustmentDiffers and UnknownCustomer.
    """
    reason = checked_reason(points, reason, idempotency_key)
    with transaction.atomic():
        living, balance = hold_living_record(customer.pk)
        limit_of(actor)
        refuse_own(actor, living)
        refuse_below_zero(balance, points)
        now = timezone.now()
        if AdjustmentRequest.objects.filter(status=Status.WAITING, requested_by=actor, expires_at__gt=now).count() >= WAITING_MAX:
            raise AdjustmentRefused(f"{WAITING_MAX} adjustments of yours are waiting already. Have them decided on first.")
        facts = {"customer_id": living, "points": points, "reason": reason, "requested_by": actor}
        times = {"requested_at": now, "expires_at": now + APPROVAL_TIME}
        wish, is_new = AdjustmentRequest.objects.get_or_create(idempotency_key=idempotency_key, defaults=facts | times)
        if (wish.customer_id, wish.points, wish.requested_by_id) != (living, points, actor.pk):
            raise AdjustmentDiffers("This adjustment was sent before with another customer or another number. Nothing was changed.")
        if is_new:
            record_action(actor, "points_adjustment_asked", f"customer:{living}", points=points, request=wish.pk)
        return wish.pk


def approve_adjustment(request_id: int, *, actor: User) -> Adjustment:
    """Give or take what another person asked for, once; audited with both.

    Raises UnknownAdjustment, AdjustmentDecided (decided on already, or run out), AdjustmentRefused (one's own wish or record, no
    owner, who asked has left) and BadAdjustment where the points are not there to take any more.
    """
    expire_adjustments()
    with transaction.atomic():
        wish = _waiting(request_id)
        _refuse_same_person(actor, wish.requested_by)
        living, balance = hold_living_record(wish.customer_id)
        for person in (actor, wish.requested_by):
            refuse_own(person, living)
        refuse_below_zero(balance, wish.points)
        facts: dict[str, object] = {"actor": wish.requested_by_id, "approved_by": actor.pk}
        key = f"adjust:{wish.idempotency_key}"
        made = add_entry(NewEntry(living, Kind.ADJUST, wish.points, wish.reason, key, Origin.MANUAL, metadata=facts))
        _decide(wish, Status.APPROVED, actor, entry_id=made)
        subject = f"customer:{living}"
        record_action(actor, "points_adjusted", subject, points=wish.points, entry=made, request=wish.pk, asked_by=wish.requested_by_id)
        return Adjustment(made, living, wish.points, balance + wish.points, True)


def refuse_adjustment(request_id: int, *, actor: User) -> None:
    """Say no to what was asked for; owners do, and whoever asked may take it back. Raises UnknownAdjustment and AdjustmentDecided."""
    expire_adjustments()
    with transaction.atomic():
        wish = _waiting(request_id)
        if not actor.is_owner and actor.pk != wish.requested_by_id:
            raise AdjustmentRefused("Owners decide on this.")
        _decide(wish, Status.REFUSED, actor)
        subject = f"customer:{wish.customer_id}"
        record_action(actor, "points_adjustment_refused", subject, points=wish.points, request=wish.pk, asked_by=wish.requested_by_id)


def expire_adjustments() -> int:
    """Let wishes go that nobody decided on in time; return how many."""
    with transaction.atomic():
        late = AdjustmentRequest.objects.filter(status=Status.WAITING, expires_at__lte=timezone.now())
        gone = list(late.select_for_update(skip_locked=True).order_by("pk"))
        for wish in gone:
            _decide(wish, Status.EXPIRED, None)
            record_action(None, "points_adjustment_expired", f"customer:{wish.customer_id}", points=wish.points, request=wish.pk)
    return len(gone)


def _waiting(request_id: int) -> AdjustmentRequest:
    rows = AdjustmentRequest.objects.select_for_update(of=("self",)).select_related("requested_by")
    wish = rows.filter(pk=request_id).first()
    if wish is None:
        raise UnknownAdjustment("There is no such adjustment in this business.")
    if wish.status != Status.WAITING:
        raise AdjustmentDecided(f"This adjustment is {wish.status} already. Nothing was changed.")
    return wish


def _refuse_same_person(actor: User, asked_by: User) -> None:
    if not actor.is_owner:
        raise AdjustmentRefused("Owners decide on this.")
    if actor.pk == asked_by.pk or (actor.phone and actor.phone == asked_by.phone):
        raise AdjustmentRefused("You asked for this yourself: another owner has to approve it.")
    if not asked_by.is_active:
        raise AdjustmentRefused("Who asked for this no longer works here. Refuse it, and adjust the points yourself.")


def _decide(wish: AdjustmentRequest, status: Status, actor: User | None, *, entry_id: int | None = None) -> None:
    wish.status, wish.decided_by, wish.decided_at, wish.entry_id = status, actor, timezone.now(), entry_id
    wish.save(update_fields=["status", "decided_by", "decided_at", "entry"])
