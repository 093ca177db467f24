"""Answers have every field that the official SDK reads, and nothing anybody sends breaks the simulator."""

import inspect
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.rest.api.v2010.account.address import AddressInstance
from twilio.rest.api.v2010.account.available_phone_number_country.local import LocalInstance
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.messaging.v1.brand_registration import BrandRegistrationInstance
from twilio.rest.messaging.v1.brand_registration.brand_vetting import BrandVettingInstance
from twilio.rest.messaging.v1.service import ServiceInstance
from twilio.rest.messaging.v1.service.phone_number import PhoneNumberInstance
from twilio.rest.messaging.v1.service.us_app_to_person import UsAppToPersonInstance
from twilio.rest.messaging.v1.service.us_app_to_person_usecase import UsAppToPersonUsecaseInstance
from twilio.rest.trusthub.v1.customer_profiles import CustomerProfilesInstance
from twilio.rest.trusthub.v1.customer_profiles.customer_profiles_entity_assignments import CustomerProfilesEntityAssignmentsInstance
from twilio.rest.trusthub.v1.customer_profiles.customer_profiles_evaluations import CustomerProfilesEvaluationsInstance
from twilio.rest.trusthub.v1.end_user import EndUserInstance
from twilio.rest.trusthub.v1.supporting_document import SupportingDocumentInstance
from twilio.rest.trusthub.v1.trust_products import TrustProductsInstance
from twilio.rest.trusthub.v1.trust_products.trust_products_entity_assignments import TrustProductsEntityAssignmentsInstance
from twilio.rest.trusthub.v1.trust_products.trust_products_evaluations import TrustProductsEvaluationsInstance

from tests.simulator.compliance import A2P_POLICY, SECONDARY_POLICY, Registration
from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN

OWN = "+15125550100"
ACCOUNT = f"/api/2010-04-01/Accounts/{ACCOUNT_SID}"
LISTS = {
    "/trusthub/v1/CustomerProfiles": ("results", CustomerProfilesInstance),
    "/trusthub/v1/CustomerProfiles/{profile}/EntityAssignments": ("results", CustomerProfilesEntityAssignmentsInstance),
    "/trusthub/v1/CustomerProfiles/{profile}/Evaluations": ("results", CustomerProfilesEvaluationsInstance),
    "/trusthub/v1/TrustProducts": ("results", TrustProductsInstance),
    "/trusthub/v1/TrustProducts/{product}/EntityAssignments": ("results", TrustProductsEntityAssignmentsInstance),
    "/trusthub/v1/TrustProducts/{product}/Evaluations": ("results", TrustProductsEvaluationsInstance),
    "/trusthub/v1/EndUsers": ("results", EndUserInstance),
    "/trusthub/v1/SupportingDocuments": ("results", SupportingDocumentInstance),
    "/messaging/v1/a2p/BrandRegistrations": ("data", BrandRegistrationInstance),
    "/messaging/v1/a2p/BrandRegistrations/{brand}/Vettings": ("data", BrandVettingInstance),
    "/messaging/v1/Services": ("services", ServiceInstance),
    "/messaging/v1/Services/{service}/PhoneNumbers": ("phone_numbers", PhoneNumberInstance),
    "/messaging/v1/Services/{service}/Compliance/Usa2p": ("compliance", UsAppToPersonInstance),
    f"{ACCOUNT}/Addresses.json": ("addresses", AddressInstance),
    f"{ACCOUNT}/IncomingPhoneNumbers.json": ("incoming_phone_numbers", IncomingPhoneNumberInstance),
    f"{ACCOUNT}/AvailablePhoneNumbers/US/Local.json": ("available_phone_numbers", LocalInstance),
}


@pytest.fixture
def registration(twilio, server) -> Registration:
    """A business with one of everything."""
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": "http://127.0.0.1:1/in", "serviceSid": ""})
    made = Registration(twilio)
    made.submit_campaign()
    hub = twilio.trusthub.v1
    hub.customer_profiles(made.profile).customer_profiles_evaluations.create(policy_sid=SECONDARY_POLICY)
    hub.trust_products(made.product).trust_products_evaluations.create(policy_sid=A2P_POLICY)
    twilio.messaging.v1.brand_registrations(made.brand).brand_vettings.create(vetting_provider="aegis")
    (own,) = twilio.incoming_phone_numbers.list(phone_number=OWN)
    twilio.messaging.v1.services(made.service).phone_numbers.create(phone_number_sid=own.sid)
    return made


def read_by(instance):
    """Return the names of the fields that the SDK reads of an answer."""
    return set(re.findall(r'payload\.get\(\s*"([a-z0-9_]+)"', inspect.getsource(instance.__init__)))


@pytest.mark.parametrize("path", LISTS)
def test_every_field_the_sdk_reads_is_there(registration, server, browser, path):
    key, instance = LISTS[path]
    where = path.format(**{name: getattr(registration, name) for name in ("profile", "product", "brand", "service")})
    answer = browser.get(f"{server.base_url}{where}", auth=(ACCOUNT_SID, AUTH_TOKEN), headers={"X-Twilio-Api-Version": "v1.2"})
    rows = answer.json()[key]
    assert rows and read_by(instance) and read_by(instance) <= rows[0].keys(), read_by(instance) - rows[0].keys()


def test_every_field_of_the_use_cases_is_there(registration, twilio):
    found = twilio.messaging.v1.services(registration.service).us_app_to_person_usecases.fetch()
    assert isinstance(found, UsAppToPersonUsecaseInstance) and set(found.us_app_to_person_usecases[0]) == {
        "code", "name", "description", "post_approval_required",
    }  # fmt: skip


def test_what_twilio_answers_with(server, browser):
    account, trusthub = (ACCOUNT_SID, AUTH_TOKEN), f"{server.base_url}/trusthub/v1/CustomerProfiles"
    fields = {"FriendlyName": "x", "Email": "us@platform.example", "PolicySid": SECONDARY_POLICY}
    made = browser.post(trusthub, data=fields, auth=account)
    one = f"{trusthub}/{made.json()['sid']}"
    statuses = [made.status_code, browser.post(one, data={"FriendlyName": "y"}, auth=account).status_code]
    statuses += [browser.get(one, auth=account).status_code, browser.delete(one, auth=account).status_code]
    assert statuses == [201, 200, 200, 204] and browser.get(one, auth=account).status_code == 404


PLACES = [
    *LISTS,
    "/messaging/v1/Services/{service}",
    "/messaging/v1/Services/{service}/Compliance/Usa2p/QE2c6890da8086d771620e9b13fadeba0b",
]
NAMES = [
    "FriendlyName",
    "Email",
    "PolicySid",
    "Status",
    "Type",
    "Attributes",
    "ObjectSid",
    "CustomerProfileBundleSid",
    "A2PProfileBundleSid",
    "BrandType",
    "Mock",
    "PhoneNumberSid",
    "BrandRegistrationSid",
    "Description",
    "MessageFlow",
    "MessageSamples",
    "UsAppToPersonUsecase",
    "HasEmbeddedLinks",
    "AgeGated",
    "DirectLending",
    "PhoneNumber",
    "AreaCode",
    "SmsUrl",
    "VoiceUrl",
    "ValidityPeriod",
    "InboundRequestUrl",
    "PostalCode",
    "IsoCountry",
    "ChannelEndpointType",
    "PageSize",
]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.sampled_from(PLACES),
    verb=st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    fields=st.lists(
        st.tuples(st.sampled_from(NAMES), st.text(max_size=60) | st.sampled_from(["true", "{}", "[1]", '{"a":[{}]}', "-1"])), max_size=4
    ),
)
def test_nothing_breaks_it(registration, server, browser, place, verb, fields):
    where = place.format(profile=registration.profile, product=registration.product, brand=registration.brand, service=registration.service)
    answer = browser.request(
        verb, f"{server.base_url}{where}", data=fields, params=fields if verb == "GET" else None, auth=(ACCOUNT_SID, AUTH_TOKEN)
    )
    assert answer.status_code < 500
