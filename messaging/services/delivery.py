"""Deliver envelopes: know the facts, decide, claim, call, record. The only place from which a message leaves.

`begin_delivery` ends when the calls are on their way and `finish_delivery` waits for them, so that a caller can prepare the
next batch in between; `deliver` does both.
"""

import datetime
import json
import logging
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from customers.selectors import consent_facts, suppressed_tags, wrote_since
from customers.services import suppress
from customers.types import ConsentFacts
from messaging.policy import BusinessHours, Facts, Hold, Send, Skip, decide
from messaging.providers.loop import start_in_loop
from messaging.providers.results import Answer, EmailOutbound, Outbound, Verdict, WhatsappOutbound
from messaging.providers.sendgrid import sendgrid_account
from messaging.providers.twilio import twilio_account
from messaging.selectors import is_us_texting_closed, ledger_rows, ledger_tag, ledger_tags, rejection_reason, sender_for
from messaging.services.callbacks import ATTEMPT_PURPOSE
from messaging.services.claims import Claim, Settlement, body_digest, claim, settle
from messaging.services.pacing import slow_down, take_tokens
from messaging.types import WHATSAPP_WINDOW, Channel, EmailFrame, Envelope, LedgerRow, Outcome, Reason, Receipt, Sender
from servicepro.lib.signing import sign_bytes
from servicepro.lib.tenancy import connection
from tenants.selectors import BusinessSettings, business_settings, current_tenant, public_url

logger = logging.getLogger(__name__)

RETRY_UNREACHABLE = datetime.timedelta(seconds=10)
CALLBACK_PATH = "/api/webhooks/twilio/status"

_STATES = {
    Verdict.ACCEPTED: "sent",
    Verdict.REJECTED: "rejected",
    Verdict.OPTED_OUT: "rejected",
    Verdict.THROTTLED: "released",
    Verdict.UNREACHABLE: "released",
    Verdict.ACCOUNT: "released",
    Verdict.TEMPLATE: "released",
    Verdict.NOT_THERE: "rejected",
    Verdict.OUTSIDE_WINDOW: "rejected",
    Verdict.LIMITED: "rejected",
}

_VERSION_7 = 7 << 76 | 2 << 62  # where an id says which kind it is
_OPEN_BITS = (1 << 128) - 1 ^ (15 << 76 | 3 << 62)

_OUTCOMES: dict[Verdict, tuple[Outcome, str]] = {
    Verdict.ACCEPTED: (Outcome.SENT, ""),
    Verdict.REJECTED: (Outcome.FAILED, Reason.REJECTED),
    Verdict.OPTED_OUT: (Outcome.SKIPPED, Reason.OPTED_OUT_PROVIDER),
    Verdict.THROTTLED: (Outcome.LATER, Reason.THROTTLED),
    Verdict.UNREACHABLE: (Outcome.LATER, Reason.UNREACHABLE),
    Verdict.AMBIGUOUS: (Outcome.IN_DOUBT, Reason.AMBIGUOUS),
    Verdict.ACCOUNT: (Outcome.LATER, Reason.ACCOUNT),
    Verdict.TEMPLATE: (Outcome.LATER, Reason.TEMPLATE),
    Verdict.NOT_THERE: (Outcome.FAILED, Reason.NOT_ON_WHATSAPP),
    Verdict.OUTSIDE_WINDOW: (Outcome.FAILED, Reason.OUTSIDE_WINDOW),
    Verdict.LIMITED: (Outcome.FAILED, Reason.LIMITED),
}


@dataclass(slots=True)
class InFlight:
    """A batch whose calls are on their way; `is_us_closed` says that texts to the US stayed behind."""

    channel: Channel
    sender: Sender | None
    callback_url: str = ""
    schema: str = ""
    is_us_closed: bool = False
    receipts: list[Receipt] = field(default_factory=list)
    envelopes: dict[uuid.UUID, Envelope] = field(default_factory=dict)
    answers: "Future[list[Answer]] | None" = None


def deliver(envelopes: Sequence[Envelope]) -> list[Receipt]:
    """Send what may be sent and say of every envelope what became of it; one channel per call.

    Raises PaceUnavailable where nothing could be claimed or sent at all.
    """
    return finish_delivery(begin_delivery(envelopes))


def begin_delivery(envelopes: Sequence[Envelope], *, consents: Mapping[int, ConsentFacts] | None = None) -> InFlight:
    """Decide, claim and start the calls of envelopes that share a channel. Raises PaceUnavailable.

    `consents` are the facts of this very moment, where the caller has just asked for them (both channels of a batch).
    """
    channel = envelopes[0].channel
    flight = InFlight(channel, sender_for(channel))
    if consents is None:
        consents = consent_facts({envelope.customer_id for envelope in envelopes if envelope.customer_id})
    cleared = _cleared(envelopes, flight, consents)
    if not cleared or flight.sender is None:
        return flight
    granted = take_tokens(flight.sender, len(cleared))
    for envelope, _tag in cleared[granted:]:
        flight.receipts.append(Receipt(envelope.reference, channel, Outcome.LATER, Reason.PACE))
    _claim(cleared[:granted], flight)
    if flight.envelopes:
        flight.schema = connection.schema_name
        flight.callback_url = f"{public_url(current_tenant())}{CALLBACK_PATH}"
        flight.answers = start_in_loop(_calls(flight))
    return flight


def finish_delivery(flight: InFlight) -> list[Receipt]:
    """Wait for the calls of a batch, record every outcome in one statement, and return the receipts."""
    if flight.answers is None or flight.sender is None:
        return flight.receipts
    answers = _answers(flight)
    settlements = [
        Settlement(answer.attempt_id, _STATES[answer.verdict], answer.sid, answer.error) for answer in answers if answer.verdict in _STATES
    ]
    lost: str = ""
    try:
        if settlements:
            settle(flight.channel.value, settlements)
    except DatabaseError as error:
        lost = type(error).__name__
        for answer in answers:
            logger.error(
                "[PORT RECOVERY] record_send_status_failed phone=%s err=%s attempt=%s",
                ledger_tag(flight.channel, flight.envelopes[answer.attempt_id].address or "")[:8],
                lost,
                answer.attempt_id,
            )
    waits = [
        answer.retry_after_seconds or flight.envelopes[answer.attempt_id].backoff_seconds
        for answer in answers
        if answer.verdict is Verdict.THROTTLED
    ]
    if waits:
        slow_down(flight.sender, max(waits))
    for answer in answers:
        envelope = flight.envelopes[answer.attempt_id]
        if answer.verdict is Verdict.OPTED_OUT and envelope.address:
            _respect_opt_out(envelope, answer)
        flight.receipts.append(_receipt(envelope, answer, lost))
    return flight.receipts


def _answers(flight: InFlight) -> list[Answer]:
    """Return one answer per claimed envelope, whatever happened: who got none is in doubt."""
    assert flight.answers is not None
    try:
        answers = flight.answers.result()
    except Exception:
        logger.exception("provider_calls_failed")
        answers = []
    answered = {answer.attempt_id for answer in answers}
    missing = flight.envelopes.keys() - answered
    return [*answers, *(Answer(attempt_id, Verdict.AMBIGUOUS, error="no answer") for attempt_id in missing)]


def _cleared(envelopes: Sequence[Envelope], flight: InFlight, consents: Mapping[int, ConsentFacts]) -> list[tuple[Envelope, str]]:
    """Return the envelopes the policy lets go, with their tags; the others get their receipt here."""
    chosen, now = business_settings(), timezone.now()
    tags = ledger_tags(flight.channel, {envelope.address for envelope in envelopes if envelope.address})
    suppressed = suppressed_tags(flight.channel.value, list(tags.values()))
    known: dict[str, dict[str, LedgerRow]] = {}
    for key in {envelope.campaign_key for envelope in envelopes}:
        known[key] = ledger_rows(flight.channel, key, list(tags.values()))
    hours = BusinessHours(chosen.texts_open_at, chosen.texts_close_at, current_tenant().region)
    flight.is_us_closed = flight.channel is Channel.SMS and is_us_texting_closed()
    open_windows = _open_windows(envelopes, tags, now) if flight.channel is Channel.WHATSAPP else frozenset()
    cleared = []
    for envelope in envelopes:
        tag = tags[envelope.address] if envelope.address else ""
        row = known[envelope.campaign_key].get(tag)
        facts = Facts(
            sender=flight.sender,
            hours=hours,
            consent=consents.get(envelope.customer_id or 0),
            suppressed=suppressed.get(tag),
            already_sent=bool(row and row.is_ok),
            unknown_consent_allowed=chosen.unknown_consent == BusinessSettings.UnknownConsent.ALLOW,
        )
        if flight.channel is Channel.WHATSAPP:
            facts = replace(facts, is_window_open=tag in open_windows, us_marketing_allowed=settings.WHATSAPP_MARKETING_TO_US)
        elif flight.is_us_closed:
            facts = replace(facts, us_texts_allowed=False)
        decision = decide(envelope, facts, now)
        if isinstance(decision, Send) and row and row.state in ("claimed", "rejected"):
            flight.receipts.append(_known_receipt(envelope, row))
        elif isinstance(decision, Send):
            cleared.append((envelope, tag))
        elif isinstance(decision, Skip):
            receipt = Receipt(envelope.reference, flight.channel, Outcome.SKIPPED, decision.reason, decision.facts)
            flight.receipts.append(receipt)
        elif isinstance(decision, Hold):
            flight.receipts.append(
                Receipt(envelope.reference, flight.channel, Outcome.HELD, decision.reason, decision.facts, until=decision.until)
            )
    return cleared


def _open_windows(envelopes: Sequence[Envelope], tags: Mapping[str, str], now: datetime.datetime) -> frozenset[str]:
    """Return the tags of those who wrote on WhatsApp so lately that free words may answer them; asked only for such words."""
    free = {tags[envelope.address] for envelope in envelopes if envelope.address and not envelope.content_sid}
    return frozenset(wrote_since("whatsapp", free, now - WHATSAPP_WINDOW))


def _known_receipt(envelope: Envelope, row: LedgerRow) -> Receipt:
    """Return the receipt of an address whose claim stands: its outcome is known, or still in doubt."""
    if row.state == "rejected":
        reason = rejection_reason(envelope.channel, row.error)
        return Receipt(envelope.reference, envelope.channel, Outcome.FAILED, reason, error=row.error)
    return Receipt(envelope.reference, envelope.channel, Outcome.IN_DOUBT, Reason.CLAIMED_ELSEWHERE)


def _attempt_ids(count: int) -> list[uuid.UUID]:
    """Return new ids, version 7: those of one moment lie side by side in the index, where random ones touch a page each."""
    moment = (time.time_ns() // 1_000_000).to_bytes(6)
    randomness = os.urandom(10 * count)  # one system call for the batch: per message it cost 48 µs
    numbers = (int.from_bytes(moment + randomness[start : start + 10]) for start in range(0, 10 * count, 10))
    return [uuid.UUID(int=number & _OPEN_BITS | _VERSION_7) for number in numbers]


def _claim(cleared: Sequence[tuple[Envelope, str]], flight: InFlight) -> None:
    """Claim the batch; who cannot be claimed is left out with a reason, the others fly."""
    assert flight.sender is not None
    wanted: dict[uuid.UUID, Envelope] = {}
    claims: dict[str, list[Claim]] = {}
    for attempt_id, (envelope, tag) in zip(_attempt_ids(len(cleared)), cleared, strict=True):
        digest = body_digest(envelope.body) if flight.channel is not Channel.EMAIL else ""
        wanted[attempt_id] = envelope
        claims.setdefault(envelope.campaign_key, []).append(Claim(attempt_id, tag, digest))
    sender_tag = ledger_tag(flight.channel, flight.sender.address)
    won: set[uuid.UUID] = set()
    reason = Reason.CLAIMED_ELSEWHERE
    try:
        for key, of_key in claims.items():
            won |= claim(flight.channel.value, key, sender_tag, of_key)
    except DatabaseError:
        logger.exception("claim_failed")
        reason = Reason.CLAIM_FAILED
    for attempt_id, envelope in wanted.items():
        if attempt_id in won:
            flight.envelopes[attempt_id] = envelope
        else:
            flight.receipts.append(Receipt(envelope.reference, flight.channel, Outcome.LATER, reason))


async def _calls(flight: InFlight) -> list[Answer]:
    assert flight.sender is not None
    if flight.channel is Channel.EMAIL:
        return await sendgrid_account().send_many(_email_outbound(flight), flight.sender)
    outbound = _whatsapp_outbound(flight) if flight.channel is Channel.WHATSAPP else _outbound(flight)
    return await twilio_account().send_many(outbound, flight.sender)


def _callback_url(flight: InFlight, attempt_id: uuid.UUID) -> str:
    """Return where the provider tells of one attempt: signed, so that nobody else can."""
    return f"{flight.callback_url}?a={sign_bytes(ATTEMPT_PURPOSE, flight.schema, attempt_id.bytes)}"


def _outbound(flight: InFlight) -> list[Outbound]:
    return [
        Outbound(attempt_id=attempt_id, to=envelope.address or "", body=envelope.body, callback_url=_callback_url(flight, attempt_id))
        for attempt_id, envelope in flight.envelopes.items()
    ]


def _whatsapp_outbound(flight: InFlight) -> list[Outbound]:
    return [
        WhatsappOutbound(
            attempt_id=attempt_id,
            to=envelope.address or "",
            body=envelope.body,
            callback_url=_callback_url(flight, attempt_id),
            content_sid=envelope.content_sid,
            content_variables=json.dumps(dict(envelope.content_variables or {}), ensure_ascii=False),
        )
        for attempt_id, envelope in flight.envelopes.items()
    ]


def _email_outbound(flight: InFlight) -> list[EmailOutbound]:
    """Return the emails of a flight; one that came with its own words is a frame for itself. Events name the attempt: no callback URL."""
    return [
        EmailOutbound(
            attempt_id=attempt_id,
            to=envelope.address or "",
            body="",
            frame=envelope.frame or EmailFrame(envelope.subject, envelope.body, envelope.html or envelope.body),
            substitutions=envelope.substitutions or {},
            unsubscribe_url=envelope.unsubscribe_url,
        )
        for attempt_id, envelope in flight.envelopes.items()
    ]


def _respect_opt_out(envelope: Envelope, answer: Answer) -> None:
    suppress(
        channel=envelope.channel.value,
        address=envelope.address or "",
        reason=f"provider_{answer.code}",
        event_key=f"provider:{answer.attempt_id}",
    )


def _receipt(envelope: Envelope, answer: Answer, lost: str) -> Receipt:
    outcome, reason = _OUTCOMES[answer.verdict]
    until = timezone.now() + RETRY_UNREACHABLE if answer.verdict is Verdict.UNREACHABLE else None
    if lost:
        outcome, reason = Outcome.IN_DOUBT, Reason.RECORD_FAILED
    return Receipt(
        envelope.reference,
        envelope.channel,
        outcome,
        reason,
        {"code": answer.code} if answer.code else {},
        attempt_id=answer.attempt_id,
        sid=answer.sid,
        error=answer.error,
        until=until,
    )
