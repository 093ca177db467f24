"""Which offers somebody gets, and the sentences they say yes and no with."""

from customers.selectors import Customer
from customers.services import accepts_offers, blocking_reason, records_of
from messaging.selectors import sender_for
from messaging.types import Channel
from portal.types import Preference
from tenants.selectors import current_tenant

TITLES = {"sms": "Offers by text", "whatsapp": "Offers on WhatsApp", "email": "Offers by email"}
WAYS = {
    "sms": "text me offers and news at the number in my profile",
    "whatsapp": "send me offers and news on WhatsApp at the number in my profile",
    "email": "email me offers and news at the address in my profile",
}
TEXT_START = "You texted us STOP. Text START to the same number first, then you can turn offers on here."
WHATSAPP_START = "You wrote STOP to us on WhatsApp. Write START in the same chat first, then you can turn offers on here."
WHATSAPP_AWAY = "Our messages to you on WhatsApp do not arrive. Write START to us there, or ask us about it."
BOUNCED = "Our emails to your address came back. Please give us one that works."
COMPLAINED = "You told your mail program that our emails are unwanted. Write to us if you want them again."
EVERYTHING_OFF = "{business} may no longer send me offers and news, on any channel."
_STOP_REASONS = ("stop", "twilio")


def preferences_of(customer: Customer) -> list[Preference]:
    """Return what somebody allows on each channel that reaches them."""
    rows = list(records_of(customer))
    has_phone = any(row.phone for row in rows)
    # Only a business with WhatsApp asks; whoever said yes before can always say no.
    is_on_whatsapp = any(row.whatsapp_consent for row in rows) or sender_for(Channel.WHATSAPP) is not None
    reachable = {"sms": has_phone, "whatsapp": has_phone and is_on_whatsapp, "email": any(row.email for row in rows)}
    return [_preference(channel, rows) for channel in TITLES if reachable[channel]]


def _preference(channel: str, rows: list[Customer]) -> Preference:
    is_allowed, reason = accepts_offers(rows, channel), blocking_reason(rows, channel)
    is_on = is_allowed and not reason
    return Preference(channel, TITLES[channel], is_on, wording(channel, is_wanted=not is_on), _way_out(channel, reason) if reason else "")


def _way_out(channel: str, reason: str) -> str:
    if channel == "email":
        return COMPLAINED if reason == "complaint" else BOUNCED
    if channel == "whatsapp":
        return WHATSAPP_START if reason.startswith(_STOP_REASONS) else WHATSAPP_AWAY
    return TEXT_START if reason.startswith(_STOP_REASONS) else "Texts to your number do not arrive. Please ask us about it."


def wording(channel: str, *, is_wanted: bool) -> str:
    """Return the sentence the button stands for; it is kept with the consent."""
    business = current_tenant().name
    return f"{business} may {WAYS[channel]}." if is_wanted else f"{business} may no longer {WAYS[channel]}."
