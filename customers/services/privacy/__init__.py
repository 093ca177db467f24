"""What people may ask of a business about their data: to see it, to have it erased, and not to have it kept for ever."""

from customers.services.privacy.blanking import blank_values
from customers.services.privacy.erasure import certificate_by_id, erase_address, erase_person, names_somebody, provider_copies
from customers.services.privacy.export import PersonExport, export_address, export_person
from customers.services.privacy.persons import customer_named, person_at, person_of
from customers.services.privacy.registry import Holder, Parts, Person, ProviderCopy, claimed_models, holders, register_holder
from customers.services.privacy.retention import Overdue, apply_retention, overdue

__all__ = [
    "Holder",
    "Overdue",
    "Parts",
    "Person",
    "PersonExport",
    "ProviderCopy",
    "apply_retention",
    "blank_values",
    "certificate_by_id",
    "claimed_models",
    "customer_named",
    "erase_address",
    "erase_person",
    "export_address",
    "export_person",
    "holders",
    "names_somebody",
    "overdue",
    "person_at",
    "person_of",
    "provider_copies",
    "register_holder",
]
