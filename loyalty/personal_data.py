"""What is held about a person beside points: entries under a number, which stay, and the codes of welcome offers."""

from collections.abc import Mapping

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from customers.services import Holder, Parts, Person
from loyalty.models import AdjustmentRequest, OfferCode, OfferUse, PointsTransaction

Status = AdjustmentRequest.Status
ERASED_REASON = "changed_by_hand"
ERASED_CODE = "GONE-"


def _collect(person: Person) -> Parts:
    entries = PointsTransaction.objects.filter(customer_id__in=person.customer_ids).order_by("created_at", "pk")
    asked = AdjustmentRequest.objects.filter(customer_id__in=person.customer_ids).order_by("pk")
    points = list(entries.values("customer_id", "kind", "points", "origin", "reason", "campaign_key", "metadata", "created_at"))
    codes = OfferCode.objects.filter(customer_id__in=person.customer_ids).order_by("pk")
    uses = OfferUse.objects.filter(code__customer_id__in=person.customer_ids).order_by("pk")
    return {
        "points": points,
        "points_asked_for": list(asked.values("customer_id", "points", "reason", "status", "requested_at")),
        "welcome_offers": list(codes.values("customer_id", "offer__name", "code", "issued_at", "claimed_at", "expires_at", "expired_at")),
        "welcome_offers_used": list(
            uses.values("code__code", "source_key", "total_minor", "discount_minor", "redeemed_at", "returned_at"),
        ),
    }


def _erase(person: Person) -> Mapping[str, int]:
    """Take away what somebody typed beside points given by hand, as it may name the person, and the codes that messages told them."""
    typed = PointsTransaction.objects.filter(customer_id__in=person.customer_ids, origin=PointsTransaction.Origin.MANUAL)
    asked = AdjustmentRequest.objects.filter(customer_id__in=person.customer_ids)
    asked.filter(status=Status.WAITING).update(status=Status.EXPIRED, decided_at=timezone.now())
    asked.update(reason=ERASED_REASON)
    changed = typed.exclude(reason=ERASED_REASON).update(reason=ERASED_REASON)
    told = OfferCode.objects.filter(customer_id__in=person.customer_ids).exclude(code__startswith=ERASED_CODE)
    codes = told.update(code=Concat(Value(ERASED_CODE), Cast("pk", CharField())))
    taken = {"reasons typed beside points": changed, "welcome offer codes": codes}
    return {name: number for name, number in taken.items() if number}


HOLDER = Holder(
    name="points",
    models=frozenset(
        {
            "loyalty.PointsTransaction",
            "loyalty.AdjustmentRequest",
            "loyalty.LedgerFigures",
            "loyalty.WelcomeOffer",
            "loyalty.OfferCode",
            "loyalty.OfferUse",
        }
    ),
    collect=_collect,
    erase=_erase,
    keeps={
        "points entries under the number of the empty record": "the ledger must add up; nothing in it says who it was",
        "uses of welcome offers under the number of the empty record": "what was taken off bills must add up; nothing says who it was",
    },
)
