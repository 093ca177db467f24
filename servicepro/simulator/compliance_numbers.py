"""The account's addresses and phone numbers, and the numbers that could be bought.

Numbers that mean something, as with Twilio's test credentials: +15005550000 is taken (21422), +15005550001 invalid (21421); there are
none in area code 533 (21452). A number the control gives (POST /control/numbers) is the account's; one ending in 0199 can only call.
"""

import re
from typing import Any

from servicepro.simulator.compliance_records import Record, new_sid, number_sid
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_wire import Call, Form, bad, listed_old, missing, shown_old
from servicepro.simulator.server import Reply, json_reply
from servicepro.simulator.store import ACCOUNT_SID, Store

BASE = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
NONE_LEFT, TAKEN, INVALID = "533", "+15005550000", "+15005550001"
VOICE_ONLY = "0199"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_ADDRESS = {
    "FriendlyName": "friendly_name", "CustomerName": "customer_name", "Street": "street", "StreetSecondary": "street_secondary",
    "City": "city", "Region": "region", "PostalCode": "postal_code", "IsoCountry": "iso_country",
}  # fmt: skip
_NUMBER = {
    "FriendlyName": "friendly_name", "SmsUrl": "sms_url", "SmsMethod": "sms_method", "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method", "SmsApplicationSid": "sms_application_sid", "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method", "VoiceFallbackUrl": "voice_fallback_url", "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback", "StatusCallbackMethod": "status_callback_method", "AddressSid": "address_sid",
    "BundleSid": "bundle_sid", "EmergencyAddressSid": "emergency_address_sid", "TrunkSid": "trunk_sid",
}  # fmt: skip
_NEEDED = ("CustomerName", "Street", "City", "Region", "PostalCode", "IsoCountry")


class Numbers:
    """Answer what is below Addresses, IncomingPhoneNumbers and AvailablePhoneNumbers of the oldest product."""

    def __init__(self, store: Store, reviews: Reviews) -> None:
        self.store, self.reviews = store, reviews

    def answer(self, call: Call) -> Reply:
        """Answer one request. Raises Refused."""
        kind, *rest = call.parts
        if kind == "Addresses":
            return self.answer_addresses(call, rest)
        if kind == "AvailablePhoneNumbers" and rest == ["US", "Local"] and call.method == "GET":
            return self.available(call)
        if kind == "IncomingPhoneNumbers":
            return self.answer_numbers(call, rest)
        raise missing(call.request.path)

    def answer_addresses(self, call: Call, rest: list[str]) -> Reply:
        """Answer a request about addresses. Raises Refused."""
        if not rest and call.method == "GET":
            names = {"FriendlyName": "friendly_name", "CustomerName": "customer_name", "IsoCountry": "iso_country"}
            wanted = {field: call.request.params.get(name) for name, field in names.items()}
            rows = [record for record in reversed(self.store.records.values()) if record.kind == "address"]
            rows = [row for row in rows if all(value in (None, row.fields[field]) for field, value in wanted.items())]
            return listed_old(call, "addresses", [_address(row) for row in rows])
        if not rest and call.method == "POST":
            form = call.form(" ".join([*_ADDRESS, "EmergencyEnabled", "AutoCorrectAddress"]))
            for name in _NEEDED:
                form.need(name)
            fields = {field: form.text(name) for name, field in _ADDRESS.items()}
            record = Record("address", new_sid("AD"), fields, created=self.reviews.now())
            return self.keep_address(record, 201)
        record_or_none = self.store.records.get(rest[0]) if rest else None
        if record_or_none is None or record_or_none.kind != "address":
            raise missing(call.request.path)
        if call.method == "DELETE":
            self.store.write("record_gone", record_or_none.sid)
            return Reply(204)
        if call.method == "POST":
            form = call.form(" ".join([*_ADDRESS, "EmergencyEnabled", "AutoCorrectAddress"]))
            record_or_none.fields |= {field: form.text(name) for name, field in _ADDRESS.items() if name in form}
            return self.keep_address(record_or_none, 200)
        return json_reply(200, _address(record_or_none))

    def keep_address(self, record: Record, status: int) -> Reply:
        """Keep an address. Raises Refused for a postal code that no American address has."""
        country, code = record.fields["iso_country"], record.fields["postal_code"]
        if country == "US" and not re.fullmatch(r"\d{5}(?:-\d{4})?", code or ""):
            raise bad("The address could not be validated", 21628)
        self.reviews.save(record)
        return json_reply(status, _address(record))

    def own(self, number: str) -> Record:
        """Return one of the account's numbers, as it is or as it begins."""
        record = self.store.records.get(number_sid(number))
        return record or Record("number", number_sid(number), self.first_fields(number))

    def first_fields(self, number: str) -> dict[str, Any]:
        """Return what a number begins with."""
        can_text = not number.endswith(VOICE_ONLY)
        return {
            **dict.fromkeys(_NUMBER.values()), "phone_number": number, "friendly_name": number,
            "capabilities": {"voice": True, "sms": can_text, "mms": can_text, "fax": False}, "sms_method": "POST", "voice_method": "POST",
            "sms_fallback_method": "POST", "voice_fallback_method": "POST", "status_callback_method": "POST",
            "address_requirements": "none",
            "api_version": "2010-04-01", "beta": False, "identity_sid": None, "origin": "twilio", "status": "in-use", "type": "local",
            "voice_application_sid": None, "voice_receive_mode": "voice", "voice_caller_id_lookup": False, "emergency_status": "Inactive",
            "emergency_address_status": "unregistered",
        }  # fmt: skip

    def numbers(self) -> list[str]:
        """Return the account's numbers; WhatsApp senders are not among them."""
        return [number for number in self.store.inbound_urls if number.startswith("+")]

    def by_sid(self, sid: str) -> str | None:
        """Return the number with an id, None where it is not the account's."""
        return next((number for number in self.numbers() if number_sid(number) == sid), None)

    def move(self, number: str, service_sid: str) -> None:
        """Put a number into a messaging service, or into none."""
        self.store.write("number", {"number": number, "inboundUrl": self.store.inbound_urls[number], "serviceSid": service_sid})
        record = self.own(number)
        record.life["attached"] = self.reviews.now()
        self.reviews.save(record)

    def answer_numbers(self, call: Call, rest: list[str]) -> Reply:
        """Answer a request about the account's numbers. Raises Refused."""
        if not rest and call.method == "GET":
            phone, name = call.request.params.get("PhoneNumber", ""), call.request.params.get("FriendlyName")
            digits = re.sub(r"[^\d]", "", phone)
            found = [number for number in self.numbers() if digits in number]
            rows = [self.view(number) for number in found]
            return listed_old(call, "incoming_phone_numbers", [row for row in rows if name in (None, row["friendly_name"])])
        if not rest and call.method == "POST":
            return json_reply(201, self.view(self.buy(call)))
        number = self.by_sid(rest[0]) if rest else None
        if number is None:
            raise missing(call.request.path)
        if call.method == "DELETE":
            self.store.write("number_gone", number)
            self.store.write("record_gone", number_sid(number))
            return Reply(204)
        if call.method == "POST":
            self.change(call.form(" ".join(_NUMBER)), number, is_bought=False)
        return json_reply(200, self.view(number))

    def buy(self, call: Call) -> str:
        """Buy a number and return it: each call buys one more. Raises Refused."""
        form = call.form(" ".join([*_NUMBER, "PhoneNumber", "AreaCode"]))
        number, area = form.text("PhoneNumber", ""), form.text("AreaCode", "")
        if not number:
            if not re.fullmatch(r"[2-9]\d\d", area):
                raise bad("PhoneNumber or AreaCode is required")
            number = next(iter(self.free(area)), "")
            if not number:
                raise bad(f"No phone numbers found in area code {area}", 21452)
        if number == INVALID or not _PHONE.fullmatch(number):
            raise bad(f"{number} is not a valid number", 21421)
        if number == TAKEN or number in self.store.inbound_urls:
            raise bad(f"{number} is not available", 21422)
        self.change(form, number, is_bought=True)
        return number

    def change(self, form: Form, number: str, *, is_bought: bool) -> None:
        """Take over the fields of a form. Raises Refused."""
        for name in ("SmsUrl", "VoiceUrl", "StatusCallback", "SmsFallbackUrl", "VoiceFallbackUrl"):
            if form.text(name) and not re.match(r"https?://[^\s/]", form.text(name)):
                raise bad(f"{name} is not a valid URL", 21402 if name == "VoiceUrl" else 21502)
        record = self.own(number)
        record.fields |= {field: form.text(name) or None for name, field in _NUMBER.items() if name in form}
        if is_bought:
            record.life["is_bought"] = True
        url = form.text("SmsUrl", self.store.inbound_urls.get(number, ""))
        self.store.write("number", {"number": number, "inboundUrl": url, "serviceSid": self.store.services.get(number, "")})
        self.reviews.save(record)

    def free(self, area: str) -> list[str]:
        """Return numbers of an area that nobody owns."""
        if area == NONE_LEFT:
            return []
        every = (f"+1{area}555{number:04d}" for number in range(130, 200))
        return [number for number in every if number not in self.store.inbound_urls]

    def available(self, call: Call) -> Reply:
        """Return numbers that could be bought. Raises Refused."""
        params = call.request.params
        area, digits = params.get("AreaCode") or "512", params.get("Contains", "").strip("*")
        try:
            size = int(params.get("PageSize", 20))
        except ValueError as problem:
            raise bad("PageSize is a number") from problem
        texts_only = params.get("SmsEnabled") == "true"
        rows = []
        for number in self.free(area):
            able = self.first_fields(number)["capabilities"]
            if digits not in number or (texts_only and not able["sms"]):
                continue
            shown = f"({number[2:5]}) {number[5:8]}-{number[8:]}"
            rows.append(
                {
                    "phone_number": number, "friendly_name": shown, "iso_country": "US", "region": params.get("InRegion", "TX"),
                    "locality": params.get("InLocality", "Austin"), "postal_code": params.get("InPostalCode", "78701"),
                    "rate_center": "AUSTIN", "lata": "558", "latitude": "30.267200", "longitude": "-97.743100",
                    "address_requirements": "none", "beta": False,
                    "capabilities": {"voice": able["voice"], "sms": able["sms"], "mms": able["mms"]},
                }
            )  # fmt: skip
        uri = f"{BASE}/AvailablePhoneNumbers/US/Local.json"
        return json_reply(200, {"available_phone_numbers": rows[:size], "uri": f"{uri}?{call.request.query}"})

    def view(self, number: str) -> dict[str, Any]:
        """Return a number as the API shows it."""
        record = self.own(number)
        sms_url = {"sms_url": self.store.inbound_urls.get(number) or None}
        return shown_old(record, f"{BASE}/IncomingPhoneNumbers/{record.sid}.json") | sms_url


def _address(record: Record) -> dict[str, Any]:
    more = {"emergency_enabled": False, "validated": True, "verified": True}
    return shown_old(record, f"{BASE}/Addresses/{record.sid}.json", **more)
