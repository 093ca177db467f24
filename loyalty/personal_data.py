"""What the points ledger holds about a person: entries under a number, which stay."""

from collections.abc import Mapping

from customers.services import Holder, Parts, Person
from loyalty.models import PointsTransaction


def _collect(person: Person) -> Parts:
    entries = PointsTransaction.objects.filter(customer_id__in=person.customer_ids).order_by("created_at", "pk")
    return {"points": list(entries.values("customer_id", "kind", "points", "reason", "campaign_key", "metadata", "created_at"))}


def _erase(_person: Person) -> Mapping[str, int]:
    return {}


HOLDER = Holder(
    name="points",
    models=frozenset({"loyalty.PointsTransaction"}),
    collect=_collect,
    erase=_erase,
    keeps={"points entries under the number of the empty record": "the ledger must add up; nothing in it says who it was"},
)
