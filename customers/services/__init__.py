"""Everything that changes what we know about people."""

from customers.services.consent import lift_suppression, suppress
from customers.services.consolidation import consolidate
from customers.services.conversations import record_inbound_message
from customers.services.google_voice import import_google_voice
from customers.services.merging import dismiss_proposal, propose_merge, propose_merges
from customers.services.registration import register_customer, register_missing_customers
from customers.services.rotation import rotate_field_keys

__all__ = [
    "consolidate",
    "dismiss_proposal",
    "import_google_voice",
    "lift_suppression",
    "propose_merge",
    "propose_merges",
    "record_inbound_message",
    "register_customer",
    "register_missing_customers",
    "rotate_field_keys",
    "suppress",
]
