"""Read a Google Voice takeout (`Voice/Calls/*.html`) into conversations; a second import adds nothing twice."""

import datetime
import hashlib
import hmac
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.db import connection, transaction
from lxml import html as lxml_html
from lxml.etree import LxmlError

from servicepro.lib.crypto import derive_key, encrypt_address, encrypt_text
from servicepro.lib.fields import tag_sql
from servicepro.lib.phone import e164_or_none

SOURCE = "google_voice_import"
FILE_BYTES_MAX = 20_000_000  # a thread of 100,000 texts is far smaller; more than this is not a thread
BATCH_FILES = 200
_CALL_FILE = re.compile(r"(?:^| )- (?:Placed|Received|Missed|Voicemail|Recorded) - ")


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    files: int = 0
    threads: int = 0
    messages_new: int = 0
    messages_seen: int = 0
    calls_skipped: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Text:
    occurred_at: datetime.datetime
    sender: str | None
    sender_name: str
    is_me: bool
    body: str


@dataclass(slots=True)
class _Thread:
    name: str
    is_group: bool
    people: dict[str, str]
    texts: list[_Text]


def import_google_voice(
    path: Path, *, region: str, own_numbers: frozenset[str] = frozenset(), on_progress: Callable[[int], None] | None = None
) -> ImportReport:
    """Import every text thread of a takeout zip or folder; calls are counted, unreadable files listed, the rest goes in.

    `region` reads numbers without a country code, `own_numbers` (E.164) are the business itself and never a participant.
    """
    report = ImportReport()
    batch: list[_Thread] = []
    for name, content in _files(path, report):
        report.files += 1
        if _CALL_FILE.search(name):
            report.calls_skipped += 1
            continue
        thread = _read(name, content, region, own_numbers, report)
        if thread and thread.people:
            batch.append(thread)
        if len(batch) >= BATCH_FILES:
            _store(batch, report)
            batch = []
        if on_progress:
            on_progress(report.files)
    _store(batch, report)
    return report


def _files(path: Path, report: ImportReport) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.html")):
            if file.stat().st_size > FILE_BYTES_MAX:
                report.unreadable.append(file.name)
            elif "Calls" in file.parts or file.parent == path:
                yield file.stem, file.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename)
            if name.suffix != ".html" or "Calls" not in name.parts:
                continue
            if entry.file_size > FILE_BYTES_MAX:
                report.unreadable.append(name.name)
            else:
                yield name.stem, archive.read(entry)


def _read(name: str, content: bytes, region: str, own: frozenset[str], report: ImportReport) -> _Thread | None:
    try:
        document = lxml_html.fromstring(content, parser=lxml_html.HTMLParser(encoding="utf-8"))
        texts = [text for node in document.iter("div") if node.get("class") == "message" and (text := _text(node, region))]
    except (LxmlError, ValueError):
        report.unreadable.append(name)
        return None
    if not texts and b'class="message"' in content:
        report.unreadable.append(name)
        return None
    is_group = name.startswith("Group Conversation")
    people = {text.sender: text.sender_name for text in texts if text.sender and not text.is_me and text.sender not in own}
    if is_group:
        for link in document.xpath("//div[contains(@class,'participants')]//a[contains(@class,'tel')]"):
            number = e164_or_none((link.get("href") or "").removeprefix("tel:"), region)
            if number and number not in own:
                people.setdefault(number, _clean(link.text_content()))
    elif not people:
        # Nobody answered: the file's own name says whom the business wrote to.
        number = e164_or_none(name.split(" - ")[0], region)
        if number and number not in own:
            people[number] = ""
    return _Thread(name, is_group, people, texts)


def _text(node: lxml_html.HtmlElement, region: str) -> _Text | None:
    stamps = node.xpath(".//abbr[contains(@class,'dt')]/@title")
    if not stamps:
        return None
    occurred_at = datetime.datetime.fromisoformat(stamps[0])
    links = node.xpath(".//cite//a[contains(@class,'tel')]/@href")
    names = node.xpath(".//cite//*[contains(@class,'fn')]")
    shown = _clean(names[0].text_content()) if names else ""
    quotes = node.xpath(".//q")
    body = "\n".join(quotes[0].itertext()).strip() if quotes else ""
    attachments = len(node.xpath(".//img|.//video|.//audio|.//a[contains(@class,'video') or contains(@class,'vcard-link')]"))
    if attachments:
        body = (body + f"\n[{attachments} attachment{'s' if attachments > 1 else ''}]").strip()
    number = e164_or_none(links[0].removeprefix("tel:"), region) if links else None
    is_me = shown == "Me"
    sender_name = "" if is_me or e164_or_none(shown, region) else shown
    return _Text(occurred_at.astimezone(datetime.UTC), number, sender_name, is_me, body)


def _clean(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())


def _digest(*parts: str) -> str:
    return hmac.new(derive_key("google-voice"), "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:40]


def _store(threads: list[_Thread], report: ImportReport) -> None:
    """Write a batch of threads: one statement for conversations, one for participants, one for messages."""
    if not threads:
        return
    tenant = connection.schema_name
    keys = [_digest(tenant, *sorted(thread.people)) for thread in threads]
    with transaction.atomic(), connection.cursor() as cursor:
        latest = [max((text.occurred_at for text in thread.texts), default=None) for thread in threads]
        ids = _conversation_ids(cursor, threads, keys, latest)
        people = [
            (ids[key], name[:120], encrypt_address(tenant, "phone", number))
            for thread, key in zip(threads, keys, strict=True)
            for number, name in thread.people.items()
        ]
        cursor.execute(
            "INSERT INTO customers_participant (conversation_id, name, phone)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])"
            f" ON CONFLICT (conversation_id, {tag_sql('phone')}) DO NOTHING",
            [list(column) for column in zip(*people, strict=True)],
        )
        rows = list(_message_rows(threads, keys, ids, tenant))
        if rows:
            cursor.execute(
                "INSERT INTO customers_message (conversation_id, direction, source, body, occurred_at, external_key, needs_review)"
                f" SELECT c, d, '{SOURCE}', b, o, k, false"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS m(c, d, b, o, k)"
                " ON CONFLICT (conversation_id, external_key) DO NOTHING",
                [list(column) for column in zip(*rows, strict=True)],
            )
            report.messages_new += cursor.rowcount
            report.messages_seen += len(rows) - cursor.rowcount
    report.threads += len(set(keys))


def _conversation_ids(cursor: object, threads: list[_Thread], keys: list[str], latest: list[datetime.datetime | None]) -> dict[str, int]:
    unique: dict[str, tuple[bool, datetime.datetime | None]] = {}
    for thread, key, last in zip(threads, keys, latest, strict=True):
        earlier = unique.get(key, (thread.is_group, None))[1]
        unique[key] = (thread.is_group, max(filter(None, (earlier, last)), default=None))
    cursor.execute(  # type: ignore[attr-defined]
        "INSERT INTO customers_conversation (source, external_key, is_group, last_message_at, created_at)"
        f" SELECT '{SOURCE}', k, g, l, now() FROM unnest(%s::text[], %s::boolean[], %s::timestamptz[]) AS v(k, g, l)"
        " ON CONFLICT (source, external_key) DO UPDATE"
        " SET last_message_at = greatest(customers_conversation.last_message_at, excluded.last_message_at)"
        " RETURNING external_key, id",
        [list(unique), [group for group, _last in unique.values()], [last for _group, last in unique.values()]],
    )
    return dict(cursor.fetchall())  # type: ignore[attr-defined]


def _message_rows(
    threads: list[_Thread], keys: list[str], ids: dict[str, int], tenant: str
) -> Iterator[tuple[int, str, str, datetime.datetime, str]]:
    seen: set[tuple[int, str]] = set()
    for thread, key in zip(threads, keys, strict=True):
        repeats: dict[str, int] = {}
        for text in thread.texts:
            base = _digest(text.occurred_at.isoformat(), text.sender or "", str(text.is_me), text.body)
            # Two equal texts in one instant are two messages; counted, they stay two at every import.
            repeats[base] = repeats.get(base, 0) + 1
            external = f"{base}.{repeats[base]}"
            if (ids[key], external) not in seen:
                seen.add((ids[key], external))
                direction = "outbound" if text.is_me else "inbound"
                yield ids[key], direction, encrypt_text(tenant, text.body), text.occurred_at, external
