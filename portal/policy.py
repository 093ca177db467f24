"""Rules of the customer's pages that need no database."""

import re

from django.utils.http import url_has_allowed_host_and_scheme

from customers.errors import BadCustomer
from customers.services import clean_email
from portal.errors import BadAddress
from portal.types import Address
from servicepro.lib.phone import Phone, mask_phone, parse_phone

HOME = "/portal/"
OWN_DOORS = ("/portal/", "/book", "/b/")
_WAYS_OUT = re.compile(r"\\|/\.\.?(?:/|$)|%2e|%5c", re.IGNORECASE)  # what browsers turn into another path
NEITHER = "Please enter your mobile number or your email address."


def read_address(text: str, region: str) -> Address:
    """Return the phone or email behind what somebody typed. Raises BadAddress."""
    text = text.strip()
    if "@" in text:
        try:
            return Address("email", clean_email(text))
        except BadCustomer as error:
            raise BadAddress(error.message) from error
    parsed = parse_phone(text, region)
    if isinstance(parsed, Phone):
        return Address("sms", parsed.e164)
    raise BadAddress(NEITHER if not text else f"We cannot send a code there. {parsed.sentence.rstrip('.')}.")


def read_mobile(text: str, region: str) -> Address:
    """Return the phone behind what somebody typed who registers. Raises BadAddress."""
    if "@" in text or not text.strip():
        raise BadAddress("Please enter your mobile number. You can add your email address in the next step.")
    return read_address(text, region)


def masked(address: Address) -> str:
    """Return an address as it may be shown to whoever holds a link."""
    if address.channel == "sms":
        return mask_phone(address.value)
    name, _at, domain = address.value.partition("@")
    return f"{name[:1]}•••@{domain}"


def own_path(path: str | None) -> str:
    """Return a path of the customer's own pages to lead back to; home for anything else."""
    path = path or ""
    is_ours = path.startswith(OWN_DOORS) and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and path.isprintable() and not _WAYS_OUT.search(path) else HOME
