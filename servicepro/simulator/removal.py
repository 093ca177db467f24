"""What Twilio does when a message's copy is taken away: POST with an empty Body redacts, DELETE removes the record.

Both need a message that has come to its end; one that is still on its way is refused with 20009.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from servicepro.simulator.faults import Faults
from servicepro.simulator.server import Reply, Request, json_reply
from servicepro.simulator.store import Store, Text

ON_ITS_WAY = {"accepted", "scheduled", "queued", "sending"}
Refusal = Callable[..., Reply]


def change_message(
    request: Request, sid: str, store: Store, faults: Faults, *, shown: Callable[[Text], dict[str, Any]], error: Refusal
) -> Reply:
    """Redact or delete one message of the log, or refuse as Twilio does, or misbehave as told."""
    if fault := faults.pick("twilio"):
        return _misbehave(fault, faults, error)
    text = store.texts.get(sid)
    if text is None:
        return error(404, 20404, f"The requested resource {sid} was not found")
    # Without callbacks a message stays as it was taken; then nothing is ever on its way.
    if text.status in ON_ITS_WAY and faults.callbacks != "off":
        return error(409, 20009, "Message delivery has not been completed")
    if request.method == "DELETE":
        store.write("forget", sid)
        return Reply(204)
    if request.form.get("Body", "missing") != "":
        return error(400, 21624, "The body of a message can only be made empty")
    redacted = replace(text, body="")
    store.write("text", {name: getattr(redacted, name) for name in redacted.__slots__})
    return json_reply(200, shown(redacted))


def _misbehave(fault: str, faults: Faults, error: Refusal) -> Reply:
    if fault == "throttle":
        extra = {"Retry-After": str(faults.settings["retryAfter"])} if "retryAfter" in faults.settings else {}
        return error(429, 20429, "Too Many Requests", **extra)
    if fault == "unauthorized":
        return error(401, 20003, "Authenticate")
    if fault in ("reset", "acceptReset"):
        return Reply(is_reset=True)
    return error(500, 20500, "Internal Server Error")
