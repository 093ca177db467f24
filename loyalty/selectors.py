"""Questions about points."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from customers.errors import UnknownCustomer
from loyalty.history import PointsEntry as PointsEntry  # what other apps may ask is named here
from loyalty.history import PointsPage as PointsPage
from loyalty.history import PointsSummary as PointsSummary
from loyalty.history import points_history as points_history
from loyalty.history import points_summary as points_summary
from loyalty.models import AdjustmentRequest
from loyalty.offers import active_offers as active_offers
from loyalty.offers import offer_promise as offer_promise
from loyalty.offers import offer_redemptions as offer_redemptions
from loyalty.offers import offer_terms as offer_terms
from loyalty.offers import offer_usage as offer_usage
from loyalty.offers import offer_usages as offer_usages
from loyalty.offers import promised_codes as promised_codes
from loyalty.offers import usable_offers as usable_offers
from loyalty.offers_waiting import waiting_offers as waiting_offers
from loyalty.types import AdjustmentLine, Guardrails, WaitingAdjustment
from loyalty.wording import bookings_in_words, limits_in_words, points_in_words
from loyalty.wording import offer_amount as offer_amount
from loyalty.wording import offer_in_words as offer_in_words
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.fields import phone_tag, tag_sql
from servicepro.lib.phone import mask_phone
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
        chosen.loyalty_may_stack,
    )


def describe_points(points: int, decided: Guardrails | None = None) -> str:
    """Return points with their worth and limits, e.g. "500 points (about $50 off, on bookings from $75 with a main service)".

    Points are never shown without their limits. `decided` saves a query where the guardrails are known already.
    """
    return points_in_words(points, decided or guardrails())


def points_limits() -> str:
    """Return the sentence that stands wherever customers are shown points, e.g. "To use your points, your booking total must be …"."""
    return limits_in_words(guardrails())


def bookings_for_points() -> str:
    """Return which bookings points can be used on, for short, e.g. "bookings from $75 with a main service"."""
    return bookings_in_words(guardrails())


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


def ledger_totals() -> tuple[int, int, int]:
    """Return how many customers and entries there are, and the sum of all entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM customers_customer), count(*), coalesce(sum(points), 0)::bigint FROM loyalty_pointstransaction"
        )
        return cursor.fetchone()


def points_outstanding() -> int:
    """Return the points all customers have together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(loyalty_points_balance), 0)::bigint FROM customers_customer WHERE loyalty_points_balance > 0")
        return cursor.fetchone()[0]


def adjusted_since(actor_id: int, moment: datetime) -> int:
    """Return the points somebody gave and took by hand since a moment, both counted; what a second person approved is not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(abs(points)), 0)::bigint FROM loyalty_pointstransaction"
            " WHERE kind = 'ADJUST' AND origin = 'manual' AND created_at >= %s AND metadata ->> 'actor' = %s"
            " AND NOT metadata ? 'approved_by'",
            [moment, str(actor_id)],
        )
        return cursor.fetchone()[0]


def waiting_adjustments(customer_id: int | None = None) -> list[WaitingAdjustment]:
    """Return what waits for a second person, the oldest first; of one customer, or of all."""
    rows = AdjustmentRequest.objects.filter(status=AdjustmentRequest.Status.WAITING, expires_at__gt=timezone.now())
    rows = rows if customer_id is None else rows.filter(customer_id=customer_id)
    return [
        WaitingAdjustment(
            row.pk,
            row.customer_id,
            str(row.customer),
            row.points,
            row.reason,
            str(row.requested_by),
            row.requested_by_id,
            row.requested_at,
            row.expires_at,
        )
        for row in rows.select_related("customer", "requested_by").order_by("requested_at", "pk")
    ]


def adjustments_between(since: datetime, until: datetime) -> list[AdjustmentLine]:
    """Return all points changed by hand from one moment until before another, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.created_at, t.points, t.customer_id, coalesce(nullif(c.name, ''), 'somebody without a name'),"
            " coalesce(a.email, 'somebody'), coalesce(b.email, ''), t.reason"
            " FROM loyalty_pointstransaction t JOIN customers_customer c ON c.id = t.customer_id"
            " LEFT JOIN accounts_user a ON a.id = (t.metadata ->> 'actor')::bigint"
            " LEFT JOIN accounts_user b ON b.id = (t.metadata ->> 'approved_by')::bigint"
            " WHERE t.kind = 'ADJUST' AND t.origin = 'manual' AND t.created_at >= %s AND t.created_at < %s ORDER BY t.created_at, t.id",
            [since, until],
        )
        return [AdjustmentLine(*row) for row in cursor.fetchall()]


def is_record_of(customer_id: int, *, email: str, phone: str | None) -> bool:
    """Tell whether one of the records of this person (a record that stands for one) has this email or this phone (E.164)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM customers_customer WHERE (id = %(id)s OR same_person_as_id = %(id)s)"
            f" AND (lower(trim(email)) = %(email)s OR {tag_sql('phone')} = %(tag)s))",
            {"id": customer_id, "email": email.strip().lower(), "tag": phone_tag(phone) if phone else None},
        )
        return cursor.fetchone()[0]


def masked_phones(customer_ids: Collection[int]) -> dict[int, str]:
    """Return the phones of these customers with most digits hidden, by id; who has none is left out."""
    if not customer_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, phone FROM customers_customer WHERE id = ANY(%s) AND phone IS NOT NULL", [list(customer_ids)])
        return {row[0]: mask_phone(decrypt_address(connection.schema_name, "phone", row[1])) for row in cursor.fetchall()}
