"""Emails through the whole engine: a frame and everybody's own values, the business as the sender, what is heard afterwards."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from campaigns.services.messaging_drafts import create_messaging_campaign
from customers.models import Suppression
from messaging.selectors import delivery_counts, sender_for
from messaging.services import deliver, record_email_events
from messaging.types import Channel, EmailFrame, Envelope, MessageClass, Outcome, Reason
from tenants.selectors import BusinessSettings, business_settings

FRAME = EmailFrame("For %t-1%", "Hi %t-1%", "<p>Hi %t-2%</p>")


def envelope(address: str, name: str = "Ann", **fields) -> Envelope:
    given = {"frame": FRAME, "substitutions": {"%t-1%": name, "%t-2%": name}} | fields
    return Envelope(
        reference=address, channel=Channel.EMAIL, campaign_key="k", address=address, body=given.pop("body", ""),
        message_class=MessageClass.TRANSACTIONAL, **given,
    )  # fmt: skip


def decide_on(**chosen) -> None:
    BusinessSettings.objects.filter(pk=1).update(**chosen)


def test_people_of_a_frame_share_a_call_and_read_only_their_own_values(tenant, simulator):
    receipts = deliver([envelope("a@example.com", "Ann"), envelope("b@example.com", "Bob")])
    assert {receipt.outcome for receipt in receipts} == {Outcome.SENT} and len({receipt.sid for receipt in receipts}) == 1
    assert {mail["to"]: (mail["subject"], mail["text"], mail["html"]) for mail in simulator.emails()} == {
        "a@example.com": ("For Ann", "Hi Ann", "<p>Hi Ann</p>"),
        "b@example.com": ("For Bob", "Hi Bob", "<p>Hi Bob</p>"),
    }


def test_an_email_with_words_of_its_own_may_be_longer_than_what_fits_into_a_value(tenant, simulator):
    words = "Dear reader, " * 1_000
    (receipt,) = deliver([envelope("a@example.com", frame=None, substitutions=None, subject="Long", body=words, html=f"<p>{words}</p>")])
    assert receipt.outcome is Outcome.SENT
    assert [(mail["text"], mail["html"]) for mail in simulator.emails()] == [(words, f"<p>{words}</p>")]


def test_a_business_sends_in_its_own_name_and_from_its_own_address(tenant, simulator):
    sender = sender_for(Channel.EMAIL)
    assert sender and (sender.address, sender.name, sender.reply_to) == ("hello@servicepro.example", tenant.name, "")
    decide_on(sender_name="Jody's", sender_email="jody@shop.example", reply_to_email="desk@shop.example")
    deliver([envelope("a@example.com")])
    (mail,) = simulator.emails()
    assert (mail["sender"], mail["sender_name"], mail["reply_to"]) == ("jody@shop.example", "Jody's", "desk@shop.example")


def test_an_address_that_nobody_verified_stops_everything_and_uses_nobody_up(tenant, simulator):
    decide_on(sender_email="unverified@shop.example")
    (receipt,) = deliver([envelope("a@example.com")])
    assert (receipt.outcome, receipt.reason) == (Outcome.LATER, Reason.ACCOUNT)
    decide_on(sender_email="")
    assert deliver([envelope("a@example.com")])[0].outcome is Outcome.SENT


@pytest.mark.parametrize("name", ["Shop\r\nBcc: all@example.com", "Shop\x00", "Shop\u2028"])
def test_a_senders_name_is_one_line(tenant, name):
    chosen = business_settings()
    chosen.sender_name = name
    with pytest.raises(ValidationError, match="one line"):
        chosen.clean_fields()


def tell(attempt_id: uuid.UUID | None, kind: str, **more: str) -> None:
    record_email_events(
        [{"event": kind, "attempt_id": str(attempt_id), "email": "a@example.com", "sg_event_id": f"{attempt_id}:{kind}", **more}]
    )


def test_a_bounce_after_the_delivery_is_the_last_word_whichever_comes_first(tenant, simulator):
    for kinds in (("processed", "delivered", "bounce"), ("bounce", "delivered", "processed")):
        (receipt,) = deliver([envelope("a@example.com", substitutions={"%t-1%": "x", "%t-2%": "y"})])
        assert receipt.outcome is Outcome.SENT
        for kind in kinds:
            tell(receipt.attempt_id, kind, type="bounce")
        counts = delivery_counts("k")["email"]
        assert (counts["accepted"], counts["delivered"], counts["failed"]) == (1, 0, 1)
        assert Suppression.objects.filter(channel="email").count() == 1
        (again,) = deliver([envelope("a@example.com")])
        assert again.outcome is Outcome.SKIPPED
        Suppression.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM public.email_sends WHERE tenant_id = %s", [tenant.schema_name])


def test_opens_are_counted_in_campaigns_made_while_the_business_asks_for_it(tenant):
    before = create_messaging_campaign(actor=None, name="Before")
    decide_on(tracks_email_opens=True)
    during = create_messaging_campaign(actor=None, name="During")
    assert (before.tracks_opens, during.tracks_opens) == (False, True)
