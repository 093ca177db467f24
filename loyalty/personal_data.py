"""What the points ledger holds about a person: entries under a number, which stay."""

from collections.abc import Mapping

from django.utils import timezone

from customers.services import Holder, Parts, Person
from loyalty.models import AdjustmentRequest, PointsTransaction

Status = AdjustmentRequest.Status
ERASED_REASON = "changed_by_hand"


def _collect(person: Person) -> Parts:
    entries = PointsTransaction.objects.filter(customer_id__in=person.customer_ids).order_by("created_at", "pk")
    asked = AdjustmentRequest.objects.filter(customer_id__in=person.customer_ids).order_by("pk")
    points = list(entries.values("customer_id", "kind", "points", "origin", "reason", "campaign_key", "metadata", "created_at"))
    return {"points": points, "points_asked_for": list(asked.values("customer_id", "points", "reason", "status", "requested_at"))}


def _erase(person: Person) -> Mapping[str, int]:
    """Take away what somebody typed beside points given by hand: it may name the person."""
    typed = PointsTransaction.objects.filter(customer_id__in=person.customer_ids, origin=PointsTransaction.Origin.MANUAL)
    asked = AdjustmentRequest.objects.filter(customer_id__in=person.customer_ids)
    asked.filter(status=Status.WAITING).update(status=Status.EXPIRED, decided_at=timezone.now())
    asked.update(reason=ERASED_REASON)
    changed = typed.exclude(reason=ERASED_REASON).update(reason=ERASED_REASON)
    return {"reasons typed beside points": changed} if changed else {}


HOLDER = Holder(
    name="points",
    models=frozenset({"loyalty.PointsTransaction", "loyalty.AdjustmentRequest", "loyalty.LedgerFigures"}),
    collect=_collect,
    erase=_erase,
    keeps={"points entries under the number of the empty record": "the ledger must add up; nothing in it says who it was"},
)
