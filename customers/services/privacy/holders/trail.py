"""What the audit trail says about them, and the admin's own history."""

from collections.abc import Mapping

from customers.models import ErasureCertificate
from customers.services.privacy.registry import Holder, Parts, Person
from tenants.selectors import audit_entries
from tenants.services import blank_admin_history, blank_audit_texts


def _subjects(person: Person) -> list[str]:
    return [f"customer:{pk}" for pk in person.customer_ids]


def _collect(person: Person) -> Parts:
    entries = audit_entries(_subjects(person))
    return {
        "audit_trail": [
            {"action": entry.action, "by": str(entry.actor or ""), "at": entry.created_at, "details": entry.details} for entry in entries
        ]
    }


def _erase(person: Person) -> Mapping[str, int]:
    history = blank_admin_history("customers", "customer", [str(pk) for pk in person.customer_ids], surrogate=str(person.surrogate))
    return {"texts of the audit trail": blank_audit_texts(_subjects(person)), "names in the admin's history": history}


HOLDER = Holder(
    name="trail",
    models=frozenset({"accounts.AuditEntry", "admin.LogEntry", ErasureCertificate._meta.label}),
    collect=_collect,
    erase=_erase,
    keeps={"who did what, when": "the business must be able to show who looked at and changed personal data"},
)
