"""Record what people allow: the event is kept for ever, the suppression takes effect in the same transaction."""

from django.db import connection, transaction
from django.utils import timezone

from customers.models import ConsentEvent, Customer, Suppression
from servicepro.lib.crypto import AddressKind, address_tag


def _tag(channel: str, address: str) -> str:
    kind: AddressKind = "email" if channel == Suppression.Channel.EMAIL else "phone"
    return address_tag(connection.schema_name, kind, address.lower())


def suppress(*, channel: str, address: str, reason: str, event_key: str, actor: str = "") -> bool:
    """Stop writing to `address` (E.164 or email) on `channel`; return whether this event was new.

    `event_key` names the message, click or answer behind it, so that a replay adds nothing.
    """
    with transaction.atomic():
        tag = _tag(channel, address)
        if not _record(channel, tag, ConsentEvent.Action.WITHDRAWN, reason, event_key, actor):
            return False
        Suppression.objects.get_or_create(channel=channel, address_tag=tag, lifted_at=None, defaults={"reason": reason})
        _set_opt_out(channel, address, is_out=True)
    return True


def lift_suppression(*, channel: str, address: str, source: str, event_key: str, actor: str = "") -> bool:
    """Write to `address` again because its owner asked for it (START); return whether this event was new."""
    with transaction.atomic():
        tag = _tag(channel, address)
        if not _record(channel, tag, ConsentEvent.Action.GRANTED, source, event_key, actor):
            return False
        Suppression.objects.filter(channel=channel, address_tag=tag, lifted_at=None).update(lifted_at=timezone.now())
        _set_opt_out(channel, address, is_out=False)
    return True


def _set_opt_out(channel: str, address: str, *, is_out: bool) -> None:
    if channel == Suppression.Channel.EMAIL:
        Customer.objects.filter(email=address.lower()).update(email_opt_out=is_out)
    elif channel == Suppression.Channel.SMS:
        Customer.objects.filter(phone=address).update(sms_opt_out=is_out)


def _record(channel: str, tag: str, action: str, source: str, event_key: str, actor: str) -> bool:
    _event, is_new = ConsentEvent.objects.get_or_create(
        event_key=event_key,
        defaults={"channel": channel, "address_tag": tag, "action": action, "source": source, "actor": actor},
    )
    return is_new
