"""When a messaging campaign starts: requested, at its time, late; the list that is made then, and who is taken off it."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from campaigns.errors import BadCampaignInput, CountChanged, UnknownRecipient, WrongStatus
from campaigns.models import Campaign, Segment, Target
from campaigns.selectors import campaign_counts
from campaigns.services import (
    instant_on_our_clock,
    pause_campaign,
    remove_recipient,
    request_start,
    schedule_campaign,
    start_campaign,
    start_due_campaigns,
    unschedule_campaign,
)
from campaigns.tasks import resume_running, start_due
from campaigns.types import CustomerFilter, Selection
from customers.models import Customer
from tenants.accounts.models import AuditEntry, User
from tests.campaigns.messaging_shop import a_place, agreed
from tests.campaigns.newsletters import check_laws, finish, newsletter, started


def in_hours(hours: float) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(hours=hours)


def of_segment(**filters: object) -> Campaign:
    segment = Segment.objects.create(name="Regulars", filters={"place_ids": [a_place().pk]} | CustomerFilter(**filters).as_json())
    return newsletter("email", segment=segment, audience=Selection((a_place().pk,)).as_json())


def test_a_requested_start_is_prepared_by_a_worker_and_sent(tenant, simulator):
    agreed(3)
    campaign, owner = newsletter("email"), User.objects.get(email="owner@shop.example")
    request_start(campaign, actor=owner, confirmed_count=3)
    assert (campaign.status, campaign.confirmed_count, Target.objects.count()) == ("scheduled", 3, 0)
    start_due("shop")
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed" and len(simulator.emails()) == 3
    told = AuditEntry.objects.filter(subject=f"campaign:{campaign.pk}").values_list("action", "actor")
    assert ("campaign_start_requested", owner.pk) in told and ("campaign_started", None) in told


def test_another_number_than_that_of_the_selected_starts_nothing(tenant, simulator):
    agreed(3)
    campaign = newsletter("email")
    for begin in (request_start, lambda asked, **named: schedule_campaign(asked, at=in_hours(1), **named)):
        with pytest.raises(CountChanged, match="has 3 people"):
            begin(campaign, actor=None, confirmed_count=4)
    assert campaign.status == "draft"


def test_a_list_that_grew_since_the_number_was_typed_asks_again(tenant, simulator):
    agreed(2)
    campaign = newsletter("email")
    request_start(campaign, actor=None, confirmed_count=2)
    agreed(1)
    assert start_due_campaigns() == 0
    campaign.refresh_from_db()
    assert (campaign.status, Target.objects.count()) == ("draft", 0) and "3 people are selected" in campaign.pause_reason
    request_start(campaign, actor=None, confirmed_count=3)
    assert start_due_campaigns() == 1 and campaign.pause_reason == ""


def test_who_withdrew_since_the_number_was_typed_is_not_on_the_list(tenant, simulator):
    people = agreed(3)
    campaign = newsletter("email")
    request_start(campaign, actor=None, confirmed_count=3)
    Customer.objects.filter(pk=people[0].pk).update(gdpr_marketing_consent=False)
    assert start_due_campaigns() == 1 and Target.objects.count() == 2


def test_a_start_beside_another_campaign_is_refused_at_once(tenant, simulator):
    agreed(1)
    running = started("email")
    with pytest.raises(WrongStatus, match="Another campaign"):
        request_start(newsletter("email"), actor=None, confirmed_count=1)
    pause_campaign(running, actor=None)
    request_start(newsletter("email"), actor=None, confirmed_count=1)


def test_the_beat_starts_what_is_due_within_its_turn(tenant, simulator):
    agreed(2)
    campaign = newsletter("email")
    schedule_campaign(campaign, actor=None, at=in_hours(2))
    resume_running()
    assert simulator.emails() == [] and Target.objects.count() == 2
    with time_machine.travel(in_hours(2.01)):
        resume_running()
        finish(campaign)
    assert len(simulator.emails()) == 2


def test_hand_picked_people_are_not_added_to_and_a_segment_is_found_anew(tenant, simulator):
    agreed(2)
    picked, segment = newsletter("email"), of_segment()
    for campaign in (picked, segment):
        schedule_campaign(campaign, actor=None, at=in_hours(1))
    agreed(1)
    with time_machine.travel(in_hours(1.1)):
        assert start_due_campaigns() == 1
        finish(picked)
        assert campaign_counts(picked.pk).email.total == 2
        assert start_due_campaigns() == 1
    assert campaign_counts(segment.pk).email.total == 3


@pytest.mark.parametrize("prepared", [True, False])
def test_what_is_late_by_more_than_an_hour_asks_its_owner(tenant, simulator, prepared):
    agreed(2)
    campaign = newsletter("email")
    if prepared:
        schedule_campaign(campaign, actor=None, at=in_hours(1))
    else:
        request_start(campaign, actor=None, confirmed_count=2)
    due = campaign.scheduled_at
    with time_machine.travel(due + datetime.timedelta(minutes=61)):
        assert start_due_campaigns() == 0
    campaign.refresh_from_db()
    assert (campaign.status, Target.objects.count(), simulator.emails()) == ("draft", 0, [])
    assert campaign.pause_reason.startswith("It was due on ") and "could not be sent then" in campaign.pause_reason
    assert AuditEntry.objects.filter(action="campaign_not_started").exists()


def test_port_recovery_that_is_late_asks_too_and_keeps_its_list(campaign, simulator):
    schedule_campaign(campaign, actor=None, at=in_hours(1))
    with time_machine.travel(campaign.scheduled_at + datetime.timedelta(minutes=61)):
        assert start_due_campaigns() == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.targets.count()) == ("draft", 10) and "It was due on" in campaign.pause_reason
    start_campaign(campaign, actor=None)


def test_what_is_late_by_less_is_sent(tenant, simulator):
    agreed(1)
    campaign = newsletter("email")
    schedule_campaign(campaign, actor=None, at=in_hours(1))
    with time_machine.travel(campaign.scheduled_at + datetime.timedelta(minutes=59)):
        assert start_due_campaigns() == 1


def test_times_that_are_past_too_far_or_skipped_by_the_clock_are_refused(tenant, simulator):
    agreed(1)
    campaign = newsletter("email")
    skipped = datetime.datetime(2027, 3, 14, 2, 30)  # Chicago's clocks go from 2 to 3 then
    for at, sentence in (
        (in_hours(-0.01), "passed already"),
        (in_hours(24 * 400), "more than a year"),
        (skipped, "There is no 02:30 on March 14"),
        (datetime.datetime(9999, 12, 31, 23, 59), "not a time we can wait for|more than a year"),
    ):
        with pytest.raises(BadCampaignInput, match=sentence):
            schedule_campaign(campaign, actor=None, at=at)
    assert campaign.status == "draft" and not Target.objects.exists()
    schedule_campaign(campaign, actor=None, at=skipped.replace(hour=3))
    assert campaign.scheduled_at == datetime.datetime(2027, 3, 14, 8, 30, tzinfo=datetime.UTC)


def test_an_hour_that_comes_twice_is_the_first(tenant):
    twice = datetime.datetime(2027, 11, 7, 1, 30)
    for local in (twice, twice.replace(fold=1)):
        assert instant_on_our_clock(local) == datetime.datetime(2027, 11, 7, 6, 30, tzinfo=datetime.UTC)


def test_what_cannot_start_at_its_time_is_a_draft_again_with_the_reason(tenant, simulator):
    agreed(1)
    campaign = newsletter("email")
    schedule_campaign(campaign, actor=None, at=in_hours(1))
    Campaign.objects.update(email_subject="")
    with time_machine.travel(in_hours(1.1)):
        assert start_due_campaigns() == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("draft", "Write a subject for the email.")


def test_the_command_sends_what_is_due_of_every_business_and_says_what_became_of_it(tenant, simulator, capsys):
    agreed(3)
    due, later, missed = newsletter("email"), newsletter("email"), newsletter("email")
    for campaign, hours in ((due, 1), (later, 9), (missed, 0.5)):
        schedule_campaign(campaign, actor=None, at=in_hours(hours))
    Campaign.objects.filter(pk=missed.pk).update(scheduled_at=in_hours(-1.5))
    Campaign.objects.filter(pk=due.pk).update(scheduled_at=in_hours(-0.5))
    call_command("send_due_campaigns", until_done=True)
    said = capsys.readouterr().out
    assert f"shop: {due.name} is completed" in said and "     3 people: email sent\n" in said and "salon: nothing is due." in said
    assert f"shop: {missed.name} is draft: It was due on" in said
    assert len(simulator.emails()) == 3 and Campaign.objects.get(pk=later.pk).status == "scheduled"


def test_the_command_sends_one_after_the_other(tenant, simulator, capsys):
    agreed(2)
    first, second = newsletter("email"), newsletter("email")
    for campaign in (first, second):
        schedule_campaign(campaign, actor=None, at=in_hours(1))
    Campaign.objects.update(scheduled_at=in_hours(-0.1))
    call_command("send_due_campaigns", tenant="shop", until_done=True)
    assert set(Campaign.objects.values_list("status", flat=True)) == {"completed"} and len(simulator.emails()) == 4


def test_an_empty_selection_is_refused(tenant, simulator):
    a_place()
    campaign = newsletter("email")
    with pytest.raises(BadCampaignInput, match="Nobody of your selection"):
        start_campaign(campaign, actor=None)


def test_who_is_taken_off_stays_off_whatever_is_made_anew(tenant, simulator):
    people = agreed(3)
    for campaign in (newsletter("email"), of_segment()):
        schedule_campaign(campaign, actor=None, at=in_hours(1))
        target = Target.objects.get(campaign=campaign, customer=people[0])
        remove_recipient(campaign, target.pk, actor=None)
        assert campaign_counts(campaign.pk).email.total == 2
        unschedule_campaign(campaign, actor=None)
        request_start(campaign, actor=None, confirmed_count=2)
        assert start_due_campaigns() == 1
        finish(campaign)
        assert simulator.emails(people[0].email) == []
    assert AuditEntry.objects.filter(action="campaign_recipient_removed").count() == 2


def test_only_who_waits_in_a_campaign_that_stands_still_can_be_taken_off(tenant, simulator):
    agreed(2)
    campaign = started("email")
    first, second = Target.objects.order_by("pk")
    with pytest.raises(WrongStatus, match="Pause it first"):
        remove_recipient(campaign, first.pk, actor=None)
    pause_campaign(campaign, actor=None)
    Target.objects.filter(pk=first.pk).update(email_status="sent")
    with pytest.raises(WrongStatus, match="had their turn"):
        remove_recipient(campaign, first.pk, actor=None)
    with pytest.raises(UnknownRecipient):
        remove_recipient(campaign, second.pk + 100, actor=None)
    remove_recipient(campaign, second.pk, actor=None)
    assert Target.objects.count() == 1
