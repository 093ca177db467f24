"""Messaging services and the numbers they send from."""

from typing import Any

from servicepro.simulator.compliance_numbers import Numbers
from servicepro.simulator.compliance_records import Record, campaign_key, new_sid
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_wire import Call, Form, Refused, bad, iso, listed, missing, shown
from servicepro.simulator.server import Reply, json_reply
from servicepro.simulator.store import ACCOUNT_SID, Store

NAME_CHARACTERS_MAX = 64
USECASES = ("notifications", "marketing", "verification", "discussion", "poll", "undeclared")
_TEXTS = {
    "InboundRequestUrl": ("inbound_request_url", None), "InboundMethod": ("inbound_method", "POST"), "FallbackUrl": ("fallback_url", None),
    "FallbackMethod": ("fallback_method", "POST"), "StatusCallback": ("status_callback", None), "Usecase": ("usecase", "undeclared"),
    "ScanMessageContent": ("scan_message_content", "inherit"),
}  # fmt: skip
_FLAGS = {
    "StickySender": ("sticky_sender", True), "MmsConverter": ("mms_converter", True), "SmartEncoding": ("smart_encoding", True),
    "FallbackToLongCode": ("fallback_to_long_code", True), "AreaCodeGeomatch": ("area_code_geomatch", True),
    "SynchronousValidation": ("synchronous_validation", False),
    "UseInboundWebhookOnNumber": ("use_inbound_webhook_on_number", False),
}  # fmt: skip
_KNOWN = " ".join(["FriendlyName", "ValidityPeriod", *_TEXTS, *_FLAGS])


class Services:
    """Answer what is below /messaging/v1/Services, except for campaigns."""

    def __init__(self, store: Store, reviews: Reviews, numbers: Numbers) -> None:
        self.store, self.reviews, self.numbers = store, reviews, numbers

    def answer(self, call: Call) -> Reply:
        """Answer one request. Raises Refused."""
        rest = call.parts[1:]
        if not rest:
            return self.answer_all(call)
        service = self.find(rest[0])
        if rest[1:2] == ["PhoneNumbers"]:
            return self.answer_senders(call, service, rest[2:])
        if rest[1:]:
            raise missing(call.request.path)
        if call.method == "DELETE":
            return self.delete(service)
        if call.method == "POST":
            self.fill(call.form(_KNOWN), service)
            self.reviews.save(service)
        elif call.method != "GET":
            raise call.unfit()
        return json_reply(200, self.view(call, service))

    def answer_all(self, call: Call) -> Reply:
        """Make a service, or list them, the newest first. Raises Refused."""
        if call.method == "GET":
            made = [record.sid for record in reversed(self.store.records.values()) if record.kind == "service"]
            sids = dict.fromkeys([*made, *(sid for sid in self.store.services.values() if sid)])
            return listed(call, "services", [self.view(call, self.find(sid)) for sid in sids])
        if call.method != "POST":
            raise call.unfit()
        form = call.form(_KNOWN)
        form.need("FriendlyName")
        service = Record("service", new_sid("MG"), {}, created=self.reviews.now())
        self.fill(form, service)
        self.reviews.save(service)
        return json_reply(201, self.view(call, service))

    def find(self, sid: str) -> Record:
        """Return a service: made here, or one that the set-up says a number belongs to. Raises Refused."""
        if sid in self.store.records and self.store.records[sid].kind == "service":
            return self.store.records[sid]
        if not sid or sid not in self.store.services.values():
            raise missing(f"/v1/Services/{sid}")
        # Its texts go on arriving where its numbers say, as they did before anybody asked for it here.
        given = Record("service", sid, {}, {"is_given": True})
        self.fill(Form(b"FriendlyName=Set+up+before&UseInboundWebhookOnNumber=true", _KNOWN), given)
        return given

    def fill(self, form: Form, service: Record) -> None:
        """Take over the fields of a form; what is missing stays, or begins as Twilio begins it. Raises Refused."""
        fields = service.fields
        fields["friendly_name"] = form.text("FriendlyName", fields.get("friendly_name"))
        if len(fields["friendly_name"]) > NAME_CHARACTERS_MAX:
            raise bad("FriendlyName can have 64 characters")
        for name, (field, first) in _TEXTS.items():
            fields[field] = form.text(name, fields.get(field, first)) or None
        for name, (field, start) in _FLAGS.items():
            fields[field] = form.flag(name, fields.get(field, start))
        if fields["usecase"] not in USECASES:
            raise bad("Usecase is not known")
        try:
            fields["validity_period"] = int(form.text("ValidityPeriod", fields.get("validity_period", 14_400)))
        except ValueError as problem:
            raise bad("ValidityPeriod is a number of seconds") from problem

    def delete(self, service: Record) -> Reply:
        """Remove a service; its numbers belong to none then, and its campaign is gone with it."""
        for number in self.senders(service.sid):
            self.numbers.move(number, "")
        if service.sid in self.store.records:
            self.store.write("record_gone", service.sid)
        self.store.write("record_gone", campaign_key(service.sid))
        return Reply(204)

    def senders(self, sid: str) -> list[str]:
        """Return the numbers of a service."""
        return [number for number, service in self.store.services.items() if service == sid]

    def answer_senders(self, call: Call, service: Record, rest: list[str]) -> Reply:
        """Answer a request about the numbers of a service. Raises Refused."""
        numbers = self.senders(service.sid)
        if not rest and call.method == "GET":
            return listed(call, "phone_numbers", [self.view_sender(call, service, number) for number in numbers])
        if not rest and call.method == "POST":
            number = self.attach(call.form("PhoneNumberSid").need("PhoneNumberSid"), service, numbers)
            return json_reply(201, self.view_sender(call, service, number))
        number = next((number for number in numbers if rest and self.numbers.own(number).sid == rest[0]), "")
        if not number:
            raise Refused(404, 20404, "The phone number is not in this messaging service")
        if call.method == "DELETE":
            self.numbers.move(number, "")
            return Reply(204)
        if call.method != "GET":
            raise call.unfit()
        return json_reply(200, self.view_sender(call, service, number))

    def attach(self, sid: str, service: Record, numbers: list[str]) -> str:
        """Put a number into a service and return it. Raises Refused."""
        number = self.numbers.by_sid(sid)
        if number is None:
            raise missing(f"/v1/Services/{service.sid}/PhoneNumbers/{sid}")
        where = self.store.services.get(number, "")
        if where == service.sid:
            raise Refused(409, 21710, "Phone Number or Short Code is already in the Messaging Service.")
        if where:
            raise Refused(409, 21712, "Phone Number or Short Code is associated with another Messaging Service.")
        campaign = self.store.records.get(campaign_key(service.sid))
        is_alone = campaign is not None and campaign.fields["us_app_to_person_usecase"] == "SOLE_PROPRIETOR"
        if len(numbers) >= (1 if is_alone else self.reviews.setting("serviceNumbers")):
            raise bad("The Messaging Service has as many senders as it may have", 21714)
        if not self.numbers.own(number).fields["capabilities"]["sms"]:
            raise bad("The phone number cannot send texts", 21715)
        self.numbers.move(number, service.sid)
        return number

    def view(self, call: Call, service: Record) -> dict[str, Any]:
        """Return a service as the API shows it."""
        url = f"{call.root}/Services/{service.sid}"
        campaign = self.store.records.get(campaign_key(service.sid))
        is_registered = campaign is not None and campaign.fields["campaign_status"] == "VERIFIED"
        links = {
            "phone_numbers": f"{url}/PhoneNumbers", "us_app_to_person": f"{url}/Compliance/Usa2p",
            "us_app_to_person_usecases": f"{url}/Compliance/Usa2p/Usecases",
        }  # fmt: skip
        return shown(service, url, links=links, us_app_to_person_registered=is_registered)

    def view_sender(self, call: Call, service: Record, number: str) -> dict[str, Any]:
        """Return a number of a service as the API shows it: what it can do is a list here."""
        record = self.numbers.own(number)
        names = {"mms": "MMS", "sms": "SMS", "voice": "Voice"}
        return {
            "sid": record.sid, "account_sid": ACCOUNT_SID, "service_sid": service.sid, "phone_number": number, "country_code": "US",
            "capabilities": [label for name, label in names.items() if record.fields["capabilities"][name]],
            "date_created": iso(record.created), "date_updated": iso(record.updated),
            "url": f"{call.root}/Services/{service.sid}/PhoneNumbers/{record.sid}",
        }  # fmt: skip
