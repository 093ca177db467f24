"""What providers tell us afterwards: forward only, each event once, also when it comes before our own record."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.services import note_soft_bounce, suppress
from messaging.models import ProviderEvent
from messaging.selectors import ledger_table
from messaging.types import Channel
from servicepro.lib.signing import unsign_bytes
from servicepro.lib.tenancy import connection

ATTEMPT_PURPOSE = "attempt"
# Callbacks arrive in any order; a status only ever replaces one of lower rank.
PHONE_RANKS = {
    "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
    "canceled": 5, "failed": 5, "undelivered": 5, "delivered": 6, "read": 7,
}  # fmt: skip
# An address that does not exist may be told of after the email was taken for it: the later word counts.
EMAIL_RANKS = {"processed": 2, "deferred": 3, "dropped": 5, "delivered": 6, "bounce": 7, "open": 8, "click": 9}
_EMAIL_SUPPRESSING = {
    "bounce": "hard_bounce",
    "spamreport": "complaint",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "unsubscribe",
}
_OPT_OUT_CODES = {"21610", "63014", "63033"}


def read_attempt(token: str) -> uuid.UUID | None:
    """Return the attempt id that a callback URL carries, or None where its signature is not ours."""
    raw = unsign_bytes(ATTEMPT_PURPOSE, connection.schema_name, token)
    return uuid.UUID(bytes=raw) if raw and len(raw) == 16 else None


def read_address(address: str) -> tuple[Channel, str]:
    """Return the channel and the number (E.164) of an address as Twilio writes it: WhatsApp's begin with "whatsapp:"."""
    number = address.removeprefix("whatsapp:")
    return (Channel.SMS if number == address else Channel.WHATSAPP), number


def record_message_status(*, attempt_id: uuid.UUID | None, sid: str, status: str, error_code: str, to: str) -> bool:
    """Take in one status callback of a text or WhatsApp message, whose `to` says which; return whether it was new.

    A message the provider knows is sent, whatever we wrote.
    """
    channel, address = read_address(to)
    with transaction.atomic():
        if not _is_new("twilio", f"{sid}:{status}", attempt_id, status, error_code):
            return False
        _advance(channel, attempt_id, sid, status, PHONE_RANKS.get(status, 0), error_code)
        if error_code in _OPT_OUT_CODES and address:
            suppress(channel=channel.value, address=address, reason=f"provider_{error_code}", event_key=f"twilio:{sid}:{error_code}")
    return True


def record_email_events(events: Sequence[Mapping[str, Any]]) -> int:
    """Take in a batch of SendGrid events; return how many were new. Events of other tenants' attempts change nothing here."""
    fresh = 0
    for event in events:
        kind = str(event.get("event", ""))
        key = str(event.get("sg_event_id") or f"{event.get('sg_message_id')}:{kind}:{event.get('email')}")
        attempt_id = _uuid(event.get("attempt_id"))
        with transaction.atomic():
            if not _owns(attempt_id) or not _is_new("sendgrid", key, attempt_id, kind, str(event.get("status", ""))):
                continue
            fresh += 1
            _advance(Channel.EMAIL, attempt_id, str(event.get("sg_message_id") or "").split(".")[0], kind, EMAIL_RANKS.get(kind, 0), "")
            address, event_key = str(event.get("email") or "").lower(), f"sendgrid:{key}"
            if kind == "bounce" and event.get("type") == "blocked":
                note_soft_bounce(email=address, event_key=event_key)
            elif kind in _EMAIL_SUPPRESSING and address:
                suppress(channel="email", address=address, reason=_EMAIL_SUPPRESSING[kind], event_key=event_key)
    return fresh


def _uuid(text: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def _owns(attempt_id: uuid.UUID | None) -> bool:
    """Return whether this tenant's ledger holds the attempt; SendGrid's events arrive for all tenants of an account."""
    if attempt_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM public.{ledger_table(Channel.EMAIL).name} WHERE attempt_id = %s AND tenant_id = %s",
            [attempt_id, connection.schema_name],
        )
        return cursor.fetchone() is not None


def _is_new(provider: str, key: str, attempt_id: uuid.UUID | None, status: str, error_code: str) -> bool:
    _event, is_new = ProviderEvent.objects.get_or_create(
        event_key=f"{provider}:{key}"[:120],
        defaults={"provider": provider, "attempt_id": attempt_id, "status": status[:24], "error_code": error_code[:16]},
    )
    return is_new


def _advance(channel: Channel, attempt_id: uuid.UUID | None, sid: str, status: str, rank: int, error_code: str) -> None:
    """Move a ledger row's provider status forward and, where its outcome was in doubt, settle it: the provider has it."""
    table = ledger_table(channel)
    by_attempt = attempt_id is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE public.{table.name}
               SET provider_status = CASE WHEN %s > provider_rank THEN %s ELSE provider_status END,
                   provider_rank = greatest(provider_rank, %s),
                   last_error = CASE WHEN %s > provider_rank AND %s <> '' THEN %s ELSE last_error END,
                   state = CASE WHEN state IN ('claimed', 'released') THEN 'sent' ELSE state END,
                   {table.ok} = {table.ok} OR state IN ('claimed', 'released'),
                   {table.sid} = coalesce({table.sid}, nullif(%s, '')), settled_at = coalesce(settled_at, %s)
             WHERE tenant_id = %s AND {"attempt_id" if by_attempt else table.sid} = %s
            """,
            [
                *(rank, status, rank, rank, error_code, f"provider {error_code}", sid, timezone.now()),
                *(connection.schema_name, attempt_id if by_attempt else sid),
            ],
        )
