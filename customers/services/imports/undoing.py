"""Take an import back for 30 days: everything as it was before, except what people changed or did since."""

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from customers.errors import ImportNotReady, UndoTooLate
from customers.models import ConsentEvent, Customer, ImportBatch, ImportRow, PersonalDataAccess
from customers.selectors import UNDO_TIME
from customers.services.announcing import announced
from customers.services.contacts import contacts_moving
from customers.services.imports.applying import only_import, stored_value
from customers.services.imports.consents import source_of
from customers.services.imports.roster import known_people
from customers.services.imports.rule import Known
from customers.types import UndoReport
from servicepro.lib.fields import email_tag, phone_tag, tag_sql
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

UNDO_DAYS = UNDO_TIME.days
BATCH_ROWS = 1_000
FILE_NAME_CHARACTERS_SHOWN = 60
Status = ImportBatch.Status
Outcome = ImportRow.Outcome

_DONE = (Outcome.NEW, Outcome.CHANGED, Outcome.MERGED)
_SAID, _LIST_SAID = "they said themselves what they allow", "{} says what they allow as well"
# How a thing that points at a customer is called to their owner, by the app it lives in.
_HAS = {
    "loyalty": "they have points",
    "campaigns": "they are in a campaign",
    "messaging": "they were written to",
    "portal": "they used their own pages",
    "bookings": "they have bookings",
}
_HAS_HERE = {
    "participant": "they are in a conversation",
    "consentevent": _SAID,
    "offercode": "they were promised a welcome offer",
    "customermerge": "they were merged with another record",
    "importrow": "they are in a later import as well",
}
_LATER = "{} was changed afterwards"
_LATER_ROWS = """
 AND batch_id <> %(batch)s AND applied_at IS NOT NULL
 AND NOT EXISTS (SELECT 1 FROM customers_importbatch b WHERE b.id = r.batch_id AND b.status = 'undone')
"""
# That another list was taken back, or that something changed a record and nobody said why, is nothing the person said.
_NOBODYS_WORD = "(source LIKE 'undo:%%' OR source = 'unannounced')"
# Merges and the undoing of lists move what was said from here to there; nobody says it anew.
_MOVED = "(e.source = 'unannounced' OR e.source LIKE 'undo:%%' OR e.source LIKE 'merge:%%' OR e.source LIKE 'unmerge:%%')"
# What a list said that was taken back is as if nobody had said it.
_OF_UNDONE = "EXISTS (SELECT 1 FROM customers_importbatch b WHERE e.source = 'import:' || b.id AND b.status = 'undone')"
_SAID_AGAIN = """
  FROM customers_consentevent e
 WHERE e.address_tag = s.address_tag AND e.channel = s.channel AND e.action = 'withdrawn' AND e.created_at >= s.created_at
"""
_LABELS = {
    "sms_consent": "the consent to texts",
    "gdpr_marketing_consent": "the consent to marketing",
    "whatsapp_consent": "the consent to WhatsApp",
    "opted_out": "the wish not to be written to",
    "other_phones": "the list of further numbers",
    "extra": "the further data",
    "tags": "the list of tags",
    "notes": "the note",
}
_CONSENTS = {"sms_consent", "gdpr_marketing_consent", "whatsapp_consent", "opted_out"}
_TYPES = {"birthday": "date", "tags": "text[]", **dict.fromkeys(_CONSENTS, "boolean")}


@dataclass(slots=True)
class _Step:
    """What undoing one chunk of rows does."""

    kept: dict[int, str] = field(default_factory=dict)  # row id to why something of it stays
    removed: set[int] = field(default_factory=set)  # customers
    restored: dict[int, dict[str, Any]] = field(default_factory=dict)  # customer to {column: value}


def undo_import(batch: ImportBatch, actor: User | None) -> UndoReport:
    """Restore what a list changed and remove whom it brought, except where people went on from there; return what stayed and why.

    It may be killed and called again. Raises ImportNotReady where nothing was written, UndoTooLate after 30 days, ImportBusy while
    a list is being written.
    """
    with only_import():
        batch.refresh_from_db()
        if batch.status not in (Status.COMPLETED, Status.FAILED):
            raise ImportNotReady(f"The list is {batch.status}; only one that was written can be taken back.")
        if batch.completed_at is None or batch.completed_at < timezone.now() - UNDO_TIME:
            raise UndoTooLate(f"An import can be taken back for {UNDO_DAYS} days, and this one is older.")
        before = None
        while rows := _next_rows(batch, before):
            with announced(f"undo:{batch.pk}", actor=str(actor or ""), takes_back=True):
                _undo_rows(batch, rows)
            before = rows[-1].row_number
        with transaction.atomic():
            _lift_suppressions(batch)
            batch.status, batch.undone_at = Status.UNDONE, timezone.now()
            batch.save(update_fields=["status", "undone_at"])
            report = undo_report(batch)
            record_action(actor, "import_undone", f"import:{batch.pk}", removed=report.removed, restored=report.restored)
    return report


def undo_report(batch: ImportBatch) -> UndoReport:
    """Return what undoing a list did."""
    done = batch.rows.exclude(undone_at=None)
    kept = tuple(done.exclude(kept_reason="").order_by("row_number").values_list("row_number", "kept_reason"))
    gone = done.filter(kept_reason="")
    return UndoReport(restored=gone.exclude(outcome=Outcome.NEW).count(), removed=gone.filter(outcome=Outcome.NEW).count(), kept=kept)


def _next_rows(batch: ImportBatch, before: int | None) -> list[ImportRow]:
    """Return the next rows, last first: two rows that changed one person are taken back in the opposite order."""
    rows = batch.rows.filter(outcome__in=_DONE, undone_at=None).exclude(applied_at=None).defer("original")
    if before is not None:
        rows = rows.filter(row_number__lt=before)
    return list(rows.order_by("-row_number")[:BATCH_ROWS])


def _undo_rows(batch: ImportBatch, rows: Sequence[ImportRow]) -> None:
    ids = sorted({row.customer_id for row in rows if row.customer_id})
    people = {known.pk: known for known in known_people(ids=ids, is_locked=True)}
    said = _said_since(batch, rows)
    step = _Step()
    _remove(batch, [row for row in rows if row.outcome == Outcome.NEW], people, said, step)
    for row in rows:
        if row.outcome != Outcome.NEW:
            _restore(row, people.get(row.customer_id or 0), said.get(row.customer_id or 0), step)
    with contacts_moving():
        _write_back(step)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_importrow r SET undone_at = now(), kept_reason = v.reason,"
            " customer_id = CASE WHEN r.customer_id = ANY(%s) THEN NULL ELSE r.customer_id END"
            " FROM unnest(%s::bigint[], %s::text[]) AS v(id, reason) WHERE r.id = v.id",
            [list(step.removed), [row.pk for row in rows], [step.kept.get(row.pk, "")[:200] for row in rows]],
        )
    _delete_people(step.removed)


def _said_since(batch: ImportBatch, rows: Sequence[ImportRow]) -> dict[int, str]:
    """Return who said what people allow after the import wrote them, by customer: they themselves, or else the newest other list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.customer_id, bool_or(e.source NOT LIKE 'import:%%'), (array_agg(b.file_name ORDER BY e.id DESC))[1]"
            f" FROM customers_importrow r JOIN customers_consentevent e"
            f" ON (e.address_tag = {tag_sql('r.phone')} OR e.customer_id = r.customer_id)"
            f" AND e.created_at > r.applied_at AND e.source <> %s AND NOT {_MOVED} AND NOT {_OF_UNDONE}"
            " LEFT JOIN customers_importbatch b ON e.source = 'import:' || b.id"
            " WHERE r.id = ANY(%s) AND r.customer_id IS NOT NULL GROUP BY 1",
            [source_of(batch), [row.pk for row in rows]],
        )
        return {customer: _SAID if is_own else _LIST_SAID.format(_shortened(name)) for customer, is_own, name in cursor.fetchall()}


def _shortened(file_name: str | None) -> str:
    """Return a list's name as a sentence has room for it; a list may be known no more."""
    if not file_name:
        return "another list"
    whole = len(file_name) <= FILE_NAME_CHARACTERS_SHOWN
    return f"another list, “{file_name if whole else file_name[: FILE_NAME_CHARACTERS_SHOWN - 1] + '…'}”,"


def _remove(batch: ImportBatch, rows: Sequence[ImportRow], people: dict[int, Known], said: dict[int, str], step: _Step) -> None:
    """Remove the people the list brought, keeping those who went on from there."""
    ids = [row.customer_id for row in rows if row.customer_id in people]
    reasons = _ties(batch, ids)
    alive = dict(Customer.objects.filter(pk__in=ids).defer("phone_raw", "notes", "extra", "other_phones").in_bulk())
    for row in rows:
        known, customer = people.get(row.customer_id or 0), alive.get(row.customer_id or 0)
        if known is None or customer is None:
            continue
        reason = reasons.get(known.pk) or said.get(known.pk) or _own_reason(row, known, customer)
        if reason:
            step.kept[row.pk] = f"Kept, because {reason}."
        else:
            step.removed.add(known.pk)


def _own_reason(row: ImportRow, known: Known, customer: Customer) -> str:
    """Return why somebody the list brought stays, by what stands in the record itself; empty where nothing did."""
    if customer.loyalty_points_balance:
        return _HAS["loyalty"]
    if customer.registered_at:
        return "they registered"
    if customer.invited_at:
        return "they were invited"
    if (customer.name, customer.phone, customer.email) != (row.name, row.phone, row.email):
        return _LATER.format("the name, phone or email")
    if customer.updated_at == customer.created_at:
        return ""  # nobody wrote to the record since, so the encrypted columns are those of the row
    expected = (
        row.birthday,
        row.notes or "",
        tuple(row.tags),
        unsealed_json(row.extra) or {},
        tuple(unsealed_json(row.other_phones) or ()),
    )
    if (known.birthday, known.notes, known.tags, known.extra, known.other_phones) != expected:
        return _LATER.format("the record")
    same = known.sms_consent in (row.sms_consent, None) and known.gdpr_marketing_consent in (row.marketing_consent, None)
    same = same and known.whatsapp_consent in (row.whatsapp_consent, None)
    if not same or known.opted_out != row.opted_out or ((known.sms_opt_out or known.email_opt_out) and not row.is_opted_out):
        return _LATER.format("the record")
    return ""


def unsealed_json(text: str | None) -> Any:
    """Return the JSON of a column the model has decrypted already."""
    return json.loads(text) if text else None


def _ties(batch: ImportBatch, ids: Sequence[int]) -> dict[int, str]:
    """Return why somebody cannot be removed, by customer: one question per kind of thing that may point at a person.

    What goes when a customer goes (CASCADE) was derived from the record and is no reason, nor is that somebody looked at it.
    """
    found: dict[int, str] = {}
    for model, key in _pointing_at_customers():
        if key.remote_field.on_delete is models.CASCADE or model in (Customer, PersonalDataAccess):
            continue
        label = _HAS_HERE.get(model._meta.model_name or "") or _HAS.get(model._meta.app_label) or "something of theirs is kept"
        own = {ImportRow: _LATER_ROWS, ConsentEvent: f" AND NOT {_NOBODYS_WORD}"}.get(model, "")
        with connection.cursor() as cursor:
            table, column = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(key.column)
            cursor.execute(
                f"SELECT DISTINCT {column} FROM {table} r WHERE {column} = ANY(%(ids)s) {own}", {"ids": list(ids), "batch": batch.pk}
            )
            for (customer_id,) in cursor.fetchall():
                found.setdefault(customer_id, label)
    return found


def _pointing_at_customers() -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    """Yield every foreign key to a customer, of whatever app, with its model."""
    for relation in Customer._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation.related_model, relation.field  # type: ignore[misc]


def _restore(row: ImportRow, known: Known | None, said: str | None, step: _Step) -> None:
    """Put back what a row changed, column by column, where it still stands as the import wrote it."""
    if known is None:
        return
    stays = []
    for column, (old, new) in (unsealed_json(row.changes) or {}).items():
        if column in _CONSENTS and said:
            stays.append(said)
        elif (value := _without(column, known, old, new, row)) is _STAYS:
            stays.append(_LATER.format(_LABELS.get(column, f"the {column}")))
        else:
            step.restored.setdefault(known.pk, {})[column] = value
            _remember(known, column, value)
    if stays:
        step.kept[row.pk] = f"Kept, because {', '.join(dict.fromkeys(stays))}."


_STAYS = object()


def _without(column: str, known: Known, old: Any, new: Any, row: ImportRow) -> Any:
    """Return what a column holds without the import, or _STAYS where somebody changed it since."""
    if column == "phone":
        return None if known.tag is not None and phone_tag(row.phone or "") == known.tag else _STAYS
    current = getattr(known, column)
    if column in ("tags", "other_phones"):
        added = [value for value in new if value not in old]
        return [value for value in current if value not in added]
    if column == "extra":
        touched = {key for key in new if old.get(key) != new[key]}
        if any(current.get(key) != new[key] for key in touched):
            return _STAYS
        return {key: old.get(key, value) for key, value in current.items() if key in old or key not in touched}
    shown = current.isoformat() if isinstance(current, datetime.date) else current
    return old if shown == new else _STAYS


def _remember(known: Known, column: str, value: Any) -> None:
    if column == "phone":
        known.tag = None
    elif column == "birthday":
        known.birthday = datetime.date.fromisoformat(value) if value else None
    else:
        setattr(known, column, tuple(value) if column in ("tags", "other_phones") else value)


def _write_back(step: _Step) -> None:
    """Write what a chunk takes back: one statement a column, however many people."""
    by_column: dict[str, list[dict[str, Any]]] = {}
    for customer_id, columns in step.restored.items():
        for column, value in columns.items():
            by_column.setdefault(column, []).append({"id": customer_id, "value": stored_value(column, value)})
    with connection.cursor() as cursor:
        for column, records in by_column.items():
            cursor.execute(
                f"UPDATE customers_customer c SET {column} = v.value, updated_at = now()"
                f" FROM json_to_recordset(%s::json) AS v(id bigint, value {_TYPES.get(column, 'text')}) WHERE c.id = v.id",
                [json.dumps(records)],
            )


def _delete_people(removed: set[int]) -> None:
    """Remove records that nothing is tied to, with what was only derived from them."""
    if not removed:
        return
    ids = list(removed)
    _keep_looks(ids)
    with connection.cursor() as cursor:
        # Records that were found to be the same person as a removed one part from it again.
        cursor.execute("UPDATE customers_customer SET same_person_as_id = NULL WHERE same_person_as_id = ANY(%s)", [ids])
        cursor.execute("UPDATE customers_importrow SET customer_id = NULL WHERE customer_id = ANY(%s)", [ids])
    for model, key in _pointing_at_customers():
        if key.remote_field.on_delete is models.CASCADE:
            model._default_manager.filter(**{f"{key.attname}__in": ids}).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%s)", [ids])


def _keep_looks(removed: Sequence[int]) -> None:
    """Keep who looked at a record that goes, by its number in words, and what was cleared: the lines are for ever, the record is not."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL servicepro.erase = 'on'")
        cursor.execute(
            "UPDATE customers_personaldataaccess SET subject = 'customer:' || customer_id, customer_id = NULL WHERE customer_id = ANY(%s)",
            [removed],
        )
        cursor.execute(f"UPDATE customers_consentevent SET customer_id = NULL WHERE customer_id = ANY(%s) AND {_NOBODYS_WORD}", [removed])
        cursor.execute("SET LOCAL servicepro.erase = 'off'")


def _lift_suppressions(batch: ImportBatch) -> None:
    """Lift the refusals that only this list said, or lists taken back before it.

    One that the person or another list repeated since stays, and so does that of somebody who was kept.
    """
    rows = ImportRow.objects.filter(models.Q(batch=batch) | models.Q(batch__status=Status.UNDONE))
    kept = rows.exclude(kept_reason="").values_list("phone", "email")
    tags = [phone_tag(phone) for phone, _email in kept if phone]
    tags += [email_tag(email) for _phone, email in kept if email]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_suppression s SET lifted_at = now() WHERE lifted_at IS NULL AND NOT address_tag = ANY(%(kept)s)"
            " AND (reason = %(list)s"
            " OR EXISTS (SELECT 1 FROM customers_importbatch b WHERE reason = 'import:' || b.id AND b.status = 'undone'))"
            f" AND EXISTS (SELECT 1 {_SAID_AGAIN} AND e.source = %(list)s)"
            f" AND NOT EXISTS (SELECT 1 {_SAID_AGAIN} AND e.source <> %(list)s AND NOT {_OF_UNDONE})",
            {"list": source_of(batch), "kept": tags},
        )
