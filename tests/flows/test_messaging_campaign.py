"""A messaging campaign over HTTP alone: a draft, its audience, the start, what the providers report, the numbers, a withdrawn consent."""

import re
from collections import Counter

import pytest
import time_machine
from django.test import Client

from campaigns.models import Campaign, Segment, Target
from campaigns.services import start_due_campaigns
from campaigns.tasks import drain_campaign
from customers.models import Customer
from customers.services import suppress
from messaging.services import reconcile_sends
from messaging.services.callbacks import ATTEMPT_PURPOSE
from servicepro.lib.signing import sign_bytes
from tests.campaigns.inviting import APPROVED, wait_over
from tests.campaigns.messaging_shop import CONTENT, a_place, agreed, asking
from tests.conformance.test_webhooks import STATUS, event, mailer, twilio

__all__ = ["mailer"]
TEMPLATE = {
    "contentSid": APPROVED,
    "contentVariables": {
        "1": "first_name|there", "2": "business_name", "3": "points|0", "4": "customer_name", "5": "booking_link", "6": "points",
    },
}  # fmt: skip
MORNING = "2026-11-10T15:00:00Z"  # nine in Austin, half past eight in the evening in India


@pytest.fixture
def morning():
    with time_machine.travel(MORNING):
        yield


@pytest.fixture
def ask(tenant, simulator):
    return asking()


def work(campaign_id: int) -> None:
    """Do what the workers and the beat do, until the campaign rests."""
    start_due_campaigns()
    for _turn in range(20):
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.status != "running":
            return
        wait_over(campaign)
        drain_campaign("shop", campaign_id)
        reconcile_sends()
    raise AssertionError("it does not end")


def drafted(ask, **config):
    status, campaign = ask("POST", name="Spring", placeIds=[a_place().pk], messagingConfig=CONTENT | config)
    assert status == 201, campaign
    assert ask("POST", f"/{campaign['id']}/recipients", allMatching=True)[0] == 200
    return f"/{campaign['id']}"


def sent(ask, **config):
    path = drafted(ask, **config)
    people = ask("GET", f"{path}/reach")[1]["selected"]
    status, started = ask("POST", f"{path}/send", sendImmediately=True, confirmedCount=people)
    assert (status, started["status"]) == (200, "preparing"), started
    work(started["id"])
    return path


def adds_up(numbers):
    channels = [*numbers["channels"], numbers]
    assert all(each["total"] == each["sent"] + each["failed"] + each["skipped"] + each["pending"] for each in channels)
    assert all(each["delivered"] + each["bounced"] <= each["sent"] and each["opened"] <= each["sent"] for each in channels)
    for name in ("total", "sent", "failed", "skipped", "pending", "delivered", "opened", "bounced", "optedOut", "costMicros"):
        assert numbers[name] == sum(channel[name] for channel in numbers["channels"]), name
    return {channel["channel"]: channel for channel in numbers["channels"]}


def test_from_a_draft_to_what_became_of_it(morning, ask, simulator, mailer):
    (ana,) = agreed(1, name="Ana Silva", phone="+919812345601", whatsapp_consent=True)
    bea, cleo = agreed(2)
    agreed(1, gdpr_marketing_consent=None)
    path = drafted(ask, channels=["email", "whatsapp"], **TEMPLATE)
    reach = ask("GET", f"{path}/reach")[1]
    assert (reach["selected"], reach["people"], reach["byChannel"]) == (3, 3, {"email": 3, "whatsapp": 1})
    assert ask("POST", f"{path}/send", sendImmediately=True, confirmedCount=3)[1]["status"] == "preparing"
    work(int(path[1:]))
    campaign = ask("GET", path)[1]
    assert campaign["status"] == "completed" and campaign["startedAt"] and campaign["completedAt"]

    mails = {mail["to"]: mail for mail in simulator.emails()}
    assert set(mails) == {ana.email, bea.email, cleo.email}
    assert "Hi Ana," in mails[ana.email]["text"] and "Ana" not in mails[bea.email]["text"] + mails[bea.email]["html"]
    assert mails[ana.email]["subject"] == "Spring at Clean Machine Auto Detail"
    (whatsapp,) = simulator.texts(f"whatsapp:{ana.phone}")
    assert "Ana" in whatsapp["body"]

    targets = {target.customer_id: target for target in Target.objects.all()}
    heard = [
        event("delivered", ana.email, targets[ana.pk].email_attempt_id),
        event("delivered", bea.email, targets[bea.pk].email_attempt_id),
        event("bounce", cleo.email, targets[cleo.pk].email_attempt_id, type="bounce", reason="550 no such user"),
    ]
    assert mailer(*heard).status_code < 300
    query = f"?a={sign_bytes(ATTEMPT_PURPOSE, 'shop', targets[ana.pk].sms_attempt_id.bytes)}"
    read = {"MessageSid": whatsapp["sid"], "MessageStatus": "read", "To": f"whatsapp:{ana.phone}", "ChannelPrefix": "whatsapp"}
    assert twilio(STATUS + query, **read).status_code == 204

    numbers = ask("GET", f"{path}/messaging-stats")[1]
    by_channel = adds_up(numbers)
    email, phone = by_channel["email"], by_channel["whatsapp"]
    assert (numbers["recipients"], email["sent"], email["delivered"], email["bounced"]) == (3, 3, 2, 1)
    assert (phone["sent"], phone["delivered"], phone["opened"]) == (1, 1, 1) and numbers["costMicros"] > 0
    people = {row["userId"]: row for row in ask("GET", f"{path}/recipients?status=sent")[1]["recipients"]}
    assert {person: row["status"] for person, row in people.items()} == {ana.pk: "sent", bea.pk: "sent", cleo.pk: "sent"}
    assert [message["deliveryStatus"] for message in people[ana.pk]["messages"]] == ["delivered", "read"]
    assert people[ana.pk]["sentAt"] and people[ana.pk]["errorMessage"] == ""
    assert ask("GET", f"{path}/recipients?status=failed")[1]["total"] == 0


def test_a_second_worker_sends_nothing_twice_and_a_second_start_is_refused(ask, simulator):
    agreed(3)
    path = sent(ask)
    work(int(path[1:]))
    assert simulator.stats()["mostEmailsToOneMailbox"] == 1 and len(simulator.emails()) == 3
    status, refusal = ask("POST", f"{path}/send", sendImmediately=True)
    assert status == 409 and "completed" in refusal["message"]


def test_a_segment_that_grew_by_the_time_writes_to_everybody_who_is_in_it_then(morning, ask, simulator):
    agreed(1)
    segment = Segment.objects.create(name="Everybody", filters={"place_ids": [a_place().pk]})
    config = CONTENT | {"scheduledSendTime": "2026-11-10T10:00:00"}
    status, campaign = ask("POST", name="Spring", segmentId=segment.pk, messagingConfig=config)
    assert (status, campaign["status"]) == (201, "scheduled")
    agreed(1)
    with time_machine.travel("2026-11-10T16:00:30Z"):
        work(campaign["id"])
        assert ask("GET", f"/{campaign['id']}")[1]["status"] == "completed"
    assert len(simulator.emails()) == 2


def test_it_is_paused_resumed_and_cancelled(ask, simulator):
    agreed(2)
    path = drafted(ask)
    assert ask("POST", f"{path}/send", sendImmediately=True)[1]["status"] == "preparing"
    start_due_campaigns()
    assert ask("POST", f"{path}/pause")[1]["status"] == "paused"
    assert ask("POST", f"{path}/resume")[1]["status"] == "sending"
    assert ask("POST", f"{path}/cancel")[1]["status"] == "cancelled"
    assert ask("POST", f"{path}/resume")[0] == ask("POST", f"{path}/retry-failed")[0] == 409
    assert simulator.emails() == []
    assert adds_up(ask("GET", f"{path}/messaging-stats")[1])["email"]["skipped"] == 2


def test_who_failed_is_retried_and_nobody_else(ask, simulator):
    good, bad = agreed(2)
    bad.email = "nobody@example.com"
    bad.save()
    path = drafted(ask)
    ask("POST", f"{path}/send", sendImmediately=True)
    start_due_campaigns()
    Target.objects.filter(customer_id=bad.pk).update(email="rejected@@example..com")
    work(int(path[1:]))
    (failed,) = ask("GET", f"{path}/recipients?status=failed")[1]["recipients"] or [None]
    assert failed and failed["userId"] == bad.pk and failed["errorMessage"]
    Target.objects.filter(customer_id=bad.pk).update(email=bad.email)
    assert ask("POST", f"{path}/retry-failed")[1] == {"retried": 1}
    work(int(path[1:]))
    assert {mail["to"] for mail in simulator.emails()} == {good.email, bad.email}
    assert simulator.stats()["mostEmailsToOneMailbox"] == 1


def test_a_link_in_the_mail_ends_it_for_good_and_the_next_campaign_knows(ask, simulator):
    ana, bea = agreed(2)
    path = sent(ask)
    (mail,) = simulator.emails(ana.email)
    link = re.search(r"https?://[^/\s\"]+(/u/[^\s\"'<>]+)", mail["html"] + mail["text"])[1]
    client = Client(HTTP_HOST="shop.localhost")
    assert client.get(link).status_code == 200
    assert ask("GET", f"/messaging/customers?placeIds={a_place().pk}")[1]["total"] == 2  # looking changes nothing
    assert client.post(link).status_code == 200
    assert adds_up(ask("GET", f"{path}/messaging-stats")[1])["email"]["optedOut"] == 1
    sent(ask)
    assert len(simulator.emails(ana.email)) == 1 and len(simulator.emails(bea.email)) == 2


def all_sorts() -> None:
    """People whom one channel, both or none reaches, each for a reason of their own."""
    agreed(2)
    agreed(1, email=None)
    agreed(1, phone=None)
    agreed(1, email=None, phone=None)
    agreed(1, email_opt_out=True)
    agreed(1, whatsapp_consent=False, phone="+919812345611")
    agreed(1, whatsapp_consent=True, phone="+919812345612")
    agreed(1, whatsapp_consent=True, phone="+919812345613", email=None)
    agreed(1, whatsapp_consent=True, phone="+919812345614", email_opt_out=True)
    agreed(1, whatsapp_consent=True)  # a number in the US
    (bounced,) = agreed(1)
    suppress(channel="email", address=bounced.email, reason="bounce", event_key="bounce-1")
    (stopped,) = agreed(1, whatsapp_consent=True, phone="+919812345615")
    suppress(channel="whatsapp", address=stopped.phone, reason="stop", event_key="stop-1")
    head, twin = agreed(1, whatsapp_consent=True, phone="+919812345616")[0], agreed(1, whatsapp_consent=False)[0]
    Customer.objects.filter(pk=twin.pk).update(same_person_as=head)
    first, second = agreed(2)
    Customer.objects.filter(pk=second.pk).update(email=first.email)


@pytest.mark.parametrize("channels", [["email"], ["whatsapp"], ["email", "whatsapp"]])
def test_whom_it_says_it_reaches_is_whom_it_reaches_and_the_others_are_left_out_for_the_reasons_it_said(morning, ask, simulator, channels):
    all_sorts()
    path = drafted(ask, channels=channels, **TEMPLATE)
    reach = ask("GET", f"{path}/reach")[1]
    ask("POST", f"{path}/send", sendImmediately=True, confirmedCount=reach["selected"])
    work(int(path[1:]))
    people = ask("GET", f"{path}/recipients?limit=100")[1]["recipients"]
    sent_on, left_out = Counter(), {channel: Counter() for channel in channels}
    for message in (message for person in people for message in person["messages"]):
        if message["status"] == "sent":
            sent_on[message["channel"]] += 1
        else:
            left_out[message["channel"]][message["reason"]] += 1
    assert dict(sent_on) == reach["byChannel"]
    assert {channel: dict(counts) for channel, counts in left_out.items()} == reach["leftOut"]
    assert len(people) == reach["selected"] and sum(person["status"] == "sent" for person in people) == reach["people"]
    numbers = ask("GET", f"{path}/messaging-stats")[1]
    assert {name: channel["sent"] for name, channel in adds_up(numbers).items()} == reach["byChannel"]
    assert numbers["costMicros"] == reach["costMicros"]
