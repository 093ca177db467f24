"""A messaging campaign is shown as a customer gets it and tried out on its owner, and neither promises or changes anything."""

from dataclasses import replace

import pytest

from campaigns.errors import BadCampaignInput, UnknownRecipient
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.services.messaging_preview import preview_messaging, send_messaging_test
from campaigns.types import EVERYBODY, MessagingContent, Selection
from customers.models import Customer
from messaging.types import Outcome, Reason
from tenants.accounts.models import AuditEntry, User
from tests.campaigns.inviting import APPROVED
from tests.campaigns.messaging_shop import a_place, agreed
from tests.support.simulator import SimulatorProcess

CONTENT = MessagingContent(
    email_subject="Spring, {{first_name|you}}",
    email_html='<div>Hi <strong>{{customer_name|friend}}</strong>, you have {{points|no}} points: <a href="{{booking_link}}">book</a></div>',
    whatsapp_text="Hi {{first_name|there}}, {{business_name}} is open: {{preferences_link}}",
)


@pytest.fixture
def jody(tenant) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def campaign(jody: User) -> Campaign:
    place = a_place()
    made = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    drafts.save_places(made, actor=jody, place_ids=[place.pk])
    drafts.save_channels(made, actor=jody, channels={"email", "whatsapp"})
    drafts.save_selection(made, actor=jody, selection=Selection((place.pk,)).mark(EVERYBODY, is_added=True))
    drafts.save_content(made, actor=jody, content=CONTENT)
    return made


def test_it_is_shown_as_one_customer_gets_it_on_both_channels(campaign: Campaign):
    ana = agreed(1, name="Ana Ruiz")[0]
    shown = preview_messaging(campaign, ana.pk)

    assert (shown.name, shown.email_subject) == ("Ana Ruiz", "Spring, Ana")
    assert "<strong>Ana Ruiz</strong>" in shown.email_html and "you have no points" in shown.email_html
    assert shown.email_text.startswith("Hi Ana Ruiz, you have no points: book (http")
    assert shown.whatsapp_text.startswith("Hi Ana, ")
    assert "Unsubscribe" in shown.email_html and "{{" not in shown.email_html + shown.email_text + shown.whatsapp_text
    assert not campaign.targets.exists()


def test_what_stands_in_is_said_of_somebody_without_a_name(campaign: Campaign):
    shown = preview_messaging(campaign, agreed(1, name="")[0].pk)
    assert shown.email_subject == "Spring, you" and "Hi <strong>friend</strong>" in shown.email_html
    assert shown.whatsapp_text.startswith("Hi there, ")


def test_a_name_that_is_markup_stays_a_name(campaign: Campaign):
    shown = preview_messaging(campaign, agreed(1, name="<b>Ann</b> {{points}}")[0].pk)
    assert "<b>" not in shown.email_html and "{{points}}" not in shown.email_subject


def test_only_who_can_be_written_to_is_shown(campaign: Campaign):
    stranger = Customer.objects.create(name="Olga Berg", email="olga@example.com", gdpr_marketing_consent=True)
    with pytest.raises(UnknownRecipient):
        preview_messaging(campaign, stranger.pk)
    assert "Priya" in preview_messaging(campaign).email_subject


def test_a_channel_that_is_not_chosen_is_not_shown(campaign: Campaign, jody: User):
    drafts.save_channels(campaign, actor=jody, channels={"whatsapp"})
    shown = preview_messaging(campaign)
    assert (shown.email_subject, shown.email_html, shown.email_text) == ("", "", "") and shown.whatsapp_text


def test_a_test_email_goes_to_its_owner_alone_and_its_links_open_nobodys_page(campaign: Campaign, jody: User, simulator: SimulatorProcess):
    agreed(2)
    receipt = send_messaging_test(campaign, actor=jody, channel="email")

    assert receipt.outcome is Outcome.SENT
    sent = simulator.emails()
    assert len(sent) == 1 and sent[0]["to"] == "owner@shop.example"
    assert sent[0]["subject"].startswith("[Test] Spring, ")
    assert not campaign.targets.exists()
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert AuditEntry.objects.filter(action="campaign_test_sent").exists()


def with_template(campaign: Campaign, jody: User, **mapped: str) -> Campaign:
    variables = dict.fromkeys("123456", "business_name") | mapped
    content = replace(CONTENT, whatsapp_text="", content_sid=APPROVED, content_variables=variables)
    drafts.save_content(campaign, actor=jody, content=content)
    return campaign


def test_a_template_is_shown_and_tried_out_with_what_stands_in(campaign: Campaign, jody: User, simulator: SimulatorProcess):
    with_template(campaign, jody, **{"1": "first_name|dear friend"})
    nameless = agreed(1, name="", whatsapp_consent=True)[0]
    assert preview_messaging(campaign, nameless.pk).whatsapp_text.startswith("Hi dear friend, Clean Machine Auto Detail now takes")

    receipt = send_messaging_test(campaign, actor=jody, channel="whatsapp")
    assert receipt.outcome is Outcome.SENT
    assert [text["to"] for text in simulator.texts()] == ["whatsapp:+15125550199"] and not simulator.emails()
    assert not campaign.targets.exists()


def test_words_of_a_template_that_cannot_be_had_are_not_made_up(campaign: Campaign, jody: User, simulator: SimulatorProcess):
    with_template(campaign, jody)
    Campaign.objects.filter(pk=campaign.pk).update(content_sid="HX" + "9" * 32, content_body="")
    campaign.refresh_from_db()
    assert preview_messaging(campaign).whatsapp_text == ""


def test_own_words_outside_the_24_hours_are_said_not_to_have_gone(campaign: Campaign, jody: User, simulator: SimulatorProcess):
    receipt = send_messaging_test(campaign, actor=jody, channel="whatsapp", to="+15125550100")
    assert receipt.reason == Reason.OUTSIDE_WINDOW and not simulator.texts("whatsapp:+15125550100")


@pytest.mark.parametrize("to", ["nobody", "a@b.example\r\nBcc: c@d.example", "a b@c.example", "@"])
def test_a_test_goes_to_no_address_that_is_none(campaign: Campaign, jody: User, to: str, simulator: SimulatorProcess):
    with pytest.raises(BadCampaignInput):
        send_messaging_test(campaign, actor=jody, channel="email", to=to)
    assert not simulator.emails()


def test_an_unfinished_message_is_not_tried_out(campaign: Campaign, jody: User):
    drafts.save_content(campaign, actor=jody, content=MessagingContent())
    for channel in ("email", "whatsapp"):
        with pytest.raises(BadCampaignInput):
            send_messaging_test(campaign, actor=jody, channel=channel)
    with pytest.raises(BadCampaignInput):
        send_messaging_test(campaign, actor=jody, channel="sms")
