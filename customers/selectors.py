"""Questions about people, each answered with one query however many are asked about."""

from collections.abc import Collection, Sequence

from customers.models import Customer, JoinEvidence, Participant, Suppression
from customers.types import ConsentFacts, JoinFact
from servicepro.lib.phone import mask_phone
from servicepro.lib.tenancy import connection

# A person's records are the head and all records found to be the same person; the strictest answer counts.
_CONSENT = """
WITH asked AS (
    SELECT id, coalesce(same_person_as_id, id) AS head, nullif(time_zone, '') AS time_zone
      FROM customers_customer WHERE id = ANY(%s)
), facts AS (
    SELECT h.head,
           CASE WHEN bool_or(r.sms_consent IS FALSE) THEN false WHEN bool_or(r.sms_consent) THEN true END AS sms_consent,
           bool_or(r.opted_out) AS opted_out, bool_or(r.sms_opt_out) AS sms_opt_out, bool_or(r.email_opt_out) AS email_opt_out,
           CASE WHEN bool_or(r.gdpr_marketing_consent IS FALSE) THEN false
                WHEN bool_or(r.gdpr_marketing_consent) THEN true END AS gdpr_marketing_consent,
           max(nullif(r.time_zone, '')) AS time_zone
      FROM (SELECT DISTINCT head FROM asked) h
     CROSS JOIN LATERAL (SELECT * FROM customers_customer WHERE id = h.head
                         UNION ALL
                         SELECT * FROM customers_customer WHERE same_person_as_id = h.head) r
     GROUP BY h.head
)
SELECT a.id, f.sms_consent, f.opted_out, f.sms_opt_out, f.email_opt_out, f.gdpr_marketing_consent,
       coalesce(a.time_zone, f.time_zone, '')
  FROM asked a JOIN facts f USING (head)
"""


def consent_facts(customer_ids: Collection[int]) -> dict[int, ConsentFacts]:
    """Return what each customer allowed, by id, the strictest of all records of that person; unknown ids are left out."""
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


def join_facts(customer_id: int, *, joined_customer_id: int | None = None) -> list[JoinFact]:
    """Return why other records were taken for this customer, oldest finding first; of one joined record alone where it is given."""
    evidence = JoinEvidence.objects.filter(customer_id=customer_id).order_by("created_at", "id")
    if joined_customer_id is not None:
        evidence = evidence.filter(joined_kind="customer", joined_id=joined_customer_id)
    found = list(evidence)
    ids = {kind: [row.joined_id for row in found if row.joined_kind == kind] for kind in ("customer", "participant")}
    records: dict[tuple[str, int], Customer | Participant] = {
        ("customer", row.pk): row for row in Customer.objects.filter(pk__in=[customer_id, *ids["customer"]])
    }
    if ids["participant"]:
        people = Participant.objects.select_related("conversation").filter(pk__in=ids["participant"])
        records |= {("participant", row.pk): row for row in people}
    head = records.get(("customer", customer_id))
    return [_join_fact(row, head, records.get((row.joined_kind, row.joined_id))) for row in found]


def _join_fact(evidence: JoinEvidence, head: Customer | Participant | None, joined: Customer | Participant | None) -> JoinFact:
    value, own = _address(joined, evidence.shared_field), _address(head, evidence.shared_field)
    conversation = joined.conversation if isinstance(joined, Participant) else None
    belongs_to = joined.customer_id if isinstance(joined, Participant) else joined.same_person_as_id if joined else evidence.customer_id
    return JoinFact(
        evidence.joined_kind,
        evidence.joined_id,
        joined.name if joined else "",
        evidence.shared_field,
        evidence.created_at,
        shown_value=mask_phone(value) if value and evidence.shared_field == "phone" else value,
        is_own=not value or value == own,
        is_current=belongs_to == evidence.customer_id,
        source=conversation.source if conversation else "",
        last_message_at=conversation.last_message_at if conversation else None,
    )


def _address(record: Customer | Participant | None, field: str) -> str:
    """Return a record's phone, or its email as consolidation compares it; empty where it has none."""
    return (getattr(record, field, None) or "").strip().lower()


def customer_count() -> int:
    """Return how many customer records there are."""
    return Customer.objects.count()
