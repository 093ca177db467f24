"""Decide, purely: may this envelope go now? One ordered list of rules for every channel, campaign, job and test send."""

import datetime
from dataclasses import dataclass
from typing import Any

from customers.types import ConsentFacts
from messaging.types import Channel, ConsentPolicy, Envelope, MessageClass, Reason, Sender
from servicepro.lib.phone import is_us_number
from servicepro.lib.zones import HeldUntil, contacts_allowed_at


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When marketing texts may arrive, on the recipient's clock."""

    opens: datetime.time
    closes: datetime.time
    region: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one envelope's address at the moment of the decision.

    `us_texts_allowed` matters for texts alone: whether the carriers take this business's in the US. The last two matter on WhatsApp
    alone: `is_window_open` says that the person wrote there within 24 hours, `us_marketing_allowed` that WhatsApp delivers marketing to +1.
    """

    sender: Sender | None
    hours: BusinessHours
    consent: ConsentFacts | None = None
    suppressed: str | None = None
    already_sent: bool = False
    unknown_consent_allowed: bool = True
    us_texts_allowed: bool = True
    is_window_open: bool = False
    us_marketing_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Yes, now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now; decide again at `until`."""

    until: datetime.datetime
    facts: dict[str, Any]
    reason: Reason = Reason.QUIET_HOURS


@dataclass(frozen=True, slots=True)
class Skip:
    """No, and this is why."""

    reason: Reason
    facts: dict[str, Any]


Decision = Send | Hold | Skip
SEND = Send()


def decide(envelope: Envelope, facts: Facts, now: datetime.datetime) -> Decision:
    """Answer whether `envelope` may be sent at `now` (aware, UTC): the first rule that objects decides."""
    return (
        _explicit_refusal(envelope, facts)
        or _cannot_be_sent(envelope, facts)
        or _missing_consent(envelope, facts)
        or _outside_hours(envelope, facts, now)
        or SEND
    )


# Unsubscribing is about offers, as its page says: what somebody asked for themselves, a code or a booking, still comes.
OFFERS_ALONE = frozenset({"unsubscribe"})


def _explicit_refusal(envelope: Envelope, facts: Facts) -> Skip | None:
    """Only what a person said counts as an opt-out; silence does not."""
    seen: dict[str, Any] = {}
    if envelope.opted_out:
        seen["opted_out_in_list"] = True
    consent = facts.consent
    if consent:
        flags = {"opted_out": consent.opted_out is True}
        if envelope.channel is Channel.SMS:
            flags |= {"sms_opt_out": consent.sms_opt_out is True, "sms_consent_is_no": consent.sms_consent is False}
        elif envelope.channel is Channel.EMAIL:
            flags["email_opt_out"] = consent.email_opt_out is True
        else:
            flags["whatsapp_consent_is_no"] = consent.whatsapp_consent is False
        seen |= {name: value for name, value in flags.items() if value}
    if seen and envelope.message_class is MessageClass.MARKETING:
        return Skip(Reason.OPTED_OUT_EXPLICIT, seen)
    if facts.suppressed and not (facts.suppressed in OFFERS_ALONE and envelope.message_class is MessageClass.TRANSACTIONAL):
        return Skip(Reason.SUPPRESSED, {"suppression": facts.suppressed})
    return None


# What is wrong with a channel itself: switched off by the campaign, an address it cannot use, no sender of its own.
_UNUSABLE = {
    Channel.SMS: (Reason.SMS_DISABLED, Reason.INVALID_PHONE, Reason.NOT_CONFIGURED),
    Channel.EMAIL: (Reason.EMAIL_DISABLED, Reason.INVALID_EMAIL, Reason.EMAIL_NOT_CONFIGURED),
    Channel.WHATSAPP: (Reason.WHATSAPP_DISABLED, Reason.INVALID_PHONE, Reason.WHATSAPP_NOT_CONFIGURED),
}


def _cannot_be_sent(envelope: Envelope, facts: Facts) -> Skip | None:
    is_email = envelope.channel is Channel.EMAIL
    if not envelope.channel_enabled:
        return Skip(_UNUSABLE[envelope.channel][0], {})
    if not envelope.address or (is_email and "@" not in envelope.address):
        return Skip(_UNUSABLE[envelope.channel][1], {"has_raw": bool(envelope.address_raw)})
    if facts.sender is None:
        return Skip(_UNUSABLE[envelope.channel][2], {})
    if envelope.address == facts.sender.address:
        return Skip(Reason.TO_EQUALS_FROM, {})
    if facts.already_sent:
        return Skip(Reason.ALREADY_SENT, {"campaign_key": envelope.campaign_key})
    if not facts.us_texts_allowed and envelope.channel is Channel.SMS and is_us_number(envelope.address):
        return Skip(Reason.A2P_NOT_REGISTERED, {})  # whatever its class: carriers refuse them all
    return None


def _missing_consent(envelope: Envelope, facts: Facts) -> Skip | None:
    if envelope.channel is Channel.WHATSAPP:
        return _whatsapp_refuses(envelope, facts)
    if envelope.message_class is not MessageClass.MARKETING:
        return None
    consent = facts.consent
    if envelope.channel is Channel.SMS and consent and consent.sms_consent is True:
        return None
    if consent and consent.gdpr_marketing_consent is True:
        return None
    if envelope.consent_policy is ConsentPolicy.OPT_OUT and facts.unknown_consent_allowed:
        return None
    return Skip(Reason.CONSENT_REQUIRED, {"consent": "unknown", "policy": envelope.consent_policy.value})


def _whatsapp_refuses(envelope: Envelope, facts: Facts) -> Skip | None:
    consent = facts.consent
    if envelope.message_class is MessageClass.MARKETING:
        # WhatsApp asks for an opt-in of its own: consent to texts, or a business that writes to unknowns, is none.
        if not (consent and consent.whatsapp_consent is True):
            return Skip(Reason.CONSENT_REQUIRED, {"consent": "no WhatsApp opt-in"})
        if not facts.us_marketing_allowed and envelope.address and is_us_number(envelope.address):
            return Skip(Reason.US_MARKETING, {})
    if not envelope.content_sid and not facts.is_window_open:
        return Skip(Reason.OUTSIDE_WINDOW, {})
    return None


def _outside_hours(envelope: Envelope, facts: Facts, now: datetime.datetime) -> Hold | None:
    is_exempt = envelope.message_class is not MessageClass.MARKETING or envelope.quiet_hours_released
    if envelope.channel is Channel.EMAIL or is_exempt or envelope.address is None:
        return None
    known_zone = envelope.time_zone or (facts.consent.time_zone if facts.consent else "") or None
    answer = contacts_allowed_at(
        envelope.address,
        now,
        opens=facts.hours.opens,
        closes=facts.hours.closes,
        known_zone=known_zone,
        region=facts.hours.region,
    )
    if isinstance(answer, HeldUntil):
        return Hold(answer.until, {"zones": list(answer.zones)[:4], "zone_count": len(answer.zones)})
    return None
