"""Whom an invitation is for: narrowed down by the owner, counted with reasons, one row a person."""

import datetime

import pytest
from django.utils import timezone

from bookings.models import Booking, Place
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts
from campaigns.services import preview_audience, start_campaign
from campaigns.types import Audience
from customers.models import Customer
from tests.campaigns.inviting import a_list, booked, finish, hours_ago, invite, listed


def people_of(audience: Audience, channel: str = "sms") -> int:
    preview = preview_audience(audience, channel)
    assert preview.people == preview.reach + sum(preview.left_out.values()) and preview.reach == sum(preview.by_channel.values())
    return preview.people


def test_the_audience_is_narrowed_down_by_life_list_tag_place_and_visit(tenant):
    spring, autumn = a_list("spring.csv"), a_list("autumn.csv")
    listed(2, spring)
    listed(1, autumn, first=300, tags=["vip", "colour"])
    listed(1, autumn, first=310, invited_at=hours_ago(48))
    listed(1, autumn, first=320, invited_at=hours_ago(48), expired_at=hours_ago(1))
    listed(1, autumn, first=330, registered_at=hours_ago(1))
    Customer.objects.create(name="Walk-in", phone="+15125550999")
    assert people_of(Audience()) == 5 and preview_audience(Audience(), "sms").registered == 1
    for statuses, count in (({"imported"}, 3), ({"invited"}, 1), ({"expired"}, 1), ({"imported", "expired"}, 4)):
        assert people_of(Audience(statuses=frozenset(statuses))) == count
    assert people_of(Audience(import_batch_id=spring.pk)) == 2
    assert people_of(Audience(tags=("vip", "other"))) == 1 and people_of(Audience(tags=("none",))) == 0
    assert people_of(Audience(place_id=1)) == 0 and people_of(Audience(last_visit_before=datetime.date(2026, 1, 1))) == 0


def test_the_audience_preview_says_why_others_are_left_out_and_matches_what_is_sent(tenant, simulator):
    listed(2)
    listed(1, first=300, opted_out=True)
    listed(1, first=310, phone=None, phone_raw="12")
    listed(1, first=320, invited_at=hours_ago(2))
    before = (Target.objects.count(), Campaign.objects.count())
    preview = preview_audience(Audience(), "sms")
    assert (Target.objects.count(), Campaign.objects.count()) == before
    assert preview.left_out == {"opted_out_explicit": 1, "invalid_phone_format": 1, "invited_recently": 1}
    assert (preview.people, preview.reach, preview.by_channel) == (5, 2, {"sms": 2})
    campaign = invite()
    start_campaign(campaign, actor=None, confirmed_count=preview.people)
    finish(campaign)
    assert campaign_counts(campaign.pk).sms.sent == preview.reach
    assert campaign_counts(campaign.pk).skipped_by_reason == preview.left_out


def test_the_audience_preview_says_by_which_channel(tenant):
    listed(2, whatsapp_consent=True)
    listed(3, first=300)
    listed(1, first=310, whatsapp_consent=False)
    assert preview_audience(Audience(), "both").by_channel == {"sms": 4, "whatsapp": 2}
    whatsapp = preview_audience(Audience(), "whatsapp")
    assert (whatsapp.by_channel, whatsapp.left_out) == ({"whatsapp": 2}, {"consent_required": 3, "opted_out_explicit": 1})


@pytest.mark.parametrize(
    ("channel", "by_channel", "left_out"),
    [("both", {"sms": 3}, {}), ("whatsapp", {}, {"whatsapp_us_marketing": 2, "consent_required": 1})],
)
def test_the_preview_knows_that_whatsapp_reaches_no_american(tenant, settings, channel, by_channel, left_out):
    settings.WHATSAPP_MARKETING_TO_US = False
    listed(2, whatsapp_consent=True)
    listed(1, first=300)
    preview = preview_audience(Audience(), channel)
    assert (preview.people, preview.by_channel, preview.left_out) == (3, by_channel, left_out)


def test_a_place_and_a_last_visit_are_those_of_appointments(tenant):
    person, other, _never = listed(3)
    place = Place.objects.create(name="Downtown", time_zone="America/Chicago")
    for customer, month in ((person, 3), (other, 9)):
        booked(customer, place, datetime.datetime(2026, month, 10, 16, tzinfo=datetime.UTC))
    summer = datetime.date(2026, 6, 1)
    assert people_of(Audience(place_id=place.pk)) == 2 and people_of(Audience(place_id=place.pk + 1)) == 0
    assert people_of(Audience(last_visit_before=summer)) == 1 and people_of(Audience(last_visit_after=summer)) == 1
    assert people_of(Audience(last_visit_after=datetime.date(2026, 3, 10), last_visit_before=datetime.date(2026, 3, 11))) == 1
    Booking.objects.update(status="cancelled", cancelled_at=timezone.now())
    assert people_of(Audience(place_id=place.pk)) == 0


def test_records_that_are_one_person_are_invited_once_and_count_as_one(tenant, simulator):
    _first, second = listed(2, email="same@example.com")
    assert people_of(Audience()) == 1
    Customer.objects.filter(pk=second.pk).update(registered_at=timezone.now())
    assert people_of(Audience()) == 0
    Customer.objects.filter(pk=second.pk).update(registered_at=None, opted_out=True)
    assert preview_audience(Audience(), "sms").left_out == {"opted_out_explicit": 1}
