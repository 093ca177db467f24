"""Give people a customer record, once."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from customers.models import Customer
from customers.types import NewCustomer
from servicepro.lib.crypto import encrypt_address
from servicepro.lib.fields import tag_sql
from servicepro.lib.phone import Phone, parse_phone


def register_customer(
    *, name: str, region: str, phone_text: str | None = None, email: str | None = None, source: str = "manual", **flags: Any
) -> Customer:
    """Return the customer with this phone, made where there is none.

    `phone_text` is read in `region`; a number that cannot be texted is kept as it was typed. `flags` are consent columns and
    set on a new record only: what somebody said earlier is not overwritten.
    """
    parsed = parse_phone(phone_text or "", region)
    phone = parsed.e164 if isinstance(parsed, Phone) else None
    fields = {"name": name.strip()[:120], "email": (email or "").strip().lower() or None, "source": source, **flags}
    if phone is None:
        return Customer.objects.create(phone_raw=phone_text or None, **fields)
    with transaction.atomic():
        customer, _is_new = Customer.objects.get_or_create(phone=phone, defaults={"phone_raw": phone_text, **fields})
    return customer


def register_missing_customers(people: Sequence[NewCustomer]) -> list[int]:
    """Return a customer id for each person, in order; those without a record get one, in two statements for all."""
    if not people:
        return []
    tenant = connection.schema_name
    phones = [encrypt_address(tenant, "phone", person.phone) if person.phone else None for person in people]
    tags = [phone.partition(".")[0] if phone else None for phone in phones]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS (
                SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                    AS w(position, name, phone, tag, email, source)
            ), made AS (
                INSERT INTO customers_customer (name, phone, email, source, opted_out, sms_opt_out, email_opt_out,
                                                time_zone, loyalty_points_balance, created_at, updated_at)
                SELECT name, phone, email, source, false, false, false, '', 0, now(), now() FROM wanted
                ON CONFLICT ({tag_sql("phone")}) DO NOTHING
                RETURNING id, phone, email
            )
            SELECT w.position, coalesce(m.id, c.id) FROM wanted w
              LEFT JOIN made m ON (w.phone IS NOT NULL AND m.phone = w.phone)
                               OR (w.phone IS NULL AND m.phone IS NULL AND m.email = w.email)
              LEFT JOIN customers_customer c ON {tag_sql("c.phone")} = w.tag
            """,
            [
                list(range(len(people))),
                [person.name[:120] for person in people],
                phones,
                tags,
                [person.email for person in people],
                [person.source for person in people],
            ],
        )
        ids = dict(cursor.fetchall())
    return [ids[position] for position in range(len(people))]
