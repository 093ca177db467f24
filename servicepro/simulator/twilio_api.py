"""Twilio's Messages API.

Numbers that mean something: +15005550001 invalid (21211), 0002 no route (21612), 0003 geo permission (21408), 0004 opted out (21610),
0009 not a mobile (21614). Any number ending in 93003, 93005, 93006, 93007, 93008, 93034 is accepted and then undelivered with
error 30003, 30005, 30006, 30007, 30008, 30034.
"""

import asyncio
import email.utils
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from servicepro.simulator.callbacks import Caller
from servicepro.simulator.faults import Faults
from servicepro.simulator.server import Reply, Request, json_reply
from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, Store, Text

BODY_CHARACTERS_MAX = 1_600
_SYNC_ERRORS = {
    "+15005550001": (400, 21211, "Invalid 'To' Phone Number"),
    "+15005550002": (400, 21612, "The 'To' phone number is not currently reachable"),
    "+15005550003": (400, 21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (400, 21614, "'To' number is not a valid mobile number"),
}
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}


def error(status: int, code: int, message: str, **headers: str) -> Reply:
    """Return an error the way Twilio words it."""
    body = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return json_reply(status, body, **headers)


def rfc2822(moment: float) -> str:
    """Return Twilio's date format."""
    return email.utils.formatdate(moment, usegmt=False).replace("-0000", "+0000")


class TwilioApi:
    """Answer the Messages API and live the messages' lives."""

    def __init__(self, store: Store, faults: Faults, caller: Caller) -> None:
        self.store, self.faults, self.caller = store, faults, caller

    def answer(self, request: Request) -> Reply:
        """Answer one request below /api."""
        if request.basic_auth() != (ACCOUNT_SID, AUTH_TOKEN):
            return error(401, 20003, "Authenticate")
        prefix = f"/api/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
        if request.path == f"{prefix}.json":
            return self.create(request) if request.method == "POST" else self.list(request)
        if request.path.startswith(prefix + "/") and request.method == "GET":
            text = self.store.texts.get(request.path.rsplit("/", 1)[1].removesuffix(".json"))
            return json_reply(200, self.shown(text)) if text else error(404, 20404, "The requested resource was not found")
        return error(404, 20404, f"The requested resource {request.path} was not found")

    def create(self, request: Request) -> Reply:
        """Take a message, or refuse it as Twilio would, or misbehave as told."""
        fault = self.faults.pick("twilio")
        wait = self.faults.latency_seconds()
        if fault == "throttle":
            extra = {"Retry-After": str(self.faults.settings["retryAfter"])} if "retryAfter" in self.faults.settings else {}
            return error(429, 20429, "Too Many Requests", **extra)
        if fault == "reject500":
            return error(500, 20500, "Internal Server Error")
        if fault == "unauthorized":
            return error(401, 20003, "Authenticate")
        if fault == "reset":
            return Reply(is_reset=True)
        form = request.form
        refusal = self.refusal(form)
        if refusal:
            refusal.delay_seconds = wait
            return refusal
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        text = self.store.add_text(
            to=form["To"],
            sender=sender,
            body=form["Body"],
            direction="outbound-api",
            status="queued" if form.get("From") else "accepted",
            callback=form.get("StatusCallback", ""),
        )
        mode = self.faults.callbacks
        if text.callback and mode != "off" and not self.store.is_lean:
            self.caller.start(self.live(text, mode))
        return self.misbehave(fault, text, wait)

    def misbehave(self, fault: str | None, text: Text, wait: float) -> Reply:
        """Answer for a message that was taken."""
        if fault == "accept500":
            return error(500, 20500, "Internal Server Error")
        if fault == "acceptReset":
            return Reply(is_reset=True)
        if fault == "garbage":
            return Reply(201, b"<html>not json", "text/html")
        reply = json_reply(201, self.shown(text))
        reply.delay_seconds = float(self.faults.settings.get("timeoutSeconds", 60)) if fault == "acceptTimeout" else wait
        return reply

    def refusal(self, form: dict[str, str]) -> Reply | None:
        """Return Twilio's refusal of a request, or None."""
        to, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid", "")
        if not to:
            return error(400, 21604, "A 'To' phone number is required.")
        if not sender:
            return error(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            return error(400, 21602, "Message body is required.")
        if len(form["Body"]) > BODY_CHARACTERS_MAX:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if not to.startswith("+") or not to[1:].isdigit() or not 8 <= len(to) <= 16 or to == sender:
            return error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in _SYNC_ERRORS:
            return error(*_SYNC_ERRORS[to])
        if (to, sender) in self.store.blocked:
            return error(400, 21610, "Attempt to send to unsubscribed recipient")
        return None

    async def live(self, text: Text, mode: str) -> None:
        """Walk a message through its life and call back at each step."""
        if mode != "before":
            await asyncio.sleep(2.0 if mode == "late" else 0.3)
        failure = (
            30_000 + int(text.to[-3:]) if text.to[-5:-3] == "93" and text.to[-3:] in ("003", "005", "006", "007", "008", "034") else None
        )
        steps = ["sending", "sent", "undelivered" if failure else "delivered"]
        for status in steps:
            self.store.update_text(text, status, failure if status == "undelivered" else None)
        if mode == "shuffled":
            steps.reverse()
        for status in steps:
            for _repeat in range(2 if mode == "repeated" else 1):
                await self.caller.status(text, status, failure if status == "undelivered" else None)

    def shown(self, text: Text) -> dict[str, Any]:
        """Return a message as the API shows it."""
        moment = rfc2822(text.created)
        uri = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{text.sid}"
        is_service = text.sender.startswith("MG")
        return {
            "sid": text.sid, "account_sid": ACCOUNT_SID, "api_version": "2010-04-01", "body": text.body,
            "date_created": moment, "date_updated": moment,
            "date_sent": None if text.status in ("queued", "accepted") else moment,
            "direction": text.direction, "error_code": text.error_code, "error_message": None,
            "from": None if is_service and text.status == "accepted" else text.sender,
            "messaging_service_sid": text.sender if is_service else None,
            "num_media": "0", "num_segments": "0" if is_service else "1", "price": None, "price_unit": None,
            "status": text.status, "subresource_uris": {"media": f"{uri}/Media.json"}, "to": text.to, "uri": f"{uri}.json",
        }  # fmt: skip

    def list(self, request: Request) -> Reply:
        """Return a page of the log, newest first."""
        params = request.params
        size, page = min(1000, int(params.get("PageSize", 50))), int(params.get("Page", 0))
        chosen = list(self.matching(params))
        shown = [self.shown(text) for text in chosen[page * size : (page + 1) * size]]
        base = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        kept = "".join(f"&{key}={quote(value)}" for key, value in params.items() if key not in ("Page", "PageSize"))
        following = f"{base}?PageSize={size}&Page={page + 1}{kept}" if (page + 1) * size < len(chosen) else None
        return json_reply(
            200,
            {
                "messages": shown, "page": page, "page_size": size, "start": page * size, "end": page * size + len(shown) - 1,
                "first_page_uri": f"{base}?PageSize={size}&Page=0{kept}", "next_page_uri": following,
                "previous_page_uri": None, "uri": f"{base}?PageSize={size}&Page={page}{kept}",
            },
        )  # fmt: skip

    def matching(self, params: dict[str, str]) -> Iterator[Text]:
        """Yield the log newest first, filtered as asked; a date filter leaves out what was not sent yet."""
        for text in reversed(self.store.texts.values()):
            if params.get("To", text.to) != text.to or params.get("From", text.sender) != text.sender:
                continue
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(text.created))
            dates = [(name, value) for name, value in params.items() if name.startswith("DateSent")]
            if dates and text.status in ("queued", "accepted"):
                continue
            if any((n == "DateSent>" and stamp < v) or (n == "DateSent<" and stamp > v) for n, v in dates):
                continue
            if "DateSent" in params and not stamp.startswith(params["DateSent"][:10]):
                continue
            yield text

    async def receive(self, phone: str, number: str, body: str) -> None:
        """Let a customer text one of the business's numbers, with everything Twilio does about it."""
        text = self.store.add_text(to=number, sender=phone, body=body, direction="inbound", status="received")
        word = body.strip().upper()
        fields = {
            "MessageSid": text.sid, "SmsSid": text.sid, "SmsMessageSid": text.sid, "AccountSid": ACCOUNT_SID, "From": phone,
            "To": number, "Body": body, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if word in STOP:
            self.store.write("block", [phone, number])
            self.reply(phone, number, "You have successfully been unsubscribed. Reply START to resubscribe.")
        elif word in START and (phone, number) in self.store.blocked:
            self.store.write("unblock", [phone, number])
            self.reply(phone, number, "You have been resubscribed. Reply STOP to unsubscribe.")
        elif word in HELP:
            self.reply(phone, number, "Reply STOP to unsubscribe. Msg & data rates may apply.")
        url = self.store.inbound_urls.get(number)
        if not url:
            return
        status, content_type, answer = await self.caller.post_form(url, fields)
        if status == 200 and content_type == "text/plain" and answer:
            self.reply(phone, number, answer)
        elif status == 200 and "<Message>" in answer:
            self.reply(phone, number, answer.split("<Message>")[1].split("</Message>")[0])

    def reply(self, phone: str, number: str, body: str) -> None:
        """Show a text on the customer's phone that answers theirs."""
        self.store.add_text(to=phone, sender=number, body=body, direction="outbound-reply", status="delivered")
