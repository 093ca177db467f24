"""Re-encrypt stored phones and texts with the first key of FIELD_KEYS."""

import time
from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from customers.services import rotate_field_keys
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.crypto import writing_key_id
from tenants.selectors import tenants_named

PROGRESS_SECONDS = 1.0


class Command(ServiceCommand):
    """Bring every encrypted value to the writing key, in batches that can be interrupted."""

    help = "Re-encrypt stored phones and texts with the first key of FIELD_KEYS. Safe to stop, repeat and run while in use."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options: one business, or all."""
        self.add_tenants_argument(parser)

    def run(self, **options: Any) -> None:
        """Rotate, and exit with 1 where a value could not be read with any key of the ring."""
        unreadable = 0
        for tenant in tenants_named(options["tenant"]):
            with tenant_context(tenant):
                unreadable += self._rotate(tenant.schema_name)
        if unreadable:
            raise CommandError(
                f"{unreadable:,} values cannot be read with any key of FIELD_KEYS and were left as they are. "
                "Put the key they were written with back into FIELD_KEYS and run this again."
            )

    def _rotate(self, schema: str) -> int:
        rewritten: Counter[str] = Counter()
        unreadable = 0
        due_at = time.monotonic() + PROGRESS_SECONDS
        for step in rotate_field_keys():
            rewritten[step.column] += step.rewritten
            unreadable += step.unreadable
            if time.monotonic() >= due_at:
                due_at = time.monotonic() + PROGRESS_SECONDS
                self.stderr.write(f"  {schema} {step.column}: {rewritten[step.column]:,}")
        for column, count in rewritten.items():
            self.stdout.write(f"{count:>12,}  {schema} {column}")
        self.stdout.write(f"{schema}: {rewritten.total():,} values rewritten, the writing key is {writing_key_id()}")
        return unreadable
