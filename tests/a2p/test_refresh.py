"""What is heard of a registration, over weeks, from people and from the beat."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from a2p.errors import NeedsConfirmation, NotNow, TwilioError
from a2p.models import A2pCampaign, Attempt, AttemptEvent
from a2p.providers.registry import Registry
from a2p.selectors import is_us_texting_approved
from a2p.services import refresh_campaign_status, refresh_open, save_brand, save_campaign, submit_or_update_campaign
from a2p.tasks import refresh_open_everywhere
from messaging.models import UsTexting
from servicepro.lib.tenancy import connection
from tenants.models import Tenant
from tests.a2p.submitting import cases, give_number, ready_campaign
from tests.support.simulator import SimulatorProcess

Status = A2pCampaign.Status
ONE_OF_EACH = {"CustomerProfiles": 1, "TrustProducts": 1, "brand": 1, "campaign": 1}


def submitted(simulator: SimulatorProcess, *, reviews: dict[str, object] | None = None, **changes: object) -> A2pCampaign:
    """Return a registration that was just submitted."""
    give_number(simulator)
    if reviews:
        simulator.control("POST", "registrations", reviews)
    return submit_or_update_campaign(ready_campaign(**changes).pk, actor=None, verb="submit")


def test_it_is_under_review_until_the_campaign_is_verified(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, reviews={"campaignSeconds": 86_400})
    assert (campaign.status, campaign.trusthub_status, campaign.trusthub_last_error) == (Status.SUBMITTED, "submitted", None)
    assert campaign.submitted_at and not campaign.approved_at
    refresh_open()
    assert not is_us_texting_approved()
    simulator.control("POST", "registrations/advance", {"seconds": 90_000})
    assert refresh_open() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.trusthub_status) == (Status.APPROVED, "approved")
    assert campaign.approved_at and campaign.campaign_id and is_us_texting_approved()
    assert (campaign.numbers_total, campaign.numbers_provisioned, campaign.brand.identity_status) == (1, 1, "VERIFIED")
    assert cases(simulator) == ONE_OF_EACH


def test_the_beat_goes_on_by_itself_when_the_brand_is_approved(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, reviews={"brandSeconds": 3 * 86_400})
    assert (campaign.status, campaign.twilio_campaign_sid, campaign.brand.brand_status) == (Status.SUBMITTED, "", "PENDING")
    simulator.control("POST", "registrations/advance", {"seconds": 4 * 86_400})
    for _tick in range(3):
        refresh_open_everywhere()
    connection.set_tenant(tenant)
    campaign.refresh_from_db()
    assert campaign.status == Status.APPROVED
    assert cases(simulator) == ONE_OF_EACH
    assert Attempt.objects.count() == 1


def test_a_rejected_campaign_is_explained_edited_in_place_and_approved(tenant: Tenant, simulator: SimulatorProcess) -> None:
    good = ready_campaign().description
    campaign = submitted(simulator, description=f"{good} reject-30896:MESSAGE_FLOW")
    campaign = refresh_campaign_status(campaign.pk)
    assert (campaign.status, campaign.trusthub_status) == (Status.REJECTED, "rejected")
    assert [(row["code"], row["fields"]) for row in campaign.rejections] == [(30896, ["message_flow"])]
    assert campaign.rejected_at and campaign.trusthub_last_error.startswith("How people agree")
    save_campaign(None, {"description": good})
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    assert campaign.status == Status.SUBMITTED
    assert refresh_campaign_status(campaign.pk).status == Status.APPROVED
    assert cases(simulator) == ONE_OF_EACH
    second = Attempt.objects.get(number=2)
    assert list(second.difference) == ["description"]


def test_a_rejected_brand_is_corrected_and_read_again(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, contact_title="Owner reject-30799")
    campaign = refresh_campaign_status(campaign.pk)
    assert (campaign.status, campaign.brand.brand_status) == (Status.REJECTED, "FAILED")
    assert [row["code"] for row in campaign.brand.rejections] == [30799]
    save_brand(None, {"contact_title": "Owner"})
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    campaign = refresh_campaign_status(campaign.pk)
    campaign = refresh_campaign_status(campaign.pk)
    assert (campaign.status, campaign.brand.corrections, campaign.brand.rejections) == (Status.APPROVED, 1, [])
    assert cases(simulator) == ONE_OF_EACH


def test_a_brand_is_corrected_three_times_and_no_more(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, contact_title="Owner reject-30799")
    for expected in (1, 2, 3, 3):
        campaign = refresh_campaign_status(campaign.pk) if campaign.status == Status.SUBMITTED else campaign
        assert campaign.status == Status.REJECTED
        campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
        assert campaign.brand.corrections == expected
    assert campaign.status == Status.REJECTED
    assert [(row["code"], row["is_final"]) for row in campaign.brand.rejections] == [(21724, True)]
    assert cases(simulator)["brand"] == 1


@pytest.mark.parametrize(("change", "cooldown"), [("edits", 30), ("use case", 30), ("use case", 1_200)])
def test_making_it_anew_waits_for_a_yes_to_the_fee(tenant: Tenant, simulator: SimulatorProcess, change: str, cooldown: int) -> None:
    good = ready_campaign().description
    campaign = submitted(
        simulator,
        description=f"{good} reject-30886",
        reviews={"edits": "beta" if change == "edits" else "allowed", "cooldownSeconds": cooldown},
    )
    campaign = refresh_campaign_status(campaign.pk)
    save_campaign(None, {"description": good} | ({"use_case": "MIXED"} if change == "use case" else {}))
    with pytest.raises(NeedsConfirmation, match="fee"):
        submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    campaign.refresh_from_db()
    assert (campaign.status, [row["code"] for row in campaign.rejections]) == (Status.REJECTED, [30886])
    assert cases(simulator)["campaign"] == 1
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit", confirmed_fee=True)
    assert (campaign.status, cases(simulator)["campaign"]) == (Status.SUBMITTED, 0)
    assert refresh_campaign_status(campaign.pk).status == Status.SUBMITTED  # the removal is not finished yet
    assert cases(simulator)["campaign"] == 0
    for minutes in (15, 30):
        simulator.control("POST", "registrations/advance", {"seconds": 900})
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=minutes)):
            refresh_open()
            refresh_open()
    campaign.refresh_from_db()
    assert campaign.status == Status.APPROVED
    assert cases(simulator) == ONE_OF_EACH


def test_a_status_nobody_has_heard_of_stays_under_review_and_is_logged(
    tenant: Tenant, simulator: SimulatorProcess, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = submitted(simulator, description=f"{ready_campaign().description} status-PONDERED")
    assert refresh_campaign_status(campaign.pk).status == Status.SUBMITTED
    assert "a2p_unknown_campaign_status" in caplog.text and "PONDERED" in caplog.text


def test_an_approval_that_is_taken_back_ends_texting(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = refresh_campaign_status(submitted(simulator).pk)
    assert is_us_texting_approved()
    simulator.control("POST", "registrations/decide", {"sid": campaign.messaging_service_sid, "status": "SUSPENDED"})
    assert refresh_open() == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25)):
        assert refresh_open() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.trusthub_status) == (Status.REJECTED, "suspended")
    assert not is_us_texting_approved()


def test_a_refresh_without_an_answer_leaves_the_status_alone(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = refresh_campaign_status(submitted(simulator).pk)
    simulator.faults(api="twilio", reject500=1)
    with pytest.raises(TwilioError):
        refresh_campaign_status(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.trusthub_status) == (Status.APPROVED, "approved")
    assert "could not be reached" in campaign.trusthub_last_error
    assert is_us_texting_approved()
    simulator.behave()
    assert refresh_campaign_status(campaign.pk).trusthub_last_error is None


def test_errors_beside_a_review_that_still_runs_do_not_end_it(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, description=f"{ready_campaign().description} pending-with-30886")
    assert refresh_campaign_status(campaign.pk).status == Status.SUBMITTED


def test_nothing_is_refreshed_that_was_not_submitted(tenant: Tenant, simulator: SimulatorProcess) -> None:
    with pytest.raises(NotNow):
        refresh_campaign_status(ready_campaign().pk)
    assert refresh_open() == 0
    assert AttemptEvent.objects.count() == 0


def test_one_business_without_an_answer_keeps_no_other_waiting(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, reviews={"brandSeconds": 3_600})
    simulator.faults(api="twilio", unauthorized=1)
    refresh_open_everywhere()
    connection.set_tenant(tenant)
    campaign.refresh_from_db()
    assert campaign.status == Status.SUBMITTED
    assert "does not let us in" in campaign.trusthub_last_error


def test_days_without_an_answer_are_one_line_of_the_history(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, reviews={"brandSeconds": 3_600})
    before = AttemptEvent.objects.count()
    simulator.faults(api="twilio", reset=1)
    for _tick in range(5):
        with pytest.raises(TwilioError):
            refresh_campaign_status(campaign.pk)
    assert AttemptEvent.objects.count() == before + 1


def test_an_approved_campaign_that_is_reviewed_again_may_not_text_meanwhile(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = refresh_campaign_status(submitted(simulator).pk)
    simulator.control("POST", "registrations", {"reviews": "held"})
    simulator.control("POST", "registrations/decide", {"sid": campaign.messaging_service_sid, "status": "IN_PROGRESS"})
    assert refresh_campaign_status(campaign.pk).status == Status.SUBMITTED
    assert not is_us_texting_approved() and not UsTexting.objects.get().is_approved


def test_a_campaign_that_is_gone_is_made_anew_by_the_next_press(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = refresh_campaign_status(submitted(simulator).pk)
    with Registry() as registry:
        registry.delete_campaign(campaign.messaging_service_sid, campaign.twilio_campaign_sid)
    campaign = refresh_campaign_status(campaign.pk)
    assert (campaign.status, campaign.rejections[0]["code"], campaign.twilio_campaign_sid) == (Status.REJECTED, 30904, "")
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    assert refresh_campaign_status(campaign.pk).status == Status.APPROVED
    assert cases(simulator) == ONE_OF_EACH


def test_a_campaign_that_vanishes_under_review_is_not_paid_for_again_unasked(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submitted(simulator, reviews={"campaignSeconds": 3_600})
    with Registry() as registry:
        registry.delete_campaign(campaign.messaging_service_sid, campaign.twilio_campaign_sid)
    assert refresh_campaign_status(campaign.pk).status == Status.SUBMITTED  # a list may lag behind
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=15)):
        refresh_open()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.rejections[0]["code"]) == (Status.REJECTED, 30904)
    assert cases(simulator)["campaign"] == 0


def test_a_name_beyond_ascii_arrives_as_it_is_written(tenant: Tenant, simulator: SimulatorProcess) -> None:
    submitted(simulator, legal_name="Café Zoë & Søn LLC")
    with Registry() as registry:
        names = [user.attributes.get("business_name") for user in registry.client.trusthub.v1.end_users.list()]
        assert [name for name in names if name] == ["Café Zoë & Søn LLC"]
        assert registry.client.addresses.list()[0].customer_name == "Café Zoë & Søn LLC"
