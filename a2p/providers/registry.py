"""Twilio's registration of businesses, through its official SDK: look first by name, then make.

The names are ours and unique in the account, so an answer that was lost is found again. Brands and campaigns have no name: a brand is
known by its two bundles, a campaign by its messaging service.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.conf import settings
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from a2p.providers.connection import Connection
from a2p.providers.results import (
    AccountNumber,
    Away,
    BrandState,
    Bundle,
    CampaignState,
    NotSetUp,
    Problem,
    Refused,
)

PAGE_SIZE = 100
# The pages about privacy and terms are known to this version of the campaigns' API alone.
CAMPAIGN_API = "v1.2"
FIXED = (
    "us_app_to_person_usecase",
    "opt_in_message",
    "opt_out_message",
    "help_message",
    "opt_in_keywords",
    "opt_out_keywords",
    "help_keywords",
)
T = TypeVar("T")


class Registry:
    """One account's registrations. Every method raises a ProviderTrouble and nothing else."""

    def __init__(self) -> None:
        if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
            raise NotSetUp("no account")
        self.connection = Connection(settings.TWILIO_API_BASE_URL, settings.PROVIDER_TIMEOUT_SECONDS)
        self.client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=self.connection)

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    # -- what is known by name

    def profile_named(self, name: str) -> str:
        """Return the customer profile of this name, or nothing."""
        return _named(lambda: self.client.trusthub.v1.customer_profiles.list(friendly_name=name, page_size=PAGE_SIZE), name)

    def create_profile(self, name: str, email: str) -> str:
        """Make a secondary customer profile."""
        policy = settings.TWILIO_PROFILE_POLICY_SID
        return _made(lambda: self.client.trusthub.v1.customer_profiles.create(friendly_name=name, email=email, policy_sid=policy))

    def trust_product_named(self, name: str) -> str:
        """Return the A2P profile of this name, or nothing."""
        return _named(lambda: self.client.trusthub.v1.trust_products.list(friendly_name=name, page_size=PAGE_SIZE), name)

    def create_trust_product(self, name: str, email: str) -> str:
        """Make an A2P profile."""
        policy = settings.TWILIO_A2P_POLICY_SID
        return _made(lambda: self.client.trusthub.v1.trust_products.create(friendly_name=name, email=email, policy_sid=policy))

    def end_user_named(self, name: str) -> str:
        """Return the end user of this name, or nothing."""
        return _named(lambda: self.client.trusthub.v1.end_users.list(page_size=PAGE_SIZE), name)

    def create_end_user(self, name: str, kind: str, attributes: dict[str, str]) -> str:
        """Make an end user."""
        return _made(lambda: self.client.trusthub.v1.end_users.create(friendly_name=name, type=kind, attributes=attributes))

    def update_end_user(self, sid: str, attributes: dict[str, str]) -> None:
        """Correct an end user."""
        _made(lambda: self.client.trusthub.v1.end_users(sid).update(attributes=attributes))

    def address_named(self, name: str) -> str:
        """Return the address of this name, or nothing."""
        return _named(lambda: self.client.addresses.list(friendly_name=name, page_size=PAGE_SIZE), name)

    def create_address(self, name: str, fields: dict[str, str]) -> str:
        """Make an address."""
        return _made(lambda: self.client.addresses.create(friendly_name=name, **fields))

    def update_address(self, sid: str, fields: dict[str, str]) -> None:
        """Correct an address; its country stays."""
        changes = {name: value for name, value in fields.items() if name != "iso_country"}
        _made(lambda: self.client.addresses(sid).update(**changes))

    def document_named(self, name: str) -> str:
        """Return the document of this name, or nothing."""
        return _named(lambda: self.client.trusthub.v1.supporting_documents.list(page_size=PAGE_SIZE), name)

    def create_document(self, name: str, address_sid: str) -> str:
        """Make the document that says which address is the profile's."""
        attributes = {"address_sids": address_sid}
        documents = self.client.trusthub.v1.supporting_documents
        return _made(lambda: documents.create(friendly_name=name, type="customer_profile_address", attributes=attributes))

    # -- bundles: what belongs to them, whether they are complete, whether they are approved

    def _profile(self, sid: str) -> Any:
        return self.client.trusthub.v1.customer_profiles(sid)

    def _trust_product(self, sid: str) -> Any:
        return self.client.trusthub.v1.trust_products(sid)

    def assigned_to_profile(self, sid: str) -> set[str]:
        """Return what belongs to a profile."""
        rows = self._profile(sid).customer_profiles_entity_assignments
        return {row.object_sid for row in _asked(lambda: rows.list(page_size=PAGE_SIZE))}

    def assign_to_profile(self, sid: str, object_sid: str) -> None:
        """Let something belong to a profile."""
        _made(lambda: self._profile(sid).customer_profiles_entity_assignments.create(object_sid=object_sid))

    def assigned_to_trust_product(self, sid: str) -> set[str]:
        """Return what belongs to an A2P profile."""
        rows = self._trust_product(sid).trust_products_entity_assignments
        return {row.object_sid for row in _asked(lambda: rows.list(page_size=PAGE_SIZE))}

    def assign_to_trust_product(self, sid: str, object_sid: str) -> None:
        """Let something belong to an A2P profile."""
        _made(lambda: self._trust_product(sid).trust_products_entity_assignments.create(object_sid=object_sid))

    def profile(self, sid: str) -> Bundle:
        """Return a profile as it stands."""
        return _bundle(_asked(lambda: self._profile(sid).fetch()))

    def trust_product(self, sid: str) -> Bundle:
        """Return an A2P profile as it stands."""
        return _bundle(_asked(lambda: self._trust_product(sid).fetch()))

    def evaluate_profile(self, sid: str) -> tuple[Problem, ...]:
        """Return what a profile lacks."""
        policy = settings.TWILIO_PROFILE_POLICY_SID
        return _lacking(_asked(lambda: self._profile(sid).customer_profiles_evaluations.create(policy_sid=policy)))

    def evaluate_trust_product(self, sid: str) -> tuple[Problem, ...]:
        """Return what an A2P profile lacks."""
        policy = settings.TWILIO_A2P_POLICY_SID
        return _lacking(_asked(lambda: self._trust_product(sid).trust_products_evaluations.create(policy_sid=policy)))

    def submit_profile(self, sid: str) -> Bundle:
        """Hand a profile in for review."""
        return _bundle(_asked(lambda: self._profile(sid).update(status="pending-review")))

    def submit_trust_product(self, sid: str) -> Bundle:
        """Hand an A2P profile in for review."""
        return _bundle(_asked(lambda: self._trust_product(sid).update(status="pending-review")))

    # -- the brand

    def brand_of(self, profile_sid: str, trust_product_sid: str) -> str:
        """Return the brand that was made of two bundles, or nothing."""
        for brand in _asked(lambda: self.client.messaging.v1.brand_registrations.list(page_size=PAGE_SIZE)):
            if (brand.customer_profile_bundle_sid, brand.a2p_profile_bundle_sid) == (profile_sid, trust_product_sid):
                return str(brand.sid)
        return ""

    def create_brand(self, profile_sid: str, trust_product_sid: str) -> str:
        """Register a brand, without the vetting that costs more and that few messages a day do not need."""
        return _made(
            lambda: self.client.messaging.v1.brand_registrations.create(
                customer_profile_bundle_sid=profile_sid,
                a2p_profile_bundle_sid=trust_product_sid,
                skip_automatic_sec_vet=True,
                mock=settings.A2P_MOCK_BRANDS or None,
            )
        )

    def brand(self, sid: str) -> BrandState:
        """Return a brand as it stands."""
        return _brand(_asked(lambda: self.client.messaging.v1.brand_registrations(sid).fetch()))

    def resubmit_brand(self, sid: str) -> BrandState:
        """Have a failed brand read again from its corrected bundles."""
        return _brand(_asked(lambda: self.client.messaging.v1.brand_registrations(sid).update()))

    # -- messaging service and numbers

    def service_named(self, name: str) -> str:
        """Return the messaging service of this name, or nothing."""
        return _named(lambda: self.client.messaging.v1.services.list(page_size=PAGE_SIZE), name)

    def create_service(self, name: str, inbound_url: str) -> str:
        """Make a messaging service; without an inbound address it would throw answers away."""
        services = self.client.messaging.v1.services
        return _made(lambda: services.create(friendly_name=name, inbound_request_url=inbound_url, inbound_method="POST"))

    def is_registered(self, service_sid: str) -> bool:
        """Return whether the carriers know the messaging service."""
        return bool(_asked(lambda: self.client.messaging.v1.services(service_sid).fetch()).us_app_to_person_registered)

    def numbers_of(self, service_sid: str) -> set[str]:
        """Return the ids of the numbers in a messaging service."""
        rows = self.client.messaging.v1.services(service_sid).phone_numbers
        return {row.sid for row in _asked(lambda: rows.list(page_size=PAGE_SIZE))}

    def attach(self, service_sid: str, number_sid: str) -> None:
        """Put a number into a messaging service."""
        _made(lambda: self.client.messaging.v1.services(service_sid).phone_numbers.create(phone_number_sid=number_sid))

    def detach(self, service_sid: str, number_sid: str) -> None:
        """Take a number out of a messaging service."""
        _asked(lambda: self.client.messaging.v1.services(service_sid).phone_numbers(number_sid).delete())

    def service_with(self, number_sid: str) -> str:
        """Return the messaging service that has a number, or nothing."""
        for service in _asked(lambda: self.client.messaging.v1.services.list(page_size=PAGE_SIZE)):
            if number_sid in self.numbers_of(service.sid):
                return str(service.sid)
        return ""

    def account_number(self, phone: str) -> AccountNumber | None:
        """Return a number of the account by its E.164 form, or None."""
        for row in _asked(lambda: self.client.incoming_phone_numbers.list(phone_number=phone, page_size=PAGE_SIZE)):
            if row.phone_number == phone:
                return AccountNumber(str(row.sid), phone, row.sms_url or "")
        return None

    # -- the campaign

    def campaign_of(self, service_sid: str) -> CampaignState | None:
        """Return the campaign of a messaging service, or None."""
        campaigns = self.client.messaging.v1.services(service_sid).us_app_to_person
        rows = _asked(lambda: campaigns.list(x_twilio_api_version=CAMPAIGN_API, page_size=PAGE_SIZE))
        return _campaign(rows[0]) if rows else None

    def create_campaign(self, service_sid: str, fields: dict[str, Any]) -> CampaignState:
        """Register a campaign."""
        campaigns = self.client.messaging.v1.services(service_sid).us_app_to_person
        return _campaign(_asked(lambda: campaigns.create(x_twilio_api_version=CAMPAIGN_API, **fields)))

    def update_campaign(self, service_sid: str, sid: str, fields: dict[str, Any]) -> CampaignState:
        """Correct a campaign in place; the API wants every field that may be edited."""
        campaign = self.client.messaging.v1.services(service_sid).us_app_to_person(sid)
        return _campaign(_asked(lambda: campaign.update(x_twilio_api_version=CAMPAIGN_API, **fields)))

    def delete_campaign(self, service_sid: str, sid: str) -> None:
        """Remove a campaign, which the provider finishes a while later."""
        try:
            _asked(lambda: self.client.messaging.v1.services(service_sid).us_app_to_person(sid).delete())
        except Refused as refusal:
            if not refusal.is_unknown:
                raise


def _asked(call: Callable[[], T]) -> T:
    """Return the answer; one that cannot be read counts as none."""
    try:
        return call()
    except (TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Away(type(error).__name__) from error


def _made(call: Callable[[], Any]) -> str:
    sid = _asked(call).sid
    if not sid:
        raise Away("answer without an id")
    return str(sid)


def _named(call: Callable[[], Iterable[Any]], name: str) -> str:
    return next((str(row.sid) for row in _asked(call) if row.friendly_name == name), "")


def _bundle(row: Any) -> Bundle:
    return Bundle(_known(row), str(row.status or ""), _problems(row.errors))


def _brand(row: Any) -> BrandState:
    problems = _problems(row.errors)
    return BrandState(_known(row), str(row.status or ""), str(row.identity_status or ""), str(row.tcr_id or ""), problems)


def _campaign(row: Any) -> CampaignState:
    fixed = {name: getattr(row, name) for name in FIXED}
    return CampaignState(_known(row), str(row.campaign_status or ""), str(row.campaign_id or ""), _problems(row.errors), fixed)


def _known(row: Any) -> str:
    if not row.sid:
        raise Away("answer without an id")
    return str(row.sid)


def _problems(errors: Any) -> tuple[Problem, ...]:
    """Return the reasons of a refusal; bundles call the code `code`, brands and campaigns `error_code`."""
    found = []
    for row in errors if isinstance(errors, list) else []:
        code = str(row.get("error_code") or row.get("code") or "") if isinstance(row, dict) else ""
        if code.isascii() and code.isdigit():
            fields = tuple(str(name) for name in row.get("fields") or ())
            found.append(Problem(int(code), fields, str(row.get("description") or row.get("message") or "")[:400]))
    return tuple(found)


def _lacking(evaluation: Any) -> tuple[Problem, ...]:
    """Return what an evaluation found missing: each part with its fields."""
    if evaluation.status == "compliant":
        return ()
    found = []
    for part in evaluation.results or []:
        if part.get("passed"):
            continue
        fields = tuple(str(row.get("object_field") or "") for row in part.get("invalid") or ())
        codes = [row.get("error_code") for row in part.get("invalid") or ()] + [part.get("error_code")]
        code = next((int(code) for code in codes if str(code or "").isdigit()), 22215)
        found.append(Problem(code, tuple(name for name in fields if name), str(part.get("failure_reason") or "")[:400]))
    return tuple(found) or (Problem(22215),)
