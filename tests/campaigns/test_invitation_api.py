"""Invitations over the API: drafted, sent, paused, resumed, counted; refused in sentences."""

import datetime
import json

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import drain
from tenants.accounts.models import User
from tenants.services import create_api_token
from tests.campaigns.inviting import APPROVED, MAPPING, an_offer, finish, invite, listed

TEXT = "Hi {{customer_name}}, join {{salon_name}}: {{download_link}} Reply STOP to opt out."
HOME = "/api/invitation-campaigns"
NEXT_MONTH = timezone.now().date() + datetime.timedelta(days=30)


@pytest.fixture
def ask(tenant, simulator):
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    owner = User.objects.get(email="owner@shop.example")
    _token, key = create_api_token(actor=owner, name="App", scopes=["campaigns:read", "campaigns:write"])

    def call(method: str, path: str = "", **body: object) -> tuple[int, dict]:
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        answer = Client(HTTP_HOST="shop.localhost").generic(method, HOME + path, headers={"Authorization": f"Bearer {key}"}, **sent)
        return answer.status_code, answer.json()

    return call


def test_a_draft_is_made_sent_paused_resumed_and_counted(ask, simulator):
    listed(4)
    status, made = ask("POST", name="Spring", channel="sms", messageTemplate=TEXT)
    assert (status, made["status"], made["stats"]["target"]) == (201, "draft", 0)
    path = f"/{made['id']}"
    Campaign.objects.update(quiet_hours_released_at="2026-01-01T00:00:00Z")
    status, sent = ask("POST", f"{path}/send")
    assert (status, sent["status"], sent["stats"]["target"]) == (200, "sending", 4)
    campaign = Campaign.objects.get()
    drain(campaign, limit=1)
    assert ask("POST", f"{path}/pause")[1]["status"] == "paused"
    assert ask("POST", f"{path}/resume")[1]["status"] == "sending"
    finish(campaign)
    status, stats = ask("GET", f"{path}/stats")
    assert (status, stats["sent"], stats["failed"], stats["optedOut"]) == (200, 4, 0, 0)
    assert ask("GET", path)[1]["status"] == "completed"
    assert [row["id"] for row in ask("GET")[1]["campaigns"]] == [made["id"]]


def test_the_list_has_pages(ask):
    for _number in range(3):
        invite()
    status, second = ask("GET", "?page=2&limit=2")
    assert (status, second["page"], second["total"], len(second["campaigns"])) == (200, 2, 3, 1)


def test_whatsapp_with_an_offer_can_be_scheduled_at_once(ask):
    listed(1, whatsapp_consent=True)
    body = {
        "name": "Later", "channel": "both", "messageTemplate": TEXT, "welcomeOfferId": an_offer().pk, "contentSid": APPROVED,
        "contentVariables": MAPPING, "audience": {"statuses": ["imported"]}, "scheduledFor": f"{NEXT_MONTH}T10:00:00+01:00",
    }  # fmt: skip
    status, made = ask("POST", **body)
    assert (status, made["status"], made["scheduledFor"]) == (201, "scheduled", f"{NEXT_MONTH}T09:00:00Z")


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"messageTemplate": "Hi {{custmer_name}} Reply STOP"}, "messageTemplate", "Did you mean {{customer_name}}?"),
        ({"messageTemplate": "Hi there"}, "messageTemplate", "how to stop"),
        ({"messageTemplate": "{{offer_code}} Reply STOP"}, "messageTemplate", "none is chosen"),
        ({"welcomeOfferId": 4711}, "welcomeOfferId", "no such welcome offer"),
        ({"name": " "}, "name", "Give it a name"),
        ({"audience": {"statuses": []}}, "audience", "Choose who is invited"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(ask, wrong, field, sentence):
    status, refusal = ask("POST", **{"name": "Spring", "channel": "sms", "messageTemplate": TEXT} | wrong)
    assert status == 400 and refusal["error"] == "BAD_CAMPAIGN_INPUT" and sentence in refusal["message"]
    assert [entry["field"] for entry in refusal["details"]["fields"]] == [field]
    assert not Campaign.objects.exists()


def test_an_instant_that_passed_and_an_empty_audience_keep_no_campaign(ask):
    good = {"name": "Spring", "channel": "sms", "messageTemplate": TEXT}
    assert ask("POST", **good, scheduledFor=f"{NEXT_MONTH}T10:00:00Z")[1]["error"] == "EMPTY_AUDIENCE"
    listed(1)
    status, refusal = ask("POST", **good, scheduledFor="2020-01-01T10:00:00Z")
    assert status == 400 and "passed already" in refusal["message"]
    assert ask("POST", **good, scheduledFor=f"{NEXT_MONTH}T10:00:00")[0] == 400
    assert not Campaign.objects.exists()


def test_a_second_start_and_a_second_campaign_are_refused(ask):
    listed(2)
    first, second = invite(), invite()
    assert ask("POST", f"/{first.pk}/send")[0] == 200
    status, refusal = ask("POST", f"/{first.pk}/send")
    assert status == 409 and "running already" in refusal["message"]
    status, refusal = ask("POST", f"/{second.pk}/send")
    assert status == 409 and "Another campaign is being sent" in refusal["message"]


def test_a_campaign_of_another_kind_is_not_found_here(ask, campaign):
    assert ask("GET", f"/{campaign.pk}")[0] == 404 and ask("POST", f"/{campaign.pk}/send")[0] == 404


def test_too_many_questions_are_told_when_to_ask_again(ask, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    assert [ask("GET")[0] for _time in range(3)] == [200, 200, 429]
