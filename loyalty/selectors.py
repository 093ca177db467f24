"""Questions about points."""

from collections.abc import Collection

from customers.errors import UnknownCustomer
from loyalty.history import PointsEntry as PointsEntry  # what other apps may ask is named here
from loyalty.history import PointsPage as PointsPage
from loyalty.history import PointsSummary as PointsSummary
from loyalty.history import points_history as points_history
from loyalty.history import points_summary as points_summary
from loyalty.types import Guardrails
from loyalty.wording import points_in_words
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings, current_tenant


def guardrails() -> Guardrails:
    """Return what the current business decided about using points."""
    chosen = business_settings()
    return Guardrails(
        chosen.loyalty_min_cart_total,
        chosen.loyalty_require_core_service,
        chosen.loyalty_guardrail_message,
        chosen.point_value_minor,
        current_tenant().currency,
    )


def describe_points(points: int, decided: Guardrails | None = None) -> str:
    """Return points with their worth and limits, e.g. "500 points (about $50 off, on bookings from $75 with a main service)".

    Points are never shown without their limits. `decided` saves a query where the guardrails are known already.
    """
    return points_in_words(points, decided or guardrails())


def living_record(customer_id: int) -> tuple[int, int]:
    """Return (customer id, balance) of the record that stands for this person, itself or what it was merged into.

    Raises UnknownCustomer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.id, l.loyalty_points_balance FROM customers_customer c JOIN customers_customer l"
            " ON l.id = coalesce(c.same_person_as_id, c.id) WHERE c.id = %s",
            [customer_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnknownCustomer("There is no such customer in this business.")
    return row


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
