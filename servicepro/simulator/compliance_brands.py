"""Brands: who registers, as the registry of campaigns sees it."""

from typing import Any

from servicepro.simulator.compliance_records import Record, new_sid
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_wire import Call, bad, iso, listed, missing, shown
from servicepro.simulator.server import Reply, json_reply
from servicepro.simulator.store import ACCOUNT_SID, Store

UPDATES_MAX = 3
TYPES = ("STANDARD", "SOLE_PROPRIETOR")
_EMPTY = dict.fromkeys(
    (
        "tcr_id",
        "failure_reason",
        "brand_score",
        "brand_feedback",
        "identity_status",
        "russell_3000",
        "government_entity",
        "tax_exempt_status",
    )
)


class Brands:
    """Answer what is below /messaging/v1/a2p/BrandRegistrations."""

    def __init__(self, store: Store, reviews: Reviews) -> None:
        self.store, self.reviews = store, reviews

    def answer(self, call: Call) -> Reply:
        """Answer one request. Raises Refused."""
        rest = call.parts[2:]
        if not rest:
            if call.method == "GET":
                rows = [self.view(call, record) for record in reversed(self.store.records.values()) if record.kind == "brand"]
                return listed(call, "data", rows)
            if call.method != "POST":
                raise call.unfit()
            return json_reply(201, self.view(call, self.create(call)))
        brand = self.store.records.get(rest[0])
        if brand is None or brand.kind != "brand":
            raise missing(call.request.path)
        if rest[1:] == ["SmsOtp"] and call.method == "POST":
            return self.send_code(brand)
        if rest[1:2] == ["Vettings"]:
            return self.answer_vettings(call, brand, rest[2:])
        if rest[1:]:
            raise missing(call.request.path)
        if call.method == "POST":
            self.resubmit(call, brand)
        elif call.method != "GET":
            raise call.unfit()  # there is no way to delete a brand
        return json_reply(202 if call.method == "POST" else 200, self.view(call, brand))

    def create(self, call: Call) -> Record:
        """Register a brand. Raises Refused."""
        form = call.form("CustomerProfileBundleSid A2PProfileBundleSid BrandType Mock SkipAutomaticSecVet")
        profile, product = form.need("CustomerProfileBundleSid"), form.need("A2PProfileBundleSid")
        kind = form.text("BrandType", "STANDARD")
        if kind not in TYPES:
            raise bad("BrandType is not known")
        for sid, wanted in ((profile, "CustomerProfiles"), (product, "TrustProducts")):
            record = self.store.records.get(sid)
            if record is None or record.kind != wanted:
                raise bad(f"{sid} is not one of the account's {wanted}")
            if record.fields["status"] in ("draft", "twilio-rejected"):
                raise bad(f"{sid} has not been submitted for review")
        fields: dict[str, Any] = {
            **_EMPTY, "customer_profile_bundle_sid": profile, "a2p_profile_bundle_sid": product, "brand_type": kind, "status": "PENDING",
            "skip_automatic_sec_vet": form.flag("SkipAutomaticSecVet"), "mock": form.flag("Mock"), "errors": [],
        }  # fmt: skip
        brand = Record("brand", new_sid("BN"), fields, {"updates": 0, "vettings": []}, created=self.reviews.now())
        self.reviews.submit(brand, "PENDING", seconds="brandSeconds")
        return brand

    def resubmit(self, call: Call, brand: Record) -> None:
        """Let the registry read the corrected profile once more. Raises Refused."""
        call.form("")
        if brand.fields["status"] == "SUSPENDED":
            raise bad("The brand is suspended and cannot be updated", 21731)
        if brand.life["updates"] >= UPDATES_MAX:
            raise bad("The brand has been updated as often as it may be", 21724)
        if brand.fields["status"] != "FAILED":
            raise bad("Only a brand that failed can be updated", 21725)
        brand.life["updates"] += 1
        brand.fields |= {"errors": [], "failure_reason": None}
        self.reviews.submit(brand, "PENDING", seconds="brandSeconds")

    def send_code(self, brand: Record) -> Reply:
        """Ask a sole proprietor once more. Raises Refused."""
        if brand.fields["brand_type"] != "SOLE_PROPRIETOR" or brand.fields["status"] != "APPROVED":
            raise bad("Nobody is to be asked for this brand")
        self.reviews.send_code(brand)
        return json_reply(201, {"account_sid": ACCOUNT_SID, "brand_registration_sid": brand.sid})

    def answer_vettings(self, call: Call, brand: Record, rest: list[str]) -> Reply:
        """Let a brand be looked at more closely, or show how that went. Raises Refused."""
        kept: list[dict[str, Any]] = brand.life["vettings"]
        if call.method == "POST" and not rest:
            form = call.form("VettingProvider VettingId")
            sid, moment = new_sid("VT"), iso(self.reviews.now())
            row = {
                "account_sid": ACCOUNT_SID, "brand_sid": brand.sid, "brand_vetting_sid": sid, "vetting_id": form.text("VettingId"),
                "vetting_class": "STANDARD", "vetting_status": "PENDING", "vetting_provider": form.need("VettingProvider"),
                "date_created": moment, "date_updated": moment, "url": f"{call.root}/a2p/BrandRegistrations/{brand.sid}/Vettings/{sid}",
            }  # fmt: skip
            kept.append(row)
            self.reviews.save(brand)
            return json_reply(201, row)
        if call.method != "GET":
            raise call.unfit()
        if not rest:
            return listed(call, "data", list(reversed(kept)))
        found = next((row for row in kept if row["brand_vetting_sid"] == rest[0]), None)
        if found is None:
            raise missing(call.request.path)
        return json_reply(200, found)

    def view(self, call: Call, brand: Record) -> dict[str, Any]:
        """Return a brand as the API shows it."""
        url = f"{call.root}/a2p/BrandRegistrations/{brand.sid}"
        return shown(brand, url, links={"brand_vettings": f"{url}/Vettings", "brand_registration_otps": f"{url}/SmsOtp"})
