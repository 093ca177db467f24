"""Make two records one person, and take it back: proposals with evidence, the merge, its undoing."""

from customers.services.merging.proposing import dismiss_proposal, propose_merge, propose_merges

__all__ = ["dismiss_proposal", "propose_merge", "propose_merges"]
