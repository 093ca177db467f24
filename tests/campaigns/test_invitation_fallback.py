"""Whom WhatsApp does not reach gets one text, where both were chosen and the person refused nothing."""

import pytest

from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts, explain_target, invitation_stats
from campaigns.services import reopen_for_fallback, start_campaign
from customers.services import suppress
from messaging.services import receive_text
from messaging.types import Channel
from tests.campaigns.inviting import check_laws, finish, hours_ago, invite, late, listed, said


@pytest.mark.parametrize("code", ["63003", "63024", "63016", "63049"])
def test_whom_whatsapp_does_not_reach_gets_a_text_later(tenant, simulator, code):
    person, *_others = listed(3, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    assert campaign.status == "completed"
    late(campaign, person.phone, code)
    assert [reopened.pk for reopened in reopen_for_fallback()] == [campaign.pk]
    finish(campaign)
    assert said(Target.objects.get(phone=person.phone)) == ("sms", "sent", "")
    assert len(simulator.texts(person.phone)) == 1 and len(simulator.texts()) == 4
    assert campaign.status == "completed" and campaign_counts(campaign.pk).sms.adds_up
    late_again = reopen_for_fallback()
    assert late_again == []
    assert "WhatsApp did not reach this person" in explain_target(Target.objects.get(phone=person.phone))["sms"]


@pytest.mark.parametrize(("channel", "code"), [("whatsapp", "63024"), ("both", "63014")])
def test_no_text_where_only_whatsapp_was_chosen_or_the_person_blocked_us(tenant, simulator, channel, code):
    person, *_others = listed(2, whatsapp_consent=True)
    campaign = invite(channel)
    start_campaign(campaign, actor=None)
    finish(campaign)
    late(campaign, person.phone, code)
    assert reopen_for_fallback() == []
    assert simulator.texts(person.phone) == [] and invitation_stats(campaign).failed == 1


def test_who_stopped_between_whatsapp_and_the_text_gets_none(tenant, simulator):
    person, *_others = listed(2, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    late(campaign, person.phone, "63024")
    suppress(channel="sms", address=person.phone, reason="stop_keyword", event_key="t")
    reopen_for_fallback()
    finish(campaign)
    assert said(Target.objects.get(phone=person.phone))[1:] == ("skipped", "opted_out_explicit")
    assert simulator.texts(person.phone) == []


def test_a_fallback_waits_while_another_campaign_is_sent(tenant, simulator):
    person, *_others = listed(2, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    late(campaign, person.phone, "63024")
    listed(1, first=400)
    other = invite("sms")
    start_campaign(other, actor=None)
    assert reopen_for_fallback() == []
    assert said(Target.objects.get(campaign=campaign, phone=person.phone)) == ("whatsapp", "sent", "")
    finish(other)
    assert reopen_for_fallback() == [campaign]


def test_old_failures_are_left_alone(tenant, simulator):
    person, *_others = listed(1, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    late(campaign, person.phone, "63024")
    Campaign.objects.update(finished_at=hours_ago(73))
    assert reopen_for_fallback() == []


def test_whom_marketing_on_whatsapp_cannot_reach_by_rule_gets_a_text_at_once(tenant, simulator, settings):
    settings.WHATSAPP_MARKETING_TO_US = False
    listed(3, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.texts()) == 3 and {target.phone_channel for target in Target.objects.all()} == {"sms"}


def test_free_words_reach_only_who_wrote_within_a_day_the_others_get_a_text(tenant, simulator):
    writer, *_others = listed(3, whatsapp_consent=True)
    receive_text(channel=Channel.WHATSAPP, from_e164=writer.phone, body="Hello", provider_id="SM1")
    campaign = invite("both", has_template=False)
    start_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert sorted(text["to"].startswith("whatsapp:") for text in simulator.texts()) == [False, False, True]
    assert said(Target.objects.get(phone=writer.phone)) == ("whatsapp", "sent", "")
