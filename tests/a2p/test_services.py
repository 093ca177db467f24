"""A registration as its owner fills it in."""

import pytest
from django.test import Client

from a2p.errors import BadRegistration, NeedsConfirmation, NotNow
from a2p.models import A2pCampaign, Attempt, Brand
from a2p.providers.registry import Registry
from a2p.services import (
    attach_number,
    brand_row,
    campaign_row,
    ensure_brand_for_tenant,
    findings_for,
    refresh_campaign_status,
    save_brand,
    save_campaign,
    submit_or_update_campaign,
)
from customers.types import TEXTS_TERMS, TEXTS_WORDING
from messaging.models import Line
from tenants.models import Tenant
from tenants.selectors import AuditEntry
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.a2p.submitting import OWN_NUMBER, cases, fields_of, give_number, ready_campaign
from tests.support.simulator import SimulatorProcess

Status = A2pCampaign.Status


def test_a_draft_begins_in_the_words_of_the_business(tenant: Tenant) -> None:
    campaign = campaign_row()
    assert campaign.status == Status.DRAFT
    assert tenant.name in campaign.samples[0]
    assert campaign.brand.display_name == tenant.name
    assert {finding.field for finding in findings_for(campaign)} >= {"legal_name", "registration_number", "website"}
    assert campaign_row().pk == campaign.pk


def test_how_people_agree_is_told_as_the_page_to_register_has_it(tenant: Tenant, client: Client) -> None:
    flow = campaign_row().message_flow
    assert TEXTS_WORDING.format(business=tenant.name) in flow and TEXTS_TERMS in flow and "/portal/register:" in flow
    assert not [finding for finding in findings_for(campaign_row()) if finding.field == "message_flow"]
    assert client.get("/portal/register", HTTP_HOST="shop.localhost").status_code == 200


def test_a_complete_draft_is_ready_and_an_incomplete_one_is_not(tenant: Tenant) -> None:
    save_brand(None, fields_of(BRAND))
    campaign = save_campaign(None, fields_of(CAMPAIGN))
    assert [finding.message for finding in findings_for(campaign) if finding.severity == "blocks"] == []
    assert campaign.status == Status.READY_TO_SUBMIT
    assert save_campaign(None, {"samples": ["Too short"]}).status == Status.DRAFT
    save_campaign(None, fields_of(CAMPAIGN))
    save_brand(None, {"registration_number": ""})
    assert campaign_row().status == Status.DRAFT


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED])
def test_what_is_under_review_or_approved_is_not_changed(tenant: Tenant, status: str) -> None:
    A2pCampaign.objects.filter(pk=campaign_row().pk).update(status=status)
    with pytest.raises(NotNow):
        save_campaign(None, {"description": "Something else"})
    with pytest.raises(NotNow):
        save_brand(None, {"legal_name": "Somebody else LLC"})
    assert Brand.objects.get().legal_name == ""


@pytest.mark.parametrize("status", [Status.REJECTED, Status.ERROR])
def test_what_was_refused_can_be_corrected_and_stays_refused(tenant: Tenant, status: str) -> None:
    A2pCampaign.objects.filter(pk=campaign_row().pk).update(status=status)
    save_brand(None, fields_of(BRAND))
    assert save_campaign(None, fields_of(CAMPAIGN)).status == status


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_phone", "12"),
        ("legal_name", "x" * 300),
        ("legal_name", "a\x00b"),
        ("twilio_brand_sid", "BN1"),
        ("street", "a\nb"),
        ("country", "USA"),
    ],
)
def test_a_field_of_the_business_that_cannot_be_kept_is_named(tenant: Tenant, field: str, value: str) -> None:
    with pytest.raises(BadRegistration) as refused:
        save_brand(None, {field: value})
    assert list(refused.value.details["fields"]) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "APPROVED"),
        ("samples", "no list"),
        ("samples", ["x" * 20_000]),
        ("has_embedded_links", "yes"),
        ("description", None),
        ("description", "\ud800"),
    ],
)
def test_a_field_of_the_campaign_that_cannot_be_kept_is_named(tenant: Tenant, field: str, value: object) -> None:
    with pytest.raises(BadRegistration) as refused:
        save_campaign(None, {field: value})
    assert list(refused.value.details["fields"]) == [field]


def test_names_beyond_ascii_are_kept_and_the_tax_number_is_in_no_trail(tenant: Tenant) -> None:
    save_brand(None, {**fields_of(BRAND), "legal_name": "Café Zoë LLC", "registration_number": "84-1234567"})
    assert brand_row().legal_name == "Café Zoë LLC"
    assert "84-1234567" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_a_number_that_serves_something_else_stays_there_until_its_owner_says_so(tenant: Tenant, simulator: SimulatorProcess) -> None:
    with Registry() as registry:
        live = registry.create_service("the live one", "https://elsewhere.example/texts")
        give_number(simulator, serviceSid=live)
        number = registry.account_number(OWN_NUMBER)
        campaign = submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
        assert registry.service_with(number.sid) == live
        assert (campaign.numbers_total, Line.objects.get().messaging_service_sid) == (0, "")
        with pytest.raises(NeedsConfirmation, match="another messaging service"):
            attach_number(OWN_NUMBER, actor=None)
        assert registry.service_with(number.sid) == live
        assert attach_number(OWN_NUMBER, actor=None, confirmed=True)
        assert registry.service_with(number.sid) == campaign.messaging_service_sid
        assert not attach_number(OWN_NUMBER, actor=None)
    campaign.refresh_from_db()
    assert campaign.numbers_total == 1


def test_a_number_whose_texts_go_elsewhere_is_not_attached_by_itself(tenant: Tenant, simulator: SimulatorProcess) -> None:
    give_number(simulator, inboundUrl="https://elsewhere.example/texts")
    assert submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit").numbers_total == 0
    with pytest.raises(NeedsConfirmation, match="another address"):
        attach_number(OWN_NUMBER, actor=None)


def test_nobody_attaches_a_number_of_another_business(tenant: Tenant, simulator: SimulatorProcess) -> None:
    give_number(simulator, "+15125550177")
    submit_or_update_campaign(ready_campaign().pk, actor=None, verb="submit")
    with pytest.raises(BadRegistration):
        attach_number("+15125550177", actor=None, confirmed=True)


def test_what_a_reviewer_would_refuse_is_not_sent(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = ready_campaign()
    A2pCampaign.objects.filter(pk=campaign.pk).update(status=Status.ERROR, samples=["Too short"])
    with pytest.raises(BadRegistration) as refused:
        submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    assert "samples" in refused.value.details["fields"]
    assert Attempt.objects.count() == 0


def test_a_brand_can_be_registered_before_there_is_a_campaign(tenant: Tenant, simulator: SimulatorProcess) -> None:
    ready_campaign()
    sid = ensure_brand_for_tenant()
    assert sid.startswith("BN") and ensure_brand_for_tenant() == sid
    assert cases(simulator) == {"CustomerProfiles": 1, "TrustProducts": 1, "brand": 1}
    assert submit_or_update_campaign(campaign_row().pk, actor=None, verb="submit").brand.twilio_brand_sid == sid


def test_a_brand_is_not_registered_without_what_it_needs(tenant: Tenant, simulator: SimulatorProcess) -> None:
    with pytest.raises(BadRegistration):
        ensure_brand_for_tenant()
    assert cases(simulator) == {}


def test_a_profile_that_is_incomplete_is_a_rejection_with_its_fields(tenant: Tenant, simulator: SimulatorProcess) -> None:
    campaign = submit_or_update_campaign(ready_campaign(contact_title="Owner reject-22215").pk, actor=None, verb="submit")
    while campaign.status == Status.SUBMITTED:
        campaign = refresh_campaign_status(campaign.pk)
    assert (campaign.status, [row["code"] for row in campaign.brand.rejections]) == (Status.REJECTED, [22215])
    assert campaign.trusthub_last_error
    save_brand(None, {"contact_title": "Owner"})
    campaign = submit_or_update_campaign(campaign.pk, actor=None, verb="resubmit")
    while campaign.status == Status.SUBMITTED:
        campaign = refresh_campaign_status(campaign.pk)
    assert campaign.status == Status.APPROVED
