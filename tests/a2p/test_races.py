"""Two owners, two presses, a crash in between: one registration comes of it."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from a2p.errors import NotNow, UnknownRegistration
from a2p.models import A2pCampaign, Attempt
from a2p.providers.registry import Registry
from a2p.services import campaign_row, refresh_campaign_status, save_campaign, submit_or_update_campaign
from a2p.services.registration import LOCK_SPACE
from servicepro.lib.errors import ServiceProError
from servicepro.lib.locks import advisory_lock
from tenants.models import Tenant
from tests.a2p.submitting import cases, give_number, ready_campaign
from tests.support.simulator import SimulatorProcess

Status = A2pCampaign.Status


def at_once(tenant: Tenant, count: int, act: Callable[[], object]) -> list[object]:
    """Return what each of several people got who did the same at the same moment."""
    answers: list[object] = []
    start = threading.Barrier(count)

    def work() -> None:
        try:
            with tenant_context(tenant):
                start.wait(timeout=10)
                answers.append(act())
        except ServiceProError as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def test_of_several_presses_at_once_one_submits(tenant: Tenant, simulator: SimulatorProcess) -> None:
    give_number(simulator)
    pk = ready_campaign().pk
    answers = at_once(tenant, 4, lambda: submit_or_update_campaign(pk, actor=None, verb="submit").status)
    assert sorted(str(answer) for answer in answers if not isinstance(answer, NotNow)) == [Status.SUBMITTED]
    assert sum(isinstance(answer, NotNow) for answer in answers) == 3
    assert Attempt.objects.count() == 1
    assert cases(simulator) == {"CustomerProfiles": 1, "TrustProducts": 1, "brand": 1, "campaign": 1}


def test_two_pages_opened_at_once_make_one_draft(tenant: Tenant) -> None:
    answers = at_once(tenant, 4, lambda: campaign_row().pk)
    assert len(answers) == 4 and len(set(answers)) == 1
    assert A2pCampaign.objects.count() == 1


def test_a_press_while_somebody_is_at_it_is_told_so(tenant: Tenant, simulator: SimulatorProcess) -> None:
    pk = ready_campaign().pk

    def press() -> object:
        return submit_or_update_campaign(pk, actor=None, verb="submit")

    with advisory_lock(LOCK_SPACE, tenant.schema_name):
        (answer,) = at_once(tenant, 1, press)
    assert isinstance(answer, NotNow) and "Somebody else" in answer.message
    assert A2pCampaign.objects.get().status == Status.READY_TO_SUBMIT


def test_a_second_press_and_an_edit_after_the_first_are_refused(tenant: Tenant, simulator: SimulatorProcess) -> None:
    pk = ready_campaign().pk
    simulator.control("POST", "registrations", {"brandSeconds": 3_600})
    submit_or_update_campaign(pk, actor=None, verb="submit")
    for verb in ("submit", "resubmit"):
        with pytest.raises(NotNow):
            submit_or_update_campaign(pk, actor=None, verb=verb)
    with pytest.raises(NotNow):
        save_campaign(None, {"description": "Something else entirely"})
    assert Attempt.objects.count() == 1


class Killed(BaseException):
    """The worker is gone between two lines."""


@pytest.mark.parametrize("made", ["create_profile", "create_address", "create_brand", "create_service", "attach", "create_campaign"])
def test_a_worker_that_dies_after_a_call_leaves_nothing_to_be_made_twice(
    tenant: Tenant, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    give_number(simulator)
    campaign = ready_campaign()
    call = getattr(Registry, made)

    def die_after(*args: object, **named: object) -> None:
        call(*args, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Registry, made, die_after)
        with pytest.raises(Killed):
            submit_or_update_campaign(campaign.pk, actor=None, verb="submit")
    campaign.refresh_from_db()
    assert campaign.status == Status.SUBMITTED
    while campaign.status == Status.SUBMITTED:
        campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.APPROVED
    assert cases(simulator) == {"CustomerProfiles": 1, "TrustProducts": 1, "brand": 1, "campaign": 1}
    with Registry() as registry:
        assert len(registry.client.messaging.v1.services.list()) == len(registry.client.addresses.list()) == 1


def test_two_businesses_of_one_account_never_share_anything(tenant: Tenant, indian_tenant: Tenant, simulator: SimulatorProcess) -> None:
    with tenant_context(tenant):
        first = submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    with tenant_context(indian_tenant):
        with pytest.raises(UnknownRegistration):
            refresh_campaign_status(first.pk + 1_000)
        second = submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    for name in ("customer_profile_sid", "business_sid", "address_sid", "document_sid", "trust_product_sid", "twilio_brand_sid"):
        assert getattr(first.brand, name) != getattr(second.brand, name)
    assert first.messaging_service_sid != second.messaging_service_sid
    assert first.twilio_campaign_sid == second.twilio_campaign_sid  # the same for every campaign there is


def test_a_sole_proprietor_is_told_that_we_do_it_by_hand(tenant: Tenant, simulator: SimulatorProcess) -> None:
    pk = ready_campaign(company_type="sole_proprietor", business_type="", registration_number="").pk
    with pytest.raises(NotNow, match="by hand"):
        submit_or_update_campaign(pk, actor=None, verb="submit")
    assert cases(simulator) == {}
