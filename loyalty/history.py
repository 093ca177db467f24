"""One customer's points, entry by entry, for the customer's own pages and for the admin."""

from dataclasses import dataclass
from datetime import datetime

from customers.errors import UnknownCustomer
from loyalty.models import PointsTransaction
from loyalty.wording import entry_description, entry_label
from servicepro.lib.paging import page_count
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings, current_tenant

PAGE_SIZE, PAGE_SIZE_MAX, RECENT = 20, 100, 3


@dataclass(frozen=True, slots=True)
class PointsEntry:
    """One entry as people read it; `points` carries its sign."""

    id: int
    created_at: datetime
    kind: str
    label: str
    points: int
    description: str


@dataclass(frozen=True, slots=True)
class PointsPage:
    """A page of entries, newest first; `page` counts from 1 and never lies beyond the last."""

    entries: tuple[PointsEntry, ...]
    page: int
    pages: int
    total: int
    page_size: int


@dataclass(frozen=True, slots=True)
class PointsSummary:
    """What a customer has: points, and what they are worth in minor units of `currency`."""

    balance: int
    value_minor: int
    point_value_minor: int
    currency: str
    recent: tuple[PointsEntry, ...]


def points_history(customer_id: int, page: int = 1, page_size: int = PAGE_SIZE) -> PointsPage:
    """Return a page of a customer's entries, newest first, in two queries; they add up to the balance."""
    size = min(max(page_size, 1), PAGE_SIZE_MAX)
    total = PointsTransaction.objects.filter(customer_id=customer_id).count()
    pages = page_count(total, size)
    number = min(max(page, 1), pages)
    entries = _entries(customer_id, (number - 1) * size, size) if total else ()
    return PointsPage(entries, number, pages, total, size)


def points_summary(customer_id: int) -> PointsSummary:
    """Return a customer's balance, its worth and the latest entries, in three queries. Raises UnknownCustomer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT loyalty_points_balance FROM customers_customer WHERE id = %s", [customer_id])
        row = cursor.fetchone()
    if row is None:
        raise UnknownCustomer("There is no such customer in this business.")
    balance, value = row[0], business_settings().point_value_minor
    return PointsSummary(balance, balance * value, value, current_tenant().currency, _entries(customer_id, 0, RECENT))


def _entries(customer_id: int, first: int, how_many: int) -> tuple[PointsEntry, ...]:
    found = PointsTransaction.objects.filter(customer_id=customer_id).order_by("-created_at", "-pk")
    rows = found.values_list("pk", "created_at", "kind", "points", "reason")[first : first + how_many]
    return tuple(
        PointsEntry(number, made, kind, entry_label(kind, points), points, entry_description(reason))
        for number, made, kind, points, reason in rows
    )
