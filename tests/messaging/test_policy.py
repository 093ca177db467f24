"""One ordered list of rules; every answer names the rule and the facts it saw."""

import datetime
from dataclasses import replace

import pytest

from customers.types import ConsentFacts
from messaging.policy import BusinessHours, Facts, Hold, Send, Skip, decide
from messaging.types import Channel, ConsentPolicy, Envelope, MessageClass, Sender

NOON = datetime.datetime(2026, 11, 20, 18, 0, tzinfo=datetime.UTC)
NIGHT = datetime.datetime(2026, 11, 20, 8, 0, tzinfo=datetime.UTC)
HOURS = BusinessHours(datetime.time(8), datetime.time(21), "US")
SMS = Envelope(reference=1, channel=Channel.SMS, campaign_key="k", address="+15125550142", body="hi")
EMAIL = Envelope(reference=1, channel=Channel.EMAIL, campaign_key="k", address="a@example.com", body="hi")
FACTS = Facts(sender=Sender(Channel.SMS, "+15125550100"), hours=HOURS)
NO_SENDER = replace(FACTS, sender=None)
WHATSAPP = replace(SMS, channel=Channel.WHATSAPP, content_sid="HX" + "1" * 32)
OPTED_IN = Facts(
    sender=Sender(Channel.WHATSAPP, "+14155238886"),
    hours=HOURS,
    consent=ConsentFacts(whatsapp_consent=True),
    unknown_consent_allowed=False,
    us_marketing_allowed=True,
)


@pytest.mark.parametrize(
    ("envelope", "facts", "reason"),
    [
        (replace(SMS, opted_out=True), FACTS, "opted_out_explicit"),
        (SMS, replace(FACTS, consent=ConsentFacts(opted_out=True)), "opted_out_explicit"),
        (SMS, replace(FACTS, consent=ConsentFacts(sms_opt_out=True)), "opted_out_explicit"),
        (SMS, replace(FACTS, consent=ConsentFacts(sms_consent=False)), "opted_out_explicit"),
        (SMS, replace(FACTS, suppressed="stop_keyword"), "address_suppressed"),
        (replace(SMS, channel_enabled=False), FACTS, "sms_disabled_campaign"),
        (replace(SMS, address=None), FACTS, "invalid_phone_format"),
        (SMS, NO_SENDER, "twilio_not_configured"),
        (replace(SMS, address="+15125550100"), FACTS, "to_equals_from"),
        (SMS, replace(FACTS, already_sent=True), "already_sent_ok"),
        (replace(SMS, consent_policy=ConsentPolicy.REQUIRED), FACTS, "consent_required"),
        (SMS, replace(FACTS, unknown_consent_allowed=False), "consent_required"),
        (replace(SMS, channel=Channel.WHATSAPP), replace(FACTS, consent=ConsentFacts(sms_consent=True)), "consent_required"),
        (EMAIL, replace(FACTS, consent=ConsentFacts(email_opt_out=True)), "opted_out_explicit"),
        (EMAIL, replace(FACTS, suppressed="unsubscribe"), "address_suppressed"),
        (replace(EMAIL, message_class=MessageClass.TRANSACTIONAL), replace(FACTS, suppressed="hard_bounce"), "address_suppressed"),
        (replace(SMS, message_class=MessageClass.TRANSACTIONAL), replace(FACTS, suppressed="stop_keyword"), "address_suppressed"),
        (replace(EMAIL, channel_enabled=False), FACTS, "email_disabled_campaign"),
        (replace(EMAIL, address=None), FACTS, "invalid_email_format"),
        (EMAIL, NO_SENDER, "sendgrid_not_configured"),
        (WHATSAPP, replace(OPTED_IN, consent=ConsentFacts(whatsapp_consent=False)), "opted_out_explicit"),
        (WHATSAPP, replace(OPTED_IN, consent=ConsentFacts(whatsapp_consent=True, opted_out=True)), "opted_out_explicit"),
        (WHATSAPP, replace(OPTED_IN, suppressed="stop_keyword"), "address_suppressed"),
        (WHATSAPP, replace(OPTED_IN, consent=None), "consent_required"),
        (WHATSAPP, replace(OPTED_IN, consent=ConsentFacts(gdpr_marketing_consent=True)), "consent_required"),
        (WHATSAPP, replace(OPTED_IN, us_marketing_allowed=False), "whatsapp_us_marketing"),
        (replace(WHATSAPP, content_sid=""), OPTED_IN, "whatsapp_outside_window"),
        (replace(WHATSAPP, content_sid="", message_class=MessageClass.TRANSACTIONAL), OPTED_IN, "whatsapp_outside_window"),
        (replace(WHATSAPP, channel_enabled=False), OPTED_IN, "whatsapp_disabled_campaign"),
        (replace(WHATSAPP, address=None), OPTED_IN, "invalid_phone_format"),
        (WHATSAPP, replace(OPTED_IN, sender=None), "whatsapp_not_configured"),
    ],
)
def test_each_rule_skips_with_its_own_word(envelope, facts, reason):
    decision = decide(envelope, facts, NOON)
    assert isinstance(decision, Skip) and decision.reason == reason


@pytest.mark.parametrize(
    ("envelope", "facts"),
    [
        (SMS, FACTS),
        (SMS, replace(FACTS, consent=ConsentFacts())),
        (SMS, replace(FACTS, consent=ConsentFacts(sms_consent=True), unknown_consent_allowed=False)),
        (SMS, replace(FACTS, consent=ConsentFacts(email_opt_out=True))),
        (EMAIL, replace(FACTS, consent=ConsentFacts(sms_consent=False, sms_opt_out=True))),
        (replace(SMS, message_class=MessageClass.TRANSACTIONAL, consent_policy=ConsentPolicy.REQUIRED), FACTS),
        (WHATSAPP, OPTED_IN),
        (WHATSAPP, replace(OPTED_IN, consent=ConsentFacts(whatsapp_consent=True, sms_consent=False, sms_opt_out=True))),
        (replace(WHATSAPP, content_sid=""), replace(OPTED_IN, is_window_open=True)),
        (replace(WHATSAPP, address="+447911123456"), replace(OPTED_IN, us_marketing_allowed=False)),
        (replace(WHATSAPP, address="+14165550142"), replace(OPTED_IN, us_marketing_allowed=False)),
        (replace(WHATSAPP, message_class=MessageClass.TRANSACTIONAL), replace(OPTED_IN, consent=None, us_marketing_allowed=False)),
        (SMS, replace(FACTS, consent=ConsentFacts(whatsapp_consent=False), suppressed=None)),
    ],
)
def test_unknown_consent_and_other_channels_wishes_do_not_stop_a_message(envelope, facts):
    assert isinstance(decide(envelope, facts, NOON), Send)


def test_unsubscribing_from_offers_leaves_what_somebody_asked_for_themselves():
    assert isinstance(
        decide(replace(EMAIL, message_class=MessageClass.TRANSACTIONAL), replace(FACTS, suppressed="unsubscribe"), NOON), Send
    )


def test_night_holds_a_marketing_text_until_morning_and_nothing_else():
    held = decide(SMS, FACTS, NIGHT)
    assert isinstance(held, Hold) and held.until == datetime.datetime(2026, 11, 20, 14, 0, tzinfo=datetime.UTC)
    assert isinstance(decide(replace(SMS, quiet_hours_released=True), FACTS, NIGHT), Send)
    assert isinstance(decide(replace(SMS, message_class=MessageClass.TRANSACTIONAL), FACTS, NIGHT), Send)
    assert isinstance(decide(EMAIL, FACTS, NIGHT), Send)


def test_a_wish_to_be_left_alone_is_told_before_any_technical_reason():
    worst = replace(SMS, opted_out=True, address=None, channel_enabled=False)
    assert decide(worst, NO_SENDER, NIGHT).reason == "opted_out_explicit"
