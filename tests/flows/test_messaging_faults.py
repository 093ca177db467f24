"""What goes wrong around a messaging campaign: refused in a sentence at the door, or settled for the person at the moment of sending."""

import pytest
import time_machine
from django.test import Client

from campaigns.models import Campaign, Target
from campaigns.services import start_due_campaigns
from customers.models import Customer
from customers.services import erase_person, suppress
from servicepro.lib.signing import sign_number
from tenants.business.models import BusinessSettings
from tests.campaigns.messaging_shop import CONTENT, a_place, agreed, another_owner, asking
from tests.conformance.walk import fingerprint
from tests.flows.test_messaging_campaign import MORNING, drafted, sent, work

EVERYBODY = {"allMatching": True}


@pytest.fixture
def ask(tenant, simulator):
    with time_machine.travel(MORNING):
        yield asking()


def config(**changed):
    return {"messagingConfig": {key: value for key, value in (CONTENT | changed).items() if value is not None}}


@pytest.mark.parametrize(
    ("wrong", "field", "part"),
    [
        (config(channels=[]), "messagingConfig.channels", "at least one way"),
        (config(channels=None), "messagingConfig.channels", "at least one way"),
        (config(emailSubject=None), "messagingConfig.emailSubject", "subject"),
        (config(emailBody=None), "messagingConfig.emailBody", "Write what the email says"),
        (config(emailBody="<p> <br></p>"), "messagingConfig.emailBody", "Write what the email says"),
        (config(emailBody="<script>alert(1)</script>"), "messagingConfig.emailBody", "Write what the email says"),
        (config(channels=["whatsapp"]), "messagingConfig.whatsappMessage", "WhatsApp"),
        (config(emailBody="<p>Hi {{frist_name}}</p>"), "messagingConfig.emailBody", "first_name"),
        (config(emailSubject="Hi\r\nBcc: everybody@example.com"), "messagingConfig.emailSubject", "line"),
        ({"recipients": None}, "recipients", "at least one customer"),
        ({"recipients": EVERYBODY | {"filter": {"search": "nobody at all"}}}, "recipients", "at least one customer"),
        ({"placeIds": [], "recipients": None}, "placeIds", "at least one place"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field_and_nothing_is_kept(ask, simulator, wrong, field, part):
    agreed(1)
    body = {"name": "Spring", "placeIds": [a_place().pk], **config(), "recipients": EVERYBODY} | wrong
    body["messagingConfig"] = body["messagingConfig"] | {"sendImmediately": True}
    status, refusal = ask("POST", **body)
    assert status == 400 and part in refusal["message"], refusal
    assert field in [entry["field"] for entry in refusal["details"]["fields"]]
    assert not Campaign.objects.exists() and simulator.emails() == []


@pytest.mark.parametrize(
    ("time", "part"),
    [
        ("2026-11-10T08:59:00", "passed"),
        ("2026-11-10T14:59:00Z", "passed"),
        ("2027-03-14T02:30:00", "clocks are put forward"),
        ("2029-01-01T10:00:00Z", "more than a year"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_nothing_is_kept(ask, time, part):
    agreed(1)
    body = {"name": "Spring", "placeIds": [a_place().pk], **config(scheduledSendTime=time), "recipients": EVERYBODY}
    status, refusal = ask("POST", **body)
    assert status == 400 and part in refusal["message"], refusal
    assert [entry["field"] for entry in refusal["details"]["fields"]] == ["messagingConfig.scheduledSendTime"]
    assert not Campaign.objects.exists()


def test_without_a_postal_address_no_email_leaves(ask):
    agreed(1)
    BusinessSettings.objects.update(postal_address="")
    status, refusal = ask("POST", f"{drafted(ask)}/send", sendImmediately=True)
    assert status == 400 and "postal address" in refusal["message"]


def test_a_place_of_another_owner_is_not_found_and_one_given_away_later_is_not_written_to(ask, simulator):
    theirs = a_place("Their shop")
    theirs.owners.add(another_owner())
    agreed(1, theirs)
    assert ask("POST", name="Spring", placeIds=[theirs.pk], **config())[0] == 404
    agreed(1)
    path = drafted(ask)
    ask("POST", f"{path}/send", scheduledSendTime="2026-11-10T10:00:00")
    a_place().owners.add(another_owner())
    with time_machine.travel("2026-11-10T16:00:30Z"):
        start_due_campaigns()
    campaign = Campaign.objects.get()
    assert campaign.status in ("draft", "paused") and campaign.pause_reason and simulator.emails() == []


def test_scripts_and_the_like_are_taken_out_and_the_words_stay(ask, simulator):
    (ana,) = agreed(1)
    page = (
        "<p onclick='x()'>Hello {{first_name|there}}</p><script>alert(1)</script><img src=x onerror=alert(2)>"
        "<a href='javascript:alert(3)'>click</a><iframe src='https://evil.example'></iframe><style>p{}</style>"
    )
    sent(ask, emailBody=page)
    (mail,) = simulator.emails(ana.email)
    assert "Hello Person" in mail["html"] and "Hello Person" in mail["text"]
    assert not [part for part in ("script", "onclick", "onerror", "javascript:", "iframe", "alert(") if part in mail["html"].lower()]


@pytest.mark.parametrize("name", ["<b>Bold</b> Ben", "{{points}} Pia", "-t0- Tim", "%name% Nora", "Zo\u00eb \U0001f600"])
def test_a_name_is_words_and_never_markup_or_a_field(ask, simulator, name):
    (person,) = agreed(1, name=name)
    (other,) = agreed(1, name="Plain Paul")
    sent(ask, emailSubject="For {{customer_name|you}}", emailBody="<p>Hi {{customer_name|there}}!</p>")
    (mail,), (plain,) = simulator.emails(person.email), simulator.emails(other.email)
    assert "<b>Bold" not in mail["html"] and "Plain" not in mail["html"] and "Hi Plain Paul!" in plain["text"]


def test_who_changed_their_mind_between_choosing_and_sending_is_not_written_to(ask, simulator):
    stays, opted_out, withdrew, suppressed, erased, unticked = agreed(6)
    path = drafted(ask)
    ask("POST", f"{path}/send", sendImmediately=True, confirmedCount=6)
    start_due_campaigns()
    assert Target.objects.count() == 6
    Customer.objects.filter(pk=opted_out.pk).update(opted_out=True)
    Customer.objects.filter(pk=withdrew.pk).update(gdpr_marketing_consent=False)
    Customer.objects.filter(pk=unticked.pk).update(gdpr_marketing_consent=None)
    suppress(channel="email", address=suppressed.email, reason="unsubscribe", event_key="test")
    addresses = {person.email for person in (opted_out, withdrew, suppressed, erased, unticked)}
    erase_person(erased, reason="asked", actor=None)
    work(int(path[1:]))
    assert [mail["to"] for mail in simulator.emails()] == [stays.email]
    assert not addresses & {mail["to"] for mail in simulator.emails()}
    numbers = ask("GET", f"{path}/messaging-stats")[1]
    assert (numbers["sent"], numbers["skipped"], numbers["pending"]) == (1, 5, 0)
    left_out = ask("GET", f"{path}/recipients?status=skipped")[1]["recipients"]
    assert len(left_out) == 5 and all(row["errorMessage"].endswith(".") for row in left_out)
    assert [row["userId"] for row in left_out if row["customerName"] in ("", "Erased")] != []


def test_who_was_erased_before_the_list_is_made_is_not_on_it(ask, simulator):
    stays, erased = agreed(2)
    path = drafted(ask)
    ask("POST", f"{path}/send", sendImmediately=True)
    erase_person(erased, reason="asked", actor=None)
    work(int(path[1:]))
    assert [mail["to"] for mail in simulator.emails()] == [stays.email]
    assert ask("GET", f"{path}/recipients")[1]["total"] == 1


def test_unsubscribing_twice_says_the_same_and_changes_nothing_more(ask, simulator):
    agreed(1)
    sent(ask)
    link = f"/u/{sign_number('unsubscribe', 'shop', Target.objects.get().pk)}"
    client = Client(HTTP_HOST="shop.localhost")
    first = client.post(link)
    before = fingerprint("shop")
    second = client.post(link)
    assert first.status_code == second.status_code == 200
    assert fingerprint("shop") == before


@pytest.mark.parametrize("door", ["u", "p", "o"])
@pytest.mark.parametrize("token", ["x", "AQ-" + "A" * 12, "-" * 40, "a" * 3000, "%00"])
def test_a_forged_link_opens_nothing_and_says_so_kindly(ask, door, token):
    agreed(1)
    sent(ask)
    before, client = fingerprint("shop"), Client(HTTP_HOST="shop.localhost", raise_request_exception=False)
    for method in ("get", "post"):
        answer = getattr(client, method)(f"/{door}/{token}")
        assert answer.status_code in (200, 400, 404, 405, 410), (method, answer.status_code)
        assert b"Person" not in answer.content and b"@example.com" not in answer.content
    assert fingerprint("shop") == before


def test_a_link_of_one_person_is_not_anothers_and_no_link_of_one_kind_opens_another(ask):
    ana, _bea = agreed(2)
    sent(ask)
    target = Target.objects.get(customer=ana)
    before, client = fingerprint("shop"), Client(HTTP_HOST="shop.localhost")
    for made_for, door in (("preferences", "u"), ("unsubscribe", "p"), ("offer", "u"), ("invitation", "p")):
        client.post(f"/{door}/{sign_number(made_for, 'shop', target.pk)}")
    assert fingerprint("shop") == before
