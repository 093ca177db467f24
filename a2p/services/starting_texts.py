"""The texts a registration begins with, from what the business has told already; its owner changes them."""

from typing import Any

from a2p.types import UseCase
from customers.types import TEXTS_TERMS, TEXTS_WORDING
from messaging.selectors import line_numbers
from tenants.selectors import business_settings, current_tenant, public_url


def default_brand() -> dict[str, Any]:
    """Return what is known of who registers."""
    decided = business_settings()
    first, _, last = decided.owner_name.strip().partition(" ")
    tenant = current_tenant()
    return {
        "display_name": tenant.name,
        "country": tenant.region if tenant.region in ("US", "CA") else "US",
        "contact_first_name": first[:80],
        "contact_last_name": last.strip()[:80],
        "contact_email": decided.reply_to_email,
        "contact_phone": decided.owner_phone or None,
    }


def default_campaign() -> dict[str, Any]:
    """Return the fields of a registration in the business's own words: its name, number and booking page."""
    name, book = current_tenant().name, f"{public_url(current_tenant())}/book"
    numbers = line_numbers()
    reach = f"call {numbers[0]}" if numbers else f"see {book}"
    return {
        "use_case": UseCase.LOW_VOLUME.value,
        "description": (
            f"{name} sends appointment confirmations, reminders and updates, and now and then an offer, to customers who booked"
            " with us and agreed to receive texts."
        ),
        "message_flow": (
            f"Customers agree when they register at {public_url(current_tenant())}/portal/register: once their number is confirmed, they"
            f" may tick an empty checkbox next to the words “{TEXTS_WORDING.format(business=name)}” Beside it stands: “{TEXTS_TERMS}”"
            " Agreeing is optional: nobody needs it to register, to book or to buy."
        ),
        "samples": [
            f"Hi [first name], this is {name}: your appointment is tomorrow at 10 AM. Reply STOP to opt out.",
            f"{name}: 15% off this week for returning customers. Book at {book} Reply STOP to opt out.",
        ],
        "has_embedded_links": True,
        "opt_in_message": (
            f"{name}: you are in for texts about appointments and offers. Msg frequency varies. Msg & data rates may apply."
            " Reply HELP for help, STOP to opt out."
        ),
        "opt_out_message": f"{name}: you are unsubscribed and get no more texts.",
        "help_message": f"{name}: for help {reach}. Msg & data rates may apply. Reply STOP to opt out.",
    }
