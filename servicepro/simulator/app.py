"""Route every request of the simulator.

Control: POST and DELETE /control/faults, GET /control/messages?to=, GET /control/stats, POST /control/reset,
POST /control/numbers {number, inboundUrl, serviceSid (optional)}, POST and DELETE /control/sendgrid-webhook {url},
GET /control/sendgrid-public-key, POST /control/inbound {from, to, body, hoursAgo (optional)}, POST /control/activity {on},
GET and POST /control/registrations, and POST below it (compliance_control), GET /control/templates,
POST /control/templates {sid, name, body, status, …: a new one without sid}; GET /health.
"""

import time
from collections import Counter
from dataclasses import asdict
from urllib.parse import quote

import aiohttp

from servicepro.simulator import pages
from servicepro.simulator.callbacks import Caller, Heard
from servicepro.simulator.compliance_api import ComplianceApi
from servicepro.simulator.compliance_control import control_registrations
from servicepro.simulator.compliance_page import registrations, take_decision
from servicepro.simulator.content_api import ContentApi, set_template
from servicepro.simulator.faults import Faults
from servicepro.simulator.sendgrid_api import SendGridApi
from servicepro.simulator.server import Answer, Reply, Request, json_reply
from servicepro.simulator.store import Store
from servicepro.simulator.twilio_api import TwilioApi


class Simulator:
    """Both providers, their control, and the pages."""

    def __init__(self, store: Store) -> None:
        self.store, self.faults = store, Faults()
        self.caller = Caller(store.directory)
        self.twilio = TwilioApi(store, self.faults, self.caller)
        self.sendgrid = SendGridApi(store, self.faults, self.caller)
        self.content = ContentApi(store, self.faults)
        self.compliance = ComplianceApi(store, self.faults)
        if store.directory:
            (store.directory / "sendgrid_public_key").write_text(self.caller.public_key())

    def answer(self, request: Request) -> Answer:
        """Answer one request, now or later."""
        if self.compliance.is_addressed(request.path):
            return self.compliance.answer(request)
        if request.path.startswith("/api/"):
            return self.twilio.answer(request)
        if request.path.startswith("/sendgrid/"):
            return self.sendgrid.answer(request)
        if request.path.startswith("/content/"):
            return self.content.answer(request)
        if request.path.startswith("/control/"):
            try:
                return self.control(request)
            except (ValueError, KeyError, TypeError) as problem:
                return json_reply(400, {"error": f"{type(problem).__name__}: {problem}"})
        return self.pages(request)

    def control(self, request: Request) -> Answer:
        """Set the simulator up and look into it."""
        verb, name = request.method, request.path.removeprefix("/control/")
        if (verb, name) == ("POST", "faults"):
            self.faults.set(request.json)
        elif (verb, name) == ("DELETE", "faults"):
            self.faults.set({})
        elif (verb, name) == ("POST", "reset"):
            self.caller.forget()
            self.store.reset()
        elif (verb, name) == ("POST", "numbers"):
            given = request.json
            number, url = given["number"], given["inboundUrl"]
            # The set-up says its numbers at every start: that takes none out of a service it was put into through the API.
            service = given.get("serviceSid", self.store.registered_service(number))
            self.store.write("number", {"number": number, "inboundUrl": url, "serviceSid": service})
        elif (verb, name) == ("POST", "sendgrid-webhook"):
            self.store.write("event_url", str(request.json["url"]))
        elif (verb, name) == ("DELETE", "sendgrid-webhook"):
            self.store.write("event_url_gone", str(request.json["url"]))
        elif (verb, name) == ("POST", "activity"):
            self.sendgrid.has_activity = bool(request.json["on"])
        elif (verb, name) == ("POST", "inbound"):
            given = request.json
            return self.inbound(given["from"], given["to"], given["body"], float(given.get("hoursAgo", 0)))
        elif name.partition("/")[0] == "registrations":
            return control_registrations(self.compliance.reviews, verb, name.removeprefix("registrations").strip("/"), request)
        elif (verb, name) == ("POST", "templates"):
            return json_reply(200, {"sid": set_template(self.store, request.json)})
        elif verb == "GET":
            return self.look(name, request.params)
        else:
            return json_reply(404, {"error": "unknown control"})
        return json_reply(200, {})

    def look(self, name: str, params: dict[str, str]) -> Reply:
        """Answer what is asked about the simulator's own state."""
        if name == "messages":
            return self.messages(params.get("to"))
        if name == "stats":
            return self.stats()
        if name == "templates":
            return json_reply(200, [asdict(template) for template in self.store.templates.values()])
        if name == "sendgrid-public-key":
            return Reply(200, self.caller.public_key().encode(), "text/plain")
        return json_reply(404, {"error": "unknown control"})

    async def inbound(self, phone: str, number: str, body: str, hours_ago: float) -> Reply:
        """Let a customer text, or have texted, and answer when the application has taken it."""
        await self.twilio.receive(phone, number, body, created=time.time() - 3600 * hours_ago)
        return json_reply(200, {})

    def messages(self, to: str | None) -> Reply:
        """Return everything that was taken."""
        texts = [asdict(text) for text in self.store.texts.values() if to in (None, text.to)]
        mails = [asdict(mail) for mail in self.store.mails if to in (None, mail.to)]
        return json_reply(200, {"texts": texts, "emails": mails})

    def stats(self) -> Reply:
        """Return the counts that prove or disprove that nobody was written to twice."""
        store = self.store
        if store.is_lean:
            most = max(store.counts.values(), default=0)
            return json_reply(200, {"texts": store.lean_messages, "emails": 0, "most": most, "addresses": len(store.counts)})
        texts = Counter(text.to for text in store.texts.values() if text.direction == "outbound-api")
        mails = Counter(mail.to for mail in store.mails)
        both = {
            "texts": texts.total(), "phones": len(texts), "mostTextsToOnePhone": max(texts.values(), default=0),
            "emails": mails.total(), "mailboxes": len(mails), "mostEmailsToOneMailbox": max(mails.values(), default=0),
        }  # fmt: skip
        return json_reply(200, both)

    def pages(self, request: Request) -> Answer:
        """Answer the pages."""
        if request.path == "/health":
            return Reply(200, b"ok", "text/plain")
        if request.path == "/":
            return pages.home(self.store, request.params.get("q", ""))
        section, _, name = request.path.strip("/").partition("/")
        if section == "registrations":
            reviews = self.compliance.reviews
            return take_decision(reviews, request) if request.method == "POST" else registrations(reviews)
        if section == "phones" and request.method == "POST":
            return self.reply_from_page(name, request.form)
        if section == "mail" and request.method == "POST":
            return self.unsubscribe(name, request.form.get("url", ""))
        if section == "phones":
            return pages.phone(self.store, name)
        if section == "mail":
            self.sendgrid.look(name)
            return pages.mailbox(self.store, name)
        return Reply(404, b"not found", "text/plain")

    async def reply_from_page(self, phone: str, form: dict[str, str]) -> Reply:
        """Text from the phone on the page."""
        if not form.get("number") or not form.get("body"):
            return pages.page("Not sent", "<p>A reply needs a text to answer and some words.</p>", status=400)
        await self.twilio.receive(phone, form["number"], form["body"])
        return Reply(303, headers={"Location": f"/phones/{quote(phone)}"})

    async def unsubscribe(self, address: str, url: str) -> Reply:
        """Do what a mailbox's unsubscribe button does (RFC 8058), and say so where the link does not work."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            heard = await self.caller.post(url, b"List-Unsubscribe=One-Click", headers)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            heard = Heard()
        if not heard.is_fine:
            return pages.page("Not unsubscribed", f"<p>The link answered with {heard.status or 'nothing'}.</p>", status=502)
        return Reply(303, headers={"Location": f"/mail/{quote(address)}"})
