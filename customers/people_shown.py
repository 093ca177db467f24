"""What else is known of a person, as a page may show it."""

import json

from customers.models import Customer
from servicepro.lib.phone import mask_phone, mask_phones_in


def further_phones(customer: Customer) -> list[str]:
    """Return the person's other numbers in full, for who asked to see them."""
    return json.loads(customer.other_phones) if customer.other_phones else []


def masked_further_phones(customer: Customer) -> list[str]:
    """Return the person's other numbers, masked."""
    return [mask_phone(phone) for phone in further_phones(customer)]


def shown_extra(customer: Customer) -> list[tuple[str, str]]:
    """Return what lists said beside as (heading, value), phones masked."""
    extra: dict[str, str] = json.loads(customer.extra) if customer.extra else {}
    return [(heading, mask_phones_in(value)) for heading, value in extra.items()]
