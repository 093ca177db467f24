"""Welcome offers over the API: made, listed, changed, and shown with what became of them."""

import json

import pytest
import redis
from django.conf import settings
from django.test import Client

from customers.models import PersonalDataAccess
from loyalty.models import WelcomeOffer
from loyalty.services import claim_offer, promise_offer, use_offer
from tenants.accounts.models import AuditEntry, User
from tenants.services import create_api_token

URL = "/api/welcome-offers"
BODY = {"name": "First visit", "discountType": "percentage", "discountValue": 15, "maxDiscountMinor": 2_000, "minimumPurchaseMinor": 5_000}


@pytest.fixture(autouse=True)
def nobody_asked_yet():
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


@pytest.fixture
def call(tenant):
    owner = User.objects.get(email="owner@shop.example")
    keys = {scope: create_api_token(actor=owner, name=scope, scopes=[scope])[1] for scope in ("loyalty:read", "loyalty:write")}

    def make(method, path="", body=None, scope="loyalty:write"):
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"Authorization": f"Bearer {keys[scope]}"}
        return Client(HTTP_HOST="shop.localhost").generic(method, URL + path, headers=headers, **data)

    return make


def test_an_offer_is_made_and_listed(call):
    answer = call("POST", body=BODY)
    made = answer.json()
    assert answer.status_code == 201
    assert made | BODY == made
    assert (made["validityDays"], made["usageLimit"], made["isActive"], made["currency"], made["totalRedemptions"]) == (
        30,
        1,
        True,
        "USD",
        0,
    )
    assert call("GET", scope="loyalty:read").json() == {"offers": [made], "page": 1, "limit": 50, "total": 1}
    assert AuditEntry.objects.get(action="offer_created").actor.email == "owner@shop.example"


def test_offers_come_page_by_page(call):
    ids = [call("POST", body=BODY | {"name": f"Offer {number}"}).json()["id"] for number in range(3)]
    pages = [call("GET", f"?page={page}&limit=2", scope="loyalty:read").json() for page in (1, 2, 9)]
    assert [[offer["id"] for offer in page["offers"]] for page in pages] == [[ids[2], ids[1]], [ids[0]], [ids[0]]]
    assert [page["page"] for page in pages] == [1, 2, 2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"discountValue": 101}, "discountValue"),
        ({"discountType": "fixed"}, "maxDiscountMinor"),
        ({"discountType": "free"}, "body.discountType"),
        ({"minimumPurchaseMinor": -1}, "minimumPurchaseMinor"),
        ({"validityDays": 366}, "validityDays"),
        ({"usageLimit": 10**12}, "usageLimit"),
        ({"name": ""}, "name"),
        ({"discount": 5}, "body.discount"),
    ],
)
def test_every_field_that_makes_no_sense_is_named(call, change, field):
    answer = call("POST", body=BODY | change)
    assert answer.status_code == 400
    assert [entry["field"] for entry in answer.json()["details"]["fields"]] == [field]
    assert not WelcomeOffer.objects.exists()


def test_an_offer_is_changed_as_a_whole(call):
    made = call("POST", body=BODY | {"usageLimit": 3}).json()
    changed = call("PUT", f"/{made['id']}", BODY | {"name": "Better", "isActive": False}).json()
    assert (changed["name"], changed["isActive"], changed["usageLimit"]) == ("Better", False, 1)
    assert AuditEntry.objects.get(action="offer_changed").details["is_active"] == [True, False]


def test_what_was_promised_becomes_no_worse(call, people):
    made = call("POST", body=BODY).json()
    promise_offer(made["id"], [people[0].pk])
    answer = call("PUT", f"/{made['id']}", BODY | {"discountValue": 5})
    assert (answer.status_code, answer.json()["error"]) == (400, "LOYALTY_BAD_OFFER")
    assert answer.json()["details"]["fields"][0]["field"] == "discountValue"


def test_redemptions_show_who_used_it_masked_and_recorded(call, people):
    made = call("POST", body=BODY).json()
    for customer in people[:2]:
        claim_offer(customer_id=customer.pk, offer_id=made["id"])
    use_offer(customer_id=people[0].pk, offer_id=made["id"], total_minor=10_000, source_key="booking:a")
    found = call("GET", f"/{made['id']}/redemptions", scope="loyalty:read").json()
    assert found["total"] == 2
    lines = {line["customerId"]: line for line in found["redemptions"]}
    used, unused = lines[people[0].pk], lines[people[1].pk]
    assert (used["status"], used["discountMinor"], used["totalMinor"], used["paidFor"]) == ("redeemed", 1_500, 10_000, "booking:a")
    assert (unused["status"], unused["paidFor"], unused["redeemedAt"]) == ("active", None, None)
    assert used["phone"] == "+1512•••0200"
    assert PersonalDataAccess.objects.get(subject="welcome offer redemptions").how_many == 2
    assert call("GET", scope="loyalty:read").json()["offers"][0]["discountGivenMinor"] == 1_500


def test_an_offer_that_is_not_there_is_not_found(call):
    assert call("PUT", "/404", BODY).status_code == 404
    assert call("GET", "/404/redemptions", scope="loyalty:read").status_code == 404


def test_a_key_that_may_only_read_changes_nothing(call):
    assert call("POST", body=BODY, scope="loyalty:read").status_code == 403
    assert not WelcomeOffer.objects.exists()
