"""What the customer's own pages hold about a person: where they signed in, and the codes they asked for."""

from collections.abc import Mapping

from django.db.models import Q

from customers.services import Holder, Parts, Person
from portal.models import PortalSession, SignInCode


def _codes(person: Person) -> Q:
    return Q(customer_id__in=person.customer_ids) | Q(address_tag__in=[*person.phone_tags, *person.email_tags])


def _collect(person: Person) -> Parts:
    sessions = PortalSession.objects.filter(customer_id__in=person.customer_ids).order_by("pk")
    codes = SignInCode.objects.filter(_codes(person)).order_by("pk")
    return {
        "sign_ins": list(sessions.values("customer_id", "is_app", "user_agent", "created_at", "last_seen_at", "ended_at")),
        "sign_in_codes": [
            {"purpose": row.purpose, "address": row.address, "asked_at": row.created_at, "used_at": row.used_at, "outcome": row.outcome}
            for row in codes
        ],
    }


def _erase(person: Person) -> Mapping[str, int]:
    sessions, _kinds = PortalSession.objects.filter(customer_id__in=person.customer_ids).delete()
    codes, _kinds = SignInCode.objects.filter(_codes(person)).delete()
    return {"sign-ins": sessions, "sign-in codes": codes}


HOLDER = Holder(
    name="portal",
    models=frozenset({"portal.PortalSession", "portal.SignInCode"}),
    collect=_collect,
    erase=_erase,
)
