"""Questions about sending: who we send as, what the ledger knows, how it all adds up."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q

from messaging.ledger.ddl import TABLES, LedgerTable
from messaging.models import CallRouting, Line, MenuOption, NumberRequest, UsTexting
from messaging.types import WHATSAPP_CODES, Channel, DeliveryCounts, LedgerRow, PhoneStatus, Reason, Sender
from servicepro.lib.crypto import AddressKind, address_tag
from servicepro.lib.fields import phone_tag
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings, current_tenant

_COLUMNS = (
    "{address}, state, {ok}, attempt_id, coalesce({sid}, ''), coalesce(last_error, ''), coalesce(provider_status, ''),"
    " attempted_at, coalesce(body_digest, '')"
)
# What a message that was delivered, read or not delivered is called; who read it was reached too.
_STATUSES = {
    "delivered": ("delivered", "read", "open", "click"),
    "read": ("read", "open", "click"),
    "failed": ("failed", "undelivered", "bounce", "dropped"),
}


def ledger_table(channel: str) -> LedgerTable:
    """Return the table that holds a channel's claims."""
    return TABLES[channel]


def ledger_tag(channel: str, address: str) -> str:
    """Return how the ledger knows an address of the current tenant."""
    return ledger_tags(channel, [address])[address]


def ledger_tags(channel: str, addresses: Collection[str]) -> dict[str, str]:
    """Return {address: how the ledger knows it} for addresses of the current tenant."""
    kind: AddressKind = "email" if channel == Channel.EMAIL else "phone"
    schema = connection.schema_name
    return {address: address_tag(schema, kind, address) for address in addresses}


def ledger_rows(channel: str, campaign_key: str, tags: Collection[str]) -> dict[str, LedgerRow]:
    """Return {tag: row} of the current tenant's claims under one campaign key."""
    table = ledger_table(channel)
    columns = _COLUMNS.format(address=table.address, ok=table.ok, sid=table.sid)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM public.{table.name} WHERE tenant_id = %s AND campaign_key = %s AND {table.address} = ANY(%s)",
            [connection.schema_name, campaign_key, list(tags)],
        )
        return {row[0]: LedgerRow(*row) for row in cursor.fetchall()}


def delivery_statuses(channel: str, attempt_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return {attempt id: the provider's latest status} for messages it told us about."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(  # with "=" a plan may find the rows by tenant, all of them, instead of by attempt
            f"SELECT attempt_id, provider_status FROM public.{table.name}"
            " WHERE attempt_id = ANY(%s) AND tenant_id IS NOT DISTINCT FROM %s AND provider_status IS NOT NULL",
            [list(attempt_ids), connection.schema_name],
        )
        return dict(cursor.fetchall())


def late_failures(channel: str, campaign_key: str, attempt_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Reason]:
    """Return {attempt id: why} for messages that the provider took and later said it could not deliver."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT attempt_id, coalesce(last_error, '') FROM public.{table.name}"
            " WHERE attempt_id = ANY(%s) AND tenant_id IS NOT DISTINCT FROM %s AND campaign_key = %s"
            " AND provider_status IN ('failed', 'undelivered')",
            [list(attempt_ids), connection.schema_name, campaign_key],
        )
        return {attempt: rejection_reason(channel, error) for attempt, error in cursor.fetchall()}


def rejection_reason(channel: str, error: str) -> Reason:
    """Return what the ledger's note of a refused message ("twilio 63003") says of it."""
    return WHATSAPP_CODES.get(error.rpartition(" ")[2], Reason.REJECTED) if channel == Channel.WHATSAPP else Reason.REJECTED


def delivery_counts(campaign_key: str) -> dict[str, DeliveryCounts]:
    """Return what the provider said of a campaign's messages on each channel, all of them zero where it wrote to nobody there."""
    counted = " UNION ALL ".join(
        f"SELECT '{channel}', count(*) FILTER (WHERE {table.ok}), count(*) FILTER (WHERE provider_status = ANY(%(delivered)s)),"
        " count(*) FILTER (WHERE provider_status = ANY(%(read)s)), count(*) FILTER (WHERE provider_status = ANY(%(failed)s))"
        f" FROM public.{table.name} WHERE tenant_id = %(tenant)s AND campaign_key = %(key)s"
        for channel, table in TABLES.items()
    )
    values = {name: list(statuses) for name, statuses in _STATUSES.items()}
    with connection.cursor() as cursor:
        cursor.execute(counted, values | {"tenant": connection.schema_name, "key": campaign_key})
        return {
            channel: {"accepted": accepted, "delivered": delivered, "read": read, "failed": failed}
            for channel, accepted, delivered, read, failed in cursor.fetchall()
        }


def has_sent_ok(tenant_id: str, campaign_key: str, phone: str) -> bool:
    """Return whether a text under `campaign_key` reached the provider for `phone` (E.164)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM public.port_recovery_sms_sends WHERE tenant_id = %s AND campaign_key = %s AND phone = %s AND sms_ok",
            [tenant_id, campaign_key, address_tag(tenant_id, "phone", phone)],
        )
        return cursor.fetchone() is not None


def sender_for(channel: Channel) -> Sender | None:
    """Return whom a channel's messages come from, or None where it is not set up."""
    if channel is Channel.EMAIL:
        if not (settings.SENDGRID_API_KEY and settings.SENDGRID_FROM_EMAIL):
            return None
        chosen = business_settings()
        return Sender(
            channel,
            chosen.sender_email or settings.SENDGRID_FROM_EMAIL,
            messages_per_second=settings.EMAIL_PER_SECOND,
            name=chosen.sender_name or current_tenant().name,
            reply_to=chosen.reply_to_email,
        )
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        return None
    # A number that was taken from the account sends only once an owner has made it the one to send from.
    chosen_lines = Line.objects.filter(Q(is_default=True) | Q(twilio_sid=""), channel=channel.value)
    line = chosen_lines.order_by("-is_default", "id").first()
    if line:
        service, rate = line.messaging_service_sid, line.messages_per_second
        if channel is Channel.WHATSAPP:
            return Sender(channel, line.phone, service, min(rate or settings.WHATSAPP_PER_SECOND, settings.WHATSAPP_PER_SECOND))
        return Sender(channel, line.phone, service, rate or settings.SMS_PER_SECOND)
    if channel is Channel.WHATSAPP and settings.TWILIO_WHATSAPP_NUMBER:
        return Sender(channel, settings.TWILIO_WHATSAPP_NUMBER, messages_per_second=settings.WHATSAPP_PER_SECOND)
    if channel is Channel.SMS and settings.TWILIO_FROM_NUMBER:
        return Sender(channel, settings.TWILIO_FROM_NUMBER, settings.TWILIO_MESSAGING_SERVICE_SID, settings.SMS_PER_SECOND)
    return None


def is_us_texting_closed() -> bool:
    """Return whether texts to the US must not leave: the business's registration is not approved.

    The simulator knows no carriers, and the platform's owner may have opened the gate for a business.
    """
    if settings.SIMULATED_SMS or current_tenant().is_a2p_gate_off:
        return False
    return not UsTexting.objects.filter(pk=1, is_approved=True).exists()


def call_routing() -> CallRouting:
    """Return who answers calls; the voicemail where nobody decided yet."""
    return CallRouting.objects.filter(pk=1).first() or CallRouting(pk=1)


def menu_options() -> list[MenuOption]:
    """Return the keys of the menu, in their order."""
    return list(MenuOption.objects.all())


def phone_lines() -> list[Line]:
    """Return the business's numbers for texts and calls, the one it sends from first."""
    return list(Line.objects.filter(channel=Channel.SMS.value).order_by("-is_default", "id"))


def open_number_request() -> NumberRequest | None:
    """Return what was asked for and is not settled."""
    return NumberRequest.objects.filter(status=NumberRequest.Status.OPEN).first()


def phone_status() -> PhoneStatus:
    """Return how the phone is set up, from what texts are really sent with."""
    sender = sender_for(Channel.SMS)
    routing = CallRouting.objects.filter(pk=1).first()
    service = sender.messaging_service_sid if sender else ""
    return PhoneStatus(
        has_phone_number=sender is not None,
        phone_number=sender.address if sender else None,
        has_messaging_service=bool(service),
        messaging_service_sid=service or None,
        routing_mode=routing.mode if routing else "",
    )


def own_phone_tags() -> list[str]:
    """Return the tags of the business's own numbers: they are never a target."""
    numbers = [line.phone for line in Line.objects.all()]
    numbers += [number for number in (settings.TWILIO_FROM_NUMBER, settings.TWILIO_WHATSAPP_NUMBER) if number]
    return [phone_tag(number) for number in numbers]


def open_claims(channel: str, *, older_than_seconds: float) -> list[LedgerRow]:
    """Return the current tenant's claims without an outcome that are older than so many seconds, oldest first."""
    table = ledger_table(channel)
    columns = _COLUMNS.format(address=table.address, ok=table.ok, sid=table.sid)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM public.{table.name} WHERE tenant_id = %s AND state = 'claimed'"
            " AND attempted_at < now() - make_interval(secs => %s) ORDER BY attempted_at",
            [connection.schema_name, older_than_seconds],
        )
        return [LedgerRow(*row) for row in cursor.fetchall()]


def owns_number(e164: str, channel: Channel = Channel.SMS) -> bool:
    """Return whether a number is one this business writes from on a channel."""
    if Line.objects.filter(channel=channel.value, phone=e164).exists():
        return True
    shared = settings.TWILIO_WHATSAPP_NUMBER if channel is Channel.WHATSAPP else settings.TWILIO_FROM_NUMBER
    return bool(e164) and e164 == shared


def line_numbers(channel: Channel = Channel.SMS) -> list[str]:
    """Return the numbers this business has of its own for a channel (E.164)."""
    return [line.phone for line in Line.objects.filter(channel=channel.value).order_by("id")]


def sends_to(channel: str, tags: Collection[str]) -> list[dict[str, Any]]:
    """Return what the ledger knows of every message to these tags on a channel, oldest first."""
    table = ledger_table(channel)
    names = ("campaign_key", "message_id", "is_sent", "state", "attempted_at", "error", "provider_status", "attempt_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT campaign_key, {table.sid}, {table.ok}, state, attempted_at, last_error, provider_status, attempt_id"
            f" FROM public.{table.name} WHERE tenant_id = %s AND {table.address} = ANY(%s) ORDER BY attempted_at, id",
            [connection.schema_name, list(tags)],
        )
        return [{"channel": channel, **dict(zip(names, row, strict=True))} for row in cursor.fetchall()]
