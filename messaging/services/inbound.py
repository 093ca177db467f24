"""Texts that customers send: kept in their conversation, and obeyed at once."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from customers.services import grant_whatsapp, lift_suppression, record_inbound_message, suppress
from messaging.types import Channel
from servicepro.lib.optout import ReplyIntent, classify_reply

SOURCES = {Channel.SMS: "twilio", Channel.WHATSAPP: "whatsapp"}  # the conversation a message belongs to


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a received text did."""

    intent: ReplyIntent
    is_new: bool


def receive_text(*, from_e164: str, body: str, provider_id: str, opt_out_type: str = "", channel: Channel = Channel.SMS) -> Inbound:
    """Keep a received text or WhatsApp message and act on it in the same transaction.

    STOP in any of its words suppresses the number; a wish said in other words does so too and asks a person to look. START lifts
    it. `opt_out_type` is what Twilio's own opt-out recognised, and wins. Who writes on WhatsApp of themselves may be written to there,
    unless they had said no: then only START says yes. A replay changes nothing.
    """
    intent = {
        "STOP": ReplyIntent.STOP_EXACT,
        "START": ReplyIntent.START_EXACT,
        "HELP": ReplyIntent.HELP,
    }.get(opt_out_type) or classify_reply(body)
    with transaction.atomic():
        message = record_inbound_message(
            source=SOURCES[channel],
            from_e164=from_e164,
            body=body,
            provider_id=provider_id,
            occurred_at=timezone.now(),
            needs_review=intent is ReplyIntent.STOP_FREE_TEXT,
        )
        if message is None:
            return Inbound(intent, is_new=False)
        event_key = f"inbound:{provider_id}"
        if intent in (ReplyIntent.STOP_EXACT, ReplyIntent.STOP_FREE_TEXT):
            reason = "stop_keyword" if intent is ReplyIntent.STOP_EXACT else "stop_in_other_words"
            suppress(channel=channel.value, address=from_e164, reason=reason, event_key=event_key)
        elif intent is ReplyIntent.START_EXACT:
            lift_suppression(channel=channel.value, address=from_e164, source="start_keyword", event_key=event_key)
        elif channel is Channel.WHATSAPP:
            grant_whatsapp(phone=from_e164, source="whatsapp_message", event_key=event_key)
    return Inbound(intent, is_new=True)
