"""Laws of the policy that hold for whatever anybody said, on every channel and at every hour."""

import datetime
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given, settings

from customers.types import ConsentFacts
from messaging.policy import BusinessHours, Facts, Hold, Send, Skip, decide
from messaging.types import FALLBACK_REASONS, Channel, ConsentPolicy, Envelope, MessageClass, Reason, Sender

_said = st.sampled_from([None, True, False])
_consents = st.none() | st.builds(
    ConsentFacts,
    sms_consent=_said,
    opted_out=st.booleans(),
    sms_opt_out=st.booleans(),
    email_opt_out=st.booleans(),
    gdpr_marketing_consent=_said,
    whatsapp_consent=_said,
)
_channels = st.sampled_from(Channel)
_addresses = {
    Channel.EMAIL: st.sampled_from([None, "a@example.com", "nobody"]),
    Channel.SMS: st.sampled_from([None, "+15125550142", "+447911123456", "+15125550100"]),
    Channel.WHATSAPP: st.sampled_from([None, "+15125550142", "+447911123456", "+15125550100"]),
}
_moments = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2026, 12, 31), timezones=st.just(datetime.UTC))
_facts = st.builds(
    Facts,
    sender=st.none() | st.just(Sender(Channel.SMS, "+15125550100")),
    hours=st.just(BusinessHours(datetime.time(8), datetime.time(21), "US")),
    consent=_consents,
    suppressed=st.none() | st.just("stop_keyword"),
    already_sent=st.booleans(),
    unknown_consent_allowed=st.booleans(),
    is_window_open=st.booleans(),
    us_marketing_allowed=st.booleans(),
)
_often = settings(max_examples=300, deadline=None, derandomize=True)


@st.composite
def _envelopes(draw: st.DrawFn, channels: st.SearchStrategy[Channel] = _channels) -> Envelope:
    channel = draw(channels)
    return Envelope(
        reference=1, channel=channel, campaign_key="k", address=draw(_addresses[channel]), body="hi",
        message_class=draw(st.sampled_from(MessageClass)), consent_policy=draw(st.sampled_from(ConsentPolicy)),
        channel_enabled=draw(st.booleans()), quiet_hours_released=draw(st.booleans()), opted_out=draw(st.booleans()),
        content_sid=draw(st.sampled_from(["", "HX" + "1" * 32])),
    )  # fmt: skip


_whatsapp = _envelopes(st.just(Channel.WHATSAPP))


@_often
@given(_envelopes(), _facts, _moments)
def test_nothing_leaves_for_a_suppressed_address_or_without_a_sender(envelope, facts, now):
    decision = decide(envelope, facts, now)
    if facts.suppressed or facts.sender is None or facts.already_sent or not envelope.address or not envelope.channel_enabled:
        assert isinstance(decision, Skip)


@_often
@given(_whatsapp, _facts, _moments)
def test_marketing_leaves_by_whatsapp_only_with_an_own_yes(envelope, facts, now):
    consent = facts.consent
    if envelope.message_class is MessageClass.MARKETING and not isinstance(decide(envelope, facts, now), Skip):
        assert consent and consent.whatsapp_consent is True and not consent.opted_out and not envelope.opted_out


@_often
@given(_whatsapp, _facts, _moments)
def test_free_words_leave_only_through_an_open_window(envelope, facts, now):
    if not isinstance(decide(envelope, facts, now), Skip):
        assert envelope.content_sid or facts.is_window_open


@_often
@given(_whatsapp, _facts, _moments, _consents)
def test_what_was_said_of_texts_and_emails_changes_nothing_on_whatsapp(envelope, facts, now, other):
    said, other = facts.consent or ConsentFacts(), other or ConsentFacts()
    mixed = replace(other, whatsapp_consent=said.whatsapp_consent, opted_out=said.opted_out)
    assert decide(envelope, replace(facts, consent=said), now) == decide(envelope, replace(facts, consent=mixed), now)


@_often
@given(_envelopes(st.sampled_from([Channel.SMS, Channel.EMAIL])), _facts, _moments, _said, st.booleans(), st.booleans())
def test_what_is_known_of_whatsapp_changes_no_text_and_no_email(envelope, facts, now, said, is_open, is_allowed):
    other = replace(facts, is_window_open=is_open, us_marketing_allowed=is_allowed)
    if facts.consent:
        other = replace(other, consent=replace(facts.consent, whatsapp_consent=said))
    assert decide(envelope, facts, now) == decide(replace(envelope, content_sid=""), other, now)


@_often
@given(_whatsapp, _facts, _moments)
def test_a_reason_that_lets_a_text_go_is_never_a_wish(envelope, facts, now):
    decision = decide(envelope, facts, now)
    if isinstance(decision, Skip) and decision.reason in FALLBACK_REASONS:
        refused = envelope.opted_out or (facts.consent and (facts.consent.opted_out or facts.consent.whatsapp_consent is False))
        assert not facts.suppressed
        assert not refused or envelope.message_class is MessageClass.TRANSACTIONAL
    assert Reason.CONSENT_REQUIRED not in FALLBACK_REASONS and Reason.OPTED_OUT_EXPLICIT not in FALLBACK_REASONS


@_often
@given(_envelopes(), _facts, _moments)
def test_a_held_message_may_leave_when_the_wait_is_over(envelope, facts, now):
    held = decide(envelope, facts, now)
    if isinstance(held, Hold):
        assert envelope.message_class is MessageClass.MARKETING and held.until > now
        assert isinstance(decide(envelope, facts, held.until), Send)
