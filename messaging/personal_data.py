"""What sending holds about a person: rows of the send ledger under a keyed hash, provider events, and the provider's own copies."""

import uuid
from collections.abc import Mapping
from typing import Any

from customers.services import Holder, Parts, Person, ProviderCopy
from messaging.models import CopyRemoval, ProviderEvent
from messaging.selectors import sends_to
from messaging.services import ask_for_email_removal, ask_for_removal
from servicepro.lib.fields import email_tag

PHONE_CHANNELS = ("sms", "whatsapp")
EMAIL_COPIES = "all emails to them"


def _sends(person: Person) -> list[dict[str, Any]]:
    sends = [row for channel in PHONE_CHANNELS for row in sends_to(channel, person.phone_tags)]
    return sends + sends_to("email", person.email_tags)


def _collect(person: Person) -> Parts:
    sends = _sends(person)
    attempts = [row["attempt_id"] for row in sends if row["attempt_id"]]
    events = ProviderEvent.objects.filter(attempt_id__in=attempts).order_by("received_at", "pk")
    return {"sends": sends, "provider_events": list(events.values("provider", "status", "error_code", "received_at", "attempt_id"))}


def _erase(person: Person) -> Mapping[str, int]:
    sids = [row["message_id"] for row in _sends(person) if row["channel"] in PHONE_CHANNELS and row["message_id"]]
    written = [email for email in person.emails if email not in person.shared and sends_to("email", [email_tag(email)])]
    return {
        "provider copies asked to be removed": ask_for_removal(person.surrogate, [*sids, *person.provider_ids]),
        "addresses SendGrid is asked to erase": ask_for_email_removal(person.surrogate, written),
    }


def _provider_copies(certificate_id: uuid.UUID) -> list[ProviderCopy]:
    rows = CopyRemoval.objects.filter(certificate_id=certificate_id).order_by("pk")
    return [
        ProviderCopy(row.provider, EMAIL_COPIES if row.provider == "sendgrid" else row.message_sid, row.state, row.answer) for row in rows
    ]


HOLDER = Holder(
    name="sends",
    models=frozenset({"messaging.ProviderEvent", "messaging.CopyRemoval"}),
    collect=_collect,
    erase=_erase,
    keeps={
        "send ledger, as a keyed hash": "a campaign that is made again must not reach them a second time",
        "delivery events": "they hold a message's id and status, no address and no text",
    },
    provider_copies=_provider_copies,
    waiting_addresses=frozenset({"messaging.CopyRemoval"}),
)
