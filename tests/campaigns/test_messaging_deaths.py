"""Workers are killed with kill -9 in the middle of a messaging campaign: nobody is lost and nobody gets two, on either channel."""

import pytest

from campaigns.models import Target
from campaigns.selectors import campaign_counts
from campaigns.services import request_start, start_due_campaigns
from tests.campaigns.invitation_worker import DELIVERY, ENGINE, RECORDING, STARTING, die
from tests.campaigns.messaging_shop import agreed
from tests.campaigns.newsletters import check_laws, finish, newsletter, started
from tests.campaigns.test_invitation_deaths import when_free


@pytest.mark.parametrize(
    ("module", "point", "when"),
    [
        (ENGINE, "_fly_each_way", "before"),
        (DELIVERY, "claim", "after"),
        (DELIVERY, "_answers", "after"),
        (DELIVERY, "settle", "before"),
        (DELIVERY, "settle", "after"),
        (ENGINE, "_weigh", "before"),
        (ENGINE, "record_outcomes", "before"),
        (ENGINE, "record_outcomes", "after"),
    ],
)
@pytest.mark.parametrize("channels", ["email", "email whatsapp"])
def test_a_worker_killed_anywhere_loses_nobody_and_repeats_nothing(tenant, simulator, settings, monkeypatch, channels, module, point, when):
    monkeypatch.setenv("WHATSAPP_MARKETING_TO_US", "true")
    settings.WHATSAPP_MARKETING_TO_US = True
    agreed(5, whatsapp_consent=True)
    campaign = started(channels)
    assert die(campaign, module, point, when=when)
    when_free(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed"
    counts, by_phone = campaign_counts(campaign.pk), 5 if "whatsapp" in channels else 0
    assert (counts.email.sent, counts.sms.sent) == (5, by_phone)
    assert len(simulator.emails()) == 5 and len(simulator.texts()) == by_phone


def test_a_worker_killed_between_outcomes_and_log_line_settles_on_the_next_turn(tenant, simulator, settings, monkeypatch):
    monkeypatch.setenv("WHATSAPP_MARKETING_TO_US", "true")
    settings.WHATSAPP_MARKETING_TO_US = True
    agreed(4, whatsapp_consent=True)
    campaign = started("whatsapp")
    assert die(campaign, RECORDING, "log_summary", when="before")
    when_free(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    assert set(Target.objects.values_list("sms_status", flat=True)) == {"sent"} and len(simulator.texts()) == 4


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["_plan", "move_campaign"])
def test_a_worker_killed_while_it_makes_the_list_leaves_it_to_the_next(tenant, simulator, point, when):
    agreed(4)
    campaign = newsletter("email")
    request_start(campaign, actor=None, confirmed_count=4)
    assert die(campaign, STARTING, point, when=when, act="start")
    assert not Target.objects.exists() or (point, when) == ("move_campaign", "after")
    start_due_campaigns()
    campaign.refresh_from_db()
    when_free(campaign)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed" and len(simulator.emails()) == 4
