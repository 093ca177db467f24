"""Questions about people, each answered with one query however many are asked about."""

from collections.abc import Collection, Sequence

from django.db import connection

from customers.models import Customer, Suppression
from customers.types import ConsentFacts

# A person's records are the head and all records found to be the same person; the strictest answer counts.
_CONSENT = """
SELECT head.id,
       CASE WHEN bool_or(record.sms_consent IS FALSE) THEN false
            WHEN bool_or(record.sms_consent) THEN true END,
       bool_or(record.opted_out), bool_or(record.sms_opt_out), bool_or(record.email_opt_out),
       CASE WHEN bool_or(record.gdpr_marketing_consent IS FALSE) THEN false
            WHEN bool_or(record.gdpr_marketing_consent) THEN true END,
       coalesce(max(nullif(record.time_zone, '')), '')
  FROM customers_customer head
  JOIN customers_customer record ON record.id = head.id OR record.same_person_as_id = head.id
 WHERE head.id = ANY(%s)
 GROUP BY head.id
"""


def consent_facts(customer_ids: Collection[int]) -> dict[int, ConsentFacts]:
    """Return what each customer allowed, by id; unknown ids are left out."""
    if not customer_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CONSENT, [list(customer_ids)])
        return {row[0]: ConsentFacts(*row[1:]) for row in cursor.fetchall()}


def suppressed_tags(channel: str, tags: Sequence[str]) -> dict[str, str]:
    """Return {address tag: reason} for those of `tags` that must not be written to on `channel`."""
    if not tags:
        return {}
    rows = Suppression.objects.filter(channel=channel, address_tag__in=tags, lifted_at=None)
    return dict(rows.values_list("address_tag", "reason"))


def customer_by_phone(e164: str) -> Customer | None:
    """Return the customer with this number."""
    return Customer.objects.filter(phone=e164).first()
