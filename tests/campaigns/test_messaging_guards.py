"""A messaging campaign that does harm pauses itself with a sentence that says how much, and counts anew when it is resumed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.guards import Answers, judge
from campaigns.selectors import campaign_counts
from campaigns.services import drain, resume_campaign, start_campaign
from customers.models import Customer
from customers.services import suppress
from messaging.services import record_message_status
from messaging.types import Channel
from tests.campaigns.messaging_shop import agreed
from tests.campaigns.newsletters import check_laws, finish, newsletter, started, stats_of, told, wait_over


def answers(**counted: int) -> Answers:
    return Answers(Channel.EMAIL, **counted)


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        ({"outcomes": 49, "failed": 49}, ""),
        ({"outcomes": 50, "sent": 44, "failed": 6}, "6 of 50 emails could not be delivered (12.0 %)"),
        ({"outcomes": 50, "sent": 45, "failed": 5}, ""),
        ({"outcomes": 200, "sent": 200, "bounced": 10}, "10 of 200 emails went to addresses that do not exist (5.0 %)"),
        ({"outcomes": 199, "sent": 199, "bounced": 20}, ""),
        ({"outcomes": 1_000, "sent": 1_000, "complaints": 3}, "3 of 1000 emails were reported as spam (0.3 %)"),
        ({"outcomes": 1_001, "sent": 1_001, "complaints": 3}, ""),
        ({"outcomes": 9, "sent": 9, "complaints": 2}, ""),
        ({"outcomes": 250, "sent": 250, "opt_outs": 5}, "5 of 250 people asked not to get such emails (2.0 %)"),
        ({"outcomes": 251, "sent": 251, "opt_outs": 5}, ""),
        ({"outcomes": 49, "sent": 49, "opt_outs": 20}, ""),
        ({}, ""),
    ],
)
def test_each_threshold_is_where_it_is_said_to_be(counted, words):
    sentence = judge(answers(**counted))
    assert sentence.startswith(words) and bool(sentence) == bool(words)


@given(st.builds(answers, **{name: st.integers(0, 5_000) for name in ("outcomes", "sent", "failed", "bounced", "complaints", "opt_outs")}))
def test_a_sentence_fits_and_harm_that_grows_is_never_forgiven(counted):
    sentence = judge(counted)
    assert len(sentence) <= 240
    worse = Answers(counted.channel, counted.outcomes, counted.sent, counted.failed + 1, counted.bounced + 1, counted.complaints + 1, 5_001)
    assert not sentence or judge(worse)


def test_addresses_that_are_refused_pause_it_before_everybody_is_tried(tenant, simulator):
    people = agreed(60)
    for number, person in enumerate(people[:8]):
        Customer.objects.filter(pk=person.pk).update(email=f"broken{number}@")
    campaign = started("email")
    drain(campaign, limit=50)
    assert drain(campaign).paused_because
    campaign.refresh_from_db()
    assert campaign.status == "paused"
    assert campaign.pause_reason.startswith("8 of 50 emails could not be delivered (16.0 %)")
    assert campaign_counts(campaign.pk).email.pending == 10
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed" and campaign_counts(campaign.pk).email.sent == 52


def test_the_third_complaint_stops_the_next_batch(tenant, simulator):
    people = agreed(12)
    campaign = started("email")
    drain(campaign, limit=6)
    for person in people[:2]:
        told(campaign, person.email, "spamreport")
    assert drain(campaign, limit=1).handled == 1
    told(campaign, people[2].email, "spamreport")
    result = drain(campaign)
    assert (result.handled, result.paused_because.split(",")[0]) == (0, "3 of 7 emails were reported as spam (42.9 %)")
    resume_campaign(campaign, actor=None)
    finish(campaign)
    assert stats_of(campaign).channels[0].opted_out == 3 and campaign_counts(campaign.pk).email.sent == 12


@pytest.mark.parametrize("channels", ["email", "whatsapp"])
def test_opt_outs_while_it_is_sent_pause_it(tenant, simulator, settings, channels):
    settings.WHATSAPP_MARKETING_TO_US = True
    people = agreed(55, whatsapp_consent=True)
    campaign = started(channels)
    drain(campaign, limit=51)
    for person in people[:5]:
        address = person.email if channels == "email" else person.phone
        suppress(channel=channels, address=address, reason="unsubscribe", event_key=f"u{person.pk}")
    result = drain(campaign)
    assert result.handled == 0 and result.paused_because.startswith("5 of 51 people asked not to get such ")
    assert stats_of(campaign).channels[0].opted_out == 5


def test_opt_outs_of_others_and_of_earlier_say_nothing(tenant, simulator):
    people = agreed(60)
    for person in people[:3]:
        suppress(channel="email", address=person.email, reason="unsubscribe", event_key=f"u{person.pk}")
    campaign = started("email")
    for number in range(9):
        suppress(channel="email", address=f"stranger{number}@example.com", reason="unsubscribe", event_key=f"s{number}")
    finish(campaign)
    assert campaign.status == "completed" and campaign_counts(campaign.pk).email.sent == 57


def test_refusals_that_came_along_with_a_record_or_a_list_say_nothing(tenant, simulator):
    people = agreed(55)
    campaign = started("email")
    drain(campaign, limit=51)
    for person, source in zip(people, ("merge:1", "unmerge:1", "import:9", "undo:9", "erasure:5", "merge:2", "import:8"), strict=False):
        suppress(channel="email", address=person.email, reason=source, event_key=f"a{person.pk}")
    finish(campaign)
    assert campaign.status == "completed"


def test_hard_bounces_pause_it_and_soft_ones_do_not(tenant, simulator):
    people = agreed(230)
    campaign = newsletter("email")
    start_campaign(campaign, actor=None)
    drain(campaign, limit=210)
    for person in people[:11]:
        told(campaign, person.email, "bounce", type="blocked")
    assert drain(campaign, limit=1).paused_because == ""
    for person in people[20:31]:
        told(campaign, person.email, "bounce", type="bounce", status="5.1.1")
    assert drain(campaign).paused_because.startswith("11 of 211 emails went to addresses that do not exist")
    assert stats_of(campaign).channels[0].bounced == 22 and stats_of(campaign).channels[0].sent == 211


def test_whatsapp_messages_that_do_not_arrive_pause_it(tenant, simulator, settings):
    settings.WHATSAPP_MARKETING_TO_US = True
    agreed(60, whatsapp_consent=True)
    campaign = started("whatsapp")
    drain(campaign, limit=50)
    for target in campaign.targets.filter(sms_status="sent")[:6]:
        sent_to = f"whatsapp:{target.phone}"
        record_message_status(attempt_id=target.sms_attempt_id, sid=target.sms_sid, status="undelivered", error_code="63024", to=sent_to)
    wait_over(campaign)
    assert drain(campaign).paused_because.startswith("6 of 50 WhatsApp messages could not be delivered (12.0 %)")
