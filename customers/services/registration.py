"""Give people a customer record, once."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from customers.errors import BadCustomer
from customers.models import Customer
from customers.services.announcing import announced
from customers.types import NewCustomer
from servicepro.lib.crypto import encrypt_address, tag_of
from servicepro.lib.fields import tag_sql
from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

EMAIL_CHARACTERS_MAX = 254
# What a later record may still add to an earlier one: a refusal, never a permission.
_REFUSALS = {
    "opted_out": True,
    "sms_opt_out": True,
    "email_opt_out": True,
    "sms_consent": False,
    "whatsapp_consent": False,
    "gdpr_marketing_consent": False,
}
_INSERT = f"""
INSERT INTO customers_customer (name, phone, email, source, opted_out, sms_opt_out, email_opt_out,
                                time_zone, loyalty_points_balance, created_at, updated_at)
SELECT name, phone, email, source, false, false, false, '', 0, now(), now()
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS w(name, phone, email, source)
    ON CONFLICT ({tag_sql("phone")}) DO UPDATE SET updated_at = customers_customer.updated_at
RETURNING id
"""


def register_customer(
    *,
    name: str,
    source: str = "manual",
    phone_text: str | None = None,
    email: str | None = None,
    region: str | None = None,
    **flags: Any,
) -> Customer:
    """Return the customer with this phone, made where there is none.

    `phone_text` is read in `region` (the business's own where None); a number that cannot be texted is kept as it was typed.
    `flags` are consent columns and time zone of a new record; an existing one takes only refusals from them. Raises BadCustomer.
    """
    parsed = parse_phone(phone_text or "", region or current_tenant().region)
    phone = parsed.e164 if isinstance(parsed, Phone) else None
    fields = {"name": clean_name(name), "email": _clean_email(email), "source": source, "phone_raw": phone_text or None, **flags}
    says_something = bool(flags.keys() & _REFUSALS.keys())
    with announced(f"record:{source}") if says_something else transaction.atomic():
        if phone is None:
            return Customer.objects.create(**fields)
        customer, is_new = Customer.objects.get_or_create(phone=phone, defaults=fields)
        refusals = {column: flags[column] for column, refusal in _REFUSALS.items() if flags.get(column) is refusal}
        if refusals and not is_new:
            Customer.objects.filter(pk=customer.pk).update(**refusals)
            customer.refresh_from_db()
    return customer


def register_missing_customers(people: Sequence[NewCustomer]) -> list[int]:
    """Return a customer id for each person, in order; those without a record get one.

    A person is known by the phone (E.164), without one by the email; equal people get one record, also between workers that
    register the same phone at once. Two statements, however many people.
    """
    if not people:
        return []
    tenant = connection.schema_name
    phones = [encrypt_address(tenant, "phone", person.phone) if person.phone else None for person in people]
    emails = [_clean_email(person.email) for person in people]
    identities = [_identity(phone, email, position) for position, (phone, email) in enumerate(zip(phones, emails, strict=True))]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (1) {tag_sql('phone')}, id FROM customers_customer WHERE {tag_sql('phone')} = ANY(%s)"
            " UNION ALL (SELECT DISTINCT ON (1) email, id FROM customers_customer WHERE email = ANY(%s) ORDER BY 1, 2)",
            [
                [tag_of(phone) for phone in phones if phone],
                [email for phone, email in zip(phones, emails, strict=True) if email and not phone],
            ],
        )
        ids: dict[str, int] = dict(cursor.fetchall())
        # In the order of the tags, so that two workers with the same people wait for each other instead of deadlocking.
        wanted = sorted({identity: position for position, identity in enumerate(identities) if identity not in ids}.items())
        chosen = [position for _identity, position in wanted]
        cursor.execute(
            _INSERT,
            [
                [clean_name(people[position].name) for position in chosen],
                [phones[position] for position in chosen],
                [emails[position] for position in chosen],
                [people[position].source for position in chosen],
            ],
        )
        # One row comes back for each row offered, in the same order: the conflict updates instead of leaving it out.
        ids |= {identity: row[0] for (identity, _position), row in zip(wanted, cursor.fetchall(), strict=True)}
    return [ids[identity] for identity in identities]


def _identity(phone: str | None, email: str | None, position: int) -> str:
    return tag_of(phone) if phone else email or f"#{position}"


def clean_name(name: str) -> str:
    """Return a name as it is kept: one line, at most 120 characters."""
    return " ".join(name.replace("\0", " ").split())[:120]


def _clean_email(email: str | None) -> str | None:
    cleaned = (email or "").strip().lower()
    if len(cleaned) > EMAIL_CHARACTERS_MAX:
        raise BadCustomer(f"The email address is longer than {EMAIL_CHARACTERS_MAX} characters.")
    return cleaned or None
