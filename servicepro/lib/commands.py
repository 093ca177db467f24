"""What every management command shares: `--tenant` and `--all`, and errors that are one clear sentence with exit code 1."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from servicepro.lib.collector import relax_collector
from servicepro.lib.errors import ServiceProError


class ServiceCommand(BaseCommand):
    """A command whose expected errors become its own."""

    def run(self, **options: Any) -> None:
        """Do the work; subclasses override this one."""
        raise NotImplementedError

    def run_from_argv(self, argv: list[str]) -> None:
        """Run for the command line, whose process does nothing else; whoever calls a command from Python keeps their collector."""
        relax_collector()
        super().run_from_argv(argv)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Run, and turn a known error into one sentence on stderr and exit code 1."""
        try:
            self.run(**options)
        except ServiceProError as error:
            raise CommandError(error.message) from error
        except OperationalError as error:
            raise CommandError("The database does not answer. Nothing is lost: run the command again when it is back.") from error

    def add_tenant_argument(self, parser: CommandParser) -> None:
        """Add the required `--tenant SCHEMA`."""
        parser.add_argument("--tenant", required=True, metavar="SCHEMA", help="the business's schema name, e.g. cleanmachine")

    def add_tenants_argument(self, parser: CommandParser, *, all_by_default: bool = False) -> None:
        """Add `--tenant SCHEMA` and `--all`; one of them is required, unless all are meant where none is named."""
        which = parser.add_mutually_exclusive_group(required=not all_by_default)
        which.add_argument("--tenant", metavar="SCHEMA", help="the business's schema name, e.g. cleanmachine")
        which.add_argument("--all", action="store_true", help="every business" + (" (the default)" if all_by_default else ""))
