"""The one writer of points: an entry in the ledger and the balance beside it, in one statement."""

from collections.abc import Sequence

from servicepro.lib.tenancy import connection

# The balance moves by exactly what the ledger took in: entries that were there already are not counted again.
_GRANT = """
WITH made AS (
    INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, campaign_key, metadata, created_at)
    SELECT id, 'EARN', %(points)s, %(reason)s, %(key)s, '{}', now() FROM unnest(%(ids)s::bigint[]) AS wanted(id) ORDER BY id
    ON CONFLICT (campaign_key, customer_id) WHERE campaign_key IS NOT NULL AND kind = 'EARN' DO NOTHING
    RETURNING customer_id
), ordered AS (
    SELECT c.id FROM customers_customer c JOIN made ON made.customer_id = c.id ORDER BY c.id FOR UPDATE OF c
)
UPDATE customers_customer c SET loyalty_points_balance = c.loyalty_points_balance + %(points)s
  FROM ordered WHERE c.id = ordered.id
RETURNING c.id
"""


def grant_points(*, customer_ids: Sequence[int], points: int, reason: str, campaign_key: str) -> set[int]:
    """Grant `points` (more than 0) once per customer and campaign; return the ids that got them now."""
    if not customer_ids or points <= 0:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, {"ids": sorted(set(customer_ids)), "points": points, "reason": reason, "key": campaign_key})
        return {row[0] for row in cursor.fetchall()}
