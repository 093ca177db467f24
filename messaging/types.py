"""What goes into the delivery engine and what comes out of it."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"
    WHATSAPP = "whatsapp"


class MessageClass(StrEnum):
    """Which rules apply: marketing waits for decent hours and respects every opt-out."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


class ConsentPolicy(StrEnum):
    """Whether a person whose consent nobody recorded may be written to."""

    OPT_OUT = "opt_out"
    REQUIRED = "required"


class Outcome(StrEnum):
    """What became of an envelope."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    IN_DOUBT = "in_doubt"
    LATER = "later"


class Reason(StrEnum):
    """Why an envelope was not sent; the first six are the words of the recipient log line."""

    OPTED_OUT_EXPLICIT = "opted_out_explicit"
    SMS_DISABLED = "sms_disabled_campaign"
    INVALID_PHONE = "invalid_phone_format"
    NOT_CONFIGURED = "twilio_not_configured"
    TO_EQUALS_FROM = "to_equals_from"
    ALREADY_SENT = "already_sent_ok"
    SUPPRESSED = "address_suppressed"
    CONSENT_REQUIRED = "consent_required"
    QUIET_HOURS = "quiet_hours"
    EMAIL_DISABLED = "email_disabled_campaign"
    INVALID_EMAIL = "invalid_email_format"
    EMAIL_NOT_CONFIGURED = "sendgrid_not_configured"
    OPTED_OUT_PROVIDER = "opted_out_provider"
    REJECTED = "provider_rejected"
    THROTTLED = "provider_throttled"
    UNREACHABLE = "provider_unreachable"
    AMBIGUOUS = "provider_answer_unknown"
    ACCOUNT = "provider_account"
    PACE = "pace"
    CLAIMED_ELSEWHERE = "claimed_elsewhere"
    CLAIM_FAILED = "claim_failed"
    RECORD_FAILED = "record_failed"
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    OUTSIDE_WINDOW = "whatsapp_outside_window"
    US_MARKETING = "whatsapp_us_marketing"
    LIMITED = "whatsapp_limited"
    TEMPLATE = "whatsapp_template"
    WHATSAPP_DISABLED = "whatsapp_disabled_campaign"
    WHATSAPP_NOT_CONFIGURED = "whatsapp_not_configured"
    A2P_NOT_REGISTERED = "a2p_not_registered"


WHATSAPP_WINDOW = datetime.timedelta(hours=24)  # after a person's own message free words may answer
# WhatsApp cannot reach this person, who refused nothing: a text may go instead, where that is allowed by itself.
FALLBACK_REASONS = frozenset({Reason.NOT_ON_WHATSAPP, Reason.OUTSIDE_WINDOW, Reason.US_MARKETING, Reason.LIMITED})
# What a provider's code says of a WhatsApp message, whether it answers so at once or calls back later; any other: rejected.
WHATSAPP_CODES: Mapping[str, Reason] = {
    **dict.fromkeys(("63003", "63024"), Reason.NOT_ON_WHATSAPP),
    "63016": Reason.OUTSIDE_WINDOW,
    **dict.fromkeys(("63032", "63049"), Reason.LIMITED),
    **dict.fromkeys(("63014", "63033", "21610"), Reason.OPTED_OUT_PROVIDER),
    **dict.fromkeys(("63005", "63021", "63027", "63028", "63030", "63040", "63041", "63042"), Reason.TEMPLATE),
    **dict.fromkeys(("21654", "21655", "21656"), Reason.TEMPLATE),
    **dict.fromkeys(("63001", "63007", "63013", "63020", "63022", "63026", "63038", "63051", "63062"), Reason.ACCOUNT),
    **dict.fromkeys(("63017", "63018", "63010", "63012", "63023"), Reason.THROTTLED),
}


@dataclass(frozen=True, slots=True)
class EmailFrame:
    """An email as everybody gets it: what differs from person to person stands in it as tokens."""

    subject: str
    text: str
    html: str
    tracks_opens: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one address; `reference` is the caller's own name for it and comes back on the receipt.

    An email to many is a `frame` that all of them share (the same object) and `substitutions` {token: one person's value}; `body`,
    `html` and `subject` stay empty then.

    A WhatsApp message with `content_sid` goes as that approved template with `content_variables` ({"1": "Ann"}); its `body` is then
    only what the person reads. Without one, `body` itself goes, and that only inside the 24 hours after the person wrote.
    `backoff_seconds` is the wait after a 429 that names none.
    """

    reference: Any
    channel: Channel
    campaign_key: str
    address: str | None
    body: str
    address_raw: str | None = None
    subject: str = ""
    html: str = ""
    unsubscribe_url: str = ""
    message_class: MessageClass = MessageClass.MARKETING
    consent_policy: ConsentPolicy = ConsentPolicy.OPT_OUT
    channel_enabled: bool = True
    quiet_hours_released: bool = False
    opted_out: bool = False
    customer_id: int | None = None
    time_zone: str = ""
    content_sid: str = ""
    content_variables: Mapping[str, str] | None = None
    backoff_seconds: float = 5.0
    frame: EmailFrame | None = None
    substitutions: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one envelope, why, and what the rule saw."""

    reference: Any
    channel: Channel
    outcome: Outcome
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    attempt_id: uuid.UUID | None = None
    sid: str = ""
    error: str = ""
    until: datetime.datetime | None = None

    @property
    def is_attempted(self) -> bool:
        """Whether the provider was called for it in this round."""
        return self.attempt_id is not None


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a channel's messages come from and how quickly they may leave; emails show a `name` and may be answered elsewhere."""

    channel: Channel
    address: str
    messaging_service_sid: str = ""
    messages_per_second: float = 1.0
    name: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What the send ledger knows of one address under one campaign key."""

    tag: str
    state: str
    is_ok: bool
    attempt_id: uuid.UUID | None
    sid: str
    error: str
    provider_status: str
    attempted_at: datetime.datetime
    body_digest: str


class DeliveryCounts(TypedDict):
    """A campaign's messages on one channel: taken by the provider, then delivered (read ones too), read, and not deliverable.

    `failed` were accepted first and counted there; what was refused at once is in none of them.
    """

    accepted: int
    delivered: int
    read: int
    failed: int


@dataclass(frozen=True, slots=True)
class Say:
    """A call: say these words."""

    words: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A call: say these words and wait for a key; `attempt` counts how often the menu was read, from 1."""

    words: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Dial:
    """A call: put it through to this number (E.164)."""

    to: str


@dataclass(frozen=True, slots=True)
class Record:
    """A call: say these words and take a message."""

    words: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """A call: end it."""


CallStep = Say | Ask | Dial | Record | HangUp


@dataclass(frozen=True, slots=True)
class PhoneStatus:
    """How a business's phone is set up: its own or the platform's number, the messaging service, and who answers ("" not decided)."""

    has_phone_number: bool
    phone_number: str | None
    has_messaging_service: bool
    messaging_service_sid: str | None
    routing_mode: str


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """A number of the provider's account as it is set up there; `is_ours` says that it is a line of this business already."""

    sid: str
    phone: str
    label: str
    can_text: bool
    can_call: bool
    voice_url: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class WhatsappTemplate:
    """A message template as the provider keeps it; `variables` are {"1": sample}.

    `status` is unsubmitted, received, pending, approved, rejected, paused or disabled; `category` UTILITY, MARKETING, AUTHENTICATION
    or empty where it was never submitted.
    """

    sid: str
    name: str
    language: str
    body: str
    variables: dict[str, str]
    status: str
    rejection_reason: str = ""
    category: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether messages may be sent with it."""
        return self.status == "approved"
