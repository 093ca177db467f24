"""What is said before sending is what happens: people by channel, left out by reason, and the list that is written."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from bookings.models import Place
from campaigns.choosing import count_reach, count_selected, write_messaging_targets
from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.services import start_campaign
from campaigns.types import EVERYBODY, Selection
from customers.models import Customer, Suppression
from customers.services import suppress
from messaging.services import receive_text
from servicepro.lib.fields import email_tag, phone_tag
from tests.campaigns.choosing_shop import agreed, visited
from tests.campaigns.newsletters import finish, newsletter


@pytest.fixture
def place(tenant) -> Place:
    return Place.objects.create(name="Main", time_zone="America/Chicago")


def came(place: Place, name: str, **about: object) -> Customer:
    person = agreed(name, **about)
    visited(person, place)
    return person


def happened(campaign: Campaign) -> dict[str, Counter[str]]:
    """Return how many ended how on each channel: "sent", or the reason why not."""
    targets = Target.objects.filter(campaign=campaign)
    return {
        "email": Counter("sent" if target.email_status == "sent" else target.email_reason for target in targets),
        "whatsapp": Counter("sent" if target.sms_status == "sent" else target.sms_reason for target in targets),
    }


def crowd(place: Place) -> None:
    """Make somebody for every reason."""
    for _turn in range(2):
        came(place, "Both", whatsapp_consent=True)
        came(place, "Email only")
        came(place, "Refuses WhatsApp", whatsapp_consent=False)
    came(place, "No email", email=None, whatsapp_consent=True)
    came(place, "No phone", phone=None, whatsapp_consent=True)
    came(place, "Neither", email=None, phone=None)
    came(place, "Not an address", email="nobody", whatsapp_consent=True)
    came(place, "Unsubscribed", email_opt_out=True, whatsapp_consent=True)
    bounced = came(place, "Bounced", whatsapp_consent=True)
    suppress(channel="email", address=bounced.email, reason="hard_bounce", event_key="e1")
    blocked = came(place, "Blocked", whatsapp_consent=True)
    Suppression.objects.create(channel="whatsapp", address_tag=phone_tag(blocked.phone), reason="staff")
    came(place, "Ourselves", email="hello@servicepro.example", phone="+14155238886", whatsapp_consent=True)


@pytest.mark.parametrize("us_is_reached", [True, False])
def test_the_summary_before_sending_is_what_happens(place, simulator, settings, us_is_reached):
    settings.WHATSAPP_MARKETING_TO_US, settings.SENDGRID_FROM_EMAIL = us_is_reached, "hello@servicepro.example"
    settings.TWILIO_WHATSAPP_NUMBER = "+14155238886"
    crowd(place)
    came(place, "Toronto", phone="+14165550142", whatsapp_consent=True)
    campaign = newsletter("email and whatsapp", places=(place,))
    reach = count_reach(campaign)
    start_campaign(campaign, actor=None, confirmed_count=reach.selected)
    finish(campaign)
    ended = happened(campaign)
    for channel in ("email", "whatsapp"):
        assert reach.by_channel[channel] == ended[channel].pop("sent")
        assert reach.left_out[channel] == dict(ended[channel])
        assert reach.by_channel[channel] + sum(reach.left_out[channel].values()) == reach.selected
    reached = Target.objects.filter(campaign=campaign).exclude(email_status="skipped", sms_status="skipped")
    assert (reach.people, reach.selected) == (reached.count(), count_selected(campaign))


def test_free_words_reach_on_whatsapp_who_wrote_within_a_day(place, simulator):
    writer = came(place, "Wrote", whatsapp_consent=True)
    came(place, "Did not", whatsapp_consent=True)
    receive_text(from_e164=writer.phone, body="Hi", provider_id="SM" + "a" * 32, channel="whatsapp")
    campaign = newsletter("whatsapp", places=(place,), content_sid="", content_variables={}, sms_text="Hello")
    reach = count_reach(campaign)
    assert (reach.by_channel, reach.left_out) == ({"whatsapp": 1}, {"whatsapp": {"whatsapp_outside_window": 1}})


def test_a_channel_without_a_sender_reaches_nobody(place, settings):
    settings.TWILIO_WHATSAPP_NUMBER = settings.SENDGRID_API_KEY = ""
    came(place, "Both", whatsapp_consent=True)
    reach = count_reach(newsletter("email and whatsapp", places=(place,)))
    assert (reach.people, reach.selected, reach.cost_micros, reach.seconds) == (0, 1, 0, 0)
    assert reach.left_out == {"email": {"sendgrid_not_configured": 1}, "whatsapp": {"whatsapp_not_configured": 1}}


def test_what_it_costs_and_how_long_it_takes_follows_from_prices_and_paces(place, settings):
    settings.EMAIL_PRICE_MICROS, settings.WHATSAPP_MESSAGE_PRICE_MICROS = 1_000, 5_000
    settings.EMAIL_PER_SECOND, settings.WHATSAPP_PER_SECOND = 2, 1
    for _person in range(3):
        came(place, "Both", whatsapp_consent=True)
    came(place, "Email only")
    campaign = newsletter("email and whatsapp", places=(place,))
    reach = count_reach(campaign)
    assert (reach.cost_micros, reach.seconds, reach.people) == (4 * 1_000 + 3 * 5_000, 3, 4)
    by_email = count_reach(newsletter("email", places=(place,)))
    assert (by_email.cost_micros, by_email.seconds, by_email.by_channel, by_email.left_out) == (4_000, 2, {"email": 4}, {"email": {}})
    assert count_reach(newsletter("", places=(place,))).people == 0


def test_the_list_holds_what_the_chosen_channels_need_and_nothing_else(place):
    both, neither = came(place, "Both"), came(place, "Neither", email=None, phone=None)
    expected = {
        "email": [(both.pk, "Both", None, both.email), (neither.pk, "Neither", None, None)],
        "whatsapp": [(both.pk, "Both", both.phone, None), (neither.pk, "Neither", None, None)],
        "email and whatsapp": [(both.pk, "Both", both.phone, both.email), (neither.pk, "Neither", None, None)],
    }
    for channels, rows in expected.items():
        campaign = newsletter(channels, places=(place,))
        assert write_messaging_targets(campaign) == 2
        targets = Target.objects.filter(campaign=campaign).order_by("pk")
        assert list(targets.values_list("customer_id", "name", "phone", "email")) == rows
        for target in targets:
            assert (target.phone_channel, target.points_granted, target.opted_out) == ("whatsapp", 0, False)
            for channel, name in (("sms", "whatsapp"), ("email", "email")):
                outcome = getattr(target, f"{channel}_status"), getattr(target, f"{channel}_reason")
                assert outcome == (("pending", "") if name in channels else ("skipped", "channel_not_chosen"))


def test_a_list_is_made_anew_until_the_campaign_has_begun(place):
    first = came(place, "First")
    campaign = newsletter(places=(place,))
    assert write_messaging_targets(campaign) == write_messaging_targets(campaign) == 1
    came(place, "Second")
    Customer.objects.filter(pk=first.pk).update(gdpr_marketing_consent=False)
    assert write_messaging_targets(campaign) == 1
    assert [target.name for target in Target.objects.filter(campaign=campaign)] == ["Second"]
    start_campaign(campaign, actor=None)
    with pytest.raises(WrongStatus, match="has begun"):
        write_messaging_targets(campaign)
    assert Target.objects.filter(campaign=campaign).count() == 1


def test_a_list_that_is_not_committed_never_was(place):
    came(place, "Ann")
    campaign = newsletter(places=(place,))
    with pytest.raises(IntegrityError), transaction.atomic():
        write_messaging_targets(campaign)
        raise IntegrityError
    assert not Target.objects.filter(campaign=campaign).exists()


def test_a_person_with_two_records_is_on_the_list_once_with_the_addresses_of_both(place):
    person = came(place, "Ann", email=None)
    second = came(place, "A.", phone=None, same_person_as=person)
    campaign = newsletter("email and whatsapp", places=(place,))
    assert write_messaging_targets(campaign) == 1
    target = Target.objects.get(campaign=campaign)
    assert (target.customer_id, target.phone, target.email) == (person.pk, person.phone, second.email)


def test_a_suppressed_address_of_anybody_is_left_out_by_its_tag_alone(place):
    came(place, "Ann", email="ann@example.com")
    Suppression.objects.create(channel="email", address_tag=email_tag("ann@example.com"), reason="complaint")
    Suppression.objects.create(channel="email", address_tag=email_tag("stranger@example.com"), reason="complaint")
    reach = count_reach(newsletter(places=(place,)))
    assert (reach.by_channel, reach.left_out) == ({"email": 0}, {"email": {"address_suppressed": 1}})


def test_nobody_ticked_is_nobody_written_to(place):
    came(place, "Ann")
    for selection in (Selection((place.pk,)), Selection(()).mark(EVERYBODY, is_added=True)):
        campaign = newsletter(places=(place,), audience=selection.as_json())
        assert (write_messaging_targets(campaign), count_selected(campaign), count_reach(campaign).selected) == (0, 0, 0)
