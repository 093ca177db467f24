"""One vocabulary for what a provider answered, whichever provider it was."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from messaging.types import EmailFrame


class Verdict(StrEnum):
    """What an answer means for the message."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # this message will never go: bad number, bad content
    OPTED_OUT = "opted_out"  # the person told the provider to stop
    THROTTLED = "throttled"  # it was not taken; try later
    UNREACHABLE = "unreachable"  # the request never arrived
    AMBIGUOUS = "ambiguous"  # it may have been taken: evidence decides
    ACCOUNT = "account"  # nothing will go until somebody mends the account
    TEMPLATE = "template"  # nothing will go with this template
    NOT_THERE = "not_there"  # this number is not on this channel
    OUTSIDE_WINDOW = "outside_window"  # free words may not go now
    LIMITED = "limited"  # the channel chose not to deliver to this person


@dataclass(frozen=True, slots=True)
class Outbound:
    """One claimed message on its way to the provider."""

    attempt_id: uuid.UUID
    to: str
    body: str
    callback_url: str = ""


_NO_FRAME = EmailFrame("", "", "")


@dataclass(frozen=True, slots=True)
class EmailOutbound(Outbound):
    """One claimed email: the frame it shares with others, and what its tokens stand for with this person; `body` is empty."""

    frame: EmailFrame = _NO_FRAME
    substitutions: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class WhatsappOutbound(Outbound):
    """One claimed WhatsApp message: an approved template with its variables as JSON, or without one the body."""

    content_sid: str = ""
    content_variables: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider's answer for one message; `error` is short, ours, and free of addresses."""

    attempt_id: uuid.UUID
    verdict: Verdict
    sid: str = ""
    code: str = ""
    error: str = ""
    retry_after_seconds: float = 0.0


class LogUnreadable(Exception):
    """The provider's log could not be read to its end: it proves nothing about what it did not show."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A message as the provider's own log shows it."""

    sid: str
    to: str
    body: str
    status: str
    created_at: float
    error_code: str = ""


class Removal(StrEnum):
    """What became of one message's copy."""

    DELETED = "deleted"
    REDACTED = "redacted"  # the record stays, its text is gone
    ABSENT = "absent"  # the provider has no such message (any more)
    REFUSED = "refused"  # neither is allowed; asking again changes nothing
    LATER = "later"
    ACCOUNT = "account"  # nothing will go until somebody mends the account


@dataclass(frozen=True, slots=True)
class RemovalAnswer:
    """The provider's answer for one message; `code` is short and free of addresses.

    `wait_seconds` is how long the provider asked to be left alone, 0 where it did not say.
    """

    sid: str
    removal: Removal
    code: str = ""
    stops_everything: bool = False
    wait_seconds: float = 0.0
