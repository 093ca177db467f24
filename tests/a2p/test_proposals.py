"""What can be changed for the owner: an answer to what was found or refused, never worse than what stood there."""

import pytest

from a2p.errors import NotNow
from a2p.models import A2pCampaign
from a2p.services import campaign_row, findings_for, save_brand, save_campaign
from a2p.services.proposals import propose_rewrites, use_proposal
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.a2p.test_services import fields_of

Status = A2pCampaign.Status


@pytest.fixture
def ready(tenant) -> A2pCampaign:
    save_brand(None, fields_of(BRAND))
    return save_campaign(None, fields_of(CAMPAIGN))


def proposed(campaign: A2pCampaign) -> dict[str, object]:
    return {proposal.field: proposal.after for proposal in propose_rewrites(campaign)}


def test_what_nobody_objects_to_is_left_alone(ready):
    assert proposed(ready) == {}


def test_samples_without_a_way_out_get_one(ready):
    campaign = save_campaign(None, {"samples": [sample.replace(" Reply STOP to opt out.", "") for sample in CAMPAIGN.samples]})
    assert campaign.status == Status.DRAFT
    assert proposed(campaign) == {"samples": list(CAMPAIGN.samples)}
    assert use_proposal(campaign, "samples", actor=None).status == Status.READY_TO_SUBMIT


@pytest.mark.parametrize(
    ("field", "value", "after"),
    [("has_embedded_links", False, True), ("opt_out_keywords", ["QUIT"], ["STOP", "QUIT"])],
)
def test_what_was_declared_wrongly_is_declared_rightly(ready, field, value, after):
    campaign = save_campaign(None, {field: value})
    assert proposed(campaign)[field] == after
    assert findings_for(use_proposal(campaign, field, actor=None)) == findings_for(ready)


@pytest.mark.parametrize("field", ["opt_out_message", "help_message"])
def test_an_answer_that_does_not_say_who_we_are_is_said_in_our_words(ready, field):
    campaign = save_campaign(None, {field: "Thanks for your message, have a nice day."})
    assert str(proposed(campaign)[field]).startswith("Clean Machine Auto Detail:")


def test_a_refusal_is_answered_where_nothing_was_found(ready):
    samples = [CAMPAIGN.samples[0], CAMPAIGN.samples[1].replace(" Reply STOP to opt out.", "")]
    save_campaign(None, {"samples": samples})
    refusal = {"code": 30887, "meaning": "", "fix": "Say how to stop.", "fields": ["samples"], "is_final": False}
    A2pCampaign.objects.update(status=Status.REJECTED, rejections=[refusal])
    assert proposed(campaign_row()) == {"samples": list(CAMPAIGN.samples)}


def test_what_would_be_refused_for_another_reason_is_not_proposed(ready):
    refusal = {"code": 30893, "meaning": "", "fix": "", "fields": ["has_embedded_links"], "is_final": False}
    A2pCampaign.objects.update(status=Status.REJECTED, rejections=[refusal])
    assert proposed(campaign_row()) == {}


def test_what_is_not_proposed_cannot_be_used(ready):
    for field in ("description", "status", ""):
        with pytest.raises(NotNow):
            use_proposal(ready, field, actor=None)
