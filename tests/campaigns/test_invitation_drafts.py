"""Invitations before they are sent: what is refused, whom they are for, how they look, and when they start by themselves."""

import datetime
import threading

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from bookings.models import Booking, Place
from campaigns.errors import BadCampaignInput, CountChanged, EmptyAudience, WrongStatus
from campaigns.models import Campaign, Target
from campaigns.selectors import invitation_of, stats_of_invitations
from campaigns.services import (
    create_invitation_campaign,
    draft_of,
    drain,
    edit_invitation_campaign,
    preview_audience,
    preview_message,
    schedule_campaign,
    send_invitation_test,
    start_campaign,
    start_due_campaigns,
    unschedule_campaign,
)
from campaigns.types import Audience, InvitationDraft
from customers.models import Customer
from loyalty.models import OfferCode, WelcomeOffer
from loyalty.services import promise_offer
from messaging.errors import ProviderAway
from servicepro.lib.segments import count_segments
from tests.campaigns.inviting import (
    APPROVED,
    MAPPING,
    PENDING,
    PLAIN,
    REJECTED,
    TEXT,
    an_offer,
    booked,
    finish,
    hours_ago,
    invite,
    listed,
)


def refusal(draft: InvitationDraft, name: str = "Spring", audience: Audience | None = None) -> str:
    with pytest.raises(BadCampaignInput) as refused:
        create_invitation_campaign(actor=None, name=name, draft=draft, audience=audience or Audience())
    assert not Campaign.objects.exists()
    return refused.value.message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi {{custmer_name}}! Reply STOP", "We cannot fill {{custmer_name}}. Did you mean {{customer_name}}?"),
        ("Hi {{CustomerName}}! Reply STOP", "Did you mean {{customer_name}}?"),
        ("Hi {{offer amount}}! Reply STOP", "Did you mean {{offer_amount}}?"),
        ("Hi {{zzz}}! Reply STOP", "We cannot fill {{zzz}}. Use one of: customer_name"),
        ("Hi {customer_name}! Reply STOP", "Write {{customer_name}} with two braces"),
        ("Hi {{customer_name}! Reply STOP", "There is {{ without its }}"),
        ("Hi {{}}! Reply STOP", "We cannot fill {{}}."),
        ("Hi {{customer_name}}, join us!", "how to stop"),
        ("Nonstop fun for you", "how to stop"),
        ("{{offer_amount}} for you. Reply STOP", "but none is chosen"),
        ("Valid {{expiry_days}} days. Reply STOP", "but none is chosen"),
        ("  ", "1 to 1,600 characters"),
        ("STOP " + "x" * 1_600, "1 to 1,600 characters"),
        ("STOP \0", "cannot be kept"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_in_one_sentence(tenant, text, sentence):
    assert sentence in refusal(InvitationDraft("sms", text))


def test_missing_and_inactive_offers_are_refused(tenant):
    assert "no such welcome offer" in refusal(InvitationDraft("sms", TEXT, 4711))
    assert "is not active" in refusal(InvitationDraft("sms", TEXT, an_offer(is_active=False).pk))


@pytest.mark.parametrize(
    ("draft", "sentence"),
    [
        ({"content_sid": PENDING}, "it is pending"),
        ({"content_sid": REJECTED}, "it is rejected"),
        ({"content_sid": "HX" + "9" * 32}, "no such message template"),
        ({"content_variables": MAPPING | {"1": "custmer_name"}}, "Did you mean {{customer_name}}?"),
        ({"content_variables": {"1": "customer_name"}}, "what stands for {{2}}"),
        ({"content_variables": MAPPING | {"7": "customer_name"}}, "no {{7}}"),
    ],
)
def test_templates_that_do_not_go_are_refused(tenant, simulator, draft, sentence):
    wanted = {"content_sid": APPROVED, "content_variables": MAPPING} | draft
    assert sentence in refusal(InvitationDraft("whatsapp", "", an_offer().pk, **wanted))


def test_a_template_that_names_the_offer_needs_one(tenant, simulator):
    assert "but none is chosen" in refusal(InvitationDraft("whatsapp", "", None, APPROVED, MAPPING))


@pytest.mark.parametrize(("name", "audience"), [("", Audience()), ("x" * 101, Audience()), ("Spring", Audience(statuses=frozenset()))])
def test_an_invitation_needs_a_name_and_somebody_to_go_to(tenant, name, audience):
    refusal(InvitationDraft("sms", PLAIN), name, audience)
    assert "channel" in refusal(InvitationDraft("pigeon", PLAIN))


def test_nobody_to_invite_is_refused_at_start_and_the_draft_stays(tenant, simulator):
    campaign = invite()
    for begin in (lambda: start_campaign(campaign, actor=None), lambda: schedule_campaign(campaign, actor=None, at=hours_ago(-1))):
        with pytest.raises(EmptyAudience, match="Nobody matches"):
            begin()
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_an_offer_or_a_template_gone_since_the_draft_is_refused_at_start(tenant, simulator):
    listed(1, whatsapp_consent=True)
    campaign = invite("whatsapp")
    WelcomeOffer.objects.update(is_active=False)
    with pytest.raises(BadCampaignInput, match="has ended"):
        start_campaign(campaign, actor=None)
    WelcomeOffer.objects.update(is_active=True)
    simulator.control("POST", "templates", {"sid": APPROVED, "status": "paused"})
    with pytest.raises(BadCampaignInput, match="it is paused"):
        start_campaign(campaign, actor=None)
    assert not Target.objects.exists()


def test_a_provider_that_is_away_is_told_at_start_and_drafts_are_kept_without_it(tenant, simulator, settings):
    listed(1, whatsapp_consent=True)
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    campaign = invite("whatsapp")
    with pytest.raises(ProviderAway, match="try again"):
        start_campaign(campaign, actor=None)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_the_typed_number_must_be_that_of_the_people_now(tenant, simulator):
    listed(3)
    campaign = invite()
    with pytest.raises(CountChanged):
        start_campaign(campaign, actor=None, confirmed_count=2)
    assert not Target.objects.exists()
    start_campaign(campaign, actor=None, confirmed_count=3)


def test_two_starts_at_once_begin_it_once(tenant, simulator):
    listed(3)
    campaign = invite()
    answers: list[str] = []

    def start() -> None:
        with schema_context("shop"):
            try:
                start_campaign(Campaign.objects.get(pk=campaign.pk), actor=None)
                answers.append("started")
            except WrongStatus as error:
                answers.append(error.message)
            finally:
                connection.close()

    threads = [threading.Thread(target=start) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[-1] == "started" and len([answer for answer in answers if "running already" in answer]) == 3
    finish(campaign)
    assert len(simulator.texts()) == 3


def test_of_two_campaigns_started_at_once_one_is_sent(tenant, simulator):
    listed(3)
    campaigns = [invite(), invite()]
    answers: list[str] = []

    def start(number: int) -> None:
        with schema_context("shop"):
            try:
                start_campaign(Campaign.objects.get(pk=campaigns[number].pk), actor=None)
                answers.append("started")
            except WrongStatus as error:
                answers.append(error.message)
            finally:
                connection.close()

    threads = [threading.Thread(target=start, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["Another campaign is being sent right now; wait for it to finish or pause it.", "started"]
    assert sorted(Campaign.objects.values_list("status", flat=True)) == ["draft", "running"]


def test_a_campaign_can_be_scheduled_while_another_is_sent(tenant, simulator):
    listed(2)
    running, later = invite(), invite()
    start_campaign(running, actor=None)
    schedule_campaign(later, actor=None, at=hours_ago(-2))
    assert later.status == "scheduled"
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=2.5)):
        assert start_due_campaigns() == 0
        later.refresh_from_db()
        assert later.status == "scheduled"


def test_the_preview_of_a_message_is_what_the_person_gets(tenant, simulator):
    (person,) = listed(1)
    offer = an_offer(discount_type="fixed", discount_value=1_000)
    campaign = invite(offer=offer, text=TEXT)
    code = promise_offer(offer.pk, [person.pk])[person.pk]
    shown = preview_message(campaign, customer_id=person.pk)
    start_campaign(campaign, actor=None)
    finish(campaign)
    sent = simulator.texts()[0]["body"]
    assert code in sent and shown.text.split("http")[0] == sent.split("http")[0] and len(shown.text) == len(sent)
    assert shown.segments.segments == count_segments(sent).segments and shown.cost_micros > 0
    assert "{{" not in sent and "Person0!" in sent


def test_a_preview_for_nobody_promises_nothing(tenant, simulator):
    campaign = invite("both")
    shown = preview_message(draft_of(campaign))
    assert "WELCOME-A7K9M2" in shown.text and "WELCOME-A7K9M2" in shown.whatsapp_text and not OfferCode.objects.exists()
    with pytest.raises(BadCampaignInput, match="Did you mean"):
        preview_message(InvitationDraft("sms", "{{custmer_name}}"))


def test_the_link_of_a_preview_opens_nobodys_invitation_also_later(tenant, simulator):
    listed(2)
    campaign = invite()
    link = preview_message(draft_of(campaign)).values["download_link"]
    schedule_campaign(campaign, actor=None, at=hours_ago(-2))
    assert Target.objects.count() == 2 and invitation_of(link.rpartition("/")[2]) is None


@pytest.mark.parametrize(("channel", "prefix"), [("sms", ""), ("both", ""), ("whatsapp", "whatsapp:")])
def test_a_test_message_goes_to_the_owner_alone(tenant, simulator, channel, prefix):
    listed(2, whatsapp_consent=True)
    receipt = send_invitation_test(invite(channel), actor=None)
    assert receipt.outcome == "sent" and [text["to"] for text in simulator.texts()] == [f"{prefix}+15125550199"]
    assert not Target.objects.exists() and not OfferCode.objects.exists()


def test_only_a_draft_can_be_changed(tenant, simulator):
    listed(1)
    campaign = invite()
    changed = edit_invitation_campaign(
        campaign, actor=None, name="Autumn", draft=InvitationDraft("sms", f"Hello! {PLAIN}"), audience=Audience(tags=("vip",))
    )
    assert (changed.name, changed.sms_text[:6], changed.audience["tags"]) == ("Autumn", "Hello!", ["vip"])
    changed = edit_invitation_campaign(campaign, actor=None, name="Autumn", draft=draft_of(changed), audience=Audience())
    start_campaign(changed, actor=None)
    with pytest.raises(WrongStatus, match="while it is a draft"):
        edit_invitation_campaign(changed, actor=None, name="Late", draft=draft_of(changed), audience=Audience())


def test_a_time_that_has_passed_is_refused_and_one_to_come_starts_by_itself(tenant, simulator):
    listed(2)
    campaign = invite()
    with pytest.raises(BadCampaignInput, match="passed already"):
        schedule_campaign(campaign, actor=None, at=hours_ago(0.01))
    schedule_campaign(campaign, actor=None, at=hours_ago(-2))
    assert start_due_campaigns() == 0 and Target.objects.count() == 2
    listed(1, first=300)
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=2.5)):
        assert start_due_campaigns() == 1
        campaign.refresh_from_db()
        assert campaign.status == "running" and Target.objects.count() == 3
        drain(campaign)
    assert len(simulator.texts()) == 3


def test_a_campaign_taken_off_the_calendar_is_a_draft_again(tenant, simulator):
    listed(2)
    campaign = invite()
    schedule_campaign(campaign, actor=None, at=hours_ago(-2))
    unschedule_campaign(campaign, actor=None)
    assert (campaign.status, campaign.scheduled_at, Target.objects.count()) == ("draft", None, 0)


def test_what_cannot_start_at_its_time_is_given_back_with_a_reason_and_others_start(tenant, simulator):
    people = listed(2)
    ended, empty, fine = invite(offer=an_offer(), text=TEXT), invite(audience=Audience(tags=("vip",))), invite()
    Customer.objects.filter(pk=people[0].pk).update(tags=["vip"])
    for campaign in (ended, empty, fine):
        schedule_campaign(campaign, actor=None, at=hours_ago(-1))
    WelcomeOffer.objects.update(is_active=False)
    Customer.objects.update(tags=[])
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1.5)):
        assert start_due_campaigns() == 1
    for campaign in (ended, empty, fine):
        campaign.refresh_from_db()
    assert (ended.status, empty.status, fine.status) == ("paused", "draft", "running")
    assert "has ended" in ended.pause_reason and "Nobody matches" in empty.pause_reason


def queries(count: int, first: int) -> dict[str, int]:
    Campaign.objects.all().delete()
    Customer.objects.update(invited_at=hours_ago(48))
    listed(count, first=first, whatsapp_consent=True)
    counted = {}
    campaign = invite("both")
    for name, act in (
        ("audience", lambda: preview_audience(Audience(), "both")),
        ("start", lambda: start_campaign(campaign, actor=None)),
        ("drain", lambda: drain(campaign, limit=40)),
        ("stats", lambda: stats_of_invitations([campaign])),
    ):
        with CaptureQueriesContext(connection) as captured:
            act()
        counted[name] = len(captured)
    return counted


def test_the_number_of_queries_does_not_grow_with_the_people(tenant, simulator):
    few = queries(3, 200)
    assert queries(25, 300) == few


def test_bookings_and_registrations_after_the_message_are_counted(tenant, simulator):
    people = listed(4)
    campaign = invite()
    start_campaign(campaign, actor=None)
    finish(campaign)
    Customer.objects.filter(pk__in=[people[0].pk, people[1].pk]).update(registered_at=timezone.now() + datetime.timedelta(minutes=1))
    place = Place.objects.create(name="Downtown", time_zone="America/Chicago")
    first = booked(people[0], place, hours_ago(-24))
    booked(people[0], place, hours_ago(-48))
    Booking.objects.filter(pk=booked(people[2], place, hours_ago(-72)).pk).update(created_at=hours_ago(24))
    stats = stats_of_invitations([campaign])[campaign.pk]
    assert (stats.target, stats.sent, stats.registered, stats.booked) == (4, 4, 2, 1)
    Booking.objects.exclude(pk=first.pk).delete()
    Booking.objects.update(status="cancelled", cancelled_at=timezone.now())
    assert stats_of_invitations([campaign])[campaign.pk].booked == 0
