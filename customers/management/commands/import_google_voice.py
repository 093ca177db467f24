"""Import a Google Voice takeout from the command line."""

import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError
from django_tenants.utils import tenant_context

from customers.errors import BadCustomer
from customers.services import import_google_voice
from customers.types import ImportReport
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.phone import Phone, mask_phones_in, parse_phone
from tenants.selectors import tenant_by_schema

EXIT_SOME_UNREADABLE = 3  # 1 is an error, 2 belongs to the argument parser
PROGRESS_SECONDS = 1.0
LISTED_FILES_MAX = 200


class Command(ServiceCommand):
    """Bring the texts of a takeout into the business's conversations."""

    help = "Import the texts of a Google Voice takeout (zip or folder). Repeating it adds nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        parser.add_argument("path", type=Path, metavar="PATH", help="takeout-….zip, or the unpacked folder")
        parser.add_argument(
            "--own-number",
            action="append",
            default=[],
            metavar="PHONE",
            help="a number of the business itself, where the takeout does not say so (may be repeated)",
        )

    def run(self, **options: Any) -> None:
        """Import, sum up, and exit with 3 where files were left out."""
        tenant = tenant_by_schema(options["tenant"])
        started = time.monotonic()
        own_numbers = _own_numbers(options["own_number"], tenant.region)
        try:
            with tenant_context(tenant):
                report = import_google_voice(
                    options["path"], region=tenant.region, own_numbers=own_numbers, on_progress=_Progress(self.stderr)
                )
        except OperationalError as error:
            raise CommandError(
                "The database went away in the middle. What is in stays in: run the same command again for the rest."
            ) from error
        self._sum_up(report, time.monotonic() - started)
        if report.unreadable:
            raise CommandError(
                f"{len(report.unreadable):,} of {report.files:,} files were left out; everything else is in.",
                returncode=EXIT_SOME_UNREADABLE,
            )

    def _sum_up(self, report: ImportReport, seconds: float) -> None:
        for file in report.unreadable[:LISTED_FILES_MAX]:
            self.stdout.write(f"left out: {mask_phones_in(file.name)}.html {file.reason}")
        if len(report.unreadable) > LISTED_FILES_MAX:
            self.stdout.write(f"left out: and {len(report.unreadable) - LISTED_FILES_MAX:,} more")
        speed = (report.messages_new + report.messages_known) / max(seconds, 0.001)
        for label, count in (
            ("files read", report.files),
            ("calls and voicemails (hold no texts)", report.calls_skipped),
            ("new conversations", report.conversations_new),
            ("new people in them", report.participants_new),
            ("new messages", report.messages_new),
            ("messages that were there already", report.messages_known),
            ("messages without a readable time", report.messages_unreadable),
            ("people who had asked for no more texts", report.stopped),
        ):
            self.stdout.write(f"{count:>10,}  {label}")
        self.stdout.write(f"{seconds:.1f} s, {speed:,.0f} messages/s")


def _own_numbers(typed: list[str], region: str) -> set[str]:
    numbers = set()
    for text in typed:
        parsed = parse_phone(text, region)
        if not isinstance(parsed, Phone):
            raise BadCustomer(f"--own-number: {parsed.sentence}")
        numbers.add(parsed.e164)
    if settings.TWILIO_FROM_NUMBER:
        numbers.add(settings.TWILIO_FROM_NUMBER)
    return numbers


class _Progress:
    """Write one line a second at most, over itself where somebody watches."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.due_at = time.monotonic() + PROGRESS_SECONDS

    def __call__(self, report: ImportReport, files: int) -> None:
        if time.monotonic() < self.due_at:
            return
        self.due_at = time.monotonic() + PROGRESS_SECONDS
        ending = "\r" if sys.stderr.isatty() else "\n"
        messages = report.messages_new + report.messages_known
        self.stream.write(f"  {report.files:,} of {files:,} files, {messages:,} messages", ending=ending)
        self.stream.flush()
