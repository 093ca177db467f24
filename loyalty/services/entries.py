"""One entry in the ledger and the balance beside it, for a customer whose row the caller holds."""

from dataclasses import dataclass

import orjson

from customers.errors import UnknownCustomer
from servicepro.lib.tenancy import connection

_ADD = """
WITH made AS (
    INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, origin, source_key, reverses_id, metadata, created_at)
    VALUES (%(customer)s, %(kind)s, %(points)s, %(reason)s, %(origin)s, %(source_key)s, %(reverses)s, %(metadata)s, clock_timestamp())
    RETURNING id, points
), moved AS (
    UPDATE customers_customer SET loyalty_points_balance = loyalty_points_balance + %(points)s WHERE id = %(customer)s
)
SELECT id FROM made
"""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be made; `origin` is empty where points are only used or returned."""

    customer_id: int
    kind: str
    points: int
    reason: str
    source_key: str
    origin: str = ""
    reverses_id: int | None = None
    metadata: dict[str, object] | None = None


def add_entry(entry: NewEntry) -> int:
    """Write an entry and move the balance by it, in one statement; return its id. The database refuses a balance below zero."""
    values = {
        "customer": entry.customer_id,
        "kind": entry.kind,
        "points": entry.points,
        "reason": entry.reason,
        "origin": entry.origin,
        "source_key": entry.source_key,
        "reverses": entry.reverses_id,
        "metadata": orjson.dumps(entry.metadata or {}).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        return cursor.fetchone()[0]


def hold_living_record(customer_id: int) -> tuple[int, int]:
    """Lock the record that stands for this person until the transaction ends; return (customer id, balance).

    A merge that is just under way is waited for. Raises UnknownCustomer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(same_person_as_id, id) FROM customers_customer WHERE id = %s", [customer_id])
        found = cursor.fetchone()
        while found is not None:
            cursor.execute(
                "SELECT id, loyalty_points_balance, same_person_as_id FROM customers_customer WHERE id = %s FOR NO KEY UPDATE", found[:1]
            )
            row = cursor.fetchone()
            if row is not None and row[2] is None:
                return row[0], row[1]
            found = None if row is None else row[2:]
    raise UnknownCustomer("There is no such customer in this business.")
