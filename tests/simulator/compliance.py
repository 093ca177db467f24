"""A registration as an application goes through it with the official SDK."""

from dataclasses import dataclass, field
from typing import Any

from twilio.rest import Client

PRIMARY = "BU" + "5" * 32
SECONDARY_POLICY, A2P_POLICY = "RNdfbf3fae0e1107f8aded0e7cead80bf5", "RNb0d4771c2c98518d916a3d4cd70a8f8b"
STARTER_POLICY, ALONE_POLICY = "RN806dd6cd175f314e1f96a9727ee271f4", "RN670d5d2e282a6130ae063b234b6019c8"
BUSINESS = {
    "business_name": "Luna Salon LLC", "business_type": "Limited Liability Corporation", "business_industry": "CONSUMER",
    "business_registration_identifier": "EIN", "business_registration_number": "74-1234567", "business_identity": "direct_customer",
    "business_regions_of_operation": "USA_AND_CANADA", "website_url": "https://luna.example", "social_media_profile_urls": "",
}  # fmt: skip
PERSON = {
    "first_name": "Ana", "last_name": "Reyes", "email": "ana@luna.example", "phone_number": "+15125550142", "business_title": "Owner",
    "job_position": "CEO",
}  # fmt: skip
ADDRESS = {
    "customer_name": "Luna Salon LLC", "street": "1 Congress Ave", "city": "Austin", "region": "TX", "postal_code": "78701", "iso_country": "US",
}  # fmt: skip
CAMPAIGN: dict[str, Any] = {
    "description": "Luna Salon texts its customers reminders of their appointments and now and then an offer.",
    "message_flow": "Customers tick an empty box on https://luna.example/join, where they read who texts them and how often.",
    "message_samples": ["Luna Salon: see you on Monday at 10. Reply STOP to opt out.", "Luna Salon: 10% off this week. Reply STOP to opt out."],
    "us_app_to_person_usecase": "LOW_VOLUME", "has_embedded_links": True, "has_embedded_phone": False,
    "privacy_policy_url": "https://luna.example/privacy", "terms_and_conditions_url": "https://luna.example/terms",
}  # fmt: skip


@dataclass
class Registration:
    """What one business has made, step by step."""

    twilio: Client
    business: dict[str, str] = field(default_factory=lambda: dict(BUSINESS))
    profile: str = ""
    product: str = ""
    business_user: str = ""
    brand: str = ""
    service: str = ""

    def make_profile(self, *, is_complete: bool = True) -> str:
        """Make a customer profile with everything in it, not submitted."""
        hub = self.twilio.trusthub.v1
        self.profile = hub.customer_profiles.create(
            friendly_name="servicepro:luna:profile", email="us@platform.example", policy_sid=SECONDARY_POLICY
        ).sid
        self.business_user = hub.end_users.create(
            friendly_name="servicepro:luna:business", type="customer_profile_business_information", attributes=self.business
        ).sid
        person = hub.end_users.create(friendly_name="servicepro:luna:person", type="authorized_representative_1", attributes=PERSON)
        address = self.twilio.addresses.create(**ADDRESS, friendly_name="servicepro:luna:address")
        document = hub.supporting_documents.create(
            friendly_name="servicepro:luna:document", type="customer_profile_address", attributes={"address_sids": address.sid}
        )
        for sid in (self.business_user, person.sid, document.sid, *([PRIMARY] if is_complete else [])):
            hub.customer_profiles(self.profile).customer_profiles_entity_assignments.create(object_sid=sid)
        return self.profile

    def submit_profile(self) -> str:
        """Make a complete customer profile and submit it."""
        self.make_profile()
        return self.twilio.trusthub.v1.customer_profiles(self.profile).update(status="pending-review").status

    def submit_product(self, **attributes: str) -> str:
        """Make the trust product of the profile and submit it."""
        hub = self.twilio.trusthub.v1
        self.product = hub.trust_products.create(
            friendly_name="servicepro:luna:product", email="us@platform.example", policy_sid=A2P_POLICY
        ).sid
        user = hub.end_users.create(
            friendly_name="servicepro:luna:messaging", type="us_a2p_messaging_profile_information",
            attributes={"company_type": "private", **attributes},
        )  # fmt: skip
        for sid in (user.sid, self.profile):
            hub.trust_products(self.product).trust_products_entity_assignments.create(object_sid=sid)
        return hub.trust_products(self.product).update(status="pending-review").status

    def register_brand(self, **fields: Any) -> Any:
        """Register the brand of a submitted profile and product."""
        if not self.profile:
            self.submit_profile()
        if not self.product:
            self.submit_product()
        made = self.twilio.messaging.v1.brand_registrations.create(
            customer_profile_bundle_sid=self.profile, a2p_profile_bundle_sid=self.product, **fields
        )
        self.brand = made.sid
        return made

    def make_service(self, **fields: Any) -> str:
        """Make a messaging service."""
        named = {"friendly_name": "servicepro:luna:service", "inbound_request_url": "https://luna.example/in"} | fields
        self.service = self.twilio.messaging.v1.services.create(**named).sid
        return self.service

    def submit_campaign(self, **fields: Any) -> Any:
        """Submit the campaign of a brand, everything before it made where it is missing."""
        if not self.brand:
            self.register_brand()
        if not self.service:
            self.make_service()
        return self.campaigns.create(**(CAMPAIGN | {"brand_registration_sid": self.brand} | fields))

    @property
    def campaigns(self) -> Any:
        """The campaigns of the service."""
        return self.twilio.messaging.v1.services(self.service).us_app_to_person

    def campaign(self, version: str = "v1.2") -> Any:
        """Return the campaign as it stands."""
        return self.campaigns.list(x_twilio_api_version=version)[0]

    def brand_now(self) -> Any:
        """Return the brand as it stands."""
        return self.twilio.messaging.v1.brand_registrations(self.brand).fetch()
