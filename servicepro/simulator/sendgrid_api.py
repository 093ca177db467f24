"""SendGrid's mail/send, event webhook and activity log.

Addresses that mean something, by their local part: bounce… bounces hard, block… softly, dropped… is dropped, spam… complains.
"""

import asyncio
import secrets
import time
from typing import Any

from servicepro.simulator.callbacks import Caller, event
from servicepro.simulator.faults import Faults
from servicepro.simulator.server import Reply, Request, json_reply
from servicepro.simulator.store import SENDGRID_KEY, Mail, Store

PERSONALIZATIONS_MAX = 1_000


def error(status: int, message: str, field: str | None = None, **headers: str) -> Reply:
    """Return an error the way SendGrid words it."""
    return json_reply(status, {"errors": [{"message": message, "field": field, "help": None}]}, **headers)


class SendGridApi:
    """Answer SendGrid's API."""

    def __init__(self, store: Store, faults: Faults, caller: Caller) -> None:
        self.store, self.faults, self.caller = store, faults, caller
        self.has_activity = True

    def answer(self, request: Request) -> Reply:
        """Answer one request below /sendgrid."""
        if request.headers.get("authorization") != f"Bearer {SENDGRID_KEY}":
            return error(401, "The provided authorization grant is invalid, expired, or revoked")
        if request.path == "/sendgrid/v3/mail/send" and request.method == "POST":
            return self.send(request)
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

    def send(self, request: Request) -> Reply:
        """Take a call, or refuse it as SendGrid would, or misbehave as told."""
        fault, wait = self.faults.pick("sendgrid"), self.faults.latency_seconds()
        early = {
            "throttle": error(429, "too many requests", **{"X-RateLimit-Reset": str(int(time.time()) + 1)}),
            "reject500": error(500, "internal error"),
            "unauthorized": error(401, "The provided authorization grant is invalid, expired, or revoked"),
            "reset": Reply(is_reset=True),
        }
        if fault in early:
            return early[fault]
        try:
            body = request.json
            refusal = self.refusal(body)
        except (ValueError, TypeError, KeyError, AttributeError):
            return error(400, "Bad Request")
        if refusal:
            return refusal
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Reply(200)
        message_id = secrets.token_urlsafe(16)
        events = [item for person in body["personalizations"] for item in self.accept(person, body, message_id)]
        if self.faults.callbacks != "off" and self.store.event_urls and not self.store.is_lean:
            self.caller.start(self.tell(events))
        if fault == "accept500":
            return error(500, "internal error")
        if fault == "acceptReset":
            return Reply(is_reset=True)
        reply = Reply(202, headers={"X-Message-Id": message_id})
        reply.delay_seconds = float(self.faults.settings.get("timeoutSeconds", 60)) if fault == "acceptTimeout" else wait
        return reply

    def refusal(self, body: dict[str, Any]) -> Reply | None:
        """Return SendGrid's refusal of a request, or None."""
        people = body.get("personalizations")
        if not isinstance(people, list) or not 1 <= len(people) <= PERSONALIZATIONS_MAX:
            return error(400, "The personalizations field is required and must have 1 to 1000 items.", "personalizations")
        if not body.get("from", {}).get("email"):
            return error(400, "The from object must be provided for every email send.", "from.email")
        for index, person in enumerate(people):
            if not all("@" in to.get("email", "") for to in person.get("to", [{}])):
                return error(400, "Does not contain a valid address.", f"personalizations.{index}.to")
            if not person.get("subject", body.get("subject")):
                return error(400, "The subject is required.", "subject")
        return None

    def accept(self, person: dict[str, Any], body: dict[str, Any], message_id: str) -> list[dict[str, Any]]:
        """Put a person's email into their mailbox and return the events it causes."""
        substitutions = person.get("substitutions", {})

        def fill(text: str) -> str:
            for key, value in substitutions.items():
                text = text.replace(key, value)
            return text

        content = {item["type"]: fill(item["value"]) for item in body.get("content", [])}
        custom = {**body.get("custom_args", {}), **person.get("custom_args", {})}
        events = []
        for to in person["to"]:
            address = to["email"].lower()
            kind = next((word for word in ("bounce", "block", "dropped", "spam") if address.startswith(word)), "")
            if address in self.store.suppressed:
                kind = "dropped"
            mail = Mail(
                message_id, address, body["from"]["email"], fill(person.get("subject") or body["subject"]),
                content.get("text/plain", ""), content.get("text/html", ""), person.get("headers", {}),
                custom.get("attempt_id", ""), time.time(), kind or "delivered",
            )  # fmt: skip
            self.store.add_mail(mail)
            base = {"email": address, "message_id": message_id, **custom}
            events += self.consequences(kind, base)
        return events

    def consequences(self, kind: str, base: dict[str, str]) -> list[dict[str, Any]]:
        """Return what happens to one email."""
        if kind == "dropped":
            return [event("dropped", base, reason="Bounced Address")]
        processed = event("processed", base)
        if kind == "bounce":
            self.store.write("suppress", base["email"])
            bounced = event("bounce", base, type="bounce", status="5.1.1", reason="550 5.1.1 unknown user")
            bounced.pop("sg_message_id")  # asynchronous bounces come without it
            return [processed, bounced]
        if kind == "block":
            return [processed, event("bounce", base, type="blocked", status="4.7.1", reason="421 try again later")]
        delivered = event("delivered", base, response="250 OK")
        return [processed, delivered, event("spamreport", base)] if kind == "spam" else [processed, delivered]

    async def tell(self, events: list[dict[str, Any]]) -> None:
        """Post the events as the faults say."""
        mode = self.faults.callbacks
        await asyncio.sleep(2.0 if mode == "late" else 0.3)
        if mode == "shuffled":
            events = list(reversed(events))
        for _repeat in range(2 if mode == "repeated" else 1):
            await self.caller.events(self.store.event_urls, events)
