"""What providers do when their copies are taken away.

Twilio: POST with an empty Body redacts, DELETE removes the record. Both need a message that has come to its end; one that is still on
its way is refused with 20009. SendGrid: POST to recipients/erasejob removes all emails to the addresses it names.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from servicepro.simulator.faults import Faults
from servicepro.simulator.server import Reply, Request, json_reply
from servicepro.simulator.store import Store, Text

ADDRESSES_MAX = 5_000
LOST_ANSWERS = {"accept500", "acceptTimeout", "acceptReset", "garbage"}
ON_ITS_WAY = {"accepted", "scheduled", "queued", "sending"}
Refusal = Callable[..., Reply]


def change_message(
    request: Request, sid: str, store: Store, faults: Faults, *, shown: Callable[[Text], dict[str, Any]], error: Refusal
) -> Reply:
    """Redact or delete one message of the log, or refuse as Twilio does, or misbehave as told."""
    fault = faults.pick("twilio")
    if fault and fault not in LOST_ANSWERS:
        return misbehave(fault, faults, error)
    reply = _change(request, sid, store, faults, shown=shown, error=error)
    return lose_answer(reply, fault, faults) if fault else reply


def lose_answer(reply: Reply, fault: str, faults: Faults) -> Reply:
    """Do what was asked, and let the answer get lost."""
    if fault == "acceptTimeout":
        reply.delay_seconds = faults.timeout_seconds
        return reply
    if fault == "garbage":
        return Reply(200, b"<html>not json", "text/html")
    return Reply(is_reset=True) if fault == "acceptReset" else Reply(500)


def _change(request: Request, sid: str, store: Store, faults: Faults, *, shown: Callable[[Text], dict[str, Any]], error: Refusal) -> Reply:
    text = store.texts.get(sid)
    if text is None:
        return error(404, 20404, f"The requested resource {sid} was not found")
    # Without callbacks a message stays as it was taken; then nothing is ever on its way.
    if text.status in ON_ITS_WAY and faults.callbacks != "off":
        return error(409, 20009, "Message delivery has not been completed")
    allowed = faults.settings.get("removal", "delete")
    if request.method == "DELETE":
        if allowed != "delete":
            return error(405, 20004, "Method not allowed")
        store.write("forget", sid)
        return Reply(204)
    if request.form.get("Body", "missing") != "":
        return error(400, 21624, "The body of a message can only be made empty")
    if allowed == "refuse":
        return error(400, 21624, "The body of this message cannot be changed")
    redacted = replace(text, body="")
    store.write("text", {name: getattr(redacted, name) for name in redacted.__slots__})
    return json_reply(200, shown(redacted))


def misbehave(fault: str, faults: Faults, error: Refusal) -> Reply:
    """Return the answer of a provider that takes nothing."""
    if fault == "throttle":
        extra = {"Retry-After": str(faults.settings["retryAfter"])} if "retryAfter" in faults.settings else {}
        return error(429, 20429, "Too Many Requests", **extra)
    if fault == "unauthorized":
        return error(401, 20003, "Authenticate")
    if fault == "reset":
        return Reply(is_reset=True)
    return error(500, 20500, "Internal Server Error")


def erase_recipients(request: Request, store: Store, faults: Faults, *, error: Refusal, throttled: Callable[[], Reply]) -> Reply:
    """Remove every email to the addresses of a request, or refuse as SendGrid does, or misbehave as told."""
    fault = faults.pick("sendgrid")
    if fault == "throttle":
        return throttled()
    if fault == "unauthorized":
        return error(401, "The provided authorization grant is invalid, expired, or revoked")
    if fault in ("reject500", "reset"):
        return Reply(is_reset=True) if fault == "reset" else error(500, "internal error")
    if faults.settings.get("removal", "delete") == "refuse":
        return error(403, "access forbidden")
    try:
        addresses = request.json["email_addresses"]
        is_fine = 1 <= len(addresses) <= ADDRESSES_MAX and all("@" in address for address in addresses)
    except (ValueError, TypeError, KeyError):
        is_fine = False
    if not is_fine:
        return error(400, "email_addresses must hold 1 to 5000 addresses", "email_addresses")
    for address in addresses:
        store.write("forget_mails", address.lower())
    reply = json_reply(202, {"job_id": secrets.token_hex(16)})
    return lose_answer(reply, fault, faults) if fault else reply
