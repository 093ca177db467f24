"""The proof that points add up: every balance computed again from its entries."""

import logging

from django.db import transaction

from loyalty.insights.figures import kept_figures_add_up
from loyalty.selectors import drifting_balances, ledger_totals, masked_phones
from loyalty.types import Drift, LedgerProof
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

logger = logging.getLogger(__name__)


def verify_ledger() -> LedgerProof:
    """Compute every balance of the current business again from its entries, on one snapshot, and say where the two differ.

    The totals by day that are kept for the insights are held against the ledger as well.

    A drift is an alarm in the log as well, with the customer's id and no address.
    """
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        customers, entries, points = ledger_totals()
        found = drifting_balances()
        totals_add_up = kept_figures_add_up(current_tenant().time_zone)
        phones = masked_phones([row[0] for row in found])
    for customer_id, balance, total in found:
        logger.error(
            "loyalty_ledger_drift tenant=%s customer=%s balance=%s entries=%s", connection.schema_name, customer_id, balance, total
        )
    if not totals_add_up:
        logger.error("loyalty_totals_drift tenant=%s", connection.schema_name)
    drifts = tuple(Drift(row[0], phones.get(row[0], ""), row[1], row[2]) for row in found)
    return LedgerProof(customers, entries, points, drifts, totals_add_up)
