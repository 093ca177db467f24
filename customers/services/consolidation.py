"""Find the distinct people behind all records: customers, conversation participants, imported Google Voice threads.

Two records that share a phone (by tag) or an email are one person, and so is everybody joined to either of them. Pairs come from
SQL, the joining is a union-find over only those ids that share something, and everything else stays in the database: memory
does not grow with the number of records that stand alone.
"""

from collections.abc import Collection, Iterator

from django.db import connection, transaction

from customers.types import Consolidation
from servicepro.lib.fields import tag_sql

STREAM_ROWS = 20_000  # rows fetched at a time while joining

# Node ids: a customer is 2 × id, a participant 2 × id + 1, so both live in one numbering.
_RECORDS = f"""
CREATE TEMP TABLE consolidation_records ON COMMIT DROP AS
SELECT id * 2 AS node, id AS customer_id, name, phone, {tag_sql("phone")} AS tag, phone_raw, nullif(lower(email), '') AS email,
       (opted_out OR sms_opt_out OR sms_consent IS FALSE) AS opted_out, (opted_out OR email_opt_out) AS email_opted_out,
       time_zone, created_at
  FROM customers_customer
 WHERE phone IS NULL OR NOT {tag_sql("phone")} = ANY(%(own)s)
UNION ALL
SELECT DISTINCT ON ({tag_sql("p.phone")}) p.id * 2 + 1, NULL, p.name, p.phone, {tag_sql("p.phone")}, NULL, NULL,
       false, false, '', v.created_at
  FROM customers_participant p JOIN customers_conversation v ON v.id = p.conversation_id
 WHERE p.phone IS NOT NULL AND NOT {tag_sql("p.phone")} = ANY(%(own)s)
"""
_PAIRS = """
SELECT first, node, field FROM (
    SELECT node, min(node) OVER (PARTITION BY tag) AS first, 'phone' AS field FROM consolidation_records WHERE tag IS NOT NULL
    UNION ALL
    SELECT node, min(node) OVER (PARTITION BY email), 'email' FROM consolidation_records WHERE email IS NOT NULL
) shared WHERE first <> node
"""
# The head of a person is their oldest customer record: the joins below order by it.
_PEOPLE = """
CREATE TEMP TABLE consolidated_people ON COMMIT DROP AS
SELECT coalesce(h.head, r.node) AS head,
       (array_agg(r.customer_id ORDER BY r.customer_id) FILTER (WHERE r.customer_id IS NOT NULL))[1] AS customer_id,
       coalesce((array_agg(r.name ORDER BY r.customer_id NULLS LAST) FILTER (WHERE r.name <> ''))[1], '') AS name,
       (array_agg(r.phone ORDER BY r.customer_id NULLS LAST) FILTER (WHERE r.phone IS NOT NULL))[1] AS phone,
       (array_agg(r.phone_raw ORDER BY r.customer_id) FILTER (WHERE r.phone_raw IS NOT NULL))[1] AS phone_raw,
       (array_agg(r.email ORDER BY r.customer_id) FILTER (WHERE r.email IS NOT NULL))[1] AS email,
       bool_or(r.opted_out) AS opted_out, bool_or(r.email_opted_out) AS email_opted_out,
       max(r.time_zone) AS time_zone, count(*) AS records
  FROM consolidation_records r LEFT JOIN consolidation_heads h ON h.node = r.node
 GROUP BY coalesce(h.head, r.node)
"""
_COUNTS = """
SELECT count(*), count(phone), count(email), count(*) FILTER (WHERE opted_out),
       count(*) FILTER (WHERE phone IS NULL AND phone_raw IS NOT NULL), coalesce(sum(records - 1), 0)
  FROM consolidated_people
"""


def consolidate(*, own_tags: Collection[str] = (), write: bool = False) -> Consolidation:
    """Make the temporary table `consolidated_people` (one row a person) for the rest of the transaction, and count it.

    Columns: customer_id (null where nobody made a record yet), name, phone and phone_raw (as stored), email, opted_out and
    email_opted_out (the strictest of all joined records), time_zone. `own_tags` are the business's own numbers and never
    appear. With `write`, the joins are kept with their evidence and conversations point to their customer.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("consolidated_people", "consolidation_heads", "consolidation_records"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(_RECORDS, {"own": list(own_tags)})
        cursor.execute("CREATE TEMP TABLE consolidation_heads (node bigint PRIMARY KEY, head bigint) ON COMMIT DROP")
        heads = _join(_pairs())
        with cursor.copy("COPY consolidation_heads (node, head) FROM STDIN") as copy:
            for node in heads:
                copy.write_row((node, _head_of(heads, node)))
        cursor.execute("ANALYZE consolidation_heads")
        cursor.execute(_PEOPLE)
        if write:
            _write_joins(cursor)
        cursor.execute(_COUNTS)
        return Consolidation(*cursor.fetchone())


def _pairs() -> Iterator[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS)
        while rows := cursor.fetchmany(STREAM_ROWS):
            for first, node, _field in rows:
                yield first, node


def _join(pairs: Iterator[tuple[int, int]]) -> dict[int, int]:
    """Return parent links over the nodes that share something; the smaller node is the head."""
    parents: dict[int, int] = {}
    for left, right in pairs:
        a, b = _head_of(parents, left), _head_of(parents, right)
        parents.setdefault(left, left)
        parents.setdefault(right, right)
        if a != b:
            parents[max(a, b)] = min(a, b)
    return parents


def _head_of(parents: dict[int, int], node: int) -> int:
    root = node
    while (above := parents.get(root, root)) != root:
        root = above
    while parents.get(node, node) != root:
        parents[node], node = root, parents[node]
    return root


def _write_joins(cursor: object) -> None:
    """Keep who is the same person as whom, why, and which customer each conversation belongs to."""
    execute = cursor.execute  # type: ignore[attr-defined]
    execute("""
        UPDATE customers_customer c SET same_person_as_id = p.customer_id
          FROM consolidation_heads h JOIN consolidated_people p ON p.head = h.head
         WHERE h.node = c.id * 2 AND c.id <> p.customer_id AND c.same_person_as_id IS DISTINCT FROM p.customer_id
    """)
    execute(f"""
        INSERT INTO customers_joinevidence (customer_id, joined_kind, joined_id, shared_field, created_at)
        SELECT p.customer_id, CASE WHEN s.node % 2 = 0 THEN 'customer' ELSE 'participant' END, s.node / 2, s.field, now()
          FROM ({_PAIRS}) s
          JOIN consolidation_heads h ON h.node = s.node JOIN consolidated_people p ON p.head = h.head
         WHERE p.customer_id IS NOT NULL AND NOT (s.node % 2 = 0 AND s.node / 2 = p.customer_id)
        ON CONFLICT DO NOTHING
    """)
    execute(f"""
        UPDATE customers_participant t SET customer_id = p.customer_id
          FROM consolidated_people p
         WHERE {tag_sql("t.phone")} = {tag_sql("p.phone")} AND p.customer_id IS NOT NULL
           AND t.customer_id IS DISTINCT FROM p.customer_id
    """)
