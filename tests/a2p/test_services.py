"""A registration as its owner fills it in."""

import dataclasses

import pytest

from a2p.errors import BadRegistration, NotNow
from a2p.models import A2pCampaign, Brand
from a2p.services import brand_row, campaign_row, findings_for, save_brand, save_campaign
from tenants.models import Tenant
from tenants.selectors import AuditEntry
from tests.a2p.registering import BRAND, CAMPAIGN

Status = A2pCampaign.Status


def fields_of(facts: object) -> dict[str, object]:
    """Return facts as a form gives them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(facts).items()}


def test_a_draft_begins_in_the_words_of_the_business(tenant: Tenant) -> None:
    campaign = campaign_row()
    assert campaign.status == Status.DRAFT
    assert tenant.name in campaign.samples[0]
    assert campaign.brand.display_name == tenant.name
    assert {finding.field for finding in findings_for(campaign)} >= {"legal_name", "registration_number", "website"}
    assert campaign_row().pk == campaign.pk


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
