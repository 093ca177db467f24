"""What the simulator knows: accounts, messages, emails, block lists; kept in a journal so that a restart forgets nothing."""

import json
import secrets
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from servicepro.simulator.compliance_records import Record, first_records

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "simulator-auth-token"  # noqa: S105  the simulator's own, worth nothing elsewhere
SENDGRID_KEY = "SG.simulator"
SPARE_NUMBER = "+15005550006"  # Twilio's test number; sends for a messaging service that was given none
STATUSES = ("unsubmitted", "received", "pending", "approved", "rejected", "paused", "disabled")  # of a WhatsApp template


@dataclass(slots=True)
class Text:
    """A text as the provider's log shows it; `sender` is empty until a messaging service has chosen one."""

    to: str
    sender: str
    body: str
    direction: str
    status: str
    callback: str = ""
    error_code: int | None = None
    service_sid: str = ""
    sid: str = field(default_factory=lambda: f"SM{secrets.token_hex(16)}")
    created: float = field(default_factory=time.time)


@dataclass(slots=True)
class Mail:
    """An email as its reader finds it."""

    message_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    attempt_id: str
    created: float
    status: str = "delivered"
    sender_name: str = ""
    reply_to: str = ""
    tracks_opens: bool = False
    is_opened: bool = False
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Template:
    """A message template and what WhatsApp said of it; `variables` are samples by name."""

    name: str
    body: str
    language: str = "en"
    variables: dict[str, str] = field(default_factory=dict)
    status: str = "approved"
    category: str = ""
    rejection_reason: str = ""
    kind: str = "twilio/text"
    sid: str = field(default_factory=lambda: f"HX{secrets.token_hex(16)}")
    created: float = field(default_factory=time.time)


_INVITATION = (
    "Hi {{1}}, {{2}} now takes bookings online. Book appointments, earn rewards, and get {{3}} off your next visit with the code {{4}}. "
    "Join: {{5}} The offer is valid for {{6}} days. Reply STOP to opt out."
)
_SAMPLES = {"1": "Ana", "2": "Luna Salon", "3": "$10", "4": "WELCOME-ABC234", "5": "https://salon.example/i/abc", "6": "30"}


def demo_templates() -> dict[str, Template]:
    """Return the templates that are there from the start: one that may be used, and one for each way in which one may not."""
    made = (
        ("salon_invitation", "approved", ""),
        ("salon_invitation_new", "pending", ""),
        ("salon_invitation_loud", "rejected", "The template looks like spam."),
        ("salon_invitation_old", "paused", ""),
    )
    return {
        sid: Template(name, _INVITATION, variables=dict(_SAMPLES), status=status, category="MARKETING", rejection_reason=why, sid=sid)
        for number, (name, status, why) in enumerate(made, start=1)
        for sid in (f"HX{str(number) * 32}",)
    }


@dataclass
class Store:
    """All state; a fact is in the journal before an answer is given."""

    directory: Path | None = None
    is_lean: bool = False
    texts: dict[str, Text] = field(default_factory=dict)
    texts_by_phone: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mails: list[Mail] = field(default_factory=list)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    inbound_urls: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    event_urls: list[str] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=demo_templates)
    suppressed: dict[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=first_records)
    review: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lean_messages: int = 0
    _journal: TextIO | None = None

    def open(self) -> None:
        """Replay the journal and go on writing it."""
        if self.directory is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "journal.jsonl"
        written = path.read_text() if path.exists() else ""
        for line in written.splitlines():
            try:
                self._apply(*json.loads(line))
            except (ValueError, TypeError, KeyError):
                continue  # the torn last line of a killed process
        self._journal = path.open("a", buffering=1)
        if written and not written.endswith("\n"):
            self._journal.write("\n")  # or the next fact would continue the torn line, and be lost with it

    def write(self, kind: str, payload: Any) -> None:
        """Keep one fact: in the journal first, then in memory."""
        if self._journal:
            self._journal.write(json.dumps([kind, payload]) + "\n")
        self._apply(kind, payload)

    def _apply(self, kind: str, payload: Any) -> None:
        if kind == "text":
            text = Text(**payload)
            if text.sid not in self.texts:
                self.texts_by_phone[text.to if text.direction != "inbound" else text.sender].append(text.sid)
            self.texts[text.sid] = text
        elif kind == "forget":
            self.forget_text(payload)
        elif kind == "forget_mails":
            self.mails = [mail for mail in self.mails if mail.to != payload]
        elif kind == "mail":
            self.mails.append(Mail(**payload))
        elif kind == "opened":
            for mail in self.mails:
                mail.is_opened = mail.is_opened or [mail.message_id, mail.to] == payload
        elif kind == "block":
            self.blocked.add((payload[0], payload[1]))
        elif kind == "unblock":
            self.blocked.discard((payload[0], payload[1]))
        else:
            self._apply_setup(kind, payload)

    def _apply_setup(self, kind: str, payload: Any) -> None:
        """Take in a fact about an account rather than about a message."""
        if kind == "number":
            self.inbound_urls[payload["number"]] = payload["inboundUrl"]
            self.services[payload["number"]] = payload.get("serviceSid", "")
        elif kind == "number_gone":
            self.inbound_urls.pop(payload, None)
            self.services.pop(payload, None)
        elif kind == "record":
            key, fields = payload
            self.records[key] = Record(**fields)
        elif kind == "record_gone":
            self.records.pop(payload, None)
        elif kind == "review":
            self.review = payload
        elif kind == "event_url":
            self.event_urls = [*(url for url in self.event_urls if url != payload), payload]
        elif kind == "event_url_gone":
            self.event_urls = [url for url in self.event_urls if url != payload]
        elif kind == "template":
            template = Template(**payload)
            self.templates[template.sid] = template
        elif kind == "template_gone":
            self.templates.pop(payload, None)
        elif kind == "suppress":
            address, reason = payload
            self.suppressed[address] = reason

    def add_text(self, text: Text) -> None:
        """Keep a text."""
        if self.is_lean:
            self.count([text.to])
        else:
            self.write("text", asdict(text))

    def update_text(self, text: Text, status: str, error_code: int | None = None) -> None:
        """Move a text along its life, unless it was forgotten meanwhile."""
        text.status, text.error_code = status, error_code
        if text.sid in self.texts:
            self.write("text", asdict(text))

    def forget_text(self, sid: str) -> None:
        """Remove a text's record, as its account asked."""
        if text := self.texts.pop(sid, None):
            self.texts_by_phone[text.to if text.direction != "inbound" else text.sender].remove(sid)

    def add_mail(self, mail: Mail) -> None:
        """Keep an email."""
        self.write("mail", asdict(mail))

    def open_mail(self, mail: Mail) -> None:
        """Note that an email was looked at."""
        self.write("opened", [mail.message_id, mail.to])

    def count(self, addresses: list[str]) -> None:
        """Keep of these messages that they came: all that a lean simulator keeps."""
        for address in addresses:
            self.counts[address] += 1
        self.lean_messages += len(addresses)

    def keep_record(self, record: Record, key: str = "") -> None:
        """Keep what was registered, under its id or another key."""
        self.write("record", [key or record.sid, asdict(record)])

    def registered_service(self, number: str) -> str:
        """Return the messaging service made through the API that a number is in, "" where there is none."""
        service = self.services.get(number, "")
        return service if service in self.records else ""

    def is_empty_service(self, sid: str) -> bool:
        """Tell whether a messaging service that was made through the API has no number to send from."""
        return sid in self.records and sid not in self.services.values()

    def inbound_url(self, number: str) -> str:
        """Return where texts to a number go: its messaging service's address, unless that leaves it to the number."""
        service = self.records.get(self.services.get(number, ""))
        if service and not service.fields["use_inbound_webhook_on_number"]:
            return service.fields["inbound_request_url"] or ""  # without an address Twilio throws them away
        return self.inbound_urls.get(number, "")

    def choose_sender(self, service_sid: str) -> str:
        """Return the number a messaging service sends from."""
        pool = [number for number, service in self.services.items() if service == service_sid]
        return next(iter([*pool, *self.services]), SPARE_NUMBER)

    def block_scope(self, number: str) -> str:
        """Return what a person who answers STOP to a number leaves: its messaging service with all its senders, or it alone."""
        return self.services.get(number) or number

    def reset(self) -> None:
        """Forget messages, emails, block lists and registrations, keep the set-up; the templates are those of the start again."""
        for kept in (self.texts, self.texts_by_phone, self.mails, self.blocked, self.suppressed, self.counts):
            kept.clear()
        self._forget_registrations()
        self.lean_messages, self.templates = 0, demo_templates()
        if self._journal:
            self._journal.truncate(0)
        for number, url in self.inbound_urls.items():
            self.write("number", {"number": number, "inboundUrl": url, "serviceSid": self.services[number]})
        for url in self.event_urls:
            self.write("event_url", url)

    def _forget_registrations(self) -> None:
        """Forget what the API made: its numbers are given back, those of the set-up leave its messaging services."""
        bought = {record.fields["phone_number"] for record in self.records.values() if record.life.get("is_bought")}
        self.inbound_urls = {number: url for number, url in self.inbound_urls.items() if number not in bought}
        made = {key for key, record in self.records.items() if not record.life.get("is_given")}
        kept = {number: self.services.get(number, "") for number in self.inbound_urls}
        self.services = {number: "" if service in made else service for number, service in kept.items()}
        self.records, self.review = first_records(), {}
