"""Say whether somebody could be written to on a day, and why."""

import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_tenants.utils import tenant_context

from customers.consent_shown import answer_on, day_named, moment_line, today_here
from customers.management.commands.export_customer import add_person_arguments
from customers.models import Customer
from customers.selectors import customer_by_phone
from customers.services import consent_timeline, customer_named, record_access, records_of_email
from customers.wording import CHANNELS
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.phone import Phone, parse_phone
from tenants.selectors import current_tenant, tenant_by_schema


class Command(ServiceCommand):
    """Explain one person's consent."""

    help = "Say whether offers could be sent to somebody on a day, channel by channel, and what they allowed and refused since."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        self.add_tenant_argument(parser)
        add_person_arguments(parser)
        parser.add_argument("--channel", choices=list(CHANNELS), help="one channel alone")
        parser.add_argument("--on", metavar="YYYY-MM-DD", help="the day to ask about, today where it is left out")

    def run(self, **options: Any) -> None:
        """Answer; that somebody looked is recorded."""
        with tenant_context(tenant_by_schema(options["tenant"])):
            customer, day = _found(options["address"], options["customer_id"]), _day(options["on"])
            record_access(actor=None, action="view", customer=customer)
            for channel in [options["channel"]] if options["channel"] else CHANNELS:
                verdict, answer = answer_on(customer, channel, day)
                self.stdout.write("\n  ".join([verdict, *answer.because]))
            self.stdout.write("\n  ".join(["Recorded:", *(map(moment_line, consent_timeline(customer)) or ["nothing"])]))


def _day(text: str | None) -> datetime.date:
    day = day_named(text) if text else today_here()
    if day is None:
        raise CommandError(f"“{text}” is not a day: write it as 2026-05-01.")
    return day


def _found(address: str | None, customer_id: int | None) -> Customer:
    if customer_id is not None:
        return customer_named(customer_id=customer_id)
    parsed = parse_phone(address or "", current_tenant().region)
    found = customer_by_phone(parsed.e164) if isinstance(parsed, Phone) else next(iter(records_of_email(address or "")), None)
    if found is None:
        raise CommandError("No customer has this phone or email.")
    return found
