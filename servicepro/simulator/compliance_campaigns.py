"""Campaigns: what is texted under a brand. All campaigns of all accounts have the same id; a messaging service has one."""

from typing import Any

from servicepro.simulator.compliance_records import Record, campaign_key
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_wire import Call, Form, Refused, bad, listed, missing, shown
from servicepro.simulator.server import Reply, json_reply
from servicepro.simulator.store import Store

SID = "QE2c6890da8086d771620e9b13fadeba0b"
CAMPAIGNS_MAX = 5  # of a brand
MISSING, LENGTH = 21727, 21728
_REQUIRED = ("Description", "MessageFlow", "HasEmbeddedLinks", "HasEmbeddedPhone")
_TEXTS = {
    "Description": (40, 4_096), "MessageFlow": (40, 2_048), "OptInMessage": (20, 320), "OptOutMessage": (20, 320), "HelpMessage": (20, 320),
}  # fmt: skip
_KEYWORDS = {"OptInKeywords": "opt_in_keywords", "OptOutKeywords": "opt_out_keywords", "HelpKeywords": "help_keywords"}
_FIRST_KEYWORDS = {
    "opt_in_keywords": ["START"], "help_keywords": ["HELP"],
    "opt_out_keywords": ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"],
}  # fmt: skip
_FLAGS = {
    "HasEmbeddedLinks": "has_embedded_links", "HasEmbeddedPhone": "has_embedded_phone", "SubscriberOptIn": "subscriber_opt_in",
    "AgeGated": "age_gated", "DirectLending": "direct_lending",
}  # fmt: skip
_EDITABLE = "HasEmbeddedLinks HasEmbeddedPhone MessageSamples MessageFlow Description AgeGated DirectLending"
_URLS = "PrivacyPolicyUrl TermsAndConditionsUrl"
_NEW = f"{_EDITABLE} {_URLS} BrandRegistrationSid UsAppToPersonUsecase SubscriberOptIn {' '.join([*list(_TEXTS)[2:], *_KEYWORDS])}"
_SPECIAL = ("EMERGENCY", "CHARITY", "POLITICAL", "SWEEPSTAKE")
USECASES = {
    "2FA": "Two-Factor authentication", "ACCOUNT_NOTIFICATION": "Account Notification", "AGENTS_FRANCHISES": "Agents and Franchises",
    "CHARITY": "Charity", "CUSTOMER_CARE": "Customer Care", "DELIVERY_NOTIFICATION": "Delivery Notification", "EMERGENCY": "Emergency",
    "FRAUD_ALERT": "Fraud Alert Messaging", "HIGHER_EDUCATION": "Higher Education", "K12_EDUCATION": "K-12 Education",
    "LOW_VOLUME": "Low Volume Mixed", "MARKETING": "Marketing", "MIXED": "Mixed", "POLITICAL": "Political",
    "POLLING_VOTING": "Polling and Voting", "PROXY": "Proxy", "PUBLIC_SERVICE_ANNOUNCEMENT": "Public Service Announcement",
    "SECURITY_ALERT": "Security Alert", "SOCIAL": "Social", "SOLE_PROPRIETOR": "Sole Proprietor", "SWEEPSTAKE": "Sweepstake",
}  # fmt: skip


class Campaigns:
    """Answer what is below /messaging/v1/Services/{MG}/Compliance/Usa2p."""

    def __init__(self, store: Store, reviews: Reviews) -> None:
        self.store, self.reviews = store, reviews

    def answer(self, call: Call, service: Record) -> Reply:
        """Answer one request about a service's campaign. Raises Refused."""
        rest = call.parts[4:]
        campaign = self.store.records.get(campaign_key(service.sid))
        if rest == ["Usecases"] and call.method == "GET":
            return self.usecases(call)
        if not rest and call.method == "GET":
            return listed(call, "compliance", [self.view(call, campaign)] if campaign else [])
        if not rest and call.method == "POST":
            return json_reply(201, self.view(call, self.create(call, service, campaign)))
        if campaign is None or rest != [SID]:
            raise missing(call.request.path)
        if call.method == "DELETE":
            return self.delete(service, campaign)
        if call.method == "POST":
            self.edit(call, campaign)
        elif call.method != "GET":
            raise call.unfit()
        return json_reply(200, self.view(call, campaign))

    def create(self, call: Call, service: Record, before: Record | None) -> Record:
        """Submit a campaign. Raises Refused."""
        form = call.form(_NEW)
        _check(form, required=(*_REQUIRED, "BrandRegistrationSid", "UsAppToPersonUsecase"))
        brand, usecase = self.brand(form.text("BrandRegistrationSid")), form.text("UsAppToPersonUsecase")
        if usecase not in USECASES:
            raise bad("The use case is invalid", 21720)
        if (usecase == "SOLE_PROPRIETOR") != (brand.fields["brand_type"] == "SOLE_PROPRIETOR"):
            raise bad("The use case is not compatible with the brand", 21719)
        key = campaign_key(service.sid)
        if before or service.life.get("free_at", 0) > self.reviews.now():
            raise Refused(422, 20422, f"Can't create campaign for messaging service {service.sid}")
        many = [row for row in self.store.records.values() if row.fields.get("brand_registration_sid") == brand.sid]
        if len(many) >= (1 if usecase == "SOLE_PROPRIETOR" else CAMPAIGNS_MAX):
            raise bad("The brand has as many campaigns as it may have", 30930)
        fields: dict[str, Any] = {
            "messaging_service_sid": service.sid, "brand_registration_sid": brand.sid, "us_app_to_person_usecase": usecase,
            "campaign_status": "IN_PROGRESS", "campaign_id": None, "is_externally_registered": False, "mock": brand.fields["mock"],
            "rate_limits": {"att": {"mps": 600, "msg_class": "A"}, "tmobile": {"brand_tier": "TOP"}}, "errors": [],
            "opt_in_message": form.text("OptInMessage"), "opt_out_message": form.text("OptOutMessage"),
            "help_message": form.text("HelpMessage"), "subscriber_opt_in": form.flag("SubscriberOptIn"),
            **{field: form.many(name) or _FIRST_KEYWORDS[field] for name, field in _KEYWORDS.items()},
        }  # fmt: skip
        campaign = Record("campaign", SID, fields, created=self.reviews.now())
        _take(form, campaign)
        self.reviews.submit(campaign, "IN_PROGRESS", seconds="campaignSeconds", key=key)
        return campaign

    def brand(self, sid: str) -> Record:
        """Return a brand under which campaigns can be registered. Raises Refused."""
        brand = self.store.records.get(sid)
        is_usable = brand is not None and brand.kind == "brand" and brand.fields["status"] == "APPROVED"
        if not is_usable or brand is None:
            raise bad("The brand is not registered", 21717)
        if brand.fields["brand_type"] == "SOLE_PROPRIETOR" and brand.fields["identity_status"] not in ("VERIFIED", "VETTED_VERIFIED"):
            raise bad("The brand is not verified yet", 21717)
        return brand

    def edit(self, call: Call, campaign: Record) -> None:
        """Correct a campaign that was refused, and submit it again. Raises Refused."""
        if self.reviews.setting("edits") == "beta":
            raise Refused(403, 20403, "Updating campaigns is a private beta and not enabled for this account")
        form = call.form(f"{_EDITABLE} {_URLS}")
        _check(form, required=tuple(name for name in _EDITABLE.split() if name != "MessageSamples"))
        if campaign.fields["campaign_status"] == "SUSPENDED":
            raise bad("The campaign is suspended", 21729)
        if campaign.fields["campaign_status"] != "FAILED":
            raise bad("Only a campaign that failed can be updated")
        _take(form, campaign)
        campaign.fields["errors"] = []
        self.reviews.submit(campaign, "IN_PROGRESS", seconds="campaignSeconds", key=campaign_key(campaign.fields["messaging_service_sid"]))

    def delete(self, service: Record, campaign: Record) -> Reply:
        """Take a campaign back; its service is free again a little later."""
        self.store.write("record_gone", campaign_key(campaign.fields["messaging_service_sid"]))
        service.life["free_at"] = self.reviews.now() + self.reviews.setting("cooldownSeconds")
        self.reviews.save(service)
        return Reply(204)

    def usecases(self, call: Call) -> Reply:
        """Return the use cases a brand may choose from. Raises Refused."""
        sid = call.request.params.get("BrandRegistrationSid")
        is_alone = bool(sid) and self.brand(sid or "").fields["brand_type"] == "SOLE_PROPRIETOR"
        rows = [
            {
                "code": code,
                "name": name,
                "description": name,
                "post_approval_required": code in _SPECIAL,
            }
            for code, name in USECASES.items()
            if (code == "SOLE_PROPRIETOR") == is_alone
        ]
        return json_reply(200, {"us_app_to_person_usecases": rows})

    def view(self, call: Call, campaign: Record) -> dict[str, Any]:
        """Return a campaign as the API shows it: its pages only to who asks for the newer version."""
        url = f"{call.root}/Services/{campaign.fields['messaging_service_sid']}/Compliance/Usa2p/{SID}"
        pages = {}
        if call.request.headers.get("x-twilio-api-version") == "v1.2":
            pages = {"privacy_policy_url": campaign.life["privacy"], "terms_and_conditions_url": campaign.life["terms"]}
        return shown(campaign, url, **pages)


def _take(form: Form, campaign: Record) -> None:
    """Take over what may be changed."""
    campaign.fields |= {field: form.flag(name, campaign.fields.get(field, False)) for name, field in _FLAGS.items()}
    campaign.fields |= {
        "description": form.text("Description"), "message_flow": form.text("MessageFlow"), "message_samples": form.many("MessageSamples"),
    }  # fmt: skip
    for name, field in (("PrivacyPolicyUrl", "privacy"), ("TermsAndConditionsUrl", "terms")):
        campaign.life[field] = form.text(name, campaign.life.get(field)) or None


def _check(form: Form, *, required: tuple[str, ...]) -> None:
    """Check presence and lengths. Raises Refused."""
    for name in required:
        if not form.text(name):
            raise bad(f"{name} is required", MISSING)
    samples = form.many("MessageSamples")
    if len(samples) < 2:
        raise bad("MessageSamples: at least 2 are required", MISSING)
    if len(samples) > 5 or any(not 20 <= len(sample) <= 1_024 for sample in samples):
        raise bad("MessageSamples: 2 to 5 of 20 to 1024 characters", LENGTH)
    for name, (least, most) in _TEXTS.items():
        if form.text(name) is not None and not least <= len(form.text(name)) <= most:
            raise bad(f"{name} has {least} to {most} characters", LENGTH)
    for name in _KEYWORDS:
        words = form.many(name)
        if len(",".join(words)) > 255 or any(not word.isalnum() for word in words):
            raise bad(f"{name} are letters and digits, 255 characters in all", LENGTH)
    for name in _FLAGS:
        form.flag(name)
