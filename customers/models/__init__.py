"""People, what was said with them, and what they allowed."""

from customers.models.access import PersonalDataAccess
from customers.models.consent import ConsentChange, ConsentEvent, SoftBounce, Suppression
from customers.models.contacts import ContactChange
from customers.models.conversations import Conversation, Message, Participant
from customers.models.imports import ImportBatch, ImportRow
from customers.models.merges import CustomerMerge, MergeEvidence, MergeProposal
from customers.models.people import Customer, JoinEvidence
from customers.models.privacy import ErasureCertificate

__all__ = [
    "ConsentChange",
    "ConsentEvent",
    "ContactChange",
    "Conversation",
    "Customer",
    "CustomerMerge",
    "ErasureCertificate",
    "ImportBatch",
    "ImportRow",
    "JoinEvidence",
    "MergeEvidence",
    "MergeProposal",
    "Message",
    "Participant",
    "PersonalDataAccess",
    "SoftBounce",
    "Suppression",
]
