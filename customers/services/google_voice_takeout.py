"""Read the files of a Google Voice takeout: one HTML page per piece of a conversation, in all the forms they come in."""

import datetime
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lxml import html as lxml_html
from lxml.etree import LxmlError

from customers.errors import UnreadableTakeout
from servicepro.lib.optout import ReplyIntent, classify_reply
from servicepro.lib.phone import e164_or_none

FILE_BYTES_MAX = 20_000_000  # a thread of 100,000 texts is far smaller; more than this is not a thread
_FILE_NAME = re.compile(r"(?P<who>.*?) ?- (?P<kind>Text|Placed|Received|Missed|Voicemail|Recorded) - ")
_GROUP = "Group Conversation"
_CARD_NUMBER = re.compile(r"^(?:[\w-]+\.)?TEL[^:\r\n]*:([^\r\n]+)", re.MULTILINE)
_NOBODY = {"unknown", "anonymous"}


class UnreadableThread(Exception):
    """A file that holds no texts one could read; the message says why."""


@dataclass(slots=True)
class TakeoutFile:
    """A page of the takeout: its name without the suffix, its size, and how to get its bytes."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(slots=True)
class Takeout:
    """The pages of a takeout, and the business's own numbers that its contact card names."""

    files: list[TakeoutFile] = field(default_factory=list)
    own_numbers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class VoiceText:
    """One message; `sender` is E.164, or what stands there where it is none (a short code)."""

    occurred_at: datetime.datetime
    sender: str
    sender_name: str
    is_me: bool
    body: str
    intent: ReplyIntent


@dataclass(slots=True)
class VoiceThread:
    """A page: everybody on the other side as {E.164: name}, those without a textable number as {as written: name}."""

    file_name: str
    contact_name: str
    is_group: bool
    people: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    texts: list[VoiceText] = field(default_factory=list)
    unreadable_texts: int = 0


@contextmanager
def open_takeout(path: Path, region: str) -> Iterator[Takeout]:
    """Open a takeout zip or folder. Raises UnreadableTakeout where there is none."""
    if path.is_dir():
        yield _found(path, [_on_disk(file) for file in sorted(path.rglob("*")) if _is_wanted(file, path)], region)
        return
    if not path.is_file():
        raise UnreadableTakeout(f"There is no file or folder {path}.")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableTakeout(f"{path} is not a zip file one can read; download the takeout again.") from error
    with archive:
        root = PurePosixPath()
        entries = [entry for entry in archive.infolist() if _is_wanted(PurePosixPath(entry.filename), root)]
        yield _found(path, [_in_zip(archive, entry) for entry in entries], region)


def call_kind(name: str) -> str | None:
    """Return what kind of call a file records, None where it holds texts."""
    found = _FILE_NAME.match(name)
    return None if not found or found["kind"] == "Text" else found["kind"]


def read_thread(name: str, content: bytes, *, region: str, own: set[str]) -> VoiceThread:
    """Read a page of texts. Numbers that the page shows as “Me” are added to `own`. Raises UnreadableThread."""
    try:
        document = lxml_html.fromstring(content, parser=lxml_html.HTMLParser(encoding="utf-8"))
    except (LxmlError, ValueError) as error:
        raise UnreadableThread("is not a page one can read") from error
    found = _FILE_NAME.match(name)
    who = _clean(found["who"]) if found else ""
    is_group = name.startswith(_GROUP) or who == _GROUP
    partner = None if is_group else e164_or_none(who, region)
    thread = VoiceThread(name, "" if is_group or partner or _is_number(who) else who, is_group)
    for node in document.iter("div"):
        if "message" in (node.get("class") or "").split():
            text = _text(node, region)
            if text is None:
                thread.unreadable_texts += 1
                continue
            if text.is_me and text.sender.startswith("+"):
                own.add(text.sender)
            thread.texts.append(text)
    if not thread.texts:
        raise UnreadableThread("holds no texts one could read")
    _find_people(thread, who, partner, own)
    if is_group:
        _find_group(thread, document, region, own)
    return thread


def _found(path: Path, files: list[TakeoutFile], region: str) -> Takeout:
    takeout = Takeout()
    for file in files:
        if not file.name.endswith(".vcf"):
            takeout.files.append(TakeoutFile(file.name.removesuffix(".html"), file.size, file.read))
        elif file.name == "Phones.vcf" and file.size <= FILE_BYTES_MAX:
            numbers = _CARD_NUMBER.findall(file.read().decode("utf-8", "replace"))
            takeout.own_numbers |= {number for written in numbers if (number := e164_or_none(written.strip(), region))}
    if not takeout.files:
        raise UnreadableTakeout(f"{path} holds no Google Voice pages: expected Voice/Calls/*.html inside.")
    return takeout


def _is_wanted(file: Path | PurePosixPath, root: Path | PurePosixPath) -> bool:
    # "__MACOSX/…/._name.html" is what a Mac adds to a zip beside each file; it holds no page.
    if file.name.startswith("._") or "__MACOSX" in file.parts:
        return False
    return file.name == "Phones.vcf" or (file.suffix == ".html" and ("Calls" in file.parts or file.parent == root))


def _on_disk(file: Path) -> TakeoutFile:
    return TakeoutFile(file.name, file.stat().st_size, file.read_bytes)


def _in_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> TakeoutFile:
    def read() -> bytes:
        try:
            return archive.read(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise UnreadableThread("is damaged inside the zip") from error

    return TakeoutFile(PurePosixPath(entry.filename).name, entry.file_size, read)


def _text(node: lxml_html.HtmlElement, region: str) -> VoiceText | None:
    """Return a message, None where it has no readable time."""
    stamp, link, shown, quote, attachments = "", "", "", None, 0
    for element in node.iterdescendants("abbr", "a", "span", "q", "img", "video", "audio"):
        classes = (element.get("class") or "").split()
        if element.tag == "q":
            quote = element if quote is None else quote
        elif element.tag == "abbr" and "dt" in classes:
            stamp = stamp or element.get("title") or ""
        elif "fn" in classes:
            shown = shown or _clean(element.text_content())
        elif "tel" in classes:
            link = link or element.get("href") or ""
        elif element.tag in ("img", "video", "audio") or {"video", "audio", "vcard-link"} & set(classes):
            attachments += 1
    try:
        occurred_at = datetime.datetime.fromisoformat(_clean(stamp))
    except ValueError:
        return None
    if occurred_at.tzinfo is None:
        occurred_at = occurred_at.replace(tzinfo=datetime.UTC)
    body = _body(quote) if quote is not None else ""
    intent = ReplyIntent.NONE if shown == "Me" else classify_reply(body)
    if attachments:
        body = f"{body}\n[{attachments} attachment{'s' if attachments > 1 else ''}]".strip()
    written = _clean(link.removeprefix("tel:"))
    sender = e164_or_none(written, region) or written
    is_name = shown and shown != "Me" and not _is_number(shown)
    return VoiceText(occurred_at.astimezone(datetime.UTC), sender, shown if is_name else "", shown == "Me", body, intent)


def _body(quote: lxml_html.HtmlElement) -> str:
    for line_break in quote.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return quote.text_content().strip()


def _find_people(thread: VoiceThread, who: str, partner: str | None, own: set[str]) -> None:
    for text in thread.texts:
        # Another language writes another word for “Me”: with one partner, everybody else is the business.
        text.is_me = text.is_me or text.sender in own or bool(partner and text.sender and text.sender != partner)
        if text.is_me or text.sender.lower() in {"", *_NOBODY}:
            continue
        side = thread.people if text.sender.startswith("+") and e164_or_none(text.sender, "ZZ") else thread.others
        side[text.sender] = text.sender_name or side.get(text.sender, "")
    if thread.is_group or thread.people or thread.others:
        return
    # Nobody answered: the file's own name says whom the business wrote to.
    if partner and partner not in own:
        thread.people[partner] = ""
    elif _is_number(who) and not partner:
        thread.others[who] = ""


def _find_group(thread: VoiceThread, document: lxml_html.HtmlElement, region: str, own: set[str]) -> None:
    for node in document.iter("div"):
        if "participants" not in (node.get("class") or "").split():
            continue
        for link in node.iter("a"):
            written = _clean((link.get("href") or "").removeprefix("tel:"))
            number = e164_or_none(written, region)
            name = _clean(link.text_content())
            name = "" if _is_number(name) or name == "Me" else name
            if number and number not in own:
                thread.people[number] = thread.people.get(number) or name
            elif written and not number:
                thread.others.setdefault(written, name)


def _is_number(text: str) -> bool:
    return any(character.isdigit() for character in text) and not any(character.isalpha() for character in text)


def _clean(text: str) -> str:
    # split() knows the narrow and the no-break spaces that Google puts between a time and its AM.
    return " ".join(text.replace("\0", " ").split())
