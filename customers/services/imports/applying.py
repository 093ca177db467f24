"""Write a confirmed list: in batches, each a transaction with its progress, so that a killed worker leaves no row half done."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from customers.errors import ImportBusy, ImportNotReady
from customers.models import ImportBatch
from customers.services.announcing import announced
from customers.services.imports.consents import keep_consents, keep_refusals_of_unused_rows, source_of
from customers.services.imports.rule import Decision, Outcome
from customers.services.imports.stored import StoredRow, decide_rows, open_rows, recount
from customers.services.merging import propose_held_rows, propose_merges
from servicepro.lib.crypto import encrypt_address, encrypt_text, encrypt_texts
from servicepro.lib.fields import tag_sql
from servicepro.lib.locks import advisory_lock
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

logger = logging.getLogger(__name__)
LOCK_SPACE = 7_152  # separates the lock of a business's imports from any other use
BATCH_ROWS = 1_000  # measured: 100 take twice the time, 5,000 are no quicker and leave the progress standing
ATTEMPTS_MAX = 5
Status = ImportBatch.Status
Progress = Callable[[int, int], None]

# In the order of the tags, so that two who write the same people wait for each other instead of deadlocking. Everything of the row is
# copied as it stands, ciphertexts too.
_CREATE = f"""
INSERT INTO customers_customer (name, phone, email, source, sms_consent, gdpr_marketing_consent, whatsapp_consent, opted_out,
                                sms_opt_out, email_opt_out, time_zone, loyalty_points_balance, birthday, notes, tags, extra, other_phones,
                                import_batch_id, created_at, updated_at)
SELECT r.name, r.phone, r.email, 'import', v.sms, v.marketing, v.whatsapp, r.opted_out, v.sms_out, v.email_out, '', 0, r.birthday, r.notes,
       r.tags, r.extra, r.other_phones, r.batch_id, now(), now()
  FROM unnest(%s::bigint[], %s::boolean[], %s::boolean[], %s::boolean[], %s::boolean[], %s::boolean[])
       AS v(id, sms, marketing, whatsapp, sms_out, email_out)
  JOIN customers_importrow r USING (id)
 ORDER BY {tag_sql("r.phone")}
    ON CONFLICT ({tag_sql("phone")}) DO NOTHING
RETURNING id, {tag_sql("phone")}
"""
_CHANGE = """
UPDATE customers_customer c
   SET name = coalesce(v.name, c.name), email = coalesce(v.email, c.email), phone = coalesce(v.phone, c.phone),
       birthday = coalesce(v.birthday, c.birthday), notes = coalesce(v.notes, c.notes), tags = coalesce(v.tags, c.tags),
       extra = coalesce(v.extra, c.extra), other_phones = coalesce(v.other_phones, c.other_phones),
       sms_consent = coalesce(v.sms_consent, c.sms_consent),
       gdpr_marketing_consent = coalesce(v.gdpr_marketing_consent, c.gdpr_marketing_consent),
       whatsapp_consent = coalesce(v.whatsapp_consent, c.whatsapp_consent),
       opted_out = coalesce(v.opted_out, c.opted_out), updated_at = now()
  FROM json_to_recordset(%s::json)
       AS v(id bigint, name text, email text, phone text, birthday date, notes text, tags text[], extra text, other_phones text,
            sms_consent boolean, gdpr_marketing_consent boolean, whatsapp_consent boolean, opted_out boolean)
 WHERE c.id = v.id
"""
_DONE = """
UPDATE customers_importrow r
   SET outcome = v.outcome, customer_id = v.customer, changes = v.changes, reasons = coalesce(v.reasons, r.reasons),
       held_for = coalesce(v.held_for, r.held_for), is_opted_out = v.is_out, applied_at = now()
  FROM json_to_recordset(%s::json)
       AS v(id bigint, outcome text, customer bigint, changes text, reasons jsonb, held_for bigint[], is_out boolean)
 WHERE r.id = v.id
"""


class _Raced(OperationalError):
    """Somebody registered one of these people just now; decide again."""


def confirm_import(batch: ImportBatch, actor: User | None) -> ImportBatch:
    """Let a worker write the list, once. Raises ImportNotReady where it was confirmed or discarded already."""
    with transaction.atomic():
        is_first = ImportBatch.objects.filter(pk=batch.pk, status=Status.READY).update(status=Status.QUEUED, confirmed_at=timezone.now())
        batch.refresh_from_db()
        if not is_first:
            raise ImportNotReady(f"The list is {batch.status} already.")
        record_action(actor, "import_confirmed", f"import:{batch.pk}", rows=batch.total_records)
    return batch


def apply_import(batch: ImportBatch, *, on_progress: Progress | None = None) -> ImportBatch:
    """Write what is left of a confirmed list, and complete it; a list that is completed already is returned as it is.

    It may be killed at any moment and called again: every row is written exactly once. Raises ImportNotReady where it was not
    confirmed, ImportBusy while another worker writes a list of this business.
    """
    with only_import():
        batch.refresh_from_db()
        if batch.status == Status.COMPLETED:
            return batch
        if batch.status not in (Status.QUEUED, Status.PROCESSING):
            raise ImportNotReady(f"The list is {batch.status}; only a confirmed one is written.")
        with transaction.atomic():
            _start(batch)
        after = 0
        while rows := open_rows(batch, after=after, limit=BATCH_ROWS):
            _apply(batch, rows)
            after = rows[-1].number
            if on_progress:
                on_progress(batch.processed, batch.total_records)
        _complete(batch)
    return batch


def fail_import(batch: ImportBatch, sentence: str) -> None:
    """End a list that cannot be written any further: what is in stays in and can be undone, the rest goes to the error report."""
    with transaction.atomic():
        batch.refresh_from_db()
        left = batch.rows.filter(applied_at=None, outcome__in=(Outcome.NEW, Outcome.CHANGED, Outcome.MERGED, Outcome.UNCHANGED))
        left.update(outcome=Outcome.REFUSED, reasons=["Not written: the import stopped before this row."])
        recount(batch)
        batch.status, batch.error_message, batch.completed_at = Status.FAILED, sentence, timezone.now()
        batch.save()


@contextmanager
def only_import() -> Iterator[None]:
    """Hold the writing of lists in this business. Raises ImportBusy."""
    with advisory_lock(LOCK_SPACE, connection.schema_name) as is_ours:
        if not is_ours:
            raise ImportBusy("Another list of this business is being written right now. Try again when it is done.")
        yield


def _start(batch: ImportBatch) -> None:
    # Refusals come first: whatever happens to this worker, nobody who said no is written to meanwhile.
    keep_refusals_of_unused_rows(batch)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE applied_at IS NOT NULL OR outcome IN ('refused', 'held', 'duplicate_in_file'))"
            " FROM customers_importrow WHERE batch_id = %s",
            [batch.pk],
        )
        batch.processed = cursor.fetchone()[0]
    batch.status, batch.error_message, batch.completed_at = Status.PROCESSING, "", None
    batch.save(update_fields=["status", "processed", "error_message", "completed_at"])


def _apply(batch: ImportBatch, rows: Sequence[StoredRow]) -> None:
    """Write one batch of rows and its progress, again where somebody was registered in between."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            with announced(source_of(batch), actor=batch.created_by, is_told=True):
                decisions = decide_rows(batch, rows, is_locked=True)
                _create(rows, decisions)
                _change(decisions)
                keep_consents(batch, rows, decisions)
                _mark(rows, decisions)
                done = batch.processed + len(rows)
                ImportBatch.objects.filter(pk=batch.pk).update(processed=done)
        except (IntegrityError, OperationalError):
            if attempt == ATTEMPTS_MAX or not connection.is_usable():
                raise
            logger.info("import_batch_again batch=%s attempt=%s", batch.pk, attempt)
        else:
            batch.processed = done
            return


def _create(rows: Sequence[StoredRow], decisions: Sequence[Decision]) -> None:
    chosen = [(row, decision, decision.fresh) for row, decision in zip(rows, decisions, strict=True) if decision.fresh]
    if not chosen:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _CREATE,
            [
                [row.pk for row, _decision, _fresh in chosen],
                [fresh.sms_consent for _row, _decision, fresh in chosen],
                [fresh.gdpr_marketing_consent for _row, _decision, fresh in chosen],
                [fresh.whatsapp_consent for _row, _decision, fresh in chosen],
                [fresh.sms_opt_out for _row, _decision, fresh in chosen],
                [fresh.email_opt_out for _row, _decision, fresh in chosen],
            ],
        )
        ids = {tag: customer_id for customer_id, tag in cursor.fetchall()}
    if len(ids) < len(chosen):
        raise _Raced
    for row, decision, _fresh in chosen:
        decision.customer_id = ids[row.tag]


def _change(decisions: Sequence[Decision]) -> None:
    changed: dict[int, dict[str, Any]] = {}
    for decision in decisions:
        if decision.customer_id and decision.changes:
            record = changed.setdefault(decision.customer_id, {"id": decision.customer_id})
            record |= {column: stored_value(column, new) for column, (_old, new) in decision.changes.items()}
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, [json.dumps(list(changed.values()))])


def stored_value(column: str, value: Any) -> Any:
    """Return what a column holds for a value of the rule."""
    if column == "phone":
        return encrypt_address(connection.schema_name, "phone", value) if value else None
    if column in ("extra", "other_phones"):
        return encrypt_text(connection.schema_name, json.dumps(value, ensure_ascii=False)) if value else None
    if column == "notes":
        return encrypt_text(connection.schema_name, value) if value else None
    return value or None if column == "email" else value


def _mark(rows: Sequence[StoredRow], decisions: Sequence[Decision]) -> None:
    changing = [decision for decision in decisions if decision.changes]
    sealed = encrypt_texts(connection.schema_name, [json.dumps(decision.changes, ensure_ascii=False) for decision in changing])
    changes = {id(decision): text for decision, text in zip(changing, sealed, strict=True)}
    records = [
        {
            "id": row.pk,
            "outcome": decision.outcome.value,
            "customer": decision.customer_id,
            "changes": changes.get(id(decision)),
            "reasons": list(decision.reasons) if decision.reasons or decision.outcome.value != row.outcome else None,
            "held_for": list(decision.held_for) or None,
            "is_out": decision.is_opted_out,
        }
        for row, decision in zip(rows, decisions, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [json.dumps(records)])


def _complete(batch: ImportBatch) -> None:
    with transaction.atomic():
        recount(batch)
        batch.status, batch.processed, batch.completed_at = Status.COMPLETED, batch.total_records, timezone.now()
        batch.save()
        propose_held_rows(batch.pk)
        propose_merges()
