"""Every call the guide about the messaging API shows works as shown."""

import json
import re
import shlex
from pathlib import Path

import redis
from django.conf import settings
from django.test import Client

from campaigns.models import Campaign
from tenants.accounts.models import User
from tenants.services import create_api_token
from tests.campaigns.messaging_shop import SCOPES, a_place, agreed
from tests.flows.test_messaging_campaign import work

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "messaging-api.md"
CALLS = re.findall(r"^curl .+?(?=^\w|^```)", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def make(call: str, key: str, campaign_id: int, place_id: int) -> tuple[int, dict]:
    """Make a call of the guide for the test's business and return its status and answer."""
    words = iter(shlex.split(call.replace("$SERVICEPRO", "").replace("$KEY", key).replace("$CAMPAIGN", str(campaign_id)))[1:])
    headers, method, body, path = {}, "", "", ""
    for word in words:
        if word == "-H":
            name, _colon, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(words)
        elif word == "-d":
            body = next(words).replace('"placeIds": [1]', f'"placeIds": [{place_id}]')
        elif not word.startswith("-"):
            path = word.replace("placeIds=1", f"placeIds={place_id}")
    content = {"data": body, "content_type": headers.pop("Content-Type")} if body else {}
    answer = Client(HTTP_HOST="shop.localhost").generic(method or ("POST" if body else "GET"), path, headers=headers, **content)
    return answer.status_code, json.loads(answer.content)


def test_the_guides_calls_in_order_do_what_it_says(tenant, simulator):
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    _token, key = create_api_token(actor=User.objects.get(email="owner@shop.example"), name="App", scopes=SCOPES)
    agreed(1, name="Ana Silva")
    agreed(1)
    place_id, (look, create, reach, send, stats, failed, retry) = a_place().pk, CALLS
    assert make(look, key, 0, place_id)[1]["total"] == 1
    status, made = make(create, key, 0, place_id)
    assert status == 201 and make(create, key, 0, place_id)[1]["id"] == made["id"]
    assert make(reach, key, made["id"], place_id)[1]["byChannel"] == {"email": 2}
    assert make(send, key, made["id"], place_id)[1]["status"] == "preparing"
    work(made["id"])
    assert make(stats, key, made["id"], place_id)[1]["sent"] == 2 == len(simulator.emails())
    assert make(failed, key, made["id"], place_id)[1]["total"] == 0
    assert make(retry, key, made["id"], place_id)[1] == {"retried": 0}
    assert Campaign.objects.get().status == "completed"
