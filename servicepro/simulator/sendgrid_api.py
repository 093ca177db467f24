"""SendGrid's mail/send, event webhook and activity log.

Addresses that mean something, by their local part: bounce… bounces hard, latebounce… too but only after it was delivered, block… softly,
dropped… is dropped, spam… complains. Who bounced hard or complained is suppressed: later emails are accepted and dropped. A sender
unverified… is not one this account may send as. An email whose opens are tracked is opened when its mailbox is looked at.
"""

import asyncio
import re
import secrets
import time
from typing import Any

from servicepro.simulator.callbacks import Caller, event
from servicepro.simulator.faults import Faults
from servicepro.simulator.removal import erase_recipients
from servicepro.simulator.server import Answer, Reply, Request, json_reply
from servicepro.simulator.store import SENDGRID_KEY, Mail, Store

RECIPIENTS_MAX = 1_000  # personalizations, and people in all of them together
CUSTOM_ARGS_BYTES_MAX = 10_000
SUBSTITUTION_BYTES_MAX = 10_000  # of one person, tags and values together
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
_RESERVED = {"to", "from", "subject", "reply-to", "cc", "bcc", "dkim-signature", "received", "content-type", "content-transfer-encoding"}
_KNOWN = {
    "personalizations", "from", "reply_to", "subject", "content", "headers", "custom_args", "mail_settings", "tracking_settings",
}  # fmt: skip
_KNOWN_OF_A_PERSON = {"to", "subject", "headers", "substitutions", "custom_args"}
_UNAUTHORIZED = "The provided authorization grant is invalid, expired, or revoked"
_UNVERIFIED = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved."
    " Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements"
)
_FATES = ("bounce", "latebounce", "block", "dropped", "spam")


class Refusal(Exception):
    """SendGrid refuses a request: a message and the field it is about."""


def error(status: int, message: str, field: str | None = None, **headers: str) -> Reply:
    """Return an error the way SendGrid words it."""
    return json_reply(status, {"errors": [{"message": message, "field": field, "help": None}]}, **headers)


class SendGridApi:
    """Answer SendGrid's API."""

    def __init__(self, store: Store, faults: Faults, caller: Caller) -> None:
        self.store, self.faults, self.caller = store, faults, caller
        self.has_activity = True

    def answer(self, request: Request) -> Answer:
        """Answer one request below /sendgrid."""
        if request.headers.get("authorization") != f"Bearer {SENDGRID_KEY}":
            return error(401, _UNAUTHORIZED)
        if request.path == "/sendgrid/v3/mail/send" and request.method == "POST":
            return self.send(request)
        if request.path == "/sendgrid/v3/recipients/erasejob" and request.method == "POST":
            return erase_recipients(request, self.store, self.faults, error=error, throttled=self.throttled)
        if request.path == "/sendgrid/v3/messages" and request.method == "GET":
            return self.activity(request)
        return error(404, "not found")

    def activity(self, request: Request) -> Reply:
        """Search the activity log by attempt id (a paid add-on: it can be switched off)."""
        if not self.has_activity:
            return error(403, "access forbidden")
        wanted = request.params.get("query", "").split('"')[1:2]
        found = [mail for mail in self.store.mails if wanted and mail.attempt_id == wanted[0]]
        return json_reply(200, {"messages": [{"msg_id": mail.message_id, "to_email": mail.to, "status": mail.status} for mail in found]})

    def throttled(self) -> Reply:
        """Ask to be left alone until an instant."""
        reset = int(time.time() + self.faults.settings.get("retryAfter", 1))
        limits = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
        return error(429, "too many requests", **limits)

    def send(self, request: Request) -> Answer:
        """Take a call, or refuse it as SendGrid would, or misbehave as told."""
        fault, wait = self.faults.pick("sendgrid"), self.faults.latency_seconds()
        if fault == "throttle":
            return self.throttled()
        if fault == "reject500":
            return error(500, "internal error")
        if fault == "unauthorized":
            return error(401, _UNAUTHORIZED)
        if fault == "reset":
            return Reply(is_reset=True)
        try:
            body = request.json
            check(body)
            is_sandboxed = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable")
        except Refusal as refusal:
            return error(400, *refusal.args)
        except (ValueError, TypeError, KeyError, AttributeError):
            return error(400, "Bad Request")
        if body["from"]["email"].startswith("unverified"):
            return error(403, _UNVERIFIED, "from")
        if is_sandboxed:
            return Reply(200)
        message_id = secrets.token_urlsafe(16)
        if self.store.is_lean:
            self.store.count([to["email"].lower() for person in body["personalizations"] for to in person["to"]])
            return self.confirm(fault, message_id, wait)
        events = [item for person in body["personalizations"] for item in self.accept(person, body, message_id)]
        reply = self.confirm(fault, message_id, wait)
        mode = self.faults.callbacks
        if mode == "off" or not self.store.event_urls:
            return reply
        telling = self.tell(events, mode, self.faults.callback_delay_seconds)
        if mode == "before":
            return self.after(telling, reply)
        self.caller.start(telling)
        return reply

    def look(self, address: str) -> None:
        """Open the emails of a mailbox, and tell of those whose sender wanted to know; each once."""
        unseen = [mail for mail in self.store.mails if mail.to == address and mail.tracks_opens and not mail.is_opened]
        for mail in unseen:
            self.store.open_mail(mail)
        if unseen and self.faults.callbacks != "off" and self.store.event_urls:
            opened = [event("open", _base(mail), useragent="simulator", ip="127.0.0.1", sg_machine_open=False) for mail in unseen]
            self.caller.start(self.tell(opened, self.faults.callbacks, 0.0))

    async def after(self, telling: Any, reply: Reply) -> Reply:
        """Answer when the application has heard everything already."""
        await telling
        return reply

    def confirm(self, fault: str | None, message_id: str, wait: float) -> Reply:
        """Return the answer for emails that were taken."""
        if fault == "accept500":
            return error(500, "internal error")
        if fault == "acceptReset":
            return Reply(is_reset=True)
        if fault == "garbage":
            return Reply(202, b"<html>not json", "text/html")
        reply = Reply(202, headers={"X-Message-Id": message_id})
        reply.delay_seconds = self.faults.timeout_seconds if fault == "acceptTimeout" else wait
        return reply

    def accept(self, person: dict[str, Any], body: dict[str, Any], message_id: str) -> list[dict[str, Any]]:
        """Put a person's email into their mailbox and return the events it causes."""
        substitutions = person.get("substitutions", {})

        def fill(text: str) -> str:
            for key, value in substitutions.items():
                text = text.replace(key, value)
            return text

        content = {item["type"]: fill(item["value"]) for item in body["content"]}
        custom = {**body.get("custom_args", {}), **person.get("custom_args", {})}
        events = []
        for to in person["to"]:
            address = to["email"].lower()
            kind = next((word for word in _FATES if address.startswith(word)), "")
            if address in self.store.suppressed:
                kind = "dropped"
            mail = Mail(
                message_id, address, body["from"]["email"], fill(person.get("subject") or body["subject"]),
                content.get("text/plain", ""), content.get("text/html", ""), {**body.get("headers", {}), **person.get("headers", {})},
                custom.get("attempt_id", ""), time.time(), kind or "delivered",
                sender_name=body["from"].get("name", ""), reply_to=body.get("reply_to", {}).get("email", ""),
                tracks_opens=bool(body.get("tracking_settings", {}).get("open_tracking", {}).get("enable")), custom=custom,
            )  # fmt: skip
            self.store.add_mail(mail)
            events += self.consequences(kind, _base(mail))
        return events

    def consequences(self, kind: str, base: dict[str, str]) -> list[dict[str, Any]]:
        """Return what happens to one email."""
        address = base["email"]
        if kind == "dropped":
            return [event("dropped", base, reason=self.store.suppressed.get(address, "Invalid"))]
        processed = event("processed", base)
        delivered = event("delivered", base, response="250 OK")
        if kind in ("bounce", "latebounce"):
            self.store.write("suppress", [address, "Bounced Address"])
            bounced = event("bounce", base, type="bounce", status="5.1.1", reason="550 5.1.1 unknown user")
            bounced.pop("sg_message_id")  # asynchronous bounces come without it
            return [processed, delivered, bounced] if kind == "latebounce" else [processed, bounced]
        if kind == "block":
            return [processed, event("bounce", base, type="blocked", status="4.7.1", reason="421 try again later")]
        if kind == "spam":
            self.store.write("suppress", [address, "Spam Reporting Address"])
            return [processed, delivered, event("spamreport", base)]
        return [processed, delivered]

    async def tell(self, events: list[dict[str, Any]], mode: str, delay_seconds: float) -> None:
        """Post the events as the faults say."""
        await asyncio.sleep(delay_seconds)
        if mode == "shuffled":
            events = events[::-1]
        await self.caller.events(self.store.event_urls, events, times=2 if mode == "repeated" else 1)


def _base(mail: Mail) -> dict[str, str]:
    """Return what every event of an email says."""
    return {**mail.custom, "email": mail.to, "message_id": mail.message_id}


def check(body: dict[str, Any]) -> None:
    """Check a request the way SendGrid does, before anything of it is taken. Raises Refusal, or what a wrong type raises."""
    _check_names(body, _KNOWN, "")
    people = body.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= RECIPIENTS_MAX:
        raise Refusal("The personalizations field is required and must have 1 to 1000 items.", "personalizations")
    if not _is_address(body.get("from")):
        raise Refusal("The from object must be provided for every email send.", "from.email")
    if "reply_to" in body and not _is_address(body["reply_to"]):
        raise Refusal("The reply_to email does not contain a valid address.", "reply_to.email")
    _check_content(body.get("content"))
    _check_headers(body.get("headers", {}), "headers")
    _check_custom_args(body.get("custom_args", {}), "custom_args")
    for index, person in enumerate(people):
        _check_person(person, f"personalizations.{index}", body.get("subject"))
    if sum(len(person["to"]) for person in people) > RECIPIENTS_MAX:
        raise Refusal("The total number of recipients must be 1000 or fewer.", "personalizations")


def _check_person(person: dict[str, Any], field: str, subject: Any) -> None:
    if not isinstance(person.get("to"), list) or not person["to"]:
        raise Refusal("The to array is required for all personalization objects, and must have at least one email object.", f"{field}.to")
    if not all(_is_address(to) for to in person["to"]):
        raise Refusal("Does not contain a valid address.", f"{field}.to")
    subject = person.get("subject") or subject
    if not isinstance(subject, str) or not subject:
        raise Refusal("The subject is required. You can get around this requirement if you use a template.", "subject")
    _check_names(person, _KNOWN_OF_A_PERSON, field)
    _check_substitutions(person.get("substitutions", {}), f"{field}.substitutions")
    _check_headers(person.get("headers", {}), f"{field}.headers")
    _check_custom_args(person.get("custom_args", {}), f"{field}.custom_args")


def _check_substitutions(given: Any, field: str) -> None:
    if not _is_texts(given):
        raise Refusal("The substitutions must be an object of strings.", field)
    if sum(len(f"{tag}{value}".encode()) for tag, value in given.items()) > SUBSTITUTION_BYTES_MAX:
        raise Refusal("The substitutions may not exceed 10000 bytes.", field)


def _check_names(given: dict[str, Any], known: set[str], field: str) -> None:
    if unknown := sorted(given.keys() - known):
        # SendGrid has more parameters; taking an email and leaving one of them out would be a lie.
        raise Refusal(f"The simulator does not know {', '.join(unknown)}", field or None)


def _check_headers(given: Any, field: str) -> None:
    if not _is_texts(given):
        raise Refusal("The headers must be an object of strings.", field)
    if any(header.lower() in _RESERVED for header in given):
        raise Refusal("The headers may not contain a reserved header.", field)


def _check_content(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise Refusal("Unless a valid template_id is provided, the content parameter is required.", "content")
    if not all(_is_texts(item) and item.get("type") and item.get("value") for item in content):
        raise Refusal("The content value must be a string at least one character in length.", "content.0.value")
    if "text/plain" in [item["type"] for item in content[1:]]:
        raise Refusal("If present, text/plain must come first.", "content")


def _check_custom_args(given: Any, field: str) -> None:
    if not _is_texts(given):
        raise Refusal("The custom_args must be an object of strings.", field)
    if sum(len((name + value).encode()) for name, value in given.items()) > CUSTOM_ARGS_BYTES_MAX:
        raise Refusal("The custom_args may not exceed 10000 bytes.", field)


def _is_address(given: Any) -> bool:
    return isinstance(given, dict) and isinstance(given.get("email"), str) and bool(_ADDRESS.fullmatch(given["email"]))


def _is_texts(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
