"""Questions about people, each answered with one query however many are asked about."""

import datetime
import json
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from customers.errors import UnknownImport
from customers.models import ContactChange as ContactChange  # what other apps may ask is named here
from customers.models import Customer, ImportBatch, ImportRow, JoinEvidence, Message, Participant
from customers.types import ConsentFacts, FieldChange, ImportPreview, ImportProgress, JoinFact, PreviewRow
from servicepro.lib.paging import page_count
from servicepro.lib.phone import Phone, mask_phone, parse_phone
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

PREVIEW_ROWS, IMPORTS_PER_PAGE = 10, 20
UNDO_TIME = datetime.timedelta(days=30)  # an import can be taken back for so long
# The lives of somebody from a list, as Customer.life tells them.
LIVES = {
    "imported": Q(invited_at=None, registered_at=None, expired_at=None),
    "invited": Q(invited_at__isnull=False, registered_at=None, expired_at=None),
    "registered": Q(registered_at__isnull=False),
    "expired": Q(expired_at__isnull=False, registered_at=None),
}

# A person's records are the head and all records found to be the same person; the strictest answer counts. Nearly everybody has one
# record only, and there is nothing to compare.
_CONSENT = """
WITH asked AS (
    SELECT id, coalesce(same_person_as_id, id) AS head, sms_consent, opted_out, sms_opt_out, email_opt_out, gdpr_marketing_consent,
           nullif(time_zone, '') AS time_zone, whatsapp_consent
      FROM customers_customer WHERE id = ANY(%s)
), heads AS (
    SELECT DISTINCT same_person_as_id AS head FROM customers_customer WHERE same_person_as_id IN (SELECT head FROM asked)
), strictest AS (
    SELECT h.head,
           CASE WHEN bool_or(r.sms_consent IS FALSE) THEN false WHEN bool_or(r.sms_consent) THEN true END AS sms_consent,
           bool_or(r.opted_out) AS opted_out, bool_or(r.sms_opt_out) AS sms_opt_out, bool_or(r.email_opt_out) AS email_opt_out,
           CASE WHEN bool_or(r.gdpr_marketing_consent IS FALSE) THEN false
                WHEN bool_or(r.gdpr_marketing_consent) THEN true END AS gdpr_marketing_consent,
           max(nullif(r.time_zone, '')) AS time_zone,
           CASE WHEN bool_or(r.whatsapp_consent IS FALSE) THEN false WHEN bool_or(r.whatsapp_consent) THEN true END AS whatsapp_consent
      FROM heads h
     CROSS JOIN LATERAL (SELECT * FROM customers_customer WHERE id = h.head
                         UNION ALL
                         SELECT * FROM customers_customer WHERE same_person_as_id = h.head) r
     GROUP BY h.head
)
SELECT a.id, CASE WHEN s.head IS NULL THEN a.sms_consent ELSE s.sms_consent END, coalesce(s.opted_out, a.opted_out),
       coalesce(s.sms_opt_out, a.sms_opt_out), coalesce(s.email_opt_out, a.email_opt_out),
       CASE WHEN s.head IS NULL THEN a.gdpr_marketing_consent ELSE s.gdpr_marketing_consent END,
       coalesce(a.time_zone, s.time_zone, ''), CASE WHEN s.head IS NULL THEN a.whatsapp_consent ELSE s.whatsapp_consent END
  FROM asked a LEFT JOIN strictest s USING (head)
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
    with connection.cursor() as cursor:  # one array: thousands of single parameters cost more than the query
        cursor.execute(
            "SELECT address_tag, reason FROM customers_suppression WHERE channel = %s AND address_tag = ANY(%s) AND lifted_at IS NULL",
            [channel, list(tags)],
        )
        return dict(cursor.fetchall())


def wrote_since(source: str, tags: Collection[str], since: datetime.datetime) -> set[str]:
    """Return those of these phone tags from which a message came in after `since`, in conversations of one source."""
    if not tags:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.external_key FROM customers_conversation c WHERE c.source = %s AND c.external_key = ANY(%s)"
            " AND EXISTS (SELECT 1 FROM customers_message m WHERE m.conversation_id = c.id AND m.direction = 'inbound'"
            " AND m.occurred_at > %s)",
            [source, list(tags), since],
        )
        return {row[0] for row in cursor.fetchall()}


def contact_changed_at(customer_id: int) -> datetime.datetime | None:
    """Return when a phone or email of this person (a record that stands for one) was replaced last, None where none ever was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(changed_at) FROM customers_contactchange WHERE customer_id IN"
            " (SELECT id FROM customers_customer WHERE id = %(id)s OR same_person_as_id = %(id)s)",
            {"id": customer_id},
        )
        return cursor.fetchone()[0]


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


def received_message(provider_id: str) -> int | None:
    """Return the id of the message that the provider knows by `provider_id`, None where nobody sent us such a one."""
    return Message.objects.filter(external_key=provider_id, direction=Message.Direction.INBOUND).values_list("pk", flat=True).first()


def customer_count() -> int:
    """Return how many customer records there are, without the empty ones of erased people."""
    return Customer.objects.filter(erased_as=None).count()


def import_by_id(batch_id: uuid.UUID | str) -> ImportBatch:
    """Return a list somebody brought. Raises UnknownImport."""
    try:
        batch = ImportBatch.objects.filter(pk=batch_id).first()
    except (ValidationError, ValueError):
        batch = None
    if batch is None:
        raise UnknownImport("There is no such import.")
    return batch


def recent_imports(page: str | int | None = None) -> Page:
    """Return a page of the lists that were brought, the newest first, without those that were thrown away."""
    found = ImportBatch.objects.exclude(status=ImportBatch.Status.DISCARDED).order_by("-created_at", "pk")
    return Paginator(found, IMPORTS_PER_PAGE).get_page(page)


def unfinished_imports() -> list[uuid.UUID]:
    """Return the lists that are confirmed and not written to their end, oldest first."""
    waiting = ImportBatch.objects.filter(status__in=(ImportBatch.Status.QUEUED, ImportBatch.Status.PROCESSING))
    return list(waiting.order_by("confirmed_at").values_list("pk", flat=True))


def import_preview(batch: ImportBatch, outcome: str | None = None, page: int = 1, limit: int = PREVIEW_ROWS) -> ImportPreview:
    """Return a page of a list's rows, all of them or those with one outcome; a page beyond the last is the last."""
    counts = {name: getattr(batch, f"{name}_count") for name in ImportRow.Outcome.values}
    total = counts.get(outcome, 0) if outcome else batch.total_records
    pages = page_count(total, limit)
    page = min(max(1, page), pages)
    rows = batch.rows.filter(outcome=outcome) if outcome else batch.rows.all()
    earlier = ImportBatch.objects.filter(file_digest=batch.file_digest, created_at__lt=batch.created_at, completed_at__isnull=False)
    return ImportPreview(
        rows=tuple(_preview_row(batch, row) for row in rows.order_by("row_number")[(page - 1) * limit : page * limit]),
        counts=counts,
        total=total,
        opted_out=batch.opted_out_count,
        page=page,
        pages=pages,
        same_file_at=earlier.order_by("-created_at").values_list("completed_at", flat=True).first(),
    )


def _preview_row(batch: ImportBatch, row: ImportRow) -> PreviewRow:
    changes = json.loads(row.changes) if row.changes else {}
    cells = json.loads(row.original) if row.original else []
    return PreviewRow(
        number=row.row_number,
        outcome=row.outcome,
        name=row.name,
        phone=row.phone,
        email=row.email,
        changes=tuple(FieldChange(field, _shown(old), _shown(new)) for field, (old, new) in changes.items()),
        reasons=tuple(row.reasons),
        doubts=tuple(row.doubts),
        original=dict(zip(batch.headers, cells, strict=False)),
        customer_id=row.customer_id,
        held_for=tuple(row.held_for),
        is_opted_out=row.is_opted_out,
        kept_reason=row.kept_reason,
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def import_progress(batch: ImportBatch, errors_max: int = 100) -> ImportProgress:
    """Return how far a list is, as the database has it now."""
    batch.refresh_from_db()
    unused = batch.rows.filter(outcome__in=(ImportRow.Outcome.REFUSED, ImportRow.Outcome.HELD)).order_by("row_number")
    is_done = batch.status in (ImportBatch.Status.COMPLETED, ImportBatch.Status.FAILED)
    return ImportProgress(
        status=batch.status,
        total=batch.total_records,
        processed=batch.processed,
        percent=100 * batch.processed // batch.total_records if batch.total_records else 100,
        imported=batch.successful_imports,
        failed=batch.failed_imports,
        duplicates=batch.duplicate_skipped,
        held=batch.held_count,
        error_message=batch.error_message,
        errors=tuple((number, tuple(reasons)) for number, reasons in unused.values_list("row_number", "reasons")[:errors_max]),
        can_undo=is_done and batch.completed_at is not None and batch.completed_at >= timezone.now() - UNDO_TIME,
    )


def _from_lists(batch_id: uuid.UUID | None) -> QuerySet[Customer]:
    people = Customer.objects.filter(erased_as=None)
    return people.filter(import_batch_id=batch_id) if batch_id else people.exclude(import_batch=None)


def imported_lives(*, batch_id: uuid.UUID | None = None) -> dict[str, int]:
    """Return how many of the people whom lists brought, or one list, have come how far."""
    return _from_lists(batch_id).aggregate(**{life: Count("pk", filter=condition) for life, condition in LIVES.items()})


def listed_person(customer_id: int) -> Customer | None:
    """Return somebody whom a list brought, None where nobody has this id."""
    return _from_lists(None).filter(pk=customer_id).first()


def tags_of_lists(limit: int = 200) -> list[str]:
    """Return the tags that people from lists have, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tag FROM customers_customer c, unnest(c.tags) AS tag"
            " WHERE c.import_batch_id IS NOT NULL AND c.erased_as IS NULL GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %s",
            [limit],
        )
        return [tag for (tag,) in cursor.fetchall()]


def imported_customers(
    *, status: str = "", search: str = "", batch_id: uuid.UUID | None = None, page: int = 1, limit: int = 50
) -> tuple[list[Customer], int]:
    """Return a page of the people whom lists brought, or one list, newest first, and how many there are in all.

    `status` is imported, invited, registered or expired; `search` finds part of a name or email, or a whole phone number.
    """
    people = _from_lists(batch_id)
    if status:
        people = people.filter(LIVES[status]) if status in LIVES else people.none()
    if search := search.strip():
        found = Q(name__icontains=search) | Q(email__icontains=search)
        parsed = parse_phone(search, current_tenant().region)
        people = people.filter(found | Q(phone=parsed.e164) if isinstance(parsed, Phone) else found)
    return list(people.select_related("import_batch").order_by("-pk")[(max(1, page) - 1) * limit : max(1, page) * limit]), people.count()
