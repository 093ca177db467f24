"""Make two records one person, and take it back: proposals with evidence, the merge, its undoing."""

from customers.services.merging.effects import MergeEffect, register_merge_effect
from customers.services.merging.joining import merge_customers
from customers.services.merging.parting import forget_merges, unmerge_customers
from customers.services.merging.proposing import dismiss_proposal, living_id, propose_held_rows, propose_merge, propose_merges

__all__ = [
    "MergeEffect",
    "dismiss_proposal",
    "forget_merges",
    "living_id",
    "merge_customers",
    "propose_held_rows",
    "propose_merge",
    "propose_merges",
    "register_merge_effect",
    "unmerge_customers",
]
