"""Whatever breaks at whichever call: it is recorded in our words, goes on where it stopped, and nothing is made twice."""

import datetime
import time

import pytest
import time_machine
from django.utils import timezone

from a2p.errors import TwilioError
from a2p.models import A2pCampaign, Attempt, AttemptEvent
from a2p.providers.connection import sorted_fault
from a2p.providers.registry import Registry
from a2p.providers.results import Account, Away, ProviderTrouble, Refused, Throttled
from a2p.services import refresh_campaign_status, save_brand, save_campaign, submit_or_update_campaign
from a2p.services.outcomes import ACCOUNT, AWAY, BUSY
from tenants.models import Tenant
from tests.a2p.submitting import cases, give_number, ready_campaign
from tests.support.simulator import SimulatorProcess

Status = A2pCampaign.Status
SENTENCES = {
    "unauthorized": ACCOUNT,
    "throttle": BUSY,
    "reject500": AWAY,
    "accept500": AWAY,
    "acceptTimeout": AWAY,
    "acceptReset": AWAY,
    "reset": AWAY,
    "garbage": AWAY,
}
NOTHING_DONE = ("unauthorized", "throttle", "reject500", "reset")
PROFILE, PRODUCT, SERVICE = "/trusthub/v1/CustomerProfiles", "/trusthub/v1/TrustProducts", "/messaging/v1/Services"
FIRST_CALLS = [
    f"GET {PROFILE}$",
    f"POST {PROFILE}$",
    "GET /trusthub/v1/EndUsers$",
    "POST /trusthub/v1/EndUsers$",
    "POST /trusthub/v1/EndUsers$ 1",
    "POST /trusthub/v1/EndUsers$ 2",
    "GET .*/Addresses.json$",
    "POST .*/Addresses.json$",
    "GET /trusthub/v1/SupportingDocuments$",
    "POST /trusthub/v1/SupportingDocuments$",
    f"GET {PROFILE}/BU[^/]+/EntityAssignments$",
    f"POST {PROFILE}/BU[^/]+/EntityAssignments$",
    f"POST {PROFILE}/BU[^/]+/EntityAssignments$ 3",
    f"POST {PROFILE}/BU[^/]+/Evaluations$",
    f"GET {PROFILE}/BU[^/]+$",
    f"POST {PROFILE}/BU[^/]+$",
    f"GET {PRODUCT}$",
    f"POST {PRODUCT}$",
    f"GET {PRODUCT}/BU[^/]+/EntityAssignments$",
    f"POST {PRODUCT}/BU[^/]+/EntityAssignments$",
    f"POST {PRODUCT}/BU[^/]+/Evaluations$",
    f"GET {PRODUCT}/BU[^/]+$",
    f"POST {PRODUCT}/BU[^/]+$",
    "GET /messaging/v1/a2p/BrandRegistrations$",
    "POST /messaging/v1/a2p/BrandRegistrations$",
    "GET /messaging/v1/a2p/BrandRegistrations/BN",
    f"GET {SERVICE}$",
    f"POST {SERVICE}$",
    f"GET {SERVICE}/MG[^/]+/PhoneNumbers$",
    f"POST {SERVICE}/MG[^/]+/PhoneNumbers$",
    "GET .*/IncomingPhoneNumbers.json$",
    f"GET {SERVICE}/MG[^/]+/Compliance/Usa2p$",
    f"POST {SERVICE}/MG[^/]+/Compliance/Usa2p$",
    f"GET {SERVICE}/MG[^/]+$",
]
CORRECTING_CALLS = [
    "POST /trusthub/v1/EndUsers/IT",
    "POST .*/Addresses/AD",
    "POST /messaging/v1/a2p/BrandRegistrations/BN",
]
EDITING_CALLS = [f"POST {SERVICE}/MG[^/]+/Compliance/Usa2p/QE", f"DELETE {SERVICE}/MG[^/]+/Compliance/Usa2p/QE"]


@pytest.fixture
def provider(simulator: SimulatorProcess, settings: object) -> SimulatorProcess:
    """The simulator, with a number of this business, and little patience for it."""
    settings.PROVIDER_TIMEOUT_SECONDS = 0.4
    give_number(simulator)
    return simulator


def break_call(provider: SimulatorProcess, call: str, fault: str) -> None:
    """Let one call go wrong, once; a number behind the pattern lets so many of them pass before."""
    pattern, _, skip = call.rpartition("$ ")
    wanted, passed = (f"{pattern}$", int(skip)) if pattern else (call, 0)
    provider.faults(api="twilio", call=wanted, skip=passed, count=1, timeoutSeconds=0.6, **{fault: 1})


def everything_made() -> dict[str, int]:
    """Return how many of each thing the provider has, as its own lists tell."""
    with Registry() as registry:
        client = registry.client
        trusthub = client.trusthub.v1
        services = client.messaging.v1.services.list()
        profiles = [row for row in trusthub.customer_profiles.list() if row.friendly_name.startswith("servicepro:")]
        return {
            "profiles": len(profiles),
            "end users": len(trusthub.end_users.list()),
            "addresses": len(client.addresses.list()),
            "documents": len(trusthub.supporting_documents.list()),
            "profile assignments": len(trusthub.customer_profiles(profiles[0].sid).customer_profiles_entity_assignments.list()),
            "trust products": len(trusthub.trust_products.list()),
            "brands": len(client.messaging.v1.brand_registrations.list()),
            "services": len(services),
            "numbers": sum(len(registry.numbers_of(row.sid)) for row in services),
            "campaigns": sum(len(client.messaging.v1.services(row.sid).us_app_to_person.list()) for row in services),
        }


ALL_ONCE = {
    "profiles": 1,
    "end users": 3,
    "addresses": 1,
    "documents": 1,
    "profile assignments": 4,
    "trust products": 1,
    "brands": 1,
    "services": 1,
    "numbers": 1,
    "campaigns": 1,
}


def assert_recorded(campaign: A2pCampaign, failed: TwilioError, fault: str) -> None:
    """The fault is the registration's state, in our sentence, and stands in the attempt's events."""
    campaign.refresh_from_db()
    assert (campaign.status, campaign.trusthub_status) == (Status.ERROR, "error")
    assert (failed.code, failed.message, campaign.trusthub_last_error) == ("A2P_TWILIO_ERROR", SENTENCES[fault], SENTENCES[fault])
    event = AttemptEvent.objects.last()
    assert event.outcome == ("refused" if fault == "unauthorized" else "unreachable")
    assert event.answer == {"sentence": SENTENCES[fault]}


@pytest.mark.parametrize("call", FIRST_CALLS)
def test_calls_that_come_to_nothing_are_taken_up_where_they_stopped(tenant: Tenant, provider: SimulatorProcess, call: str) -> None:
    campaign = ready_campaign()
    for turn, fault in enumerate(NOTHING_DONE):
        break_call(provider, call if turn == 0 else call.rstrip(" 0123456789"), fault)
        with pytest.raises(TwilioError) as failed:
            submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit" if turn else "submit")
        assert_recorded(campaign, failed.value, fault)
    assert_goes_through(campaign, provider)
    assert Attempt.objects.count() == len(NOTHING_DONE) + 1


@pytest.mark.parametrize("fault", [fault for fault in SENTENCES if fault not in NOTHING_DONE])
@pytest.mark.parametrize("call", [call for call in FIRST_CALLS if call.startswith("POST") and call.endswith("$")])
def test_calls_that_were_done_without_an_answer_are_not_done_again(
    tenant: Tenant, provider: SimulatorProcess, call: str, fault: str
) -> None:
    campaign = ready_campaign()
    break_call(provider, call, fault)
    with pytest.raises(TwilioError) as failed:
        submit_or_update_campaign(campaign.pk, actor=None, verb="submit")
    assert_recorded(campaign, failed.value, fault)
    assert_goes_through(campaign, provider)


def assert_goes_through(campaign: A2pCampaign, provider: SimulatorProcess) -> None:
    """The next press ends in an approval, and everything was made once."""
    provider.behave()
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    assert campaign.trusthub_last_error is None
    if campaign.status == Status.SUBMITTED:
        campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.APPROVED
    assert everything_made() == ALL_ONCE


@pytest.mark.parametrize("fault", ["unauthorized", "reject500", "accept500", "acceptTimeout"])
@pytest.mark.parametrize("call", CORRECTING_CALLS)
def test_a_fault_while_a_brand_is_corrected_corrects_it_once(tenant: Tenant, provider: SimulatorProcess, call: str, fault: str) -> None:
    campaign = submit_or_update_campaign(ready_campaign(contact_title="Owner reject-30799").pk, actor=None, verb="submit")
    campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.REJECTED
    save_brand(None, {"contact_title": "Owner", "street": "14 Main Street"})
    break_call(provider, call, fault)
    with pytest.raises(TwilioError) as failed:
        submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    assert_recorded(campaign, failed.value, fault)
    provider.behave()
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    while campaign.status == Status.SUBMITTED:
        campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.APPROVED
    assert everything_made() == ALL_ONCE
    assert [row["updates"] for row in provider.control("GET", "registrations") if row["kind"] == "brand"] == [1]
    with Registry() as registry:
        assert registry.client.addresses.list()[0].street == "14 Main Street"


@pytest.mark.parametrize("fault", ["throttle", "reject500", "accept500", "acceptReset"])
@pytest.mark.parametrize("call", EDITING_CALLS)
def test_a_fault_while_a_campaign_is_corrected_leaves_one_campaign(
    tenant: Tenant, provider: SimulatorProcess, call: str, fault: str
) -> None:
    good = ready_campaign().description
    campaign = submit_or_update_campaign(ready_campaign(description=f"{good} reject-30886").pk, actor=None, verb="submit")
    campaign = refresh_campaign_status(campaign.pk)
    save_campaign(None, {"description": good} | ({"use_case": "MIXED"} if call.startswith("DELETE") else {}))
    break_call(provider, call, fault)
    with pytest.raises(TwilioError) as failed:
        submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit", confirmed_fee=True)
    assert_recorded(campaign, failed.value, fault)
    provider.behave()
    submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit", confirmed_fee=True)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=15)):
        campaign = refresh_campaign_status(campaign.pk)
        campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.APPROVED
    assert everything_made() == ALL_ONCE


@pytest.mark.parametrize("fault", ["unauthorized", "throttle", "accept500", "acceptTimeout", "reset"])
def test_a_fault_while_the_beat_goes_on_is_tried_again_by_itself(tenant: Tenant, provider: SimulatorProcess, fault: str) -> None:
    provider.control("POST", "registrations", {"brandSeconds": 3_600})
    campaign = submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    provider.control("POST", "registrations/advance", {"seconds": 7_200})
    break_call(provider, f"POST {SERVICE}/MG[^/]+/Compliance/Usa2p$", fault)
    with pytest.raises(TwilioError):
        refresh_campaign_status(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.trusthub_last_error) == (Status.SUBMITTED, SENTENCES[fault])
    provider.behave()
    refresh_campaign_status(campaign.pk)
    assert refresh_campaign_status(campaign.pk).status == Status.APPROVED
    assert everything_made() == ALL_ONCE


def test_what_the_provider_refuses_is_explained_in_our_words(tenant: Tenant, provider: SimulatorProcess, settings: object) -> None:
    settings.TWILIO_PRIMARY_PROFILE_SID = "BU" + "0" * 32
    campaign = ready_campaign()
    with pytest.raises(TwilioError) as failed:
        submit_or_update_campaign(campaign.pk, actor=None, verb="submit")
    campaign.refresh_from_db()
    assert campaign.status == Status.ERROR
    assert "Twilio" in failed.value.message and "HTTP" not in failed.value.message and "BU0" not in failed.value.message
    assert failed.value.details == {"step": "profile-parts"}


@pytest.mark.parametrize("setting", ["TWILIO_ACCOUNT_SID", "TWILIO_PRIMARY_PROFILE_SID"])
def test_a_server_that_is_not_set_up_says_so_and_makes_nothing(
    tenant: Tenant, provider: SimulatorProcess, settings: object, setting: str
) -> None:
    setattr(settings, setting, "")
    campaign = ready_campaign()
    with pytest.raises(TwilioError, match="not set up"):
        submit_or_update_campaign(campaign.pk, actor=None, verb="submit")
    campaign.refresh_from_db()
    assert campaign.status == Status.ERROR
    assert cases(provider) == {}


def test_no_log_line_holds_what_was_sent(tenant: Tenant, provider: SimulatorProcess, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    for private in ("84-1234567", "jody@", "+19185550123", "Fields", "simulator-auth-token"):
        assert private not in caplog.text


def test_what_is_kept_of_an_attempt_holds_no_whole_tax_number_and_no_phone(tenant: Tenant, provider: SimulatorProcess) -> None:
    submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    kept = f"{Attempt.objects.get().sent}{list(AttemptEvent.objects.values_list('answer', flat=True))}"
    assert "4567" in kept and "1234567" not in kept and "+19185550123" not in kept


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, '{"code": 21728, "message": "too long"}', Refused, 21728),
        (403, '{"code": 20403, "message": "no"}', Refused, 20403),
        (404, "", Refused, 404),
        (422, '{"type": "t", "title": "t", "status": 422, "code": 20001}', Refused, 20001),
        (401, "<html>no</html>", Account, 401),
        (400, '{"code": 20003}', Account, 20003),
        (429, "", Throttled, 20429),
        (503, '{"code": 20429}', Throttled, 20429),
        (500, '{"code": 20500}', Away, 0),
        (502, "<html>Bad Gateway</html>", Away, 0),
        (400, "[1]", Refused, 400),
    ],
)
def test_every_kind_of_answer_is_sorted(status: int, body: str, kind: type[ProviderTrouble], code: int) -> None:
    trouble = sorted_fault(status, body, "Sat, 01 Jan 2028 00:00:00 GMT")
    assert type(trouble) is kind and trouble.code == code


def test_calls_about_brands_and_campaigns_are_kept_apart(tenant: Tenant, provider: SimulatorProcess, settings: object) -> None:
    settings.A2P_SECONDS_BETWEEN_CALLS = 0.2
    with Registry() as registry:
        registry.brand_of("BU1", "BU2")
        begins = time.monotonic()
        for _call in range(3):
            registry.brand_of("BU1", "BU2")
        assert time.monotonic() - begins >= 0.5
