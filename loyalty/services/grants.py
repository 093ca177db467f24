"""Points given for nothing in return, once per campaign: an entry in the ledger and the balance beside it, in one statement."""

from collections.abc import Sequence

from django.db import transaction

from loyalty.services.merging import pass_on_grants
from servicepro.lib.tenancy import connection

# The balance moves by exactly what the ledger took in: entries that were there already are not counted again. Grants of one campaign
# wait for each other, so those entries are seen beforehand, and the unique index need not be asked twice for every row.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('grant_points'), hashtext(%s))"
_GRANT = """
WITH made AS (
    INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, origin, campaign_key, metadata, created_at)
    SELECT id, 'EARN', %(points)s, %(reason)s, 'goodwill', %(key)s, '{}', now() FROM unnest(%(ids)s::bigint[]) AS wanted(id)
     WHERE NOT EXISTS (SELECT FROM loyalty_pointstransaction t
                        WHERE t.campaign_key = %(key)s AND t.customer_id = wanted.id AND t.kind = 'EARN')
     ORDER BY id
    RETURNING customer_id
), ordered AS (
    SELECT c.id FROM customers_customer c JOIN made ON made.customer_id = c.id ORDER BY c.id FOR UPDATE OF c
)
UPDATE customers_customer c SET loyalty_points_balance = c.loyalty_points_balance + %(points)s
  FROM ordered WHERE c.id = ordered.id
RETURNING c.id, c.same_person_as_id
"""


def grant_points(*, customer_ids: Sequence[int], points: int, reason: str, campaign_key: str) -> set[int]:
    """Grant `points` (more than 0) once per customer and campaign; return the ids that got them now.

    What is granted to a record that was merged into another goes on to that one.
    """
    if not customer_ids or points <= 0:
        return set()
    ids = sorted(set(customer_ids))
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"{connection.schema_name}:{campaign_key}"])
        cursor.execute(_GRANT, {"ids": ids, "points": points, "reason": reason, "key": campaign_key})
        granted: dict[int, int | None] = dict(cursor.fetchall())
        if merged := [customer_id for customer_id, stands_for_them in granted.items() if stands_for_them]:
            pass_on_grants(merged, campaign_key)
    return set(granted)
