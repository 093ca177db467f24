"""Who looked at them; that stays, because they may ask."""

from collections.abc import Mapping

from customers.models import PersonalDataAccess
from customers.services.privacy.registry import Holder, Parts, Person


def _collect(person: Person) -> Parts:
    looks = PersonalDataAccess.objects.filter(customer_id__in=person.customer_ids).select_related("actor").order_by("pk")
    return {
        "accesses": [
            {"what": look.get_action_display(), "by": str(look.actor or "the command line"), "at": look.created_at} for look in looks
        ]
    }


def _erase(_person: Person) -> Mapping[str, int]:
    return {}


HOLDER = Holder(
    name="accesses",
    models=frozenset({PersonalDataAccess._meta.label}),
    collect=_collect,
    erase=_erase,
    keeps={"who looked at the record, and when": "the business must be able to show who saw personal data"},
)
