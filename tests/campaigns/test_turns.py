"""Whoever still waits is found again, however far the campaign came."""

import threading

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.db.models import Q

from campaigns.models import OPEN, Campaign, Target
from campaigns.selectors import campaign_counts, cancelled_in_doubt, open_targets
from campaigns.services import cancel_campaign, drain, retry_failed, run_port_recovery_batch, start_campaign
from tests.flows.test_blast import check_laws, finish


def who_waits() -> set[int]:
    """The plain answer, by looking at everybody."""
    return set(Target.objects.filter(Q(sms_status__in=OPEN) | Q(email_status__in=OPEN)).values_list("pk", flat=True))


def check_found(campaign: Campaign) -> None:
    assert set(open_targets(campaign.pk).values_list("pk", flat=True)) == who_waits()


@pytest.mark.parametrize("fault", ["reset", "accept500", "throttle", "garbage", "none"])
def test_who_waits_is_found_after_every_batch_whatever_the_provider_does(campaign, simulator, fault):
    if fault != "none":
        simulator.faults(api="both", seed=5, callbacks="off", **{fault: 0.5})
    start_campaign(campaign, actor=None)
    check_found(campaign)
    for _batch in range(4):
        run_port_recovery_batch(campaign.pk, 3)
        check_found(campaign)
    simulator.faults(callbacks="off")
    redis.Redis.from_url(settings.REDIS_URL).flushdb()  # what a throttled sender has to wait is another law's matter
    finish(campaign)
    check_found(campaign)
    assert who_waits() == set()
    check_laws(campaign, simulator)


def test_a_failure_the_campaign_has_passed_gets_its_second_turn(campaign, simulator):
    early = Target.objects.filter(email="p0@example.com")
    early.update(phone="+15005550001")  # a number the provider refuses
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 5)
    early.update(phone="+15125550299")
    assert retry_failed(campaign, actor=None) == 1
    check_found(campaign)
    assert len(who_waits()) == 6
    finish(campaign)
    assert (campaign_counts(campaign.pk).sms.sent, len(simulator.texts("+15125550299"))) == (10, 1)
    check_laws(campaign, simulator)


def test_nobody_of_a_cancelled_campaign_is_left_to_be_looked_for(campaign, simulator):
    start_campaign(campaign, actor=None)
    run_port_recovery_batch(campaign.pk, 3)
    cancel_campaign(campaign, actor=None)
    campaign.refresh_from_db()
    assert campaign.served_to == Target.objects.order_by("-pk").values_list("pk", flat=True).first()
    assert not cancelled_in_doubt().exists() and who_waits() == set()


def test_who_changed_between_being_found_and_being_taken_comes_up_again(campaign, simulator):
    """Somebody else holds a person's row while the drain takes the batch: they are neither sent twice nor forgotten."""
    start_campaign(campaign, actor=None)
    first = Target.objects.order_by("pk").first()
    held, done = threading.Event(), threading.Event()

    def touch() -> None:
        from django.db import transaction
        from django_tenants.utils import schema_context

        with schema_context(schema), transaction.atomic():
            Target.objects.filter(pk=first.pk).update(error_message="touched")
            held.set()
            done.wait(2)
        connection.close()

    schema = connection.schema_name
    other = threading.Thread(target=touch)
    other.start()
    assert held.wait(10)
    release = threading.Timer(0.5, done.set)
    release.start()
    drain(campaign)
    other.join()
    check_found(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    first.refresh_from_db()
    assert first.sms_status == "sent"
