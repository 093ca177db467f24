"""What reviewers, the registry and the carriers decide, and when.

Words that mean something, anywhere in what is submitted: `reject-30896` refuses with that code (18601 and 222xx refuse the customer
profile, other codes the brand or the campaign it stands in), `reject-30896:MESSAGE_FLOW` names the field as well,
`pending-with-30886` shows that error while it is still under review, `approve-with-30886` shows it beside the approval;
`slow-review` is decided by hand alone, `review-suspended` ends SUSPENDED, `status-ANYTHING` ends in a status nobody has heard of;
`identity-unverified` and `identity-self_declared` approve a brand that cannot be used yet. A campaign without privacy policy and
terms is refused with 30908 and 30882, a brand whose tax number has not nine digits with 30795.
"""

import re
import time
from typing import Any

from servicepro.simulator.compliance_evaluation import Evaluation, address_of, evaluate
from servicepro.simulator.compliance_records import Record, campaign_key, new_sid, number_sid
from servicepro.simulator.store import Store, Text

SECONDS = ("profileSeconds", "brandSeconds", "campaignSeconds", "numberSeconds", "cooldownSeconds")
CHOICES = {"edits": ("allowed", "beta"), "carriers": ("lenient", "strict"), "reviews": ("on", "held")}
NUMBERS = (*SECONDS, "serviceNumbers")
OTP_NUMBER = "72688"  # whom a sole proprietor answers
OPEN = {"pending-review", "in-review", "PENDING", "IN_PROGRESS", "IN_REVIEW"}
_WORD = r"\b{}-(\d{{5}})(?::([A-Z_]+))?"
_FIELDS = {
    30881: "CONTACT_EMAIL", 30882: "TERMS_AND_CONDITIONS_URL", 30886: "DESCRIPTION", 30887: "OPT_OUT_MESSAGE",
    30888: "AGE_GATED", 30889: "HAS_EMBEDDED_PHONE", 30890: "HELP_MESSAGE", 30892: "MESSAGE_SAMPLES", 30893: "MESSAGE_SAMPLES",
    30895: "DIRECT_LENDING", 30896: "MESSAGE_FLOW", 30897: "MESSAGE_SAMPLES", 30900: "US_APP_TO_PERSON_USECASE",
    30908: "PRIVACY_POLICY_URL", 30909: "MESSAGE_FLOW", 30925: "MESSAGE_FLOW", 30795: "TAX_ID", 30799: "LEGAL_NAME", 30701: "REGION",
}  # fmt: skip


def refusal(code: int, field: str = "") -> dict[str, Any]:
    """Return a reviewer's objection as brands and campaigns show it."""
    field = field or _FIELDS.get(code, "")
    return {
        "error_code": code, "description": f"Refused with {code}.", "fields": [field] if field else [],
        "url": f"https://www.twilio.com/docs/api/errors/{code}",
    }  # fmt: skip


def objections(words: str, verb: str = "reject") -> list[tuple[int, str]]:
    """Return the codes that a submission asks to be refused with, and the fields it names."""
    return [(int(code), field) for code, field in re.findall(_WORD.format(verb), words)]


def is_about_profile(code: int) -> bool:
    """Tell whether a code is one of a customer profile's review."""
    return code < 21_000 or 22_000 <= code < 23_000


class Reviews:
    """Decide what is due, by the simulator's own clock, which the control may put forward."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def now(self) -> float:
        """Return the time at the reviewers' desks."""
        return time.time() + self.setting("ahead")

    def setting(self, name: str) -> Any:
        """Return a setting: 0, or the first choice, unless it was set."""
        return self.store.review.get(name, CHOICES[name][0] if name in CHOICES else 400 if name == "serviceNumbers" else 0)

    def set(self, given: dict[str, Any]) -> None:
        """Change some settings. Raises ValueError."""
        if not isinstance(given, dict):
            raise ValueError("settings are a JSON object")
        for name, value in given.items():
            is_fine = value in CHOICES[name] if name in CHOICES else name in NUMBERS and type(value) in (int, float) and value >= 0
            if not is_fine:
                raise ValueError(f"{name} cannot be {value!r}")
        self.store.write("review", self.store.review | given)

    def advance(self, seconds: float) -> None:
        """Let time pass at the reviewers' desks. Raises ValueError."""
        if seconds < 0:
            raise ValueError("time goes forward")
        self.store.write("review", self.store.review | {"ahead": self.setting("ahead") + seconds})

    def submit(self, record: Record, status: str, *, seconds: str, key: str = "") -> None:
        """Put something on the reviewers' desk."""
        record.fields[_status_of(record)] = status
        record.life["due"] = self.now() + self.setting(seconds)
        self.save(record, key)

    def save(self, record: Record, key: str = "") -> None:
        """Keep a change."""
        record.updated = self.now()
        self.store.keep_record(record, key)

    def settle(self) -> None:
        """Decide whatever is due."""
        for key, record in list(self.store.records.items()):
            status = record.fields.get(_status_of(record))
            if status not in OPEN or record.life.get("due") is None:
                continue
            if self.setting("reviews") == "on" and record.life["due"] <= self.now() and not record.life.get("is_slow"):
                self.decide(key, record)
            elif status == "pending-review":
                record.fields["status"] = "in-review"
                self.save(record, key)

    def decide(self, key: str, record: Record) -> None:
        """Decide one case by its content."""
        words = self.words(record)
        if re.search(r"\bslow-review\b", words):
            record.life["is_slow"] = True
            self.save(record, key)
        elif record.kind in ("CustomerProfiles", "TrustProducts"):
            self.decide_profile(record, words)
        elif record.kind == "brand":
            self.decide_brand(record, words)
        else:
            self.decide_campaign(key, record, words)

    def decide_profile(self, record: Record, words: str) -> None:
        """Approve or refuse a customer profile or trust product."""
        found: Evaluation = evaluate(self.store, record)
        codes = [*found.codes, *(code for code, _field in objections(words) if is_about_profile(code))]
        if record.kind == "TrustProducts":
            codes = found.codes
        self.end(record, "twilio-rejected" if codes else "twilio-approved", errors=[{"code": code} for code in codes] or None)

    def decide_brand(self, record: Record, words: str) -> None:
        """Approve or refuse a brand, once its profile has been decided on."""
        profile = self.store.records.get(record.fields["customer_profile_bundle_sid"])
        if profile and profile.fields["status"] in OPEN:
            return
        found = [refusal(code, field) for code, field in objections(words) if not is_about_profile(code)]
        if profile is None or profile.fields["status"] != "twilio-approved":
            found.append(refusal(30799))
        number = re.search(r"business_registration_number: (.*)", words)
        if number and "business_registration_identifier: EIN" in words and not re.fullmatch(r"\d{2}-?\d{7}", number[1].strip()):
            found.append(refusal(30795))
        status, errors = self.outcome(words, found, approved="APPROVED")
        if status != "APPROVED":
            self.end(record, status, errors=errors, failure_reason=f"{errors[0]['error_code']}" if errors else None)
            return
        unsure = re.search(r"\bidentity-(unverified|self_declared)\b", words)
        is_alone = record.fields["brand_type"] == "SOLE_PROPRIETOR"
        identity = unsure[1].upper() if unsure else "SELF_DECLARED" if is_alone else "VERIFIED"
        score = None if record.fields["skip_automatic_sec_vet"] or is_alone else 74
        self.end(record, status, errors=errors, identity_status=identity, tcr_id=f"B{record.sid[2:8].upper()}", brand_score=score)
        if is_alone:
            self.send_code(record)

    def decide_campaign(self, key: str, record: Record, words: str) -> None:
        """Approve or refuse a campaign."""
        found = [refusal(code, field) for code, field in objections(words) if not is_about_profile(code)]
        found += [] if record.life["terms"] else [refusal(30882)]
        found += [] if record.life["privacy"] else [refusal(30908)]
        status, errors = self.outcome(words, found, approved="VERIFIED")
        number = record.fields["campaign_id"] or f"C{new_sid('')[:6].upper()}"
        if status == "VERIFIED":
            record.life["verified"] = self.now()
        self.end(record, status, key, errors=errors, campaign_id=number if status == "VERIFIED" else record.fields["campaign_id"])

    def outcome(self, words: str, found: list[dict[str, Any]], *, approved: str) -> tuple[str, list[dict[str, Any]]]:
        """Return how a review ends, and what it objects to."""
        beside = [refusal(code, field) for code, field in objections(words, "approve-with")]
        pending = [refusal(code, field) for code, field in objections(words, "pending-with")]
        unheard = re.search(r"\bstatus-([A-Z_]{3,})\b", words)
        if pending:
            return "PENDING", pending
        if re.search(r"\breview-suspended\b", words):
            return "SUSPENDED", found
        if unheard:
            return unheard[1], found
        return ("FAILED", found) if found else (approved, beside)

    def end(self, record: Record, status: str, key: str = "", **changes: Any) -> None:
        """Close a case; one that still waits stays on the desk for a decision by hand."""
        record.fields.update(changes)
        record.fields[_status_of(record)] = status
        record.life["due"] = None
        self.save(record, key)

    def words(self, record: Record) -> str:
        """Return everything a reviewer reads of a case, one field a line."""
        if record.kind in ("CustomerProfiles", "TrustProducts"):
            return "\n".join(self._profile_words(record))
        if record.kind == "brand":
            bundles = (self.store.records.get(record.fields[f"{name}_bundle_sid"]) for name in ("customer_profile", "a2p_profile"))
            return "\n".join(line for bundle in bundles if bundle for line in self._profile_words(bundle))
        return "\n".join(_lines(record.fields | record.life))

    def _profile_words(self, record: Record) -> list[str]:
        lines = _lines({"friendly_name": record.fields["friendly_name"]})
        for sid in record.life.get("assigned", {}).values():
            assigned = self.store.records.get(sid)
            if assigned and assigned.kind == "EndUsers":
                lines += _lines(assigned.fields["attributes"])
            elif assigned and assigned.kind == "SupportingDocuments":
                address = address_of(self.store, assigned)
                lines += _lines(address.fields) if address else []
        return lines

    def is_provisioned(self, number: str) -> bool:
        """Tell whether the carriers know a number: some time after its campaign was verified, or after it came into its service."""
        campaign = self.store.records.get(campaign_key(self.store.services.get(number, "")))
        if campaign is None or campaign.fields["campaign_status"] != "VERIFIED":
            return False
        record = self.store.records.get(number_sid(number))
        since = max(campaign.life["verified"], record.life.get("attached", 0.0) if record else 0.0)
        return since + self.setting("numberSeconds") <= self.now()

    def failure(self, to: str, number: str) -> int | None:
        """Return the error with which carriers refuse a text, None where they let it through."""
        if not re.fullmatch(r"\+1\d{10}", to) or not re.fullmatch(r"\+1\d{10}", number):
            return None
        self.settle()
        campaign = self.store.records.get(campaign_key(self.store.services.get(number, "")))
        if campaign is None or campaign.fields["campaign_status"] != "VERIFIED":
            return 30034
        return None if self.is_provisioned(number) else 30035

    def send_code(self, brand: Record) -> None:
        """Text a sole proprietor, who has to answer."""
        for line in self.words(brand).splitlines():
            name, _, phone = line.partition(": ")
            if name == "mobile_phone_number":
                body = "You asked to register to send texts. Reply YES to confirm. Reply STOP to opt out."
                self.store.add_text(Text(to=phone, sender=OTP_NUMBER, body=body, direction="outbound-reply", status="delivered"))

    def confirm(self, phone: str, answer: str) -> None:
        """Take the answer of a sole proprietor."""
        for record in list(self.store.records.values()):
            is_asked = record.kind == "brand" and f"mobile_phone_number: {phone}" in self.words(record).splitlines()
            if is_asked and record.fields["status"] == "APPROVED" and answer.strip().upper() == "YES":
                record.fields["identity_status"] = "VERIFIED"
                self.save(record)


def _status_of(record: Record) -> str:
    return "campaign_status" if record.kind == "campaign" else "status"


def _lines(fields: dict[str, Any]) -> list[str]:
    rows = []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        rows += [f"{name}: {one}" for one in values if isinstance(one, str)]
    return rows
