"""The laws of a blast: once each, nobody lost, everything adds up."""

import contextlib
import logging
import threading

import pytest
import time_machine
from django.db import connection

from campaigns.errors import BadCampaignInput, CountChanged, UnknownCampaign, WrongStatus
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts, explain_target, target_by_phone
from campaigns.services import (
    cancel_campaign,
    create_port_recovery_campaign,
    drain,
    pause_campaign,
    resume_campaign,
    retry_failed,
    run_port_recovery_batch,
    send_test,
    start_campaign,
)
from customers.models import Customer, Suppression
from customers.services import register_customer, suppress
from loyalty.models import PointsTransaction
from loyalty.selectors import drifting_balances
from messaging.models import Line
from messaging.selectors import has_sent_ok, sender_for
from messaging.services import reconcile_sends
from messaging.services.pacing import pace_of
from messaging.types import Channel, Outcome
from tests.conftest import OWN_NUMBER


def finish(campaign: Campaign) -> None:
    """Drain until nobody is due, settling doubt as the beat would."""
    for _turn in range(30):
        campaign.refresh_from_db()
        if campaign.status != "running":
            return
        Target.objects.filter(campaign_id=campaign.pk).update(not_before=None)
        drain(campaign)
        reconcile_sends()
    raise AssertionError(campaign_counts(campaign.pk))


def run(campaign: Campaign) -> None:
    start_campaign(campaign, actor=None)
    finish(campaign)


def check_laws(campaign: Campaign, simulator) -> None:
    counts = campaign_counts(campaign.pk)
    assert counts.sms.adds_up and counts.email.adds_up
    assert drifting_balances() == []
    assert simulator.stats()["mostTextsToOnePhone"] <= 1
    assert simulator.stats()["mostEmailsToOneMailbox"] <= 1


def test_everybody_gets_one_text_one_email_and_the_points(campaign, simulator):
    run(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed"
    assert simulator.stats() | {} == {
        "texts": 10,
        "phones": 10,
        "mostTextsToOnePhone": 1,
        "emails": 10,
        "mailboxes": 10,
        "mostEmailsToOneMailbox": 1,
    }
    assert set(Customer.objects.values_list("loyalty_points_balance", flat=True)) == {500}


def test_a_recreated_campaign_with_the_same_key_reaches_nobody_again(campaign, simulator):
    run(campaign)
    key = campaign.key
    campaign.delete()
    again = create_port_recovery_campaign(created_by=None, name=key)
    run(again)
    assert simulator.stats()["texts"] == 10
    assert campaign_counts(again.pk).skipped_by_reason == {"already_sent_ok": 10}
    assert set(Customer.objects.values_list("loyalty_points_balance", flat=True)) == {500}


def test_each_recipient_gets_exactly_one_summary_line(campaign, simulator, caplog):
    caplog.set_level(logging.INFO, "servicepro.recipients")
    run(campaign)
    lines = [record.getMessage() for record in caplog.records if "[PORT RECOVERY] recipient" in record.getMessage()]
    assert len(lines) == 10
    assert all("sms_attempted=true sms_ok=true sms_skip_reason=none sms_sid=SM" in line for line in lines)
    assert all("points_attempted=true points_ok=true points_skip_reason=none" in line for line in lines)
    assert "5550200" not in " ".join(lines) and "+1512•••0200" in " ".join(lines)


def test_the_line_of_a_skipped_person_says_why(tenant, simulator, caplog):
    register_customer(name="Olga", region="US", phone_text="+15125550170", opted_out=True)
    caplog.set_level(logging.INFO, "servicepro.recipients")
    run(create_port_recovery_campaign(created_by=None, name="why"))
    line = next(record.getMessage() for record in caplog.records if "recipient" in record.getMessage())
    assert "sms_attempted=false sms_ok=false sms_skip_reason=opted_out_explicit" in line
    assert "points_ok=true" in line


@pytest.mark.parametrize("flags", [{"opted_out": True}, {"sms_opt_out": True}, {"sms_consent": False}])
def test_explicit_opt_outs_are_never_texted(tenant, simulator, flags):
    register_customer(name="Olga", region="US", phone_text="+15125550170", **flags)
    run(create_port_recovery_campaign(created_by=None, name="optout"))
    assert simulator.texts() == []


def test_unknown_consent_is_texted(tenant, simulator):
    register_customer(name="Unknown", region="US", phone_text="+15125550170")
    made = create_port_recovery_campaign(created_by=None, name="unknown")
    made.quiet_hours_released_at = "2026-01-01T00:00:00Z"
    made.save()
    run(made)
    assert len(simulator.texts()) == 1


def test_a_suppressed_address_is_never_texted_even_without_a_customer(campaign, simulator):
    suppress(channel="sms", address="+15125550203", reason="stop_keyword", event_key="t1")
    Customer.objects.update(sms_opt_out=False)
    run(campaign)
    assert simulator.texts("+15125550203") == []
    assert campaign_counts(campaign.pk).skipped_by_reason == {"address_suppressed": 1}


def test_stop_between_two_batches_is_obeyed(campaign, simulator):
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 3)
    suppress(channel="sms", address="+15125550209", reason="stop_keyword", event_key="t2")
    finish(campaign)
    assert simulator.texts("+15125550209") == []
    check_laws(campaign, simulator)


def test_the_senders_own_number_is_never_a_target(tenant, simulator):
    register_customer(name="Us", region="US", phone_text=OWN_NUMBER)
    register_customer(name="Them", region="US", phone_text="+15125550171")
    made = create_port_recovery_campaign(created_by=None, name="own")
    assert campaign_counts(made.pk).sms.total == 1


def test_a_test_to_the_sending_number_is_refused_before_any_call(campaign, simulator):
    receipt = send_test(campaign, actor=None, to=OWN_NUMBER)
    assert (receipt.outcome, receipt.reason) == (Outcome.SKIPPED, "to_equals_from")
    assert simulator.texts() == []


def test_a_test_does_not_count_as_the_blast(campaign, simulator):
    assert send_test(campaign, actor=None, to="+15125550200").outcome is Outcome.SENT
    assert not has_sent_ok(connection.schema_name, campaign.key, "+15125550200")


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage"])
def test_an_answer_that_was_lost_is_settled_by_the_providers_log(campaign, simulator, fault):
    simulator.faults(api="both", seed=3, callbacks="off", **{fault: 0.6})
    start_campaign(campaign, actor=None)
    drain(campaign)
    simulator.faults(callbacks="off")
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 10
    assert campaign_counts(campaign.pk).email.sent == 10


def test_a_message_that_never_left_is_sent_later(campaign, simulator):
    simulator.faults(api="both", reset=1.0, callbacks="off")
    start_campaign(campaign, actor=None)
    drain(campaign)
    assert campaign_counts(campaign.pk).sms.in_doubt == 10
    simulator.faults(callbacks="off")
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 10


def test_throttling_means_later_and_never_failed(campaign, simulator):
    simulator.faults(api="twilio", throttle=1.0, callbacks="off", count=5)
    start_campaign(campaign, actor=None)
    drain(campaign, seconds=0.1)
    assert campaign_counts(campaign.pk).sms.failed == 0
    simulator.faults(callbacks="off")
    import redis
    from django.conf import settings

    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 10


def test_the_sender_rests_as_long_as_the_provider_asks(campaign, simulator):
    simulator.faults(api="twilio", throttle=1.0, retryAfter=600, callbacks="off", count=1)
    start_campaign(campaign, actor=None)
    drain(campaign)
    wait_seconds = pace_of(sender_for(Channel.SMS)).take(1).wait_seconds
    assert 590 < wait_seconds <= 600


def test_a_refused_account_pauses_and_says_why(campaign, simulator, settings):
    simulator.faults(api="twilio", unauthorized=1.0, callbacks="off")
    start_campaign(campaign, actor=None)
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and "refused our account" in campaign.pause_reason
    assert campaign_counts(campaign.pk).sms.failed == 0
    simulator.faults(callbacks="off")
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 10


def test_one_bad_number_does_not_stop_the_batch_and_an_opt_out_at_the_carrier_suppresses(campaign, simulator):
    Customer.objects.filter(email="p3@example.com").update(phone="+15005550001")
    Customer.objects.filter(email="p4@example.com").update(phone="+15005550004")
    Target.objects.filter(email="p3@example.com").update(phone="+15005550001")
    Target.objects.filter(email="p4@example.com").update(phone="+15005550004")
    run(campaign)
    counts = campaign_counts(campaign.pk)
    assert (counts.sms.sent, counts.sms.failed, counts.sms.skipped) == (8, 1, 1)
    assert Suppression.objects.filter(reason="provider_21610").count() == 1


def test_retry_reaches_failed_people_only(campaign, simulator):
    Target.objects.filter(email="p3@example.com").update(phone="+15005550001")
    run(campaign)
    Target.objects.filter(email="p3@example.com").update(phone="+15125550299")
    assert retry_failed(campaign, actor=None) == 1
    finish(campaign)
    assert simulator.stats()["texts"] == 10 and len(simulator.texts("+15125550299")) == 1


def test_pause_holds_everybody_else_and_resume_goes_on(campaign, simulator):
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 4)
    pause_campaign(campaign, actor=None)
    with pytest.raises(WrongStatus):
        run_port_recovery_batch(campaign.pk, 4)
    assert simulator.stats()["texts"] == 4
    resume_campaign(campaign, actor=None)
    finish(campaign)
    assert simulator.stats()["texts"] == 10


def test_cancel_leaves_the_rest_unreached_with_a_reason(campaign, simulator):
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 4)
    cancel_campaign(campaign, actor=None)
    counts = campaign_counts(campaign.pk)
    assert counts.sms.adds_up and counts.skipped_by_reason == {"cancelled": 6}
    with pytest.raises(WrongStatus):
        start_campaign(campaign, actor=None)


@pytest.mark.parametrize("limit", [0, -1, 5001])
def test_a_senseless_limit_is_refused_and_nothing_happens(campaign, simulator, limit):
    start_campaign(campaign, actor=None)
    with pytest.raises(BadCampaignInput):
        run_port_recovery_batch(campaign.pk, limit)
    assert simulator.texts() == []


def test_an_unknown_campaign_is_refused(tenant):
    with pytest.raises(UnknownCampaign):
        run_port_recovery_batch(999_999, 10)


def test_a_finished_campaign_cannot_start_again(campaign, simulator):
    run(campaign)
    with pytest.raises(WrongStatus):
        start_campaign(campaign, actor=None)


def test_the_typed_count_must_be_the_present_one(campaign):
    with pytest.raises(CountChanged, match="has 10 people"):
        start_campaign(campaign, actor=None, confirmed_count=9)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_two_owners_starting_at_once_start_it_once(campaign):
    from django.db import connections
    from django_tenants.utils import schema_context

    answers = []

    def begin() -> None:
        with schema_context("shop"):
            try:
                start_campaign(Campaign.objects.get(pk=campaign.pk), actor=None)
                answers.append("started")
            except WrongStatus:
                answers.append("refused")
        connections.close_all()

    threads = [threading.Thread(target=begin) for _n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == ["refused"] * 7 + ["started"]


def test_parallel_drains_send_everybody_once(campaign, simulator):
    from django.db import connections
    from django_tenants.utils import schema_context

    simulator.faults(latencyMs=20, callbacks="off")
    Line.objects.update(messages_per_second=100)
    start_campaign(campaign, actor=None)

    def work() -> None:
        with schema_context("shop"), contextlib.suppress(WrongStatus):
            drain(Campaign.objects.get(pk=campaign.pk))
        connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    finish(campaign)
    check_laws(campaign, simulator)
    assert simulator.stats()["texts"] == 10


def test_texts_wait_for_decent_hours_and_then_go(people, simulator):
    made = create_port_recovery_campaign(created_by=None, name="night")
    with time_machine.travel("2026-11-21T10:00:00Z", tick=True):  # 4:00 in Austin
        start_campaign(made, actor=None)
        drain(made)
        counts = campaign_counts(made.pk)
        assert counts.sms.held == 10 and counts.email.sent == 10 and counts.sms.adds_up
        assert "decent hour" in explain_target(Target.objects.first())["sms"]
    with time_machine.travel("2026-11-21T14:00:01Z", tick=True):
        drain(made)
    assert campaign_counts(made.pk).sms.sent == 10
    check_laws(made, simulator)


def test_one_person_with_two_phones_gets_one_text_and_three_records_of_one_phone_are_one(tenant, simulator):
    register_customer(name="Tina", region="US", phone_text="+15125550176", email="tina@example.com")
    register_customer(name="Tina work", region="US", phone_text="+15125550177", email="TINA@example.com")
    for name in ("Ann", "Bob", "Cy"):
        register_customer(name=name, region="US", phone_text="(512) 555-0180")
    made = create_port_recovery_campaign(created_by=None, name="joined")
    assert campaign_counts(made.pk).sms.total == 2


@pytest.mark.parametrize("typed", ["555-01", "1-800-DETAILS", "512-555-0175 x12", "+1512555014", "+1 900 555 1234", "📱"])
def test_a_phone_that_cannot_be_texted_is_skipped_and_still_gets_points(tenant, simulator, typed):
    customer = register_customer(name="Odd", region="US", phone_text=typed, email="odd@example.com")
    made = create_port_recovery_campaign(created_by=None, name="odd")
    run(made)
    assert campaign_counts(made.pk).skipped_by_reason == {"invalid_phone_format": 1}
    assert len(simulator.emails("odd@example.com")) == 1
    assert PointsTransaction.objects.get(customer=customer).points == 500


def test_someone_without_a_customer_record_gets_one_with_the_points(tenant, simulator):
    from django.utils import timezone

    from customers.services import record_inbound_message

    record_inbound_message(source="twilio", from_e164="+15125550190", body="hi", provider_id="SM1", occurred_at=timezone.now())
    made = create_port_recovery_campaign(created_by=None, name="participants")
    Campaign.objects.filter(pk=made.pk).update(quiet_hours_released_at=timezone.now())
    made.refresh_from_db()
    run(made)
    assert Customer.objects.get(phone="+15125550190").loyalty_points_balance == 500
    assert len(simulator.texts("+15125550190")) == 1


def test_anybody_can_be_explained_in_plain_words(campaign, simulator):
    run(campaign)
    target = target_by_phone(campaign.pk, "(512) 555-0203", "US")
    assert explain_target(target)["sms"] == "The text was handed to the provider."


def test_valkey_away_loses_nobody_and_sends_nothing_twice(campaign, simulator, settings):
    from messaging.services import pacing

    good = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
    pacing._client.cache_clear()
    start_campaign(campaign, actor=None)
    drain(campaign)
    assert campaign_counts(campaign.pk).sms.pending == 10
    settings.REDIS_URL = good
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).sms.sent == 10
