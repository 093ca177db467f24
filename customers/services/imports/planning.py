"""Read a list and say row by row what confirming it would do; nothing but the list itself is written."""

import hashlib
import json
import zoneinfo
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.errors import BadMapping, ImportNotReady
from customers.importing.columns import SEVERAL, Field, check_mapping, match_columns
from customers.importing.rows import ReadRow, read_rows
from customers.models import ImportBatch, ImportRow
from customers.services.imports.reports import EXTRA_PREFIX, REPORT_COLUMNS
from customers.services.imports.roster import load_roster
from customers.services.imports.rule import Decision, Entry, decide
from customers.services.imports.stored import recount, replan
from customers.services.imports.turns import import_turn
from customers.services.standstill import no_erasure_meanwhile
from servicepro.lib.crypto import address_tag, encrypt_addresses, encrypt_texts, tag_of
from servicepro.lib.spreadsheet import DEFAULT_LIMITS, Table, TableLimits, read_table
from servicepro.lib.tenancy import connection
from tenants.selectors import User, current_tenant

CHUNK_ROWS = 5_000  # what is held in memory at once; everything a chunk needs is asked in two statements
SAMPLE_ROWS = 20
FILE_NAME_CHARACTERS_MAX = 255
Outcome = ImportRow.Outcome
Mapped = Sequence[Field] | Mapping[str, Field]
Progress = Callable[[int, int], None]
_COLUMNS = (
    *("batch_id", "row_number", "outcome", "name", "phone", "email", "birthday", "tags"),
    *("sms_consent", "whatsapp_consent", "marketing_consent", "opted_out"),
    *("consent_at", "consent_source", "reasons", "doubts", "is_opted_out", "held_for", "customer_id", "kept_reason"),
    *("other_phones", "notes", "extra", "original", "changes"),
)
_REFUSE_LATE = """
UPDATE customers_importrow r
   SET opted_out = r.opted_out OR v.is_out, sms_consent = CASE WHEN v.no_texts THEN false ELSE r.sms_consent END,
       marketing_consent = CASE WHEN v.no_marketing THEN false ELSE r.marketing_consent END,
       whatsapp_consent = CASE WHEN v.no_whatsapp THEN false ELSE r.whatsapp_consent END
  FROM unnest(%s::int[], %s::boolean[], %s::boolean[], %s::boolean[], %s::boolean[])
       AS v(row_number, is_out, no_texts, no_marketing, no_whatsapp)
 WHERE r.batch_id = %s AND r.row_number = v.row_number
"""
_SEALED = range(len(_COLUMNS) - 5, len(_COLUMNS))  # the last five are encrypted before they are copied


@dataclass(frozen=True, slots=True)
class Upload:
    """A file somebody brought, how much of it is read, and whether it may overwrite what is known."""

    content: bytes
    file_name: str
    actor: User | None = None
    limits: TableLimits = DEFAULT_LIMITS
    replace_existing: bool = False


def preview_import(
    *,
    content: bytes,
    file_name: str,
    actor: User | None,
    fields: Mapped | None = None,
    replace_existing: bool = False,
    may_lack_columns: bool = False,
) -> ImportBatch:
    """Read a list and keep what confirming it would do, within what a business may bring in an hour.

    `fields` says what the columns hold, all in order or some by header; the rest is matched. With `may_lack_columns` a list without
    a name or phone column is kept too, every row refused, so that its owner can match the columns. Raises UnreadableTable,
    BadMapping, TooManyImports, and Unavailable where the count cannot be kept.
    """
    with import_turn():
        upload = Upload(content, file_name, actor, replace_existing=replace_existing)
        return plan_import(upload, fields=fields, may_lack_columns=may_lack_columns)


def plan_import(
    upload: Upload, *, fields: Mapped | None = None, may_lack_columns: bool = False, on_progress: Progress | None = None
) -> ImportBatch:
    """Read a list without counting it; `on_progress` gets the rows planned and their number. Raises UnreadableTable, BadMapping."""
    table = _without_report_columns(read_table(upload.content, upload.limits))
    chosen = _chosen_fields(table.headers, _matched(table), fields, stand_alone=frozenset(Field) - {Field.EXTRA})
    if not may_lack_columns:
        check_mapping(table.headers, chosen)
    batch = ImportBatch(
        created_by=upload.actor.email if upload.actor else "",
        file_name=_clean_file_name(upload.file_name),
        file_digest=file_digest(upload.content),
        file_format=table.format,
        headers=list(table.headers),
        notes=list(table.notes),
        overlong_rows=sorted(table.overlong_rows),
        replace_existing=upload.replace_existing,
    )
    with transaction.atomic():
        no_erasure_meanwhile()
        _plan(batch, table, chosen, on_progress)
    return batch


def remap_import(batch: ImportBatch, fields: Mapped, *, replace_existing: bool | None = None) -> ImportBatch:
    """Plan a list anew with other columns or another answer to "replace". Raises BadMapping, and ImportNotReady once confirmed."""
    with transaction.atomic():
        no_erasure_meanwhile()
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        _require_ready(locked)
        table = _table_of(locked)
        matched = [Field(name) for name in locked.mapping]
        chosen = _chosen_fields(table.headers, matched, fields, stand_alone=frozenset(Field) - SEVERAL)
        check_mapping(table.headers, chosen)
        if replace_existing is not None:
            locked.replace_existing = replace_existing
        locked.rows.all().delete()
        _plan(locked, table, chosen, None)
    return locked


def discard_import(batch: ImportBatch) -> ImportBatch:
    """Throw a list away that was not confirmed, with all its rows. Raises ImportNotReady once it is confirmed."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        _require_ready(locked)
        locked.rows.all().delete()
        locked.status = ImportBatch.Status.DISCARDED
        locked.save(update_fields=["status"])
    return locked


def file_digest(content: bytes) -> str:
    """Return what tells the same file again; keyed, so that nobody can try guesses against it."""
    return address_tag(connection.schema_name, "email", f"import-file\0{hashlib.sha256(content).hexdigest()}")


def _require_ready(batch: ImportBatch) -> None:
    if batch.status != ImportBatch.Status.READY:
        raise ImportNotReady(f"The list is {batch.status} already; bring the file again to start over.")


def _clean_file_name(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-FILE_NAME_CHARACTERS_MAX:] or "list"


def _without_report_columns(table: Table) -> Table:
    """Leave out the columns our own error report added, so that a corrected report is the list again."""
    kept = [position for position, header in enumerate(table.headers) if header not in REPORT_COLUMNS]
    if len(kept) == len(table.headers):
        return table
    rows = [tuple(cells[position] for position in kept) for cells in table.rows]
    headers = tuple(table.headers[position] for position in kept)
    return Table(table.format, headers, rows, table.row_numbers, table.notes, table.overlong_rows)


def _matched(table: Table) -> tuple[Field, ...]:
    """Return what each column most likely holds, taking our own export's word for what is further data."""
    matched = match_columns(table.headers, table.rows[:SAMPLE_ROWS])
    return tuple(Field.EXTRA if header.startswith(EXTRA_PREFIX) else field for header, field in zip(table.headers, matched, strict=True))


def _chosen_fields(
    headers: Sequence[str], matched: Sequence[Field], fields: Mapped | None, *, stand_alone: Collection[Field]
) -> tuple[Field, ...]:
    """Return what each column holds: as matched, but for those somebody named; a field of `stand_alone` leaves its other columns."""
    if fields is None:
        return tuple(matched)
    if not isinstance(fields, Mapping):
        return tuple(fields)
    for header in fields:
        if header not in headers:
            raise BadMapping(f"There is no column “{header}”. The columns are: {', '.join(headers)}.")
    left = set(fields.values()) & set(stand_alone)
    return tuple(fields.get(header, Field.EXTRA if field in left else field) for header, field in zip(headers, matched, strict=True))


def _table_of(batch: ImportBatch) -> Table:
    rows = list(batch.rows.order_by("row_number").only("row_number", "original"))
    cells = [tuple(json.loads(row.original)) for row in rows]
    numbers = [row.row_number for row in rows]
    return Table(batch.file_format, tuple(batch.headers), cells, numbers, tuple(batch.notes), frozenset(batch.overlong_rows))  # type: ignore[arg-type]


def _plan(batch: ImportBatch, table: Table, fields: Sequence[Field], on_progress: Progress | None) -> None:
    """Write the batch and its rows, in the caller's transaction."""
    tenant = current_tenant()
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(tenant.time_zone)).date()
    batch.mapping = [str(field) for field in fields]
    batch.total_records = batch.failed_imports = len(table.rows)  # the constraint holds from the first moment on
    batch.successful_imports = batch.duplicate_skipped = 0
    batch.save()
    plan = _Plan(batch)
    rows = read_rows(table, fields, region=tenant.region, today=today)
    cells = iter(table.rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        plan.add(chunk, list(islice(cells, len(chunk))))
        if on_progress:
            on_progress(plan.planned, len(table.rows))
    plan.finish()


class _Plan:
    """The plan of one list while it is being made."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch, self.tenant = batch, connection.schema_name
        self.first_rows: dict[str, int] = {}  # phone tag to the first row with it
        self.late_refusals: dict[int, list[bool]] = {}  # first row to [opted out, no texts, no marketing, no WhatsApp]
        self.planned = 0

    def add(self, rows: list[ReadRow], cells: list[tuple[str, ...]]) -> None:
        """Decide a chunk and copy it into the table."""
        ordered = sorted({row.phone for row in rows if row.phone} | {phone for row in rows for phone in row.other_phones})
        sealed = dict(zip(ordered, encrypt_addresses(self.tenant, "phone", ordered), strict=True))
        tags = {phone: tag_of(stored) for phone, stored in sealed.items()}
        usable = [row for row in rows if not row.problems]
        emails = sorted({row.email.lower() for row in usable if row.email})
        roster = load_roster(tags=list(tags.values()), emails=emails)
        decisions = [self._decision(row, tags, roster) for row in rows]
        self._copy([_record(self.batch, *each, sealed) for each in zip(rows, cells, decisions, strict=True)])
        self.planned += len(rows)

    def _decision(self, row: ReadRow, tags: Mapping[str, str], roster: Any) -> Decision:
        if row.problems or row.phone is None:
            return Decision(Outcome.REFUSED, reasons=row.problems, doubts=row.doubts)
        tag = tags[row.phone]
        first = self.first_rows.setdefault(tag, row.number)
        if first != row.number:
            said = (row.opted_out, row.sms_consent is False, row.marketing_consent is False, row.whatsapp_consent is False)
            if any(said):
                late = self.late_refusals.setdefault(first, [False] * len(said))
                late[:] = [before or now for before, now in zip(late, said, strict=True)]
            return Decision(Outcome.DUPLICATE_IN_FILE, reasons=(f"Duplicate phone number: the same as in row {first}",))
        decision = decide(entry_of(row, tags), roster, replace=self.batch.replace_existing)
        decision.doubts = (*row.doubts, *decision.doubts)
        return decision

    def _copy(self, records: list[list[Any]]) -> None:
        for position in _SEALED:
            chosen = [record for record in records if record[position]]
            for record, stored in zip(chosen, encrypt_texts(self.tenant, [record[position] for record in chosen]), strict=True):
                record[position] = stored
        with connection.cursor() as cursor, cursor.copy(f"COPY customers_importrow ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for record in records:
                copy.write_row(record)

    def finish(self) -> None:
        """Bring late refusals to the rows they belong to, and keep the counts."""
        if self.late_refusals:
            numbers = list(self.late_refusals)
            said = [[flags[position] for flags in self.late_refusals.values()] for position in range(4)]
            with connection.cursor() as cursor:
                cursor.execute(_REFUSE_LATE, [numbers, *said, self.batch.pk])
            replan(self.batch, numbers)
        recount(self.batch)
        self.batch.processed = 0
        self.batch.status = ImportBatch.Status.READY
        self.batch.save()


def entry_of(row: ReadRow, tags: Mapping[str, str]) -> Entry:
    """Return a usable row as the rule sees it; `tags` has the tag of each of its numbers."""
    return Entry(
        name=row.name,
        phone=row.phone or "",
        tag=tags[row.phone or ""],
        email=row.email.lower() if row.email else None,
        other_phones=row.other_phones,
        tags_of_others=tuple(tags[phone] for phone in row.other_phones),
        birthday=row.birthday,
        notes=row.notes,
        tags=row.tags,
        extra=_further(row),
        sms_consent=row.sms_consent,
        marketing_consent=row.marketing_consent,
        opted_out=row.opted_out,
        whatsapp_consent=row.whatsapp_consent,
    )


def _further(row: ReadRow) -> dict[str, str]:
    """Return the row's further data under plain headings; a number that is kept as one is not kept as text as well."""
    return {header.removeprefix(EXTRA_PREFIX): text for header, text in row.extra.items() if header not in row.repeated}


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: json.dumps makes one at each call


def _array(values: Sequence[object]) -> str:
    """Return an array as the database writes it; far quicker than the driver, and most are empty."""
    return "{" + ",".join(_json(str(value)) for value in values) + "}" if values else "{}"


def _record(batch: ImportBatch, row: ReadRow, cells: tuple[str, ...], decision: Decision, sealed: Mapping[str, str]) -> list[Any]:
    """Return the values of `_COLUMNS`, those of `_SEALED` still in the clear."""
    return [
        batch.pk,
        row.number,
        decision.outcome.value,
        row.name[:255],
        sealed[row.phone] if row.phone else None,
        row.email.lower()[:254] if row.email else None,
        row.birthday,
        _array(row.tags),
        row.sms_consent,
        row.whatsapp_consent,
        row.marketing_consent,
        row.opted_out,
        row.consent_at,
        row.consent_source[:200],
        _json(decision.reasons) if decision.reasons else "[]",
        _json(decision.doubts) if decision.doubts else "[]",
        decision.is_opted_out,
        _array(decision.held_for),
        decision.customer_id,
        "",
        _json(row.other_phones) if row.other_phones else None,
        row.notes or None,
        _json(further) if (further := _further(row)) else None,
        _json(cells),
        _json(decision.changes) if decision.changes else None,
    ]
