"""Sending invitations: once each, offers promised, WhatsApp with a text as fallback, tries with waits, halts, pauses."""

import datetime
import threading

import pytest
import redis
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context

from campaigns.errors import WrongStatus
from campaigns.kinds.invitation import Invitation
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts, invitation_stats
from campaigns.services import drain, pause_campaign, resume_campaign, retry_failed, start_campaign
from customers.models import Customer
from loyalty.models import OfferCode, WelcomeOffer
from tests.campaigns.inviting import APPROVED, PLAIN, TEXT, an_offer, check_laws, finish, hours_ago, invite, late, listed, wait_over


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


def test_nobody_is_invited_twice_within_a_day(tenant, simulator):
    listed(3)
    first = invite()
    start_campaign(first, actor=None)
    finish(first)
    listed(1, first=300)
    second = invite()
    start_campaign(second, actor=None)
    finish(second)
    check_laws(second, simulator)
    assert len(simulator.texts()) == 4
    assert campaign_counts(second.pk).skipped_by_reason == {"invited_recently": 3}
    Customer.objects.update(invited_at=hours_ago(24.1))
    third = invite()
    start_campaign(third, actor=None)
    finish(third)
    assert len(simulator.texts()) == 8


def test_whoever_registers_while_it_is_sent_is_left_out(tenant, simulator):
    people = listed(4)
    campaign = invite()
    start_campaign(campaign, actor=None)
    Customer.objects.filter(pk=people[2].pk).update(registered_at=timezone.now())
    finish(campaign)
    assert simulator.texts(people[2].phone) == []
    assert campaign_counts(campaign.pk).skipped_by_reason == {"registered_already": 1}


def test_an_offer_that_ends_while_it_is_sent_pauses_and_resuming_goes_on(tenant, simulator):
    listed(6)
    offer = an_offer()
    campaign = invite(offer=offer)
    start_campaign(campaign, actor=None)
    drain(campaign, limit=2)
    WelcomeOffer.objects.update(is_active=False)
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and f"“{offer.name}” has ended" in campaign.pause_reason
    assert len(simulator.texts()) == 2 and campaign_counts(campaign.pk).sms.pending == 4
    with pytest.raises(WrongStatus, match="has ended"):
        resume_campaign(campaign, actor=None)
    WelcomeOffer.objects.update(is_active=True)
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.texts()) == 6 and campaign.status == "completed"


@pytest.mark.parametrize("status", ["rejected", "paused", "disabled"])
def test_a_template_that_is_stopped_while_it_is_sent_pauses_and_resuming_goes_on(tenant, simulator, status):
    listed(6, whatsapp_consent=True)
    campaign = invite("whatsapp")
    start_campaign(campaign, actor=None)
    drain(campaign, limit=2)
    simulator.control("POST", "templates", {"sid": APPROVED, "status": status})
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and f"it is {status}" in campaign.pause_reason
    with pytest.raises(WrongStatus, match="has not approved"):
        resume_campaign(campaign, actor=None)
    simulator.control("POST", "templates", {"sid": APPROVED, "status": "approved"})
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.texts()) == 6


def test_messages_lost_to_a_rejected_template_pause_the_campaign_and_can_be_sent_again(tenant, simulator):
    people = listed(4, whatsapp_consent=True)
    campaign = invite("whatsapp")
    start_campaign(campaign, actor=None)
    drain(campaign, limit=2)
    for person in people[:2]:
        late(campaign, person.phone, "63040", "failed")
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and "template" in campaign.pause_reason
    assert campaign_counts(campaign.pk).sms.failed == 2 and len(simulator.texts()) == 2
    resume_campaign(campaign, actor=None)
    finish(campaign)
    assert retry_failed(campaign, actor=None) == 2
    finish(campaign)
    assert campaign_counts(campaign.pk).sms.sent == 4 and len(simulator.texts()) == 6


def test_a_rate_limit_lets_the_campaign_rest_for_a_minute_and_nobody_fails(tenant, simulator):
    listed(5)
    campaign = invite()
    start_campaign(campaign, actor=None)
    simulator.faults(api="twilio", throttle=1.0, callbacks="off")
    before = timezone.now()
    result = drain(campaign)
    campaign.refresh_from_db()
    assert 59 < (campaign.rests_until - before).total_seconds() < 62 and result.rests_until == campaign.rests_until
    assert campaign.status == "running" and campaign_counts(campaign.pk).sms.failed == 0
    simulator.faults(callbacks="off")
    assert drain(campaign).handled == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=61)):
        redis.Redis.from_url(settings.REDIS_URL).flushdb()
        assert drain(campaign).handled == 5
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 5


def test_a_provider_that_is_away_is_tried_three_times_with_growing_waits_then_it_pauses(tenant, simulator, settings):
    listed(5)
    campaign = invite()
    start_campaign(campaign, actor=None)
    here, settings.TWILIO_API_BASE_URL = settings.TWILIO_API_BASE_URL, "http://127.0.0.1:9"
    waits = []
    for _round in range(3):
        before = timezone.now()
        drain(campaign)
        campaign.refresh_from_db()
        waits.append(round((campaign.rests_until - before).total_seconds()) if campaign.rests_until else None)
        if campaign.status == "running":
            wait_over(campaign)
    assert waits[:2] == [10, 20]
    assert campaign.status == "paused" and "could not be reached, 3 times" in campaign.pause_reason
    assert campaign_counts(campaign.pk).sms.pending == 5 and not Target.objects.filter(facts__has_key="unreached").exists()
    settings.TWILIO_API_BASE_URL = here
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 5


def test_an_invalid_number_is_skipped_or_fails_and_the_rest_go_on(tenant, simulator):
    people = listed(4)
    Customer.objects.filter(pk=people[1].pk).update(phone=None, phone_raw="12345")
    Customer.objects.filter(pk=people[2].pk).update(phone="+15005550001")
    campaign = invite()
    start_campaign(campaign, actor=None)
    finish(campaign)
    counts = campaign_counts(campaign.pk)
    assert (counts.sms.sent, counts.sms.failed, counts.skipped_by_reason) == (2, 1, {"invalid_phone_format": 1})


def test_pausing_keeps_what_was_sent_and_resuming_sends_the_rest(tenant, simulator):
    listed(10)
    campaign = invite()
    start_campaign(campaign, actor=None)
    drain(campaign, limit=4)
    pause_campaign(campaign, actor=None)
    with pytest.raises(WrongStatus):
        drain(campaign)
    assert len(simulator.texts()) == 4
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.texts()) == 10


def test_quiet_hours_hold_invitations_on_whatsapp_too(tenant, simulator):
    listed(2, whatsapp_consent=True)
    listed(2, first=300)
    campaign = invite("both")
    Campaign.objects.update(quiet_hours_released_at=None)
    campaign.refresh_from_db()
    with time_machine.travel("2026-11-23T08:00:00Z"):  # two in the morning in Texas
        start_campaign(campaign, actor=None)
        drain(campaign)
        assert simulator.texts() == [] and campaign_counts(campaign.pk).sms.held == 4
    with time_machine.travel("2026-11-23T18:00:00Z"):
        drain(campaign)
        assert len(simulator.texts()) == 4


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage", "reset"])
def test_a_lost_answer_is_settled_by_the_providers_log_and_nobody_gets_two(tenant, simulator, channel, fault):
    listed(8, whatsapp_consent=True)
    campaign = invite(channel)
    start_campaign(campaign, actor=None)
    simulator.faults(api="twilio", seed=3, callbacks="off", **{fault: 0.6})
    drain(campaign)
    simulator.faults(callbacks="off")
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 8
    assert not Customer.objects.filter(invited_at=None).exists()


def test_two_workers_at_once_send_each_message_once(tenant, simulator):
    listed(12, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    refused: list[str] = []

    def work() -> None:
        with schema_context("shop"):
            try:
                drain(Campaign.objects.get(pk=campaign.pk))
            except WrongStatus as error:
                refused.append(error.message)
            finally:
                connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.texts()) == 12 and len(refused) <= 2


def test_an_offer_that_ends_between_the_look_and_the_promise_costs_nobody_their_turn(tenant, simulator, monkeypatch):
    """The offer ends after the batch was taken: nothing was promised, and the campaign pauses before the next one."""
    listed(3)
    offer = an_offer()
    campaign = invite(offer=offer)
    start_campaign(campaign, actor=None)
    ends = threading.Event()
    look = Invitation.leave_out

    def look_while_it_ends(kind, campaign, targets, consents):
        WelcomeOffer.objects.update(is_active=False)
        ends.set()
        return look(kind, campaign, targets, consents)

    monkeypatch.setattr(Invitation, "leave_out", look_while_it_ends)
    drain(campaign)
    campaign.refresh_from_db()
    assert ends.is_set() and campaign.status == "paused" and "has ended" in campaign.pause_reason
    assert simulator.texts() == [] and not OfferCode.objects.exists() and campaign_counts(campaign.pk).sms.pending == 3
