"""The adapter that registers businesses: every call of it, whatever the provider does, ends in our own words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from a2p.providers.registry import Registry
from a2p.providers.results import Account, Away, Refused, Throttled
from tests.simulator.compliance import ADDRESS, BUSINESS, CAMPAIGN, PERSON, PRIMARY
from tests.support.simulator import SimulatorProcess

CONSTANT = "QE2c6890da8086d771620e9b13fadeba0b"
OWN = "+15125550100"
NOBODY_LISTENS = "http://127.0.0.1:1"
EMAIL, NAME = "us@platform.example", "servicepro:luna:thing"


@pytest.fixture(autouse=True)
def server(simulator_process: SimulatorProcess, settings: Any) -> Iterator[SimulatorProcess]:
    """The simulator, empty; calls wait for nothing."""
    simulator_process.reset()
    simulator_process.control("POST", "numbers", {"number": OWN, "inboundUrl": "http://127.0.0.1:1/in", "serviceSid": ""})
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "5" * 32, "simulator-auth-token"
    settings.TWILIO_API_BASE_URL, settings.TWILIO_PRIMARY_PROFILE_SID = simulator_process.base_url, PRIMARY
    settings.A2P_SECONDS_BETWEEN_CALLS, settings.PROVIDER_TIMEOUT_SECONDS = 0, 0.5
    yield simulator_process
    simulator_process.reset()


@dataclass
class Made:
    """Everything a registration is made of, up to a campaign that was refused."""

    registry: Registry
    profile: str = ""
    product: str = ""
    user: str = ""
    address: str = ""
    brand: str = ""
    service: str = ""
    number: str = ""


@pytest.fixture
def made() -> Iterator[Made]:
    """A whole registration whose campaign was refused."""
    with Registry() as registry:
        all_of_it = Made(registry, registry.create_profile(NAME, EMAIL), registry.create_trust_product(NAME, EMAIL))
        all_of_it.user = registry.create_end_user(NAME, "customer_profile_business_information", BUSINESS)
        all_of_it.address = registry.create_address(NAME, ADDRESS)
        person = registry.create_end_user(f"{NAME}-2", "authorized_representative_1", PERSON)
        document = registry.create_document(NAME, all_of_it.address)
        product = registry.create_end_user(f"{NAME}-3", "us_a2p_messaging_profile_information", {"company_type": "private"})
        for sid in (all_of_it.user, person, document, PRIMARY):
            registry.assign_to_profile(all_of_it.profile, sid)
        for sid in (product, all_of_it.profile):
            registry.assign_to_trust_product(all_of_it.product, sid)
        registry.submit_profile(all_of_it.profile)
        registry.submit_trust_product(all_of_it.product)
        all_of_it.brand = registry.create_brand(all_of_it.profile, all_of_it.product)
        registry.brand(all_of_it.brand)
        all_of_it.service = registry.create_service(NAME, "http://127.0.0.1:1/in")
        found = registry.account_number(OWN)
        all_of_it.number = found.sid if found else ""
        refused = CAMPAIGN | {"brand_registration_sid": all_of_it.brand, "description": f"{CAMPAIGN['description']} reject-30886"}
        registry.create_campaign(all_of_it.service, refused)
        yield all_of_it


EDITS = {name: value for name, value in CAMPAIGN.items() if name != "us_app_to_person_usecase"} | {
    "age_gated": False,
    "direct_lending": False,
}
CALLS: dict[str, Callable[[Made], Any]] = {
    "profile_named": lambda made: made.registry.profile_named(NAME),
    "create_profile": lambda made: made.registry.create_profile("x", EMAIL),
    "trust_product_named": lambda made: made.registry.trust_product_named(NAME),
    "create_trust_product": lambda made: made.registry.create_trust_product("x", EMAIL),
    "end_user_named": lambda made: made.registry.end_user_named(NAME),
    "create_end_user": lambda made: made.registry.create_end_user("x", "authorized_representative_2", PERSON),
    "update_end_user": lambda made: made.registry.update_end_user(made.user, BUSINESS),
    "address_named": lambda made: made.registry.address_named(NAME),
    "create_address": lambda made: made.registry.create_address("x", ADDRESS),
    "update_address": lambda made: made.registry.update_address(made.address, ADDRESS),
    "document_named": lambda made: made.registry.document_named(NAME),
    "create_document": lambda made: made.registry.create_document("x", made.address),
    "assigned_to_profile": lambda made: made.registry.assigned_to_profile(made.profile),
    "assigned_to_trust_product": lambda made: made.registry.assigned_to_trust_product(made.product),
    "profile": lambda made: made.registry.profile(made.profile),
    "trust_product": lambda made: made.registry.trust_product(made.product),
    "evaluate_profile": lambda made: made.registry.evaluate_profile(made.profile),
    "evaluate_trust_product": lambda made: made.registry.evaluate_trust_product(made.product),
    "submit_profile": lambda made: made.registry.submit_profile(made.profile),
    "submit_trust_product": lambda made: made.registry.submit_trust_product(made.product),
    "brand_of": lambda made: made.registry.brand_of(made.profile, made.product),
    "create_brand": lambda made: made.registry.create_brand(made.profile, made.product),
    "brand": lambda made: made.registry.brand(made.brand),
    "service_named": lambda made: made.registry.service_named(NAME),
    "create_service": lambda made: made.registry.create_service("x", "http://127.0.0.1:1/in"),
    "is_registered": lambda made: made.registry.is_registered(made.service),
    "numbers_of": lambda made: made.registry.numbers_of(made.service),
    "attach": lambda made: made.registry.attach(made.service, made.number),
    "service_with": lambda made: made.registry.service_with(made.number),
    "account_number": lambda made: made.registry.account_number(OWN),
    "campaign_of": lambda made: made.registry.campaign_of(made.service),
    "update_campaign": lambda made: made.registry.update_campaign(made.service, CONSTANT, EDITS),
    "delete_campaign": lambda made: made.registry.delete_campaign(made.service, CONSTANT),
}
FAULTS = {
    "throttle": Throttled, "unauthorized": Account, "reject500": Away, "reset": Away, "accept500": Away, "acceptReset": Away,
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_answered(made, name):
    made.registry.campaign_of(made.service)  # it is decided when it is looked at
    CALLS[name](made)


@pytest.mark.parametrize("name", CALLS)
def test_no_trouble_escapes_raw_whatever_the_call(made, server, name):
    unreadable = {} if name == "delete_campaign" else {"garbage": Away}  # a deletion is known by its status alone
    for fault, expected in (FAULTS | unreadable).items():
        server.faults(api="twilio", call=".", **{fault: 1})
        with pytest.raises(expected):
            CALLS[name](made)


def test_an_answer_that_takes_too_long_is_none(made, server):
    server.faults(api="twilio", call=".", acceptTimeout=1, timeoutSeconds=2)
    with pytest.raises(Away):
        made.registry.create_service("late", "http://127.0.0.1:1/in")
    server.behave()
    assert made.registry.service_named("late")


def test_nobody_listening_is_away(made, settings):
    settings.TWILIO_API_BASE_URL = NOBODY_LISTENS
    with Registry() as registry, pytest.raises(Away):
        registry.profile_named(NAME)


def test_throttling_says_how_long_to_wait(made, server):
    server.faults(api="twilio", call=".", throttle=1, retryAfter=37)
    with pytest.raises(Throttled) as caught:
        made.registry.brand(made.brand)
    assert caught.value.wait_seconds == 37


def test_a_refusal_keeps_its_code_and_says_whether_something_written_is_wrong(made, server):
    made.registry.campaign_of(made.service)
    with pytest.raises(Refused) as written:
        made.registry.update_campaign(made.service, CONSTANT, EDITS | {"description": "short"})
    assert (written.value.code, written.value.is_validation) == (21728, True)
    server.control("POST", "registrations", {"edits": "beta"})
    with pytest.raises(Refused) as allowed:
        made.registry.update_campaign(made.service, CONSTANT, EDITS)
    assert (allowed.value.status, allowed.value.is_validation) == (403, False)
    with pytest.raises(Refused) as unknown:
        made.registry.brand("BN" + "0" * 32)
    assert unknown.value.is_unknown


def test_the_reasons_of_a_refusal_arrive_with_their_fields(made):
    campaign = made.registry.campaign_of(made.service)
    assert (campaign.sid, campaign.status) == (CONSTANT, "FAILED")
    assert [(problem.code, problem.fields) for problem in campaign.problems] == [(30886, ("DESCRIPTION",))]


def test_what_a_profile_lacks_arrives_with_its_fields(made):
    made.registry.update_end_user(made.user, BUSINESS | {"business_registration_number": ""})
    (problem,) = made.registry.evaluate_profile(made.profile)
    assert (problem.code, problem.fields) == (22215, ("business_registration_number",))


def test_the_platforms_tokens_are_in_no_fault(made, server):
    for fault in FAULTS:
        server.faults(api="twilio", call=".", **{fault: 1})
        with pytest.raises(tuple(FAULTS.values())) as caught:
            made.registry.brand(made.brand)
        assert "simulator-auth-token" not in str(caught.value) and made.brand not in str(caught.value)
