"""What else must hold: bad mailboxes, cancelling, scheduling."""

import asyncio
import datetime
import uuid

import pytest
import time_machine
from django.utils import timezone

from campaigns.errors import BadCampaignInput
from campaigns.models import Target
from campaigns.selectors import campaign_counts
from campaigns.services import (
    cancel_campaign,
    create_port_recovery_campaign,
    run_port_recovery_batch,
    schedule_campaign,
    settle_cancelled,
    start_campaign,
    start_due_campaigns,
)
from messaging.providers.results import EmailOutbound, Verdict
from messaging.providers.sendgrid import sendgrid_account
from messaging.selectors import sender_for
from messaging.services import reconcile_sends
from messaging.types import Channel, EmailFrame
from tests.flows.test_blast import run


def test_one_bad_mailbox_does_not_stop_the_call_it_travels_in(campaign, simulator):
    Target.objects.filter(email="p3@example.com").update(email="not an address")
    Target.objects.filter(email="p4@example.com").update(email="bad@@")
    run(campaign)
    counts = campaign_counts(campaign.pk)
    assert counts.email.sent + counts.email.failed == 9 and counts.email.skipped == 1
    assert simulator.stats()["mostEmailsToOneMailbox"] == 1


def test_an_address_sendgrid_refuses_is_found_by_halves(simulator, tenant):
    frame = EmailFrame("s", "hi", "<p>hi</p>")
    people = [EmailOutbound(uuid.uuid4(), "broken" if n == 5 else f"x{n}@example.com", "", frame=frame) for n in range(8)]
    answers = asyncio.run(sendgrid_account().send_many(people, sender_for(Channel.EMAIL)))
    assert [answer.verdict for answer in answers].count(Verdict.ACCEPTED) == 7
    assert simulator.stats()["mailboxes"] == 7


def test_who_was_in_doubt_when_a_campaign_was_cancelled_is_settled_too(campaign, simulator):
    simulator.faults(api="both", accept500=1.0, callbacks="off")
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 4)
    cancel_campaign(campaign, actor=None)
    assert campaign_counts(campaign.pk).sms.in_doubt == 4
    simulator.faults(callbacks="off")
    reconcile_sends()
    settle_cancelled(campaign)
    counts = campaign_counts(campaign.pk)
    assert (counts.sms.sent, counts.sms.skipped, counts.sms.in_doubt) == (4, 6, 0)


def test_a_scheduled_campaign_starts_when_it_is_due(people, simulator):
    made = create_port_recovery_campaign(created_by=None, name="later")
    with pytest.raises(BadCampaignInput, match="passed"):
        schedule_campaign(made, actor=None, at=timezone.now())
    schedule_campaign(made, actor=None, at=timezone.now() + datetime.timedelta(hours=1))
    assert start_due_campaigns() == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1.5)):
        assert start_due_campaigns() == 1
