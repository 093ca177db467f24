"""Everything held about one person, as JSON for machines and CSV for people, in one zip."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from customers.errors import UnknownCustomer
from customers.models import Customer
from customers.services.access import record_access
from customers.services.privacy.persons import person_at, person_of
from customers.services.privacy.registry import Person, Row, holders
from servicepro.lib.spreadsheet_safety import safe_cell
from tenants.selectors import User, current_tenant
from tenants.services import record_action

_README = """What {business} holds about one person, made on {made:%Y-%m-%d %H:%M} UTC.

person.json   everything, for a program
*.csv         the same, one table a file, for a spreadsheet (UTF-8; a leading apostrophe keeps a cell from being calculated)

{tables}
"""


@dataclass(frozen=True, slots=True)
class PersonExport:
    """A zip file with everything held about one person."""

    file_name: str
    content: bytes
    rows: int


def export_person(customer: Customer, *, actor: User | None) -> PersonExport:
    """Return everything held about the person behind a record; the export itself is recorded."""
    person = person_of(customer)
    record_access(actor=actor, action="export", customer=customer)
    record_action(actor, "customer_exported", f"customer:{customer.pk}", records=len(person.customer_ids))
    return _packed(person, str(customer.pk))


def export_address(address: str, *, actor: User | None) -> PersonExport:
    """Return everything held about whoever has this phone or email, with a customer record or without one; recorded as well.

    Raises UnknownCustomer where the address is neither a phone nor an email, or nothing is held about it.
    """
    person = person_at(address)
    if person.customer_ids:
        return export_person(Customer.objects.get(pk=person.customer_ids[0]), actor=actor)
    if not any(rows for holder in holders() for rows in holder.collect(person).values()):
        raise UnknownCustomer("Nothing is held about anybody with this phone or email.")
    record_access(actor=actor, action="export", subject="somebody without a record")
    record_action(actor, "customer_exported", "somebody without a record", records=0)
    return _packed(person, "without-record")


def _packed(person: Person, name: str) -> PersonExport:
    parts: dict[str, Sequence[Row]] = {}
    for holder in reversed(holders()):
        parts |= holder.collect(person)
    made = timezone.now()
    document = {"business": current_tenant().name, "made_at": made, "customer_ids": person.customer_ids, **parts}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        tables = "\n".join(f"{len(rows):>6,}  {part}" for part, rows in parts.items())
        archive.writestr("README.txt", _README.format(business=current_tenant().name, made=made, tables=tables))
        archive.writestr("person.json", json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for part, rows in parts.items():
            archive.writestr(f"{part}.csv", _csv(rows))
    return PersonExport(f"customer-{name}-{made:%Y%m%d}.zip", stream.getvalue(), sum(map(len, parts.values())))


def _csv(rows: Sequence[Row]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([safe_cell(_plain(row.get(column))) for column in columns] for row in rows)
    return ("\ufeff" + stream.getvalue()).encode()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return text.strip('"') if not isinstance(value, dict | list | tuple) else text
