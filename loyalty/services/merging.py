"""Points follow their owner when records turn out to be one person, and go back when that is undone."""

from collections.abc import Collection

from django.db import transaction

from customers.types import MergedPair
from servicepro.lib.tenancy import connection

# A pair of entries for every step: what leaves one record arrives at the other. `moves` says source key, from, to, points.
_MOVE = """
, made AS (
    INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, origin, source_key, metadata, created_at)
    SELECT e.customer_id, 'ADJUST', e.points, %(reason)s, '', m.source_key, json_build_object('merge', m.merge_id), now()
      FROM moves m CROSS JOIN LATERAL (VALUES (m.giver, -m.points), (m.taker, m.points)) AS e(customer_id, points)
     WHERE m.points > 0 ORDER BY e.customer_id
    ON CONFLICT (source_key, customer_id) WHERE source_key IS NOT NULL DO NOTHING
    RETURNING customer_id, points
), sums AS (
    SELECT customer_id, sum(points) AS points FROM made GROUP BY customer_id
), ordered AS (
    SELECT c.id FROM customers_customer c JOIN sums ON sums.customer_id = c.id ORDER BY c.id FOR UPDATE OF c
), moved AS (
    UPDATE customers_customer c SET loyalty_points_balance = c.loyalty_points_balance + sums.points
      FROM sums JOIN ordered ON ordered.id = sums.customer_id WHERE c.id = sums.customer_id
    RETURNING sums.points
)
SELECT coalesce(sum(points) FILTER (WHERE points > 0), 0)::bigint FROM moved
"""
_ALL_OF_IT = """
WITH moves AS (
    SELECT %(key)s::text AS source_key, %(merge)s::bigint AS merge_id, id AS giver, %(kept)s::bigint AS taker,
           loyalty_points_balance AS points
      FROM customers_customer WHERE id = %(gone)s
)"""
_BROUGHT = """
SELECT coalesce(sum(t.points), 0)::bigint, (SELECT loyalty_points_balance FROM customers_customer WHERE id = %(kept)s)
  FROM loyalty_pointstransaction t
 WHERE t.customer_id = %(kept)s AND (t.source_key = %(key)s OR starts_with(t.source_key, %(key)s::text || ':late:'))
"""
_GIVEN_BACK = """
WITH moves AS (
    SELECT %(key)s::text || ':undone' AS source_key, %(merge)s::bigint AS merge_id, %(kept)s::bigint AS giver, %(gone)s::bigint AS taker,
           %(points)s::int AS points
)"""
# What comes to a record that was merged away meanwhile goes on to the record that stands for the person, merge by merge, so that each
# merge can be undone with what it brought.
_LATE_GRANTS = """
WITH RECURSIVE moves AS (
    SELECT 'merge:' || m.id || ':late:' || t.id AS source_key, m.id AS merge_id, m.gone_id AS giver, m.kept_id AS taker, t.points, t.id
      FROM customers_customermerge m
      JOIN loyalty_pointstransaction t ON t.customer_id = m.gone_id AND t.campaign_key = %(key)s AND t.kind = 'EARN'
     WHERE m.undone_at IS NULL AND m.gone_id = ANY(%(ids)s::bigint[])
    UNION ALL
    SELECT 'merge:' || m.id || ':late:' || f.id, m.id, m.gone_id, m.kept_id, f.points, f.id
      FROM moves f JOIN customers_customermerge m ON m.gone_id = f.taker AND m.undone_at IS NULL
)"""

_LATE_ENTRY = """
WITH RECURSIVE moves AS (
    SELECT 'merge:' || m.id || ':late:' || t.id AS source_key, m.id AS merge_id, m.gone_id AS giver, m.kept_id AS taker, t.points, t.id
      FROM loyalty_pointstransaction t JOIN customers_customermerge m ON m.gone_id = t.customer_id AND m.undone_at IS NULL
     WHERE t.id = %(entry)s
    UNION ALL
    SELECT 'merge:' || m.id || ':late:' || f.id, m.id, m.gone_id, m.kept_id, f.points, f.id
      FROM moves f JOIN customers_customermerge m ON m.gone_id = f.taker AND m.undone_at IS NULL
)"""


def pass_on_grants(customer_ids: Collection[int], campaign_key: str) -> None:
    """Let what a campaign granted just now to records that are merged away go on to the records that stand for these people.

    In the transaction of the grant, which holds these records: a merge came wholly before it, or moves the points itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATE_GRANTS + _MOVE, {"ids": list(customer_ids), "key": campaign_key, "reason": "customers_merged"})


def pass_on_entry(entry_id: int) -> None:
    """Let the points of an entry just made (more than 0) go on, where its record is merged away."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE_ENTRY + _MOVE, {"entry": entry_id, "reason": "customers_merged"})


def merge_points(pair: MergedPair) -> int:
    """Move the gone record's points to the kept one, once per merge; return how many moved now."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_OF_IT + _MOVE, {**_named(pair), "reason": "customers_merged"})
        return cursor.fetchone()[0]


def unmerge_points(pair: MergedPair) -> tuple[int, int]:
    """Give back what a merge brought, once; return (points given back now, points that cannot be, as they were spent since).

    The kept record never falls below zero: what it no longer has stays spent.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers_customer WHERE id IN (%(kept)s, %(gone)s) ORDER BY id FOR UPDATE", _named(pair))
        cursor.execute(_BROUGHT, _named(pair))
        brought, balance = cursor.fetchone()
        points = min(brought, balance)
        cursor.execute(_GIVEN_BACK + _MOVE, {**_named(pair), "points": points, "reason": "merge_undone"})
        return cursor.fetchone()[0], brought - points


def _named(pair: MergedPair) -> dict[str, int | str]:
    return {"key": f"merge:{pair.merge_id}", "merge": pair.merge_id, "kept": pair.kept_id, "gone": pair.gone_id}


class PointsFollow:
    """Points go where their owner goes when records are merged, and back when a merge is undone."""

    def merged(self, pair: MergedPair) -> list[str]:
        """Move the points; say how many."""
        points = merge_points(pair)
        return [f"{points} points moved to the kept record."] if points else []

    def unmerged(self, pair: MergedPair) -> list[str]:
        """Give the points back as far as they are still there; say how many."""
        returned, spent = unmerge_points(pair)
        sentences = [f"{returned} points went back."] if returned else []
        if spent:
            sentences.append(f"{spent} points were spent since the merge and could not go back.")
        return sentences
