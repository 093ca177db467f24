"""Questions about points."""

from collections.abc import Collection

from loyalty.history import PointsEntry as PointsEntry  # what other apps may ask is named here
from loyalty.history import PointsPage as PointsPage
from loyalty.history import PointsSummary as PointsSummary
from loyalty.history import points_history as points_history
from loyalty.history import points_summary as points_summary
from servicepro.lib.tenancy import connection


def drifting_balances() -> list[tuple[int, int, int]]:
    """Return (customer id, balance, sum of entries) wherever the two differ; an empty list is the law."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.id, c.loyalty_points_balance, coalesce(sum(t.points), 0)
              FROM customers_customer c LEFT JOIN loyalty_pointstransaction t ON t.customer_id = c.id
             GROUP BY c.id HAVING c.loyalty_points_balance <> coalesce(sum(t.points), 0)
        """)
        return cursor.fetchall()


def granted_customers(campaign_key: str, customer_ids: Collection[int]) -> set[int]:
    """Return those of `customer_ids` whose grant of this campaign stands in the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM loyalty_pointstransaction WHERE campaign_key = %s AND kind = 'EARN' AND customer_id = ANY(%s)",
            [campaign_key, list(customer_ids)],
        )
        return {row[0] for row in cursor.fetchall()}
