"""Could we have written to somebody on that day, and why: the answer is folded from what was written down, and is today's for today."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from customers.models import ConsentChange, ConsentEvent, Customer, Suppression
from customers.selectors import contact_changed_at
from customers.services.self_service import records_of
from customers.types import Answer, ConsentMoment
from customers.wording import CHANNELS, because_sentence
from servicepro.lib.fields import email_tag, phone_tag
from tenants.selectors import current_tenant

MOMENTS_MAX = 200
# Where a no to a channel stands, with the value that says it, and the sentence for it.
_REFUSALS: Mapping[str, tuple[tuple[str, bool, str], ...]] = {
    "sms": (("sms_opt_out", True, "They refused offers by text"), ("sms_consent", False, "They said no to texts")),
    "whatsapp": (("whatsapp_consent", False, "They said no to WhatsApp"),),
    "email": (("email_opt_out", True, "They refused offers by email"),),
}
_EVERYWHERE = ("opted_out", True, "They asked to be left alone on every channel")
# A yes that opens a channel; WhatsApp asks for one of its own.
_GRANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sms": (("sms_consent", "They agreed to texts"), ("gdpr_marketing_consent", "They agreed to marketing")),
    "whatsapp": (("whatsapp_consent", "They agreed to WhatsApp"),),
    "email": (("gdpr_marketing_consent", "They agreed to marketing"),),
}
_STOPPED = {
    "sms": "Texts to this number are stopped",
    "whatsapp": "WhatsApp to this number is stopped",
    "email": "Emails to this address are stopped",
}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a column of a record held, and the change that put it there."""

    value: bool | None
    at: datetime.datetime
    source: str


def could_write(customer: Customer, channel: str, at: datetime.datetime) -> Answer:
    """Answer whether an offer to this person by sms, whatsapp or email was allowed at a moment, and why.

    It is about what they said, and not about hours or a provider's own rules. The addresses are those they have now, and the records
    those that are found to be the same person now.
    """
    person = customer.same_person_as or customer
    rows = list(records_of(person).order_by("pk"))
    held, zone = _folded([row.pk for row in rows], at), current_tenant().time_zone
    address = _address(person, rows, channel)
    refused = [
        because_sentence(sentence, found.at, found.source, time_zone=zone)
        for column, no, sentence in (_EVERYWHERE, *_REFUSALS[channel])
        if (found := _first(held, column, no)) is not None
    ]
    refused += _suppressed(channel, address, at, zone)
    if not any(row.created_at <= at for row in rows):
        refused.append("We did not know them yet.")
    elif not address:
        refused.append("They have no email address." if channel == "email" else "They have no phone number.")
    agreed = [
        because_sentence(sentence, found.at, found.source, time_zone=zone)
        for column, sentence in _GRANTS[channel]
        if _first(held, column, False) is None and (found := _first(held, column, True)) is not None
    ]
    is_allowed = not refused and bool(agreed)
    because = refused or agreed or [f"They never agreed to offers by {CHANNELS[channel].removesuffix('s')}."]
    changed = contact_changed_at(person.pk)
    if changed and changed > at:
        because.append("Their phone or email was replaced since; this is about the one they have now.")
    return Answer(is_allowed, tuple(because), tuple(moment for moment in _moments(rows, until=at) if channel in moment.channels))


def consent_timeline(customer: Customer) -> list[ConsentMoment]:
    """Return everything this person allowed and refused, the latest first."""
    return _moments(list(records_of(customer.same_person_as or customer)))


def _folded(record_ids: Collection[int], at: datetime.datetime) -> list[dict[str, _Held]]:
    """Return what the columns of each record held at a moment; a column nobody ever wrote is left out."""
    records: dict[int, dict[str, _Held]] = {pk: {} for pk in record_ids}
    for change in ConsentChange.objects.filter(record_id__in=record_ids, at__lte=at).order_by("pk"):
        columns: dict[str, Any] = change.changes
        records[change.record_id] |= {column: _Held(new, change.at, change.source) for column, (_old, new) in columns.items()}
    return list(records.values())


def _first(held: Sequence[dict[str, _Held]], column: str, value: bool) -> _Held | None:
    """Return the earliest change by which a column of any record came to hold this value, and still holds it."""
    found = [record[column] for record in held if column in record and record[column].value is value]
    return min(found, key=lambda each: each.at, default=None)


def _address(person: Customer, rows: Sequence[Customer], channel: str) -> str:
    name = "email" if channel == "email" else "phone"
    return next((address for row in (person, *rows) if (address := getattr(row, name))), "") or ""


def _suppressed(channel: str, address: str, at: datetime.datetime, time_zone: str) -> list[str]:
    if not address:
        return []
    tag = email_tag(address) if channel == "email" else phone_tag(address)
    stood = Q(lifted_at=None) | Q(lifted_at__gt=at)
    found = Suppression.objects.filter(stood, channel=channel, address_tag=tag, created_at__lte=at).order_by("created_at")
    return [because_sentence(_STOPPED[channel], block.created_at, block.reason, time_zone=time_zone) for block in found]


def _moments(rows: Sequence[Customer], *, until: datetime.datetime | None = None) -> list[ConsentMoment]:
    """Return the events about these records or their addresses; what one act said of several channels is one moment."""
    tags = [phone_tag(row.phone) for row in rows if row.phone] + [email_tag(row.email) for row in rows if row.email]
    events = ConsentEvent.objects.filter(Q(customer__in=[row.pk for row in rows]) | Q(address_tag__in=tags)).order_by("-created_at", "-pk")
    grouped: dict[tuple[Any, ...], list[ConsentEvent]] = {}
    for event in (events.filter(created_at__lte=until) if until else events)[:MOMENTS_MAX]:
        act = (event.created_at.replace(microsecond=0), event.action, event.source, event.wording, event.actor, event.given_at)
        grouped.setdefault(act, []).append(event)
    order = list(CHANNELS)
    return [
        ConsentMoment(
            at=told[0].created_at,
            channels=tuple(sorted({event.channel for event in told}, key=order.index)),
            action=told[0].action,
            source=told[0].source,
            wording=told[0].wording,
            actor=told[0].actor,
            given_at=told[0].given_at,
        )
        for told in grouped.values()
    ]
