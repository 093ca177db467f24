"""Find the distinct people behind all records: customers, conversation participants, imported Google Voice threads.

Two records that share a phone (by tag) or an email are one person, so are two that were merged, and so is everybody joined to
either of them. The groups that share one value come from SQL. Most of them touch no other group and are a person as they are; only
those that overlap, by a record with a shared phone and a shared email, are joined further by a union-find here, so memory hardly
grows with the number of records.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from customers.types import Consolidation
from servicepro.lib.fields import tag_sql
from servicepro.lib.tenancy import connection

WORK_MEMORY = "256MB"  # for the transaction: hashing a million tags takes about 150 MB, and sorts on disk take thrice the time
HEADS_PER_WRITE = 50_000

# Node ids: a customer is 2 × id, a participant 2 × id + 1, so both live in one numbering.
_RECORDS = f"""
CREATE TEMP TABLE consolidation_records ON COMMIT DROP AS
SELECT c.id * 2 AS node, c.id AS customer_id, c.name, c.phone, {tag_sql("c.phone")} AS tag, c.phone_raw,
       nullif(lower(trim(c.email)), '') AS email, (c.opted_out OR c.sms_opt_out OR c.sms_consent IS FALSE) AS opted_out,
       (c.opted_out OR c.email_opt_out) AS email_opted_out, c.time_zone, m.id IS NOT NULL AS is_gone
  FROM customers_customer c LEFT JOIN customers_customermerge m ON m.gone_id = c.id AND m.undone_at IS NULL
 WHERE c.erased_as IS NULL AND (c.phone IS NULL OR NOT {tag_sql("c.phone")} = ANY(%(own)s::text[]))
UNION ALL
SELECT min(p.id) * 2 + 1, NULL, max(p.name), max(p.phone), {tag_sql("p.phone")}, NULL, NULL, false, false, '', false
  FROM customers_participant p
 WHERE p.phone IS NOT NULL AND NOT {tag_sql("p.phone")} = ANY(%(own)s::text[])
 GROUP BY {tag_sql("p.phone")}
"""
# A STOP from a number that has no record of its own yet counts for everybody joined by it.
_STOPPED = """
UPDATE consolidation_records r SET opted_out = true
  FROM customers_suppression s, consolidation_heads h
 WHERE s.channel = 'sms' AND s.lifted_at IS NULL AND s.address_tag = r.tag AND h.node = r.node AND NOT r.opted_out
"""
_SHARED = """
CREATE TEMP TABLE consolidation_shared ON COMMIT DROP AS
SELECT g.first, n.node, g.field
  FROM (SELECT min(node) AS first, array_agg(node) AS nodes, 'phone' AS field
          FROM consolidation_records WHERE tag IS NOT NULL GROUP BY tag HAVING count(*) > 1
        UNION ALL
        SELECT min(node), array_agg(node), 'email'
          FROM consolidation_records WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1
        UNION ALL
        SELECT kept_id * 2, array_agg(gone_id * 2) || kept_id * 2, 'merge'
          FROM customers_customermerge WHERE undone_at IS NULL GROUP BY kept_id) g
 CROSS JOIN LATERAL unnest(g.nodes) AS n(node)
"""
# A group is known by its field and its first node: by phone and by email no two groups have a node in common, and a merge's first
# node is the record that was kept.
_OVERLAPPING = """
SELECT first, node FROM consolidation_shared
 WHERE (first, field) IN (
    SELECT first, field FROM consolidation_shared
     WHERE node IN (SELECT node FROM consolidation_shared GROUP BY node HAVING count(*) > 1))
"""
_HEADS = """
INSERT INTO consolidation_heads
SELECT s.node, s.first FROM consolidation_shared s
 WHERE NOT EXISTS (SELECT 1 FROM consolidation_heads h WHERE h.node = s.node)
"""
_ALONE = """
CREATE TEMP TABLE consolidated_people ON COMMIT DROP AS
SELECT node AS head, customer_id, name, phone, phone_raw, email, opted_out, email_opted_out, time_zone, 1::bigint AS records
  FROM consolidation_records r WHERE NOT EXISTS (SELECT 1 FROM consolidation_heads h WHERE h.node = r.node)
"""
# The oldest customer record of a person that was not merged away is who they are; names, phones and emails come from it first.
_JOINED = """
INSERT INTO consolidated_people
SELECT h.head, coalesce(min(r.customer_id) FILTER (WHERE NOT r.is_gone), min(r.customer_id)),
       coalesce((array_agg(r.name ORDER BY r.is_gone, r.customer_id, r.node) FILTER (WHERE r.name <> ''))[1], ''),
       (array_agg(r.phone ORDER BY r.is_gone, r.customer_id, r.node) FILTER (WHERE r.phone IS NOT NULL))[1],
       (array_agg(r.phone_raw ORDER BY r.is_gone, r.customer_id, r.node) FILTER (WHERE r.phone_raw IS NOT NULL))[1],
       (array_agg(r.email ORDER BY r.is_gone, r.customer_id, r.node) FILTER (WHERE r.email IS NOT NULL))[1],
       bool_or(r.opted_out), bool_or(r.email_opted_out),
       coalesce((array_agg(r.time_zone ORDER BY r.is_gone, r.customer_id, r.node) FILTER (WHERE r.time_zone <> ''))[1], ''), count(*)
  FROM consolidation_heads h JOIN consolidation_records r ON r.node = h.node
 GROUP BY h.head
"""
_COUNTS = """
SELECT count(*), count(phone), count(email), count(*) FILTER (WHERE opted_out),
       count(*) FILTER (WHERE phone IS NULL AND phone_raw IS NOT NULL), coalesce(sum(records - 1), 0)::bigint
  FROM consolidated_people
"""
_SAME_PERSON = """
UPDATE customers_customer c SET same_person_as_id = w.head_id, updated_at = now()
  FROM (SELECT r.customer_id, nullif(p.customer_id, r.customer_id) AS head_id
          FROM consolidation_records r
          LEFT JOIN consolidation_heads h ON h.node = r.node LEFT JOIN consolidated_people p ON p.head = h.head
         WHERE r.customer_id IS NOT NULL) w
 WHERE w.customer_id = c.id AND c.same_person_as_id IS DISTINCT FROM w.head_id
"""
_EVIDENCE = """
INSERT INTO customers_joinevidence (customer_id, joined_kind, joined_id, shared_field, created_at)
SELECT p.customer_id, CASE WHEN s.node % 2 = 0 THEN 'customer' ELSE 'participant' END, s.node / 2, s.field, now()
  FROM consolidation_shared s
  JOIN consolidation_heads h ON h.node = s.node JOIN consolidated_people p ON p.head = h.head
 WHERE p.customer_id IS NOT NULL AND s.node <> p.customer_id * 2 AND s.field <> 'merge' -- a merge is its own evidence
    ON CONFLICT DO NOTHING
"""
_HOMES = f"""
UPDATE customers_participant t SET customer_id = w.customer_id
  FROM (SELECT DISTINCT r.tag, p.customer_id
          FROM consolidation_heads h
          JOIN consolidation_records r ON r.node = h.node JOIN consolidated_people p ON p.head = h.head
         WHERE r.tag IS NOT NULL AND p.customer_id IS NOT NULL) w
 WHERE {tag_sql("t.phone")} = w.tag AND t.customer_id IS DISTINCT FROM w.customer_id
"""


def consolidate(*, own_tags: Collection[str] = (), write: bool = False) -> Consolidation:
    """Make the temporary table `consolidated_people` (one row a person) for the rest of the transaction, and count it.

    Columns: customer_id (null where nobody made a record yet), name, phone and phone_raw (as stored), email, opted_out and
    email_opted_out (the strictest of all joined records), time_zone. `own_tags` are the business's own numbers and never
    appear. With `write`, the joins are kept with their evidence and conversations point to their customer.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if write:
            hold_joins()
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEMORY])
        for table in ("consolidated_people", "consolidation_heads", "consolidation_shared", "consolidation_records"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(_RECORDS, {"own": list(own_tags)})
        cursor.execute("ANALYZE consolidation_records (node, tag, email)")
        cursor.execute(_SHARED)
        cursor.execute("ANALYZE consolidation_shared")
        cursor.execute(_OVERLAPPING)
        _write_heads(cursor, _join(cursor.fetchall()))
        cursor.execute(_HEADS)
        cursor.execute("ANALYZE consolidation_heads")
        cursor.execute(_STOPPED)
        cursor.execute(_ALONE)
        cursor.execute(_JOINED)
        if write:
            cursor.execute("ANALYZE consolidated_people (head, customer_id)")
            for statement in (_SAME_PERSON, _EVIDENCE, _HOMES):
                cursor.execute(statement)
        cursor.execute(_COUNTS)
        return Consolidation(*cursor.fetchone())


def hold_joins() -> None:
    """Wait until nobody else changes who is the same person as whom, and keep others out until the transaction ends.

    Two at once would wait for each other's rows in different orders.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('consolidate'), hashtext(%s))", [connection.schema_name])


def _join(shared: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return parent links over the nodes that share something; the smallest node of each person is their head."""
    parents: dict[int, int] = {}
    for first, node in shared:
        parents.setdefault(first, first)
        parents.setdefault(node, node)
        a, b = _head_of(parents, first), _head_of(parents, node)
        if a != b:
            parents[max(a, b)] = min(a, b)
    return parents


def _head_of(parents: dict[int, int], node: int) -> int:
    root = node
    while (above := parents[root]) != root:
        root = above
    while parents[node] != root:
        parents[node], node = root, parents[node]
    return root


def _write_heads(cursor: Any, parents: dict[int, int]) -> None:
    cursor.execute("CREATE TEMP TABLE consolidation_heads (node bigint, head bigint) ON COMMIT DROP")
    with cursor.copy("COPY consolidation_heads (node, head) FROM STDIN") as copy:
        lines: list[str] = []
        for node in parents:
            lines.append(f"{node}\t{_head_of(parents, node)}\n")
            if len(lines) >= HEADS_PER_WRITE:
                copy.write("".join(lines))
                lines = []
        copy.write("".join(lines))
