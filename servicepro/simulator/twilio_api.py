"""Twilio's Messages API.

Numbers that mean something: To +15005550001 invalid (21211), 0002 no route (21612), 0003 geo permission (21408), 0004 opted out
(21610), 0009 not a mobile (21614); From 0001 invalid (21212), 0007 not owned (21606), 0008 queue full (21611). Any To ending in
93003, 93005, 93006, 93007, 93008, 93034 is accepted and then undelivered with error 30003, 30005, 30006, 30007, 30008, 30034;
93001 is accepted and then failed with 30001. Whether the carriers want a registration is said in compliance_control.
"""

import asyncio
import email.utils
import html
import logging
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

from servicepro.lib.segments import count_segments
from servicepro.simulator.callbacks import Caller, Heard
from servicepro.simulator.compliance_review import OTP_NUMBER, Reviews
from servicepro.simulator.faults import Faults
from servicepro.simulator.removal import change_message
from servicepro.simulator.server import Answer, Reply, Request, json_reply
from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, Store, Text
from servicepro.simulator.whatsapp import FAILED as WHATSAPP_FAILED
from servicepro.simulator.whatsapp import PREFIX, Whatsapp, is_whatsapp

logger = logging.getLogger("simulator")
BODY_CHARACTERS_MAX, PAGE_SIZE, PAGE_SIZE_MAX = 1_600, 50, 1_000
_BASE = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
_KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER = re.compile(rf"{_PHONE.pattern}|[0-9]{{5,6}}")  # short codes send too
_TO_ERRORS = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
_FROM_ERRORS = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number"),
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable number of your account"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
_LATER_ERRORS = {f"93{code - 30_000:03d}": code for code in (30_001, 30_003, 30_005, 30_006, 30_007, 30_008, 30_034)}
_FAILED = {30_001, *WHATSAPP_FAILED}  # never left Twilio; all others did and were not delivered
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}


def error(status: int, code: int, message: str, **headers: str) -> Reply:
    """Return an error the way Twilio words it."""
    body = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return json_reply(status, body, **headers)


def rfc2822(moment: float) -> str:
    """Return Twilio's date format."""
    return _second(int(moment))


@lru_cache(maxsize=1024)
def _second(moment: int) -> str:
    return email.utils.formatdate(moment, usegmt=False).replace("-0000", "+0000")


class TwilioApi:
    """Answer the Messages API and live the messages' lives."""

    def __init__(self, store: Store, faults: Faults, caller: Caller) -> None:
        self.store, self.faults, self.caller = store, faults, caller
        self.whatsapp = Whatsapp(store, faults)
        self.reviews = Reviews(store)

    def answer(self, request: Request) -> Answer:
        """Answer one request below /api."""
        if request.basic_auth() != (ACCOUNT_SID, AUTH_TOKEN):
            return error(401, 20003, "Authenticate")
        path = request.path.removeprefix("/api")
        try:
            if path == f"{_BASE}.json":
                return self.answer_all(request)
            if path.startswith(f"{_BASE}/"):
                return self.answer_one(request, path.removeprefix(f"{_BASE}/").removesuffix(".json"))
        except ValueError as problem:
            return error(400, 20001, f"Bad parameter: {type(problem).__name__}")
        return error(404, 20404, f"The requested resource {path} was not found")

    def answer_all(self, request: Request) -> Answer:
        """Answer a request about the log as a whole. Raises ValueError."""
        if request.method == "POST":
            return self.create(request)
        return self.list(request.params) if request.method == "GET" else error(405, 20004, "Method not allowed")

    def answer_one(self, request: Request, sid: str) -> Answer:
        """Answer a request about one message. Raises ValueError."""
        if request.method in ("POST", "DELETE"):
            return change_message(request, sid, self.store, self.faults, shown=self.shown, error=error)
        if request.method != "GET":
            return error(405, 20004, "Method not allowed")
        text = self.store.texts.get(sid)
        return json_reply(200, self.shown(text)) if text else error(404, 20404, f"The requested resource {sid} was not found")

    def create(self, request: Request) -> Answer:
        """Take a message, or refuse it as Twilio would, or misbehave as told. Raises ValueError."""
        fault, wait = self.faults.pick("twilio"), self.faults.latency_seconds()
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
        on_whatsapp = is_whatsapp(form)
        refusal = self.whatsapp_refusal(form) if on_whatsapp else self.refusal(form)
        if refusal:
            refusal.delay_seconds = wait
            return refusal
        failure = self.whatsapp.failure(form) if on_whatsapp else self.failure(form)
        text = self.whatsapp.text(form) if on_whatsapp else _text(form)
        self.store.add_text(text)
        reply = self.confirm(fault, text, wait)
        mode = self.faults.callbacks
        if mode == "off" or self.store.is_lean:
            return reply
        life = self.live(text, mode, self.faults.callback_delay_seconds, steps_of(text, failure, is_read=self.is_read(text)), failure)
        if mode == "before":
            return self.after(life, reply)
        self.caller.start(life)
        return reply

    async def after(self, life: Any, reply: Reply) -> Reply:
        """Answer when the application has heard everything already."""
        await life
        return reply

    def confirm(self, fault: str | None, text: Text, wait: float) -> Reply:
        """Return the answer for a message that was taken."""
        if fault == "accept500":
            return error(500, 20500, "Internal Server Error")
        if fault == "acceptReset":
            return Reply(is_reset=True)
        if fault == "garbage":
            return Reply(201, b"<html>not json", "text/html")
        reply = json_reply(201, self.shown(text))
        reply.delay_seconds = self.faults.timeout_seconds if fault == "acceptTimeout" else wait
        return reply

    def refusal(self, form: dict[str, str]) -> Reply | None:
        """Return Twilio's refusal of a request, or None."""
        to, sender, service = form.get("To", ""), form.get("From", ""), form.get("MessagingServiceSid", "")
        unknown = form.keys() - _KNOWN
        checks = (
            # Twilio has more parameters; taking a message and leaving one of them out would be a lie.
            (unknown, 20001, f"The simulator does not know {', '.join(sorted(unknown))}"),
            (not to, 21604, "A 'To' phone number is required."),
            (not sender and not service, 21603, "A 'From' phone number is required."),
            (not form.get("Body"), 21602, "Message body is required."),
            (len(form.get("Body", "")) > BODY_CHARACTERS_MAX, 21617, "The concatenated message body exceeds the 1600 character limit"),
            (service and not re.fullmatch("MG[0-9a-f]{32}", service), 21705, "The Messaging Service Sid is invalid"),
            (sender and not _SENDER.fullmatch(sender), 21212, f"The 'From' number {sender} is not a valid phone number."),
            (not _PHONE.fullmatch(to) or to == sender, 21211, f"The 'To' number {to} is not a valid phone number."),
            (not _is_callback(form.get("StatusCallback", "")), 21609, "The 'StatusCallback' URL is not a valid URL"),
            (self.store.is_empty_service(service), 21703, "The Messaging Service contains no phone numbers"),
            (sender in _FROM_ERRORS, *_FROM_ERRORS.get(sender, (0, ""))),
            (to in _TO_ERRORS, *_TO_ERRORS.get(to, (0, ""))),
            ((to, service or self.store.block_scope(sender)) in self.store.blocked, 21610, "Attempt to send to unsubscribed recipient"),
        )
        return next((error(400, code, message) for is_wrong, code, message in checks if is_wrong), None)

    def failure(self, form: dict[str, str]) -> int | None:
        """Return the error a text will end with, None where it is delivered."""
        found = _LATER_ERRORS.get(form["To"][-5:])
        if found or self.reviews.setting("carriers") == "lenient":
            return found
        return self.reviews.failure(form["To"], form.get("From") or self.store.choose_sender(form.get("MessagingServiceSid", "")))

    async def live(self, text: Text, mode: str, delay_seconds: float, steps: list[str], failure: int | None) -> None:
        """Walk a message through its life, and call back at each step that Twilio tells."""
        await asyncio.sleep(delay_seconds)
        codes = dict.fromkeys(("failed", "undelivered"), failure)
        text.sender = text.sender or self.store.choose_sender(text.service_sid)
        for status in steps:
            self.store.update_text(text, status, codes.get(status))
        if not text.callback:
            return
        told = [status for status in steps if status != "sending"]
        for status in reversed(told) if mode == "shuffled" else told:
            for _repeat in range(2 if mode == "repeated" else 1):
                await self.caller.status(text, status, codes.get(status))

    def is_read(self, text: Text) -> bool:
        """Tell whether a message will be read once it is delivered, and its reader says so: only WhatsApp has that."""
        return text.to.startswith(PREFIX) and self.faults.settings.get("reads", "on") == "on"

    def whatsapp_refusal(self, form: dict[str, str]) -> Reply | None:
        """Return Twilio's refusal of a WhatsApp message, or None."""
        found = self.whatsapp.refusal(form)
        if found is None and not _is_callback(form.get("StatusCallback", "")):
            found = 21609, "The 'StatusCallback' URL is not a valid URL"
        return error(400, *found) if found else None

    def shown(self, text: Text) -> dict[str, Any]:
        """Return a message as the API shows it."""
        moment = rfc2822(text.created)
        uri = f"{_BASE}/{text.sid}"
        is_counted = text.status != "accepted"
        return {
            "sid": text.sid, "account_sid": ACCOUNT_SID, "api_version": "2010-04-01", "body": text.body,
            "date_created": moment, "date_updated": moment, "date_sent": moment if _is_sent(text) else None,
            "direction": text.direction, "error_code": text.error_code, "error_message": None,
            "from": text.sender or None, "messaging_service_sid": text.service_sid or None,
            "num_media": "0", "num_segments": str(count_segments(text.body).segments) if is_counted else "0",
            "price": None, "price_unit": None,
            "status": text.status, "subresource_uris": {"media": f"{uri}/Media.json"}, "to": text.to, "uri": f"{uri}.json",
        }  # fmt: skip

    def list(self, params: dict[str, str]) -> Reply:
        """Return a page of the log, newest first; a page goes on after the last message of the one before. Raises ValueError."""
        size, page = min(PAGE_SIZE_MAX, int(params.get("PageSize", PAGE_SIZE))), int(params.get("Page", 0))
        if size < 1 or page < 0:
            raise ValueError("PageSize and Page")
        filters = {key: value for key, value in params.items() if key not in ("Page", "PageToken", "PageSize")}
        found = self.matching(filters)
        token = params.get("PageToken", "")
        if token:
            last = token.removeprefix("PA")
            next((text for text in found if text.sid == last), None)
        else:
            next(islice(found, page * size, page * size), None)
        chosen = list(islice(found, size + 1))
        shown = [self.shown(text) for text in chosen[:size]]

        def uri(number: int, **position: str) -> str:
            return f"{_BASE}.json?{urlencode({**filters, 'PageSize': size, 'Page': number, **position})}"

        body = {
            "messages": shown, "page": page, "page_size": size, "start": page * size, "end": page * size + max(0, len(shown) - 1),
            "first_page_uri": uri(0), "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1, PageToken=f"PA{chosen[size - 1].sid}") if len(chosen) > size else None,
            "uri": uri(page, **({"PageToken": token} if token else {})),
        }  # fmt: skip
        return json_reply(200, body)

    def matching(self, filters: dict[str, str]) -> Iterator[Text]:
        """Yield the log newest first, filtered as asked; a date filter leaves out what was not sent yet."""
        day, since, until = (filters.get(name, "") for name in ("DateSent", "DateSent>", "DateSent<"))
        youngest = time.time() - self.faults.log_lag_seconds
        for text in reversed(self.store.texts.values()):
            if text.created > youngest or filters.get("To", text.to) != text.to or filters.get("From", text.sender) != text.sender:
                continue
            if day or since or until:
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(text.created))
                if not _is_sent(text) or stamp < since or (until and stamp > until) or not stamp.startswith(day[:10]):
                    continue
            yield text

    async def receive(self, phone: str, number: str, body: str, created: float | None = None) -> None:
        """Let a customer text one of the business's numbers, with everything Twilio does about it: nothing of its own on WhatsApp."""
        text = Text(to=number, sender=phone, body=body, direction="inbound", status="received", created=created or time.time())
        self.store.add_text(text)
        word, scope = body.strip().upper(), self.store.block_scope(number)
        if number.startswith(PREFIX):
            word = ""
        if number == OTP_NUMBER:
            self.reviews.confirm(phone, body)
        if word in STOP:
            self.store.write("block", [phone, scope])
            self.reply(phone, number, "You have successfully been unsubscribed. Reply START to resubscribe.")
        elif word in START and (phone, scope) in self.store.blocked:
            self.store.write("unblock", [phone, scope])
            self.reply(phone, number, "You have been resubscribed. Reply STOP to unsubscribe.")
        elif word in HELP:
            self.reply(phone, number, "Reply STOP to unsubscribe. Msg & data rates may apply.")
        url = self.store.inbound_url(number)
        if not url:
            return
        fields = {
            "MessageSid": text.sid, "SmsSid": text.sid, "SmsMessageSid": text.sid, "AccountSid": ACCOUNT_SID, "From": phone,
            "To": number, "Body": body, "NumMedia": "0", "NumSegments": str(count_segments(body).segments),
            "SmsStatus": "received", "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if number.startswith(PREFIX):
            fields |= {"WaId": phone.removeprefix(f"{PREFIX}+"), "ProfileName": "Somebody", "MessageType": "text"}
        service = self.store.services.get(number)
        if service:
            fields["MessagingServiceSid"] = service
        for answer in replies(await self.caller.post_form(url, fields)):
            self.reply(phone, number, answer)

    def reply(self, phone: str, number: str, body: str) -> None:
        """Show a text on the customer's phone that answers theirs."""
        self.store.add_text(Text(to=phone, sender=number, body=body, direction="outbound-reply", status="delivered"))


def _text(form: dict[str, str]) -> Text:
    service = form.get("MessagingServiceSid", "")
    return Text(
        to=form["To"], sender=form.get("From", ""), body=form["Body"], direction="outbound-api",
        status="accepted" if service else "queued", callback=form.get("StatusCallback", ""), service_sid=service,
    )  # fmt: skip


def steps_of(text: Text, failure: int | None, *, is_read: bool) -> list[str]:
    """Return what becomes of a message, one status after the other."""
    first = ["queued"] if text.status == "accepted" else []
    if failure in _FAILED:
        return [*first, "failed"]
    last = ["undelivered"] if failure else ["delivered", "read"] if is_read else ["delivered"]
    return [*first, "sending", "sent", *last]


def replies(heard: Heard) -> list[str]:
    """Return the texts that a webhook's answer sends to the customer: plain text as it stands, or each TwiML message."""
    if not heard.is_fine or not heard.body.strip():
        return []
    if heard.content_type == "text/plain":
        return [heard.body]
    if not re.search(r"<Response\s*/?>", heard.body):
        logger.warning("12100: a Twilio webhook was answered with something that is no TwiML")
        return []
    found = re.findall(r"<Message[^>]*>(.*?)</Message>", heard.body, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", message)) for message in found]


def _is_sent(text: Text) -> bool:
    return text.status not in ("queued", "accepted", "sending", "failed")


def _is_callback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return not url or (parts.scheme in ("http", "https") and bool(host) and "_" not in host)
