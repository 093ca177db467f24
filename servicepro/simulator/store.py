"""What the simulator knows: accounts, messages, emails, block lists; kept in a journal so that a restart forgets nothing."""

import json
import secrets
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "simulator-auth-token"  # noqa: S105  the simulator's own, worth nothing elsewhere
SENDGRID_KEY = "SG.simulator"


@dataclass(slots=True)
class Text:
    """A text as the provider's log shows it."""

    sid: str
    to: str
    sender: str
    body: str
    direction: str
    status: str
    created: float
    callback: str = ""
    error_code: int | None = None


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


@dataclass
class Store:
    """All state; `journal` is appended before an answer is given."""

    directory: Path | None = None
    is_lean: bool = False
    texts: dict[str, Text] = field(default_factory=dict)
    texts_by_phone: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mails: list[Mail] = field(default_factory=list)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    inbound_urls: dict[str, str] = field(default_factory=dict)
    event_urls: list[str] = field(default_factory=list)
    suppressed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lean_messages: int = 0
    _journal: Any = None

    def open(self) -> None:
        """Replay the journal and go on writing it."""
        if self.directory is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "journal.jsonl"
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    self._apply(*json.loads(line))
                except (ValueError, TypeError):
                    continue  # the torn last line of a killed process
        self._journal = path.open("a", buffering=1)

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
        elif kind == "mail":
            self.mails.append(Mail(**payload))
        elif kind == "block":
            self.blocked.add(tuple(payload))
        elif kind == "unblock":
            self.blocked.discard(tuple(payload))
        elif kind == "number":
            self.inbound_urls[payload["number"]] = payload["inboundUrl"]
        elif kind == "event_url" and payload not in self.event_urls:
            self.event_urls.append(payload)
        elif kind == "suppress":
            self.suppressed.add(payload)

    def add_text(self, *, to: str, sender: str, body: str, direction: str, status: str, callback: str = "") -> Text:
        """Keep a text and return it with its new id."""
        text = Text(f"SM{secrets.token_hex(16)}", to, sender, body, direction, status, time.time(), callback)
        if self.is_lean:
            self.counts[to] += 1
            self.lean_messages += 1
        else:
            self.write("text", asdict(text))
        return text

    def update_text(self, text: Text, status: str, error_code: int | None = None) -> None:
        """Move a text along its life."""
        text.status, text.error_code = status, error_code
        if not self.is_lean:
            self.write("text", asdict(text))

    def add_mail(self, mail: Mail) -> None:
        """Keep an email."""
        if self.is_lean:
            self.counts[mail.to] += 1
            self.lean_messages += 1
        else:
            self.write("mail", asdict(mail))

    def reset(self) -> None:
        """Forget messages, emails and block lists, keep the set-up."""
        self.texts.clear()
        self.texts_by_phone.clear()
        self.mails.clear()
        self.blocked.clear()
        self.suppressed.clear()
        self.counts.clear()
        self.lean_messages = 0
        if self._journal:
            self._journal.truncate(0)
            for number, url in self.inbound_urls.items():
                self._journal.write(json.dumps(["number", {"number": number, "inboundUrl": url}]) + "\n")
            for url in self.event_urls:
                self._journal.write(json.dumps(["event_url", url]) + "\n")
