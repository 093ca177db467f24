"""What goes into the delivery engine and what comes out of it."""

import datetime
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one address; `reference` is the caller's own name for it and comes back on the receipt."""

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
    """Where a channel's messages come from and how quickly they may leave."""

    channel: Channel
    address: str
    messaging_service_sid: str = ""
    messages_per_second: float = 1.0


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
