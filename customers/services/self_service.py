"""What people do with their own record: say who they are, how to reach them, and what they want to get."""

import uuid
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.errors import BadCustomer
from customers.models import ConsentEvent, Customer, Suppression
from customers.services.announcing import WORDING_CHARACTERS_MAX, announced
from customers.services.registration import EMAIL_CHARACTERS_MAX, clean_name
from customers.types import Said
from servicepro.lib.fields import email_tag, phone_tag
from tenants.services import record_action

OWN_WISHES = ("unsubscribe", "portal")  # suppressions that the person made by a click and may end by one; STOP needs START
SOURCE = "portal"
_YES: dict[str, dict[str, bool | None]] = {
    "sms": {"sms_opt_out": False, "sms_consent": True},
    "email": {"email_opt_out": False, "gdpr_marketing_consent": True},
    "whatsapp": {"whatsapp_consent": True},
}
_NO: dict[str, dict[str, bool | None]] = {
    "sms": {"sms_opt_out": True},
    "email": {"email_opt_out": True},
    "whatsapp": {"whatsapp_consent": False},
}


def records_of_email(email: str) -> list[Customer]:
    """Return the records with an email address, without those of erased people, the oldest first."""
    return list(Customer.objects.filter(email=email.strip().lower(), erased_as=None).order_by("pk"))


def records_of(customer: Customer) -> QuerySet[Customer]:
    """Return all records that were found to be the same person as this living one."""
    return Customer.objects.filter(Q(pk=customer.pk) | Q(same_person_as=customer))


def rename_customer(customer: Customer, name: str) -> str:
    """Let somebody say what they are called and return it as it is kept. Raises BadCustomer."""
    cleaned = clean_name(name)
    if not cleaned:
        raise BadCustomer("Please tell us your name.")
    Customer.objects.filter(pk=customer.pk).update(name=cleaned, updated_at=timezone.now())
    return cleaned


def clean_email(text: str) -> str:
    """Return an email address as it is kept. Raises BadCustomer."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadCustomer("This is not an email address. It looks like name@example.com.") from error
    if len(email) > EMAIL_CHARACTERS_MAX:
        raise BadCustomer(f"The email address is longer than {EMAIL_CHARACTERS_MAX} characters.")
    return email


def change_email(customer: Customer, email: str) -> str:
    """Give somebody the email address they have just proved, on all their records; return the one before, empty where none.

    What they refused at the old address stays refused. Raises BadCustomer where another person has the address.
    """
    email = clean_email(email)
    with transaction.atomic():
        rows = list(records_of(customer).select_for_update().order_by("pk"))
        if Customer.objects.filter(email=email, erased_as=None).exclude(pk__in=[row.pk for row in rows]).exists():
            raise BadCustomer("Another customer of ours has this address. Please write to us, and we will sort it out together.")
        old = next((row.email for row in rows if row.pk == customer.pk), None) or ""
        same = [row.pk for row in rows if row.pk == customer.pk or (old and row.email == old)]
        Customer.objects.filter(pk__in=same).update(email=email, updated_at=timezone.now())
        record_action(None, "customer_changed_email", f"customer:{customer.pk}", records=same)
    return old


def choose_channel(customer: Customer, *, channel: str, is_wanted: bool, said: Said) -> bool:
    """Record whether somebody wants offers by sms, whatsapp or email, effective at once; return whether it changed anything.

    It is about offers alone: messages about their own bookings and codes still come. Whoever had asked to be left alone everywhere and
    wants one channel again gets that one.
    """
    with transaction.atomic():
        rows = list(records_of(customer).select_for_update().order_by("pk"))
        if _has_said_yes(rows, channel) if is_wanted else _has_said_no(rows, channel):
            return False
        _write(customer, rows, _granted(rows, channel) if is_wanted else _NO[channel], said)
        if is_wanted:
            own = Suppression.objects.filter(channel=channel, address_tag__in=_tags(rows, channel), lifted_at=None, reason__in=OWN_WISHES)
            own.update(lifted_at=timezone.now())
        action = ConsentEvent.Action.GRANTED if is_wanted else ConsentEvent.Action.WITHDRAWN
        _tell(customer, rows, channel, action, said)
    return True


def leave_alone(customer: Customer, *, said: Said) -> bool:
    """Record that somebody wants no offers at all, on any channel; return whether that was news."""
    with transaction.atomic():
        rows = list(records_of(customer).select_for_update().order_by("pk"))
        if all(row.opted_out for row in rows):
            return False
        _write(customer, rows, {"opted_out": True}, said)
        for channel in _NO:
            if channel == Suppression.Channel.SMS or _tags(rows, channel):
                _tell(customer, rows, channel, ConsentEvent.Action.WITHDRAWN, said)
    return True


def _write(customer: Customer, rows: Collection[Customer], changes: dict[str, bool | None], said: Said) -> None:
    with announced(said.source, actor=_actor(customer, said), wording=said.wording, is_told=True):
        Customer.objects.filter(pk__in=[row.pk for row in rows]).update(**changes, updated_at=timezone.now())


def _tell(customer: Customer, rows: Collection[Customer], channel: str, action: str, said: Said) -> None:
    ConsentEvent.objects.create(
        customer=customer,
        channel=channel,
        address_tag=next(iter(_tags(rows, channel)), ""),
        action=action,
        source=said.source,
        wording=said.wording[:WORDING_CHARACTERS_MAX],
        given_at=said.given_at,
        actor=_actor(customer, said),
        event_key=f"{said.source}:{uuid.uuid4()}",
    )


def _actor(customer: Customer, said: Said) -> str:
    return said.actor or f"customer:{customer.pk}"


def accepts_offers(rows: Collection[Customer], channel: str) -> bool:
    """Return whether the records of one person let offers through on a channel: nothing on any of them says no.

    On WhatsApp saying nothing is no: it asks for a yes of its own.
    """
    if any(row.opted_out for row in rows):
        return False
    if channel == Suppression.Channel.WHATSAPP:
        said = {row.whatsapp_consent for row in rows}
        return True in said and False not in said
    return not any(getattr(row, f"{channel}_opt_out") or (channel == "sms" and row.sms_consent is False) for row in rows)


def _has_said_yes(rows: Collection[Customer], channel: str) -> bool:
    """Return whether a yes would be nothing new; that nobody objected is none."""
    return accepts_offers(rows, channel) and all(getattr(row, column) == value for row in rows for column, value in _YES[channel].items())


def _has_said_no(rows: Collection[Customer], channel: str) -> bool:
    """Return whether a no would be nothing new; that nobody agreed is none."""
    return any(row.opted_out for row in rows) or all(getattr(row, column) == no for row in rows for column, no in _NO[channel].items())


def blocking_reason(rows: Collection[Customer], channel: str) -> str:
    """Return why nothing at all may be written on a channel (a STOP, a bounce), empty where it may or where a click ends it."""
    found = Suppression.objects.filter(channel=channel, address_tag__in=_tags(rows, channel), lifted_at=None)
    return found.exclude(reason__in=OWN_WISHES).values_list("reason", flat=True).order_by("pk").first() or ""


def _granted(rows: Collection[Customer], channel: str) -> dict[str, bool | None]:
    changes = dict(_YES[channel])
    if any(row.opted_out for row in rows):
        changes |= {"opted_out": False}
        for other in _NO.keys() - {channel}:
            changes |= _NO[other]
    return changes


def _tags(rows: Collection[Customer], channel: str) -> list[str]:
    if channel == "email":
        return [email_tag(row.email) for row in rows if row.email]
    return [phone_tag(row.phone) for row in rows if row.phone]
