"""People, what was said with them, and what they allowed."""

from customers.models.consent import ConsentEvent, Suppression
from customers.models.conversations import Conversation, Message, Participant
from customers.models.imports import ImportBatch, ImportRow
from customers.models.merges import CustomerMerge, MergeEvidence, MergeProposal
from customers.models.people import Customer, JoinEvidence

__all__ = [
    "ConsentEvent",
    "Conversation",
    "Customer",
    "CustomerMerge",
    "ImportBatch",
    "ImportRow",
    "JoinEvidence",
    "MergeEvidence",
    "MergeProposal",
    "Message",
    "Participant",
    "Suppression",
]
