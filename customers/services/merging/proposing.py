"""Ask whether two records are one person, with the evidence; nothing here joins anybody."""

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.errors import CannotMerge, UnknownMerge
from customers.models import Customer, CustomerMerge, MergeEvidence, MergeProposal
from customers.types import MergeClue
from servicepro.lib.fields import phone_tag, tag_sql
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

# An email or number on more records than this is a placeholder ("none@example.com") or a company's: it says nothing of persons.
RECORDS_SHARING_MAX = 10
ROWS_AT_ONCE = 2_000

# Every record of a group is set beside its oldest one: as many pairs as records, and never a square of them.
_FOUND = f"""
CREATE TEMP TABLE merge_clues ON COMMIT DROP AS
WITH living AS (
    SELECT c.id, lower(trim(c.name)) AS name, {tag_sql("c.phone")} AS tag, nullif(lower(trim(c.email)), '') AS email
      FROM customers_customer c
     WHERE NOT EXISTS (SELECT 1 FROM customers_customermerge m WHERE m.gone_id = c.id AND m.undone_at IS NULL)
), same_email AS (
    SELECT min(id) AS first, array_agg(id) AS ids FROM living
     WHERE email IS NOT NULL GROUP BY email HAVING count(*) BETWEEN 2 AND {RECORDS_SHARING_MAX}
), same_number AS (
    SELECT min(id) AS first, array_agg(id) AS ids
      FROM (SELECT tag, id FROM living WHERE tag IN (SELECT tag FROM merge_numbers)
            UNION SELECT o.tag, o.id FROM merge_numbers o JOIN living l ON l.id = o.id) n
     GROUP BY tag HAVING count(*) BETWEEN 2 AND {RECORDS_SHARING_MAX}
), clues AS (
    SELECT e.first, i.id AS second, 'email' AS shared_field, 'customer' AS record_kind, i.id AS record_id
      FROM same_email e CROSS JOIN LATERAL unnest(e.ids) AS i(id) WHERE i.id <> e.first
    UNION ALL
    -- A number of one record in a conversation that belongs to another; the newest is evidence enough.
    SELECT least(a.id, b.id), greatest(a.id, b.id), 'phone', 'participant', max(p.id)
      FROM customers_participant p
      JOIN living a ON a.tag = {tag_sql("p.phone")}
      JOIN living b ON b.id = p.customer_id AND b.id <> a.id
     GROUP BY 1, 2
    UNION ALL
    SELECT n.first, i.id, 'other_phone', 'customer', i.id
      FROM same_number n CROSS JOIN LATERAL unnest(n.ids) AS i(id) WHERE i.id <> n.first
), named AS MATERIALIZED (
    -- Names are compared outside: a plan that begins with equal names sets every Ana Lopez beside every other.
    SELECT c.first, c.second, a.name AS one, b.name AS other
      FROM clues c JOIN living a ON a.id = c.first JOIN living b ON b.id = c.second
)
SELECT first, second, shared_field, record_kind, record_id FROM clues
UNION ALL
-- An equal name supports what something else already says, and is nothing by itself.
SELECT DISTINCT first, second, 'name', 'customer', second FROM named WHERE one = other AND one <> ''
"""
# A row names several people; each is set beside the oldest of them, as the person they are part of by now.
_HELD = """
CREATE TEMP TABLE merge_clues ON COMMIT DROP AS
WITH named AS (
    SELECT DISTINCT r.id AS row_id, coalesce(c.same_person_as_id, c.id) AS id
      FROM customers_importrow r CROSS JOIN LATERAL unnest(r.held_for) AS h(id) JOIN customers_customer c ON c.id = h.id
     WHERE r.batch_id = %s AND r.outcome = 'held' AND c.erased_as IS NULL
), paired AS (
    SELECT min(id) OVER (PARTITION BY row_id) AS first, id AS second, row_id FROM named
)
SELECT first, second, 'row' AS shared_field, 'import_row' AS record_kind, row_id AS record_id FROM paired WHERE first <> second
"""
_PROPOSALS = """
INSERT INTO customers_mergeproposal (first_id, second_id, status, created_at)
SELECT DISTINCT first, second, 'open', now() FROM merge_clues ORDER BY first, second ON CONFLICT (first_id, second_id) DO NOTHING
"""
_EVIDENCE = """
INSERT INTO customers_mergeevidence (proposal_id, shared_field, record_kind, record_id, created_at)
SELECT p.id, c.shared_field, c.record_kind, c.record_id, now()
  FROM merge_clues c JOIN customers_mergeproposal p ON p.first_id = c.first AND p.second_id = c.second
    ON CONFLICT DO NOTHING
"""


def propose_merges() -> int:
    """Propose every pair of records that share an email or a number, or meet in a conversation; return how many proposals are new.

    What was answered before is not asked again: a pair has one proposal for ever.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.merge_numbers")
        cursor.execute("CREATE TEMP TABLE merge_numbers (tag text, id bigint) ON COMMIT DROP")
        numbers = list(_further_numbers())  # read first: one connection does not read while it copies
        with cursor.copy("COPY merge_numbers (tag, id) FROM STDIN") as copy:
            for number in numbers:
                copy.write_row(number)
        cursor.execute("ANALYZE merge_numbers")
        return _propose(_FOUND)


def propose_held_rows(batch_id: uuid.UUID) -> int:
    """Propose the people that held rows of an imported list would join; return how many proposals are new."""
    with transaction.atomic():
        return _propose(_HELD, batch_id)


def _propose(clues: str, *parameters: Any) -> int:
    """Write down what a statement found in `merge_clues`; return how many proposals are new."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.merge_clues")
        cursor.execute(clues, parameters or None)
        cursor.execute(_PROPOSALS)
        count = cursor.rowcount
        cursor.execute(_EVIDENCE)
    return count


def _further_numbers() -> Iterator[tuple[str, int]]:
    """Yield (tag, customer id) of every number that is not a customer's first: they are encrypted together, so SQL cannot join them."""
    rows = Customer.objects.filter(other_phones__isnull=False).values_list("pk", "other_phones")
    for pk, phones in rows.iterator(chunk_size=ROWS_AT_ONCE):
        for phone in json.loads(phones or "[]"):
            yield phone_tag(phone), pk


def propose_merge(first_id: int, second_id: int, evidence: Sequence[MergeClue]) -> MergeProposal:
    """Return the proposal of two records, made where there is none, with this evidence added to it.

    The order of the two does not matter, and records that are already merged stand for the person they are part of now. A pair
    that was answered keeps its answer. Raises CannotMerge where both are the same record or one person already, or there is no
    evidence.
    """
    if not evidence:
        raise CannotMerge("Nothing says that these two are the same person.")
    with transaction.atomic():
        first, second = sorted((living_id(first_id), living_id(second_id)))
        if first == second:
            raise CannotMerge("These are the same person already.")
        if Customer.objects.filter(pk__in=(first, second)).count() < 2:
            raise UnknownMerge("One of the two customers does not exist any more.")
        proposal, _is_new = MergeProposal.objects.get_or_create(first_id=first, second_id=second)
        add_evidence(proposal, evidence)
    return proposal


def add_evidence(proposal: MergeProposal, evidence: Sequence[MergeClue]) -> None:
    """Add clues to a proposal; what it has already is not repeated."""
    rows = [
        MergeEvidence(proposal=proposal, shared_field=clue.shared_field, record_kind=clue.record_kind, record_id=clue.record_id)
        for clue in evidence
    ]
    MergeEvidence.objects.bulk_create(rows, ignore_conflicts=True)


def living_id(customer_id: int) -> int:
    """Return the record that stands for this one now: itself, or what it was merged into."""
    while above := CustomerMerge.objects.filter(gone_id=customer_id, undone_at=None).values_list("kept_id", flat=True).first():
        customer_id = above
    return customer_id


def dismiss_proposal(proposal: MergeProposal, *, actor: User | None) -> None:
    """Answer that the two are not the same person; they are not proposed again. Raises CannotMerge where it was answered."""
    with transaction.atomic():
        changed = MergeProposal.objects.filter(pk=proposal.pk, status=MergeProposal.Status.OPEN).update(
            status=MergeProposal.Status.DISMISSED, decided_at=timezone.now()
        )
        if not changed:
            raise CannotMerge("This question was answered already.")
        record_action(actor, "merge_dismissed", f"merge_proposal:{proposal.pk}", records=[proposal.first_id, proposal.second_id])
