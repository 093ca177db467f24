"""What somebody told us at the till, on the phone or on paper, recorded by who heard it."""

import datetime
import zoneinfo

from django.utils import timezone

from customers.errors import BadCustomer
from customers.models import Customer
from customers.services.announcing import WORDING_CHARACTERS_MAX
from customers.services.self_service import blocking_reason, choose_channel, leave_alone, records_of
from customers.types import Said
from customers.wording import CHANNELS, source_words
from tenants.selectors import User, current_tenant
from tenants.services import record_action

SOURCE = "staff"
# How a yes may have been given. WhatsApp is not among the channels: it asks for the person's own word there.
HOWS = {"in_person": "In person", "on_paper": "On paper", "by_phone": "By phone", "by_email": "By email"}
AGREEABLE = ("sms", "email")


def record_stop(customer: Customer, *, actor: User, channel: str, note: str = "") -> bool:
    """Record that somebody asked us to stop offers by sms, whatsapp or email, or "all"; return whether that was news.

    It counts at once, for messages that wait to be sent too. Raises BadCustomer.
    """
    person = _living(customer)
    said = Said(_line(note) or "Asked us to stop.", source=SOURCE, actor=str(actor))
    if channel != "all" and channel not in CHANNELS:
        raise BadCustomer("Choose what to stop.")
    is_news = leave_alone(person, said=said) if channel == "all" else choose_channel(person, channel=channel, is_wanted=False, said=said)
    if is_news:
        record_action(actor, "customer_asked_to_stop", f"customer:{person.pk}", channel=channel)
    return is_news


def record_consent(customer: Customer, *, actor: User, channel: str, how: str, wording: str, given_on: datetime.date | None) -> None:
    """Record that somebody agreed to offers by sms or email: how, in which words, and on which day of the business's calendar.

    Raises BadCustomer where one of them is missing, the day is to come, the channel does not reach them, they agreed before, or they
    ended it in a way that only they can take back.
    """
    person, words = _living(customer), _line(wording)
    zone = zoneinfo.ZoneInfo(current_tenant().time_zone)
    _check(channel, how, words)
    if given_on is None or given_on > timezone.localdate(timezone=zone):
        raise BadCustomer("Choose the day they said so, today or before.")
    rows = list(records_of(person))
    if not any(row.email if channel == "email" else row.phone for row in rows):
        raise BadCustomer(f"We have no {'email address' if channel == 'email' else 'phone number'} of this person.")
    if reason := blocking_reason(rows, channel):
        why = f"({source_words(reason)})"
        raise BadCustomer(f"They ended {CHANNELS[channel]} themselves or cannot be reached {why}. Only they can change that.")
    said = Said(
        f"{HOWS[how]}: {words}"[:WORDING_CHARACTERS_MAX],
        source=SOURCE,
        actor=str(actor),
        given_at=datetime.datetime.combine(given_on, datetime.time(12), zone),
    )
    if not choose_channel(person, channel=channel, is_wanted=True, said=said):
        raise BadCustomer(f"They agreed to {CHANNELS[channel]} before; that stands.")
    record_action(actor, "customer_agreed", f"customer:{person.pk}", channel=channel, how=how)


def _check(channel: str, how: str, words: str) -> None:
    if channel not in AGREEABLE:
        raise BadCustomer("Choose what they agreed to.")
    if how not in HOWS:
        raise BadCustomer("Choose how they said so.")
    if not words:
        raise BadCustomer("Write down what they agreed to, in the words they read or heard.")


def _living(customer: Customer) -> Customer:
    person = customer.same_person_as or customer
    if person.erased_as:
        raise BadCustomer("This person was erased.")
    return person


def _line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:WORDING_CHARACTERS_MAX]
