"""Prove that points add up."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from loyalty.services import verify_ledger
from loyalty.types import LedgerProof
from servicepro.lib.commands import ServiceCommand
from tenants.selectors import tenants_named

CUSTOMERS_SHOWN_MAX = 50


class Command(ServiceCommand):
    """Recompute every balance."""

    help = "Compute every balance again from its entries. Exit code 0: all add up; 1: some do not, and whose they are."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options: one business, or all."""
        self.add_tenants_argument(parser)

    def run(self, **options: Any) -> None:
        """Verify, and fail with the number of customers whose points do not add up."""
        drifting, has_other_totals = 0, False
        for tenant in tenants_named(options["tenant"]):
            with tenant_context(tenant):
                proof = verify_ledger()
            drifting += len(proof.drifts)
            has_other_totals |= not proof.totals_add_up
            for line in _lines(tenant.name, proof):
                self.stdout.write(line)
        if drifting:
            raise CommandError(f"The points of {drifting:,} customer(s) do not add up. Nothing was changed.")
        if has_other_totals:
            raise CommandError("The kept totals by day are not those of the ledger. They are made anew in the coming night.")


def _lines(business: str, proof: LedgerProof) -> list[str]:
    verdict = "every balance is the sum of its entries" if not proof.drifts else f"{len(proof.drifts):,} balances are not"
    lines = [f"{business}: {proof.customers:,} customers, {proof.entries:,} entries, {proof.points:,} points: {verdict}"]
    if not proof.totals_add_up:
        lines.append("  the totals by day that are kept for the insights differ from the ledger")
    for drift in proof.drifts[:CUSTOMERS_SHOWN_MAX]:
        lines.append(
            f"  customer {drift.customer_id} {drift.phone or 'without a phone'}: balance {drift.balance:,}, entries {drift.entries_sum:,}"
        )
    if len(proof.drifts) > CUSTOMERS_SHOWN_MAX:
        lines.append(f"  and {len(proof.drifts) - CUSTOMERS_SHOWN_MAX:,} more")
    return lines
