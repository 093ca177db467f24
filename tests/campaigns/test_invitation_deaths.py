"""Workers are killed with kill -9 in the middle of an invitation: nobody is lost, nobody gets two, and everybody counts as invited."""

import time

import pytest

from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts
from campaigns.services import drain, start_campaign
from customers.models import Customer
from tests.campaigns.invitation_worker import DELIVERY, ENGINE, RECORDING, die
from tests.campaigns.inviting import check_laws, finish, invite, listed, wait_over


def when_free(campaign: Campaign) -> None:
    """Drain as soon as the database has noticed that the last worker is gone."""
    for _attempt in range(100):
        try:
            wait_over(campaign)
            drain(campaign)
            return
        except WrongStatus:
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("module", "point", "when"),
    [
        (ENGINE, "_give_records", "before"),
        (ENGINE, "_fly_each_way", "before"),
        (DELIVERY, "claim", "after"),
        (DELIVERY, "_answers", "after"),
        (DELIVERY, "settle", "before"),
        (DELIVERY, "settle", "after"),
        (ENGINE, "_weigh", "before"),
        (ENGINE, "_weigh", "after"),
        (RECORDING, "log_summary", "before"),
    ],
)
@pytest.mark.parametrize("channel", ["whatsapp", "both"])
def test_a_worker_killed_anywhere_loses_nobody_and_repeats_nothing(tenant, simulator, channel, module, point, when):
    listed(6, whatsapp_consent=True)
    campaign = invite(channel)
    start_campaign(campaign, actor=None)
    assert die(campaign, module, point, when=when)
    when_free(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed"
    assert campaign_counts(campaign.pk).sms.sent == 6 and len(simulator.texts()) == 6
    assert not Customer.objects.filter(invited_at=None).exists()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_while_people_fall_back_texts_each_once(tenant, simulator, settings, monkeypatch, when):
    monkeypatch.setenv("WHATSAPP_MARKETING_TO_US", "false")
    settings.WHATSAPP_MARKETING_TO_US = False
    listed(5, whatsapp_consent=True)
    campaign = invite("both")
    start_campaign(campaign, actor=None)
    assert die(campaign, ENGINE, "fall_back", when=when)
    when_free(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    assert [text["to"].startswith("whatsapp:") for text in simulator.texts()] == [False] * 5
    assert set(Target.objects.values_list("phone_channel", "sms_status")) == {("sms", "sent")}
