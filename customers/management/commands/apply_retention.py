"""Let go of what is kept longer than the business decided."""

from typing import Any

from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from customers.services import Overdue, apply_retention, overdue
from servicepro.lib.commands import ServiceCommand
from tenants.selectors import tenants_named


class Command(ServiceCommand):
    """Apply the business's retention settings."""

    help = "Delete what is kept longer than the business decided; with --dry-run only say what that would be."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenants_argument(parser, all_by_default=True)
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def run(self, **options: Any) -> None:
        """Report, and delete unless it is a dry run."""
        for tenant in tenants_named(options["tenant"]):
            with tenant_context(tenant):
                report = overdue() if options["dry_run"] else apply_retention()
            self.stdout.write(f"{tenant.name}: {'would go' if options['dry_run'] else 'went'}")
            for found in report:
                self.stdout.write(_line(found))
        if options["dry_run"]:
            self.stdout.write("Nothing was deleted (dry run).")


def _line(found: Overdue) -> str:
    if found.before is None:
        return f"{'-':>10}  {found.kind} (kept for ever)"
    years = ", ".join(f"{year}: {count:,}" for year, count in found.by_year.items())
    limit = f"older than {found.months} months, before {found.before:%Y-%m-%d}"
    return f"{found.rows:>10,}  {found.kind} ({limit}{'; ' + years if years else ''})"
