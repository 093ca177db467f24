"""Record what people allow: the event is kept for ever, the suppression takes effect in the same transaction."""

import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customers.models import ConsentEvent, Customer, SoftBounce, Suppression
from customers.services.announcing import announced
from servicepro.lib.crypto import AddressKind, address_tag
from servicepro.lib.tenancy import connection

# Five in a fortnight: mailbox providers hold mail to boxes that take none against its sender.
SOFT_BOUNCES_MAX, SOFT_BOUNCE_TIME = 5, datetime.timedelta(days=14)
EVENT_KEY_CHARACTERS_MAX = 80  # the column; providers' event ids may be longer


def suppress(*, channel: str, address: str, reason: str, event_key: str, actor: str = "") -> bool:
    """Stop writing to `address` (E.164 or email) on `channel`; return whether this event was new.

    `event_key` names the message, click or answer behind it, so that a replay adds nothing.
    """
    with transaction.atomic():
        tag = _tag(channel, address)
        if not _record(ConsentEvent.Action.WITHDRAWN, channel, address, reason, event_key, actor):
            return False
        Suppression.objects.get_or_create(channel=channel, address_tag=tag, lifted_at=None, defaults={"reason": reason[:64]})
        with announced(reason, actor=actor, is_told=True):
            _set_opt_out(channel, address, is_out=True)
    return True


def lift_suppression(*, channel: str, address: str, source: str, event_key: str, actor: str = "") -> bool:
    """Write to `address` again because its owner asked for it (START); return whether this event was new.

    Only the channel's own opt-out is lifted: who asked to be left alone on every channel stays so.
    """
    with transaction.atomic():
        tag = _tag(channel, address)
        if not _record(ConsentEvent.Action.GRANTED, channel, address, source, event_key, actor):
            return False
        Suppression.objects.filter(channel=channel, address_tag=tag, lifted_at=None).update(lifted_at=timezone.now())
        with announced(source, actor=actor, is_told=True):
            _set_opt_out(channel, address, is_out=False)
    return True


def grant_whatsapp(*, phone: str, source: str, event_key: str) -> bool:
    """Record that somebody (E.164) wrote on WhatsApp of themselves, which is an opt-in; return whether that was new.

    It never lifts a no: only START, or the person's own switch, does.
    """
    with transaction.atomic():
        tag = _tag(Suppression.Channel.WHATSAPP, phone)
        people = Customer.objects.select_for_update().filter(phone=phone.strip())
        if not people or any(person.whatsapp_consent is not None or person.opted_out for person in people):
            return False
        if Suppression.objects.filter(channel=Suppression.Channel.WHATSAPP, address_tag=tag, lifted_at=None).exists():
            return False
        if not _record(ConsentEvent.Action.GRANTED, Suppression.Channel.WHATSAPP, phone, source, event_key, ""):
            return False
        with announced(source, is_told=True):
            people.update(whatsapp_consent=True, updated_at=timezone.now())
    return True


def note_soft_bounce(*, email: str, event_key: str) -> bool:
    """Take note of an email that came back for now; return whether that was one too many, and the address is suppressed.

    The caller knows that the event is new.
    """
    if not email:
        return False
    now, tag = timezone.now(), _tag(Suppression.Channel.EMAIL, email)
    with transaction.atomic():
        SoftBounce.objects.filter(created_at__lte=now - SOFT_BOUNCE_TIME).delete()
        SoftBounce.objects.create(address_tag=tag, created_at=now)
        if SoftBounce.objects.filter(address_tag=tag).count() < SOFT_BOUNCES_MAX:
            return False
        SoftBounce.objects.filter(address_tag=tag).delete()  # who may be written to again begins anew
        return suppress(channel=Suppression.Channel.EMAIL, address=email, reason="soft_bounces", event_key=event_key)


def permissions_since_unsubscribing(email: str) -> int:
    """Return how often emails to an address were allowed again, so that each time it can be refused anew."""
    people = Customer.objects.filter(email=email.strip().lower())
    own = Q(customer__in=people) | Q(customer__in=people.values("same_person_as")) | Q(address_tag=_tag(Suppression.Channel.EMAIL, email))
    return ConsentEvent.objects.filter(own, channel=Suppression.Channel.EMAIL, action=ConsentEvent.Action.GRANTED).count()


def _tag(channel: str, address: str) -> str:
    kind: AddressKind = "email" if channel == Suppression.Channel.EMAIL else "phone"
    return address_tag(connection.schema_name, kind, address.strip().lower())


def _set_opt_out(channel: str, address: str, *, is_out: bool) -> None:
    if channel == Suppression.Channel.EMAIL:
        Customer.objects.filter(email=address.strip().lower()).update(email_opt_out=is_out, updated_at=timezone.now())
    elif channel == Suppression.Channel.SMS:
        Customer.objects.filter(phone=address.strip()).update(sms_opt_out=is_out, updated_at=timezone.now())
    else:
        Customer.objects.filter(phone=address.strip()).update(whatsapp_consent=not is_out, updated_at=timezone.now())


def _record(action: str, channel: str, address: str, source: str, event_key: str, actor: str) -> bool:
    tag = _tag(channel, address)
    if len(event_key) > EVENT_KEY_CHARACTERS_MAX:
        event_key = f"{event_key[:32]}:{address_tag(connection.schema_name, 'email', event_key)}"
    matching = {"email": address.strip().lower()} if channel == Suppression.Channel.EMAIL else {"phone": address.strip()}
    _event, is_new = ConsentEvent.objects.get_or_create(
        event_key=event_key,
        defaults={
            "customer_id": Customer.objects.filter(**matching).order_by("pk").values_list("pk", flat=True).first(),
            "channel": channel,
            "address_tag": tag,
            "action": action,
            "source": source[:32],
            "actor": actor[:120],
        },
    )
    return is_new
