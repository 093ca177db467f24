"""Six digits that prove an address: asked for, sent, and used once.

Whether anybody is known at an address shows nowhere: the same row is written, the same work is done, the same page answers.
"""

import datetime
import hashlib
import hmac
import logging
import secrets
import time

from django.db import transaction
from django.utils import timezone

from customers.selectors import Customer
from messaging.errors import PaceUnavailable
from messaging.selectors import is_us_texting_closed
from messaging.services import deliver
from messaging.types import Envelope, Outcome
from portal.errors import CodesUnavailable, WrongCode
from portal.models import TRIES_MAX, SignInCode
from portal.selectors import hashed, record_at
from portal.services.background import soon
from portal.services.limits import count_request, refusal_to_spend
from portal.services.messages import MINUTES, code_envelope, shared_envelope
from portal.types import Address
from servicepro.lib.crypto import derive_key
from servicepro.lib.fields import email_tag, phone_tag
from servicepro.lib.phone import Phone, is_us_number, parse_phone
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

logger = logging.getLogger(__name__)

LIFE = datetime.timedelta(minutes=MINUTES)
DIGITS = 6
ATTEMPTS, ATTEMPT_SECONDS = 3, 1.0
UNKNOWN, SHARED, ABROAD = "nobody_is_known", "several_people", "other_country"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 2**20}  # 16 MB and some 40 ms: a leaked row is not worth guessing for 5 minutes
NO_LONGER = "This code does not work any more. Ask for a new one."
NO_TEXTS = "We cannot text codes for the moment. Use your email address instead."
# One statement, so that fifty tries at once are still counted one by one. A newer code of the same address ends the older.
_COUNT_TRY = f"""
UPDATE portal_signincode c SET tries = tries + 1
 WHERE browser_hash = %s AND purpose = %s AND used_at IS NULL AND expires_at > %s AND tries < {TRIES_MAX}
   AND NOT EXISTS (SELECT 1 FROM portal_signincode n WHERE n.purpose = c.purpose AND n.address_tag = c.address_tag AND n.id > c.id)
RETURNING id
"""


def ask_for_code(
    address: Address, *, ip: str, host: str, purpose: str = SignInCode.Purpose.SIGN_IN, customer: Customer | None = None
) -> str:
    """Have a code sent to an address and return the token of the browser that asked; only there the code works.

    `host` is the name the browser shows, for its own filling in, empty for an app. `customer` is who is signed in, where a new email
    is to be proved. A code to register goes to any number of the business's country, whether or not it is a customer's.
    Raises TooManyCodes and CodesUnavailable.
    """
    tag = phone_tag(address.value) if address.channel == SignInCode.Channel.SMS else email_tag(address.value)
    count_request(tag=tag, ip=ip)
    if address.channel == SignInCode.Channel.SMS and is_us_number(address.value) and is_us_texting_closed():
        raise CodesUnavailable(NO_TEXTS)  # whoever it is: that says nothing of who is known
    if purpose == SignInCode.Purpose.SIGN_IN:
        customer, _is_shared = record_at(address)
    now, token = timezone.now(), secrets.token_urlsafe(32)
    row = SignInCode.objects.create(
        purpose=purpose,
        channel=address.channel,
        address_tag=tag,
        address=address.value,
        customer=customer,
        browser_hash=hashed(token),
        created_at=now,
        expires_at=now + LIFE,
    )
    transaction.on_commit(lambda: soon(send_code, row.pk, host))
    return token


def send_code(code_id: int, host: str) -> None:
    """Make the code of a row and send it, and write down what became of it. A row that has one gets no other."""
    row = SignInCode.objects.filter(pk=code_id, code_hash="").first()
    if row is None:
        return
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_hex(16)
    if row.customer_id or row.purpose == SignInCode.Purpose.REGISTER:
        SignInCode.objects.filter(pk=row.pk).update(salt=salt, code_hash=_digest(code, salt))
        outcome = _sent(row, code_envelope(row, code, host))
    elif record_at(Address(row.channel, row.address))[1]:
        _sent(row, shared_envelope(row))
        outcome = SHARED
    else:
        outcome = UNKNOWN
    SignInCode.objects.filter(pk=row.pk).update(outcome=outcome[:64])
    logger.info("portal_code channel=%s purpose=%s outcome=%s", row.channel, row.purpose, outcome)


def _sent(row: SignInCode, envelope: Envelope) -> str:
    """Send one message within the budget and return what became of it; busy senders get a few tries."""
    address = Address(row.channel, row.address)
    if address.channel == SignInCode.Channel.SMS and not _is_domestic(address.value):
        return ABROAD
    try:
        if refusal := refusal_to_spend(address):
            return refusal
    except CodesUnavailable:
        return "limits_unknown"
    receipt = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(ATTEMPT_SECONDS)
        try:
            receipt = deliver([envelope])[0]
        except PaceUnavailable:
            continue
        if receipt.outcome is not Outcome.LATER:
            break
    if receipt is None:
        return "pace_unavailable"
    return f"{receipt.outcome}:{receipt.reason}" if receipt.reason else str(receipt.outcome)


def _is_domestic(e164: str) -> bool:
    """Return whether a number is of the business's own country; premium texts are pumped from abroad."""
    region = current_tenant().region
    parsed = parse_phone(e164, region)
    return isinstance(parsed, Phone) and parsed.region == region


def use_code(*, browser_token: str, typed: str, purpose: str = SignInCode.Purpose.SIGN_IN) -> SignInCode:
    """Return the row of the code this browser asked for, used up by this call. Raises WrongCode.

    Every try counts before it is looked at, right or wrong; the fifth is the last.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_TRY, [hashed(browser_token), purpose, timezone.now()])
        found = cursor.fetchone()
    row = SignInCode.objects.select_related("customer").filter(pk=found[0]).first() if found else None
    if row is None:
        raise WrongCode(NO_LONGER)
    given = "".join(character for character in typed if character.isdecimal() and character.isascii())
    is_right = hmac.compare_digest(_digest(given[: DIGITS + 1], row.salt or "none"), row.code_hash or "none")
    unused = SignInCode.objects.filter(pk=row.pk, used_at=None, expires_at__gt=timezone.now())
    has_owner = row.customer_id or row.purpose == SignInCode.Purpose.REGISTER
    if is_right and has_owner and unused.update(used_at=timezone.now()):
        return row
    left = TRIES_MAX - row.tries
    if left <= 0:
        raise WrongCode(f"That was the last try. {NO_LONGER}")
    raise WrongCode(f"That is not the code we sent last. You have {left} {'tries' if left > 1 else 'try'} left.")


def _digest(code: str, salt: str) -> str:
    """Return how a code is kept: under a key outside the database, and slow and salted in case that leaks as well."""
    keyed = hmac.digest(derive_key("portal-code"), code.encode(), "sha256")
    return hashlib.scrypt(keyed, salt=salt.encode(), dklen=32, **_SCRYPT).hex()
