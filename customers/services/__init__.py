"""Everything that changes what we know about people."""

from customers.services.access import record_access
from customers.services.consent import lift_suppression, suppress
from customers.services.consolidation import consolidate
from customers.services.conversations import record_inbound_message
from customers.services.google_voice import import_google_voice
from customers.services.merging import dismiss_proposal, propose_merge, propose_merges
from customers.services.privacy import (
    Holder,
    Parts,
    Person,
    PersonExport,
    ProviderCopy,
    blank_values,
    certificate_by_id,
    customer_named,
    erase_person,
    export_person,
    person_of,
    provider_copies,
    register_holder,
)
from customers.services.registration import register_customer, register_missing_customers
from customers.services.rotation import rotate_field_keys

__all__ = [
    "Holder",
    "Parts",
    "Person",
    "PersonExport",
    "ProviderCopy",
    "blank_values",
    "certificate_by_id",
    "consolidate",
    "customer_named",
    "dismiss_proposal",
    "erase_person",
    "export_person",
    "import_google_voice",
    "lift_suppression",
    "person_of",
    "propose_merge",
    "propose_merges",
    "provider_copies",
    "record_access",
    "record_inbound_message",
    "register_customer",
    "register_holder",
    "register_missing_customers",
    "rotate_field_keys",
    "suppress",
]
