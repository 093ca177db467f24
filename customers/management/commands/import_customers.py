"""Import a customer list from the command line."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from customers.errors import BadMapping, ImportBusy
from customers.importing.columns import Field
from customers.models import ImportBatch
from customers.services import Upload, apply_import, confirm_import, discard_import, error_report, plan_import
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.errors import InvalidInput
from servicepro.lib.spreadsheet import TableLimits
from tenants.selectors import tenant_by_schema

EXIT_SOME_NOT_IMPORTED = 3  # 1 is an error, 2 belongs to the argument parser
PROGRESS_SECONDS = 0.5
BAR_CHARACTERS = 30
# An operator knows what they bring; the bounds only keep a mistake from filling the machine.
LIMITS = TableLimits(
    bytes_max=200 * 1024 * 1024, rows_max=1_000_000, columns_max=200, characters_max=1_000_000_000, unpacked_bytes_max=1024 * 1024 * 1024
)
_SENTENCES = (
    ("new_count", "new"),
    ("changed_count", "changed (known by their phone)"),
    ("merged_count", "merged (known by email or another number)"),
    ("unchanged_count", "known already, nothing new"),
    ("duplicate_in_file_count", "twice in the file"),
    ("refused_count", "refused"),
    ("held_count", "held: they would join two people"),
    ("opted_out_count", "of all rows are not written to and stay that way"),
)


class Command(ServiceCommand):
    """Bring a customer list into a business."""

    help = (
        "Import customers from a CSV, xlsx or xls file. Repeating it adds nobody twice. "
        "Exit code 0: all rows are in, 1: nothing was imported, 3: some rows were not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("path", type=Path, metavar="FILE", help="the list: CSV of any kind, xlsx or xls")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=HEADER",
            help=f"what a column holds, e.g. phone=Mobile (may be repeated). Fields: {', '.join(Field)}",
        )
        parser.add_argument("--replace", action="store_true", help="the list also overwrites what is known already")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and keep nothing")
        parser.add_argument("--report", type=Path, metavar="CSV", help="write the rows that were not imported here, ready to be fixed")

    def run(self, **options: Any) -> None:
        """Plan, write and sum up; exit with 3 where rows were left out."""
        tenant = tenant_by_schema(options["tenant"])
        content = _content(options["path"])
        fields = _fields(options["map"])
        started = time.monotonic()
        with tenant_context(tenant):
            upload = Upload(content, options["path"].name, limits=LIMITS, replace_existing=options["replace"])
            batch = plan_import(upload, fields=fields or None, on_progress=_Bar(self.stderr, "read"))
            if not options["dry_run"]:
                confirm_import(batch, None)
                self._apply(batch)
            report = error_report(batch) if options["report"] else b""
            if options["dry_run"]:
                discard_import(batch)
        self._sum_up(batch, time.monotonic() - started, is_dry=options["dry_run"])
        if options["report"]:
            _write(options["report"], report)
        if failed := batch.failed_imports:
            verb = "would not be" if options["dry_run"] else "were not"
            raise CommandError(f"{failed:,} of {batch.total_records:,} rows {verb} imported.", returncode=EXIT_SOME_NOT_IMPORTED)

    def _apply(self, batch: ImportBatch) -> None:
        try:
            apply_import(batch, on_progress=_Bar(self.stderr, "written"))
        except ImportBusy as error:
            raise CommandError(
                "Another list is being written. This one is confirmed: a worker writes it when the other is done."
            ) from error

    def _sum_up(self, batch: ImportBatch, seconds: float, *, is_dry: bool) -> None:
        for note in batch.notes:
            self.stdout.write(note)
        self.stdout.write("Would happen:" if is_dry else "Done:")
        for name, label in _SENTENCES:
            self.stdout.write(f"{getattr(batch, name):>10,}  {label}")
        self.stdout.write(f"{batch.total_records:>10,}  rows in {seconds:.1f} s, {batch.total_records / max(seconds, 0.001):,.0f} rows/s")
        if not is_dry:
            self.stdout.write(f"Import {batch.pk}; it can be taken back for 30 days.")


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMITS.bytes_max:
            raise InvalidInput(f"{path} is larger than {LIMITS.bytes_max // (1024 * 1024)} MB.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {path}.") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error


def _write(path: Path, report: bytes) -> None:
    try:
        path.write_bytes(report)
    except OSError as error:
        raise InvalidInput(f"The report cannot be written to {path}: {error.strerror}.") from error


def _fields(typed: list[str]) -> dict[str, Field]:
    """Return {header: field} of "field=Header" options."""
    fields = {}
    for text in typed:
        name, equals, header = text.partition("=")
        if not equals or not header.strip():
            raise BadMapping(f"--map {text}: write FIELD=HEADER, e.g. --map phone=Mobile.")
        if name.strip() not in set(Field):
            raise BadMapping(f"--map {text}: there is no field “{name.strip()}”. The fields are: {', '.join(Field)}.")
        fields[header.strip()] = Field(name.strip())
    return fields


class _Bar:
    """Draw one bar over itself where somebody watches, a line at a time where nobody does."""

    def __init__(self, stream: Any, done: str) -> None:
        self.stream, self.done = stream, done
        self.due_at = 0.0
        self.is_watched = sys.stderr.isatty()

    def __call__(self, rows: int, total: int) -> None:
        is_last = rows >= total
        if not is_last and time.monotonic() < self.due_at:
            return
        self.due_at = time.monotonic() + PROGRESS_SECONDS
        filled = BAR_CHARACTERS * rows // max(total, 1)
        bar = f"[{'#' * filled}{'.' * (BAR_CHARACTERS - filled)}] {rows:,} of {total:,} rows {self.done}"
        self.stream.write(bar, ending="\r" if self.is_watched and not is_last else "\n")
        self.stream.flush()
