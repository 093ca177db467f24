"""The messages that carry a code, and say what happened to an account."""

from messaging.types import Channel, Envelope, MessageClass
from portal.models import SignInCode
from servicepro.lib.segments import count_segments
from tenants.selectors import current_tenant

MINUTES = 5


def code_text(code: str, *, business: str, host: str) -> str:
    """Return a text of one segment; its last line lets the browser at `host`, and no other, fill the code in. An app has no host."""
    first = f"{code} is your {business} code. It works for {MINUTES} minutes. Do not tell it to anybody."
    last = f"\n\n@{host} #{code}" if host else ""
    if count_segments(first + last).segments > 1:
        first = f"{code} is your code for {MINUTES} minutes. Do not tell it to anybody."
    return first + last if count_segments(first + last).segments <= 1 else first


def code_envelope(row: SignInCode, code: str, host: str) -> Envelope:
    """Return the message for one code; its key is its own, so that no code is ever sent twice."""
    business, key = current_tenant().name, f"portal-code:{row.pk}"
    if row.channel == SignInCode.Channel.SMS:
        body, subject = code_text(code, business=business, host=host), ""
    else:
        act = "change your email address" if row.purpose == SignInCode.Purpose.CHANGE_EMAIL else "sign in"
        subject = f"{code} is your {business} code"
        body = (
            f"{code}\n\nThis is your code to {act} at {business}. It works for {MINUTES} minutes, in the browser where you asked for it."
            "\n\nDo not tell it to anybody. If you did not ask for it, you need not do anything."
        )
    return _envelope(row, key, subject, body)


def shared_envelope(row: SignInCode) -> Envelope:
    """Return the message to an address that several people have: it can open nobody's pages."""
    business = current_tenant().name
    body = (
        f"Somebody asked for a code to sign in at {business} with this address. More than one of our customers has it, so it cannot be"
        " used to sign in. Please use your phone number instead.\n\nIf that was not you, you need not do anything."
    )
    return _envelope(row, f"portal-shared:{row.pk}", f"Signing in at {business}", body)


def _envelope(row: SignInCode, key: str, subject: str, body: str) -> Envelope:
    return Envelope(
        reference=row.pk,
        channel=Channel(row.channel),
        campaign_key=key,
        address=row.address,
        subject=subject,
        body=body,
        message_class=MessageClass.TRANSACTIONAL,
        customer_id=row.customer_id,
    )
