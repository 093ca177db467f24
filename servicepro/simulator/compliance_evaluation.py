"""Whether a customer profile or trust product holds what its policy asks for."""

import re
from dataclasses import dataclass, field
from typing import Any

from servicepro.simulator.compliance_records import POLICIES, PRIMARY_PROFILE, Record
from servicepro.simulator.store import Store

END_USER, END_USER_FIELD, DOCUMENT, DOCUMENT_FIELD, ADDRESS = 22214, 22215, 22216, 22217, 22219
_INDUSTRIES = {
    "AUTOMOTIVE", "AGRICULTURE", "BANKING", "CONSTRUCTION", "CONSUMER", "EDUCATION", "ENGINEERING", "ELECTRONICS", "ENERGY", "OIL_AND_GAS",
    "FAST_MOVING_CONSUMER_GOODS", "FINANCIAL", "FINTECH", "FOOD_AND_BEVERAGE", "GOVERNMENT", "HEALTHCARE", "HOSPITALITY", "INSURANCE",
    "JEWELRY", "LEGAL", "MANUFACTURING", "MEDIA", "NOT_FOR_PROFIT", "ONLINE", "PROFESSIONAL_SERVICES", "RAW_MATERIALS", "REAL_ESTATE",
    "RELIGION", "RETAIL", "TECHNOLOGY", "TELECOMMUNICATIONS", "TRANSPORTATION", "TRAVEL",
}  # fmt: skip
_CHOICES = {
    "business_type": {"Co-operative", "Corporation", "Limited Liability Corporation", "Non-profit Corporation", "Partnership"},
    "business_industry": _INDUSTRIES,
    "business_registration_identifier": {"EIN", "DUNS", "CBN", "CN", "ACN", "CIN", "VAT", "VATRN", "RN", "Other"},
    "business_identity": {"direct_customer", "isv_reseller_or_partner", "unknown"},
    "business_regions_of_operation": {"AFRICA", "ASIA", "EUROPE", "LATIN_AMERICA", "USA_AND_CANADA"},
    "job_position": {"Director", "GM", "VP", "CEO", "CFO", "General Counsel", "Other"},
    "company_type": {"private", "public", "non-profit", "government"},
}
_SHAPES = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
    "phone_number": r"\+[1-9]\d{6,14}",
    "mobile_phone_number": r"\+1\d{10}",
    "website_url": r"(?:https?://)?[^\s/]+\.[^\s]+",
    "brand_contact_email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
}
_END_USERS = {
    "secondary": {
        "customer_profile_business_information": """
            business_name business_type business_industry business_registration_identifier business_registration_number
            business_identity business_regions_of_operation website_url
        """,
        "authorized_representative_1": "first_name last_name email phone_number business_title job_position",
    },
    "starter": {"starter_customer_profile_information": "first_name last_name email phone_number"},
    "a2p": {"us_a2p_messaging_profile_information": "company_type"},
    "sole_proprietor": {"sole_proprietor_information": "brand_name mobile_phone_number vertical"},
}
_OF_LISTED = ("stock_exchange", "stock_ticker", "brand_contact_email")
_BENEATH = {"a2p": "secondary", "sole_proprietor": "starter"}
_ADDRESS = ("customer_name", "street", "city", "region", "postal_code", "iso_country")
TYPES = {kind for group in _END_USERS.values() for kind in group} | {"authorized_representative_2"}


@dataclass
class Evaluation:
    """What was found of each requirement."""

    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> list[int]:
        """Return the codes of what is missing, each once."""
        found = [row["error_code"] for row in self.results if row["error_code"]]
        inside = [part["error_code"] for row in self.results for part in row["invalid"]]
        return list(dict.fromkeys([*found, *inside]))

    @property
    def status(self) -> str:
        """Return the verdict."""
        return "noncompliant" if self.codes else "compliant"

    def add(self, kind: str, *, code: int = 0, fields: dict[str, str] | None = None, field_code: int = END_USER_FIELD) -> None:
        """Note a requirement: absent with a code, or there with what is wrong with its fields ("" where nothing is)."""
        name = kind.replace("_", " ").title()
        checked = fields or {}
        self.results.append(
            {
                "friendly_name": name, "object_type": kind, "passed": not code and not any(checked.values()),
                "failure_reason": f"{name} is missing." if code else None, "error_code": code or None,
                "valid": [{"friendly_name": _named(one), "object_field": one} for one, wrong in checked.items() if not wrong],
                "invalid": [
                    {"friendly_name": _named(one), "object_field": one, "failure_reason": wrong, "error_code": field_code}
                    for one, wrong in checked.items() if wrong
                ],
                "requirement_friendly_name": name, "requirement_name": kind,
            }
        )  # fmt: skip


def evaluate(store: Store, bundle: Record) -> Evaluation:
    """Compare what is assigned with what the policy asks for."""
    found, policy = Evaluation(), policy_name(bundle)
    assigned = [store.records[sid] for sid in bundle.life.get("assigned", {}).values() if sid in store.records]
    for kind, names in _END_USERS.get(policy, {}).items():
        user = next((record for record in assigned if record.kind == "EndUsers" and record.fields["type"] == kind), None)
        if user is None:
            found.add(kind, code=END_USER)
            continue
        asked = names.split()
        if user.fields["attributes"].get("company_type") == "public":
            asked = [*asked, *_OF_LISTED]
        found.add(kind, fields={name: _wrong(name, user.fields["attributes"].get(name)) for name in asked})
    if policy in ("secondary", "starter"):
        _evaluate_address(store, found, assigned)
        found.add("primary_customer_profile", code=0 if any(record.sid == PRIMARY_PROFILE for record in assigned) else END_USER)
    if policy in _BENEATH:
        is_there = any(record.kind == "CustomerProfiles" and policy_name(record) == _BENEATH[policy] for record in assigned)
        found.add("customer_profile", code=0 if is_there else END_USER)
    return found


def policy_name(bundle: Record) -> str:
    """Return which of the policies a bundle follows."""
    return next((name for name, sid in POLICIES.items() if sid == bundle.fields["policy_sid"]), "")


def address_of(store: Store, document: Record) -> Record | None:
    """Return the address a document is about, None where there is none."""
    sid = document.fields["attributes"].get("address_sids")
    return store.records.get(sid) if isinstance(sid, str) else None


def _evaluate_address(store: Store, found: Evaluation, assigned: list[Record]) -> None:
    document = next((record for record in assigned if record.kind == "SupportingDocuments"), None)
    if document is None:
        found.add("customer_profile_address", code=DOCUMENT)
        return
    address = address_of(store, document)
    if address is None:
        found.add("customer_profile_address", code=ADDRESS)
        return
    fields = {name: "" if address.fields.get(name) else f"{_named(name)} is missing." for name in _ADDRESS}
    found.add("customer_profile_address", fields=fields, field_code=DOCUMENT_FIELD)


def _wrong(name: str, value: Any) -> str:
    """Return what is wrong with a field, "" where nothing is."""
    if not isinstance(value, str) or not value.strip():
        return f"{_named(name)} is missing."
    if name in _CHOICES and value not in _CHOICES[name]:
        return f"{_named(name)} is not one of those that are known."
    if name in _SHAPES and not re.fullmatch(_SHAPES[name], value):
        return f"{_named(name)} has not the right form."
    return ""


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()
