"""Sending messaging campaigns: by email and WhatsApp, to who agreed and still agrees, each once, with tries, rests and pauses by channel."""

import datetime

import pytest
import redis
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts
from campaigns.services import drain, pause_campaign, resume_campaign, retry_failed, schedule_campaign, start_campaign, start_due_campaigns
from customers.models import Customer
from customers.services import suppress
from messaging.services import receive_text, record_message_status
from messaging.types import Channel
from tenants.business.models import BusinessSettings
from tests.campaigns.messaging_shop import a_place, agreed, another_owner
from tests.campaigns.newsletters import REJECTED, check_laws, finish, newsletter, started, stats_of, told, wait_over


@pytest.fixture(autouse=True)
def _abroad(settings):
    settings.WHATSAPP_MARKETING_TO_US = True


def test_everybody_gets_their_own_email_with_footer_and_fallbacks(tenant, simulator):
    known, nameless = agreed(1, loyalty_points_balance=120)[0], agreed(1, name="")[0]
    campaign = started("email")
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign.status == "completed" and simulator.texts() == []
    mail, other = simulator.emails(known.email)[0], simulator.emails(nameless.email)[0]
    assert mail["subject"] == f"News for {known.name.split()[0]}" and other["subject"] == "News for you"
    assert "you have 120 points" in mail["text"] and "Hi there, you have no points" in other["text"]
    assert "400 Congress Ave" in mail["text"] and "/u/" in mail["text"] and "/p/" in mail["text"] and known.email not in str(other)
    assert set(Target.objects.values_list("sms_status", "sms_reason")) == {("skipped", "channel_not_chosen")}


def test_both_channels_reach_each_person_once_by_each(tenant, simulator):
    willing, mail_only = agreed(3, whatsapp_consent=True), agreed(2)
    campaign = started("email whatsapp")
    finish(campaign)
    check_laws(campaign, simulator)
    assert {text["to"] for text in simulator.texts()} == {f"whatsapp:{person.phone}" for person in willing}
    assert {mail["to"] for mail in simulator.emails()} == {person.email for person in willing + mail_only}
    assert campaign_counts(campaign.pk).skipped_by_reason == {"consent_required": 2}
    by_email, by_whatsapp = stats_of(campaign).channels
    assert (by_email.sent, by_email.cost_micros, by_whatsapp.sent, by_whatsapp.skipped) == (5, 5_000, 3, 2)


@pytest.mark.parametrize("channels", ["email", "whatsapp"])
@pytest.mark.parametrize(
    "changed", [{"gdpr_marketing_consent": False}, {"gdpr_marketing_consent": None}, {"opted_out": True}], ids=lambda changed: str(changed)
)
def test_who_withdraws_between_selection_and_sending_gets_nothing(tenant, simulator, channels, changed):
    stays, leaves = agreed(2, whatsapp_consent=True)
    campaign = started(channels)
    Customer.objects.filter(pk=leaves.pk).update(**changed)
    finish(campaign)
    check_laws(campaign, simulator)
    sent = [mail["to"] for mail in simulator.emails()] + [text["to"].removeprefix("whatsapp:") for text in simulator.texts()]
    assert sent == [stays.email if channels == "email" else stays.phone]
    target = Target.objects.get(customer=leaves)
    reason = target.email_reason if channels == "email" else target.sms_reason
    assert reason == ("opted_out_explicit" if "opted_out" in changed else "consent_required")


def test_an_address_that_unsubscribed_is_left_out_with_its_reason(tenant, simulator):
    first, second = agreed(2)
    campaign = started("email")
    suppress(channel="email", address=first.email, reason="unsubscribe", event_key="u")
    finish(campaign)
    assert [mail["to"] for mail in simulator.emails()] == [second.email]
    assert Target.objects.get(customer=first).email_reason == "opted_out_explicit"


def test_quiet_hours_hold_whatsapp_and_no_email_waits_for_it(tenant, simulator):
    agreed(2, whatsapp_consent=True)
    campaign = newsletter("email whatsapp")
    Campaign.objects.update(quiet_hours_released_at=None)
    campaign.refresh_from_db()
    with time_machine.travel("2026-11-23T08:00:00Z"):  # two in the morning in Texas
        start_campaign(campaign, actor=None)
        simulator.faults(api="sendgrid", throttle=1.0, callbacks="off")
        drain(campaign)
        simulator.faults(callbacks="off")
        assert campaign_counts(campaign.pk).sms.held == 2 and campaign_counts(campaign.pk).email.pending == 2
    with time_machine.travel("2026-11-23T08:02:00Z"):
        redis.Redis.from_url(settings.REDIS_URL).flushdb()  # its clock does not travel
        campaign.refresh_from_db()
        drain(campaign)
        assert len(simulator.emails()) == 2 and simulator.texts() == []
    with time_machine.travel("2026-11-23T18:00:00Z"):
        drain(campaign)
        assert len(simulator.texts()) == 2


def test_an_email_provider_that_is_away_rests_alone_then_pauses_with_a_sentence(tenant, simulator, settings):
    agreed(3, whatsapp_consent=True)
    campaign = started("email whatsapp")
    here, settings.SENDGRID_API_BASE_URL = settings.SENDGRID_API_BASE_URL, "http://127.0.0.1:9"
    before, result = timezone.now(), drain(campaign)
    campaign.refresh_from_db()
    assert result.rests_until is None and campaign.rests_until is None and len(simulator.texts()) == 3
    assert round((campaign.email_rests_until - before).total_seconds()) == 10 and campaign.email_setbacks == 1
    assert drain(campaign).handled == 0
    for _round in range(2):
        wait_over(campaign)
        drain(campaign)
        campaign.refresh_from_db()
    assert campaign.status == "paused" and "could not be reached, 3 times" in campaign.pause_reason
    settings.SENDGRID_API_BASE_URL = here
    resume_campaign(campaign, actor=None)
    assert (campaign.email_setbacks, campaign.email_rests_until) == (0, None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.emails()) == 3 and len(simulator.texts()) == 3


def test_a_rate_limit_is_nobodys_failure(tenant, simulator):
    agreed(4)
    campaign = started("email")
    simulator.faults(api="sendgrid", throttle=1.0, callbacks="off")
    before, result = timezone.now(), drain(campaign)
    assert result.rests_until and 59 < (result.rests_until - before).total_seconds() < 62
    campaign.refresh_from_db()
    assert campaign.status == "running" and campaign_counts(campaign.pk).email.pending == 4
    simulator.faults(callbacks="off")
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.emails()) == 4


def test_a_refused_account_pauses_and_nobody_is_lost(tenant, simulator):
    agreed(2)
    campaign = started("email")
    simulator.faults(api="sendgrid", unauthorized=1.0, callbacks="off")
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and "refused our account" in campaign.pause_reason
    simulator.faults(callbacks="off")
    resume_campaign(campaign, actor=None)
    finish(campaign)
    assert len(simulator.emails()) == 2


@pytest.mark.parametrize("fault", ["accept500", "acceptReset", "garbage", "reset"])
def test_a_lost_answer_is_settled_by_evidence_and_nobody_gets_two(tenant, simulator, fault):
    agreed(6, whatsapp_consent=True)
    campaign = started("email whatsapp")
    simulator.faults(api="both", seed=5, callbacks="off", **{fault: 0.6})
    drain(campaign)
    simulator.faults(callbacks="off")
    finish(campaign)
    check_laws(campaign, simulator)
    counts = campaign_counts(campaign.pk)
    assert counts.sms.sent == counts.email.sent == 6


def test_an_address_that_is_refused_fails_and_can_be_retried_alone(tenant, simulator):
    people = agreed(4)
    Customer.objects.filter(pk=people[1].pk).update(email="broken@")
    campaign = started("email")
    finish(campaign)
    counts = campaign_counts(campaign.pk)
    assert (counts.email.sent, counts.email.failed) == (3, 1)
    Target.objects.filter(customer=people[1]).update(email="mended@example.com")
    assert retry_failed(campaign, actor=None) == 1
    finish(campaign)
    check_laws(campaign, simulator)
    assert campaign_counts(campaign.pk).email.sent == 4 and len(simulator.emails()) == 4


def test_pausing_keeps_what_was_sent_and_resuming_sends_the_rest(tenant, simulator):
    agreed(7)
    campaign = started("email")
    drain(campaign, limit=3)
    pause_campaign(campaign, actor=None)
    with pytest.raises(WrongStatus):
        drain(campaign)
    resume_campaign(campaign, actor=None)
    finish(campaign)
    check_laws(campaign, simulator)
    assert len(simulator.emails()) == 7


def test_a_template_that_is_rejected_stops_it(tenant, simulator):
    agreed(2, whatsapp_consent=True)
    campaign = started("whatsapp")
    Campaign.objects.update(content_sid=REJECTED)
    campaign.refresh_from_db()
    drain(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "paused" and "has not approved" in campaign.pause_reason and simulator.texts() == []


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"email_enabled": False}, "Choose how it is sent"),
        ({"email_subject": " "}, "Write a subject"),
        ({"email_html": "", "email_text": ""}, "Write the email"),
        ({"audience": {}}, "at least one place"),
    ],
)
def test_what_is_not_ready_does_not_start(tenant, simulator, about, sentence):
    agreed(1)
    campaign = newsletter("email", **about)
    with pytest.raises(BadCampaignInput, match=sentence):
        start_campaign(campaign, actor=None)
    assert campaign.status == "draft" and not Target.objects.exists()


def test_without_a_postal_address_no_email_leaves(tenant, simulator):
    agreed(1)
    campaign = newsletter("email")
    BusinessSettings.objects.update(postal_address="")
    with pytest.raises(BadCampaignInput, match="business settings"):
        start_campaign(campaign, actor=None)


def test_places_are_asked_of_who_starts_it_else_of_who_scheduled_it_else_of_who_made_it(tenant, simulator):
    agreed(1)
    campaign, other = newsletter("email"), another_owner()
    a_place().owners.add(other)
    for actor in (None, campaign.created_by):
        with pytest.raises(BadCampaignInput, match="other owners"):
            start_campaign(campaign, actor=actor)
    schedule_campaign(campaign, actor=other, at=timezone.now() + datetime.timedelta(minutes=5))
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=6)):
        a_place().owners.set([campaign.created_by])
        assert start_due_campaigns() == 0
        campaign.refresh_from_db()
        assert campaign.status == "draft" and "other owners" in campaign.pause_reason
        start_campaign(campaign, actor=campaign.created_by)


def test_free_words_on_whatsapp_reach_only_who_wrote_within_a_day(tenant, simulator):
    writer, *_others = agreed(3, whatsapp_consent=True)
    receive_text(channel=Channel.WHATSAPP, from_e164=writer.phone, body="Hello", provider_id="SM1")
    campaign = started("whatsapp", content_sid="", content_variables={}, sms_text="Hi {{first_name|you}}, {{points|no}} points for you")
    finish(campaign)
    check_laws(campaign, simulator)
    (text,) = simulator.texts()
    assert text["to"] == f"whatsapp:{writer.phone}" and text["body"] == f"Hi {writer.name.split()[0]}, no points for you"
    assert campaign_counts(campaign.pk).skipped_by_reason == {"whatsapp_outside_window": 2}


def test_a_template_gets_its_numbers_filled_and_what_stands_in(tenant, simulator):
    (nameless,) = agreed(1, name="", whatsapp_consent=True)
    finish(started("whatsapp"))
    assert simulator.texts(f"whatsapp:{nameless.phone}")[0]["body"].startswith("Hi friend, ")


def test_a_template_with_a_field_nobody_knows_does_not_start(tenant, simulator):
    agreed(1, whatsapp_consent=True)
    campaign = newsletter("whatsapp", content_variables={"1": "password"})
    with pytest.raises(BadCampaignInput, match="cannot fill {{password}}"):
        start_campaign(campaign, actor=None)


def test_the_numbers_of_many_campaigns_are_one_query_and_say_what_was_reported_since(tenant, simulator, settings):
    settings.WHATSAPP_MARKETING_TO_US = True
    first, second, third = agreed(3, whatsapp_consent=True)
    both = started("email whatsapp")
    finish(both)
    for person, event in ((first, "delivered"), (second, "open"), (third, "bounce")):
        told(both, person.email, event)
    told(both, second.email, "unsubscribe")
    target = Target.objects.get(campaign=both, customer=first)
    read = {"status": "read", "error_code": "", "to": f"whatsapp:{first.phone}"}
    record_message_status(attempt_id=target.sms_attempt_id, sid=target.sms_sid, **read)
    others = [newsletter("email"), newsletter("whatsapp"), newsletter("")]
    with CaptureQueriesContext(connection) as asked:
        found = messaging_stats([both, *others])
    assert len(asked) == 1 and [found[other.pk].recipients for other in others] == [0, 0, 0] and found[others[2].pk].channels == ()
    by_email, by_whatsapp = found[both.pk].channels
    assert (by_email.sent, by_email.delivered, by_email.opened, by_email.bounced, by_email.opted_out) == (3, 2, 1, 1, 1)
    assert (by_whatsapp.sent, by_whatsapp.delivered, by_whatsapp.opened, by_whatsapp.cost_micros) == (3, 1, 1, 15_000)
