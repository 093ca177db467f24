"""Bring a Google Voice takeout into conversations; a second import adds nothing twice."""

import datetime
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from django.db import transaction

from customers.models import ConsentEvent
from customers.services.consent import suppress
from customers.services.google_voice_takeout import (
    FILE_BYTES_MAX,
    Takeout,
    TakeoutFile,
    UnreadableThread,
    VoiceText,
    VoiceThread,
    call_kind,
    open_takeout,
    read_thread,
)
from customers.types import ImportReport, UnreadableFile
from servicepro.lib.crypto import address_tag, encrypt_address, encrypt_text
from servicepro.lib.fields import phone_tag, tag_sql
from servicepro.lib.optout import ReplyIntent
from servicepro.lib.tenancy import connection

SOURCE = "google_voice_import"
BATCH_FILES = 200
BATCH_MESSAGES = 5_000
_STOPS = {ReplyIntent.STOP_EXACT: "stop_keyword", ReplyIntent.STOP_FREE_TEXT: "stop_in_other_words"}
_STARTS = {"start", "unstop"}  # "yes" lifts a block at the provider, but in an old conversation it answers something else
Progress = Callable[[ImportReport, int], None]


def import_google_voice(path: Path, *, region: str, own_numbers: Collection[str] = (), on_progress: Progress | None = None) -> ImportReport:
    """Import every text thread of a takeout zip or folder; calls are counted, unreadable files listed, the rest goes in.

    `region` reads numbers without a country code, `own_numbers` (E.164) are the business itself and never a participant; the
    numbers of the takeout's own Phones.vcf and those shown as “Me” are added to them. Who asked to be left alone in one of these
    texts, and not for the opposite later, is suppressed. `on_progress` gets the report so far and
    the number of files after each file. Raises UnreadableTakeout where the path holds no takeout.
    """
    report = ImportReport()
    with open_takeout(path, region) as takeout:
        own = {*own_numbers, *takeout.own_numbers}
        batch: list[VoiceThread] = []
        for thread in _threads(takeout, region, own, report, on_progress):
            batch.append(thread)
            if len(batch) >= BATCH_FILES or sum(len(each.texts) for each in batch) >= BATCH_MESSAGES:
                _store(batch, report)
                batch = []
        _store(batch, report)
        if on_progress:
            on_progress(report, len(takeout.files))
    return report


def _threads(takeout: Takeout, region: str, own: set[str], report: ImportReport, on_progress: Progress | None) -> Iterator[VoiceThread]:
    """Yield every thread; those that show a contact's name but no number come last, when other files have told the number."""
    numbers: dict[str, set[str]] = {}
    nameless: list[TakeoutFile] = []
    for file in takeout.files:
        report.files += 1
        if call_kind(file.name):
            report.calls_skipped += 1
        elif thread := _read(file, region, own, report):
            if not thread.is_group and thread.contact_name and len(thread.people) == 1:
                numbers.setdefault(thread.contact_name, set()).update(thread.people)
            if thread.contact_name and not thread.people and not thread.others:
                nameless.append(file)
            else:
                report.messages_unreadable += thread.unreadable_texts
                yield thread
        if on_progress:
            on_progress(report, len(takeout.files))
    for file in nameless:
        if thread := _read(file, region, own, report):
            report.messages_unreadable += thread.unreadable_texts
            known = numbers.get(thread.contact_name, set())
            if len(known) == 1:
                thread.people[next(iter(known))] = thread.contact_name
            yield thread


def _read(file: TakeoutFile, region: str, own: set[str], report: ImportReport) -> VoiceThread | None:
    try:
        if file.size > FILE_BYTES_MAX:
            raise UnreadableThread(f"is larger than {FILE_BYTES_MAX // 1_000_000} MB")
        return read_thread(file.name, file.read(), region=region, own=own)
    except UnreadableThread as error:
        report.unreadable.append(UnreadableFile(file.name, str(error)))
    except OSError as error:
        report.unreadable.append(UnreadableFile(file.name, error.strerror or "cannot be read"))
    return None


def _keyed(*parts: str) -> str:
    # Under the key that never rotates: with any other, the import after a rotation would bring everything twice.
    return address_tag(connection.schema_name, "phone", "\0".join(("google-voice", *parts)))


def _thread_key(thread: VoiceThread) -> str:
    """Return what makes pieces of one conversation one: everybody in it, else the contact's name, else the file itself."""
    if thread.people or thread.others:
        return _keyed("people", *sorted((*thread.people, *thread.others)))
    return _keyed("contact", thread.contact_name) if thread.contact_name else _keyed("file", thread.file_name)


def _store(threads: list[VoiceThread], report: ImportReport) -> None:
    """Write a batch of threads: one statement each for conversations, participants with and without a number, and messages."""
    if not threads:
        return
    keyed = [(_thread_key(thread), thread) for thread in threads]
    with transaction.atomic(), connection.cursor() as cursor:
        ids = _store_conversations(cursor, keyed, report)
        _store_participants(cursor, [(ids[key], thread) for key, thread in keyed], report)
        _store_messages(cursor, [(ids[key], thread) for key, thread in keyed], report)
        for thread in threads:
            _obey_stops(thread, report)


def _store_conversations(cursor: Any, keyed: list[tuple[str, VoiceThread]], report: ImportReport) -> dict[str, int]:
    unique: dict[str, tuple[bool, datetime.datetime]] = {}
    for key, thread in keyed:
        latest = max(text.occurred_at for text in thread.texts)
        unique[key] = (thread.is_group, max(latest, unique.get(key, (False, latest))[1]))
    ordered = sorted(unique)
    cursor.execute(
        "INSERT INTO customers_conversation (source, external_key, is_group, last_message_at, created_at)"
        f" SELECT '{SOURCE}', k, g, l, now() FROM unnest(%s::text[], %s::boolean[], %s::timestamptz[]) AS v(k, g, l)"
        " ON CONFLICT (source, external_key) DO UPDATE"
        " SET last_message_at = greatest(customers_conversation.last_message_at, excluded.last_message_at)"
        " RETURNING external_key, id, xmax = 0",
        [ordered, [unique[key][0] for key in ordered], [unique[key][1] for key in ordered]],
    )
    rows = cursor.fetchall()
    report.conversations_new += sum(is_new for _key, _id, is_new in rows)
    return {key: conversation_id for key, conversation_id, _is_new in rows}


def _store_participants(cursor: Any, threads: list[tuple[int, VoiceThread]], report: ImportReport) -> None:
    tenant = connection.schema_name
    people: dict[tuple[int, str], str] = {}
    others: dict[tuple[int, str], str] = {}
    for conversation_id, thread in threads:
        for number, name in thread.people.items():
            people[conversation_id, number] = name or people.get((conversation_id, number), "") or thread.contact_name
        for written, name in thread.others.items():
            others[conversation_id, written] = name or others.get((conversation_id, written), "") or thread.contact_name
        if not thread.people and not thread.others:
            others[conversation_id, ""] = thread.contact_name
    cursor.execute(
        "INSERT INTO customers_participant (conversation_id, name, phone)"
        " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])"
        f" ON CONFLICT (conversation_id, {tag_sql('phone')}) DO UPDATE SET name = excluded.name"
        " WHERE customers_participant.name = '' AND excluded.name <> '' RETURNING xmax = 0",
        [
            [conversation_id for conversation_id, _number in people],
            [name[:120] for name in people.values()],
            [encrypt_address(tenant, "phone", number) for _conversation_id, number in people],
        ],
    )
    report.participants_new += sum(is_new for (is_new,) in cursor.fetchall())
    # No number, no constraint to lean on; but these conversations are keyed by exactly these people.
    cursor.execute(
        "INSERT INTO customers_participant (conversation_id, name, phone_raw)"
        " SELECT c, n, r FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(c, n, r) WHERE NOT EXISTS"
        " (SELECT 1 FROM customers_participant p WHERE p.conversation_id = v.c AND p.phone IS NULL)",
        [
            [conversation_id for conversation_id, _written in others],
            [name[:120] for name in others.values()],
            [encrypt_text(tenant, written) if written else None for _conversation_id, written in others],
        ],
    )
    report.participants_new += cursor.rowcount


def _store_messages(cursor: Any, threads: list[tuple[int, VoiceThread]], report: ImportReport) -> None:
    rows = list(_message_rows(threads))
    cursor.execute(
        "INSERT INTO customers_message (conversation_id, direction, source, body, occurred_at, external_key, needs_review)"
        f" SELECT c, d, '{SOURCE}', b, o, k, r FROM"
        " unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::boolean[]) AS m(c, d, b, o, k, r)"
        " ON CONFLICT (conversation_id, external_key) DO NOTHING",
        [[row[part] for row in rows] for part in range(6)],
    )
    report.messages_new += cursor.rowcount
    report.messages_known += sum(len(thread.texts) for _id, thread in threads) - cursor.rowcount


def _message_rows(threads: list[tuple[int, VoiceThread]]) -> Iterator[tuple[int, str, str, datetime.datetime, str, bool]]:
    tenant = connection.schema_name
    seen: set[tuple[int, str]] = set()
    for conversation_id, thread in threads:
        repeats: dict[str, int] = {}
        for text in thread.texts:
            direction = "outbound" if text.is_me else "inbound"
            digest = _keyed("text", text.occurred_at.isoformat(), "" if text.is_me else text.sender, direction, text.body)
            # Two equal texts in one instant are two messages; counted, they stay two at every import.
            repeats[digest] = repeats.get(digest, 0) + 1
            external_key = f"{digest}.{repeats[digest]}"
            if (conversation_id, external_key) not in seen:
                seen.add((conversation_id, external_key))
                is_unclear = text.intent is ReplyIntent.STOP_FREE_TEXT and not text.is_me
                yield conversation_id, direction, encrypt_text(tenant, text.body), text.occurred_at, external_key, is_unclear


def _obey_stops(thread: VoiceThread, report: ImportReport) -> None:
    """Suppress who wrote STOP, in any words. A permission that we recorded ourselves is younger than any of these texts."""
    last: dict[str, VoiceText] = {}
    for text in sorted(thread.texts, key=lambda text: text.occurred_at):
        if text.is_me or text.sender not in thread.people:
            continue
        if text.intent in _STOPS:
            last.setdefault(text.sender, text)
        elif text.intent is ReplyIntent.START_EXACT and text.body.strip().lower() in _STARTS:
            last.pop(text.sender, None)
    for sender, text in last.items():
        granted = ConsentEvent.objects.filter(address_tag=phone_tag(sender), channel="sms", action=ConsentEvent.Action.GRANTED)
        if granted.exists():
            continue
        event_key = f"google_voice:{_keyed('stop', sender, text.occurred_at.isoformat())}"
        report.stopped += suppress(channel="sms", address=sender, reason=_STOPS[text.intent], event_key=event_key)
