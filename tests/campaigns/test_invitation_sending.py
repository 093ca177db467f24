"""Sending invitations: once each, offers promised, WhatsApp with a text as fallback, tries with waits, halts, pauses."""

import pytest

from campaigns.models import Target
from campaigns.selectors import campaign_counts, invitation_stats
from campaigns.services import drain, start_campaign
from customers.models import Customer
from loyalty.models import OfferCode
from tests.campaigns.inviting import PLAIN, TEXT, an_offer, check_laws, finish, invite, listed


def test_everybody_of_the_list_gets_one_text_with_their_own_code_and_link(tenant, simulator):
    people = listed(7)
    campaign = invite(offer=an_offer(), text=TEXT)
    start_campaign(campaign, actor=None, confirmed_count=7)
    finish(campaign)
    assert campaign.status == "completed"
    check_laws(campaign, simulator)
    bodies = {text["to"]: text["body"] for text in simulator.texts()}
    codes = dict(OfferCode.objects.values_list("customer_id", "code"))
    targets = {target.customer_id: target for target in Target.objects.all()}
    assert len(bodies) == 7
    for person in people:
        body = bodies[person.phone]
        assert body.startswith(f"Hi {person.name.split()[0]}! Clean Machine Auto Detail gives you 15% OFF: {codes[person.pk]} http")
        assert "/i/" in body and targets[person.pk].sms_status == "sent"
    assert not Customer.objects.filter(pk__in=codes, invited_at=None).exists()


def test_whatsapp_goes_as_the_approved_template_to_whoever_opted_in(tenant, simulator):
    willing = listed(3, whatsapp_consent=True)
    listed(2, first=300)
    campaign = invite("whatsapp")
    start_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert {text["to"] for text in simulator.texts()} == {f"whatsapp:{person.phone}" for person in willing}
    assert campaign_counts(campaign.pk).skipped_by_reason == {"consent_required": 2}
    assert "WELCOME-" in simulator.texts()[0]["body"]


def test_both_channels_reach_everybody_once(tenant, simulator):
    listed(3, whatsapp_consent=True)
    listed(2, first=300)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    ways = sorted(text["to"].startswith("whatsapp:") for text in simulator.texts())
    assert ways == [False, False, True, True, True]
    assert invitation_stats(campaign).sent == 5


def test_an_invitation_without_an_offer_promises_nothing(tenant, simulator):
    listed(2)
    campaign = invite(text=PLAIN)
    start_campaign(campaign, actor=None)
    drain(campaign)
    assert len(simulator.texts()) == 2 and not OfferCode.objects.exists()


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "both"])
def test_opted_out_people_get_nothing_and_the_reason_stands(tenant, simulator, channel):
    listed(1, opted_out=True, whatsapp_consent=True)
    listed(1, first=300, whatsapp_consent=True)
    campaign = invite(channel)
    start_campaign(campaign, actor=None)
    finish(campaign)
    assert len(simulator.texts()) == 1
    assert invitation_stats(campaign).opted_out == 1
    assert campaign_counts(campaign.pk).skipped_by_reason == {"opted_out_explicit": 1}
    assert OfferCode.objects.count() <= 1
