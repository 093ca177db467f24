"""The JSON API of the registration: who may call it, what it answers, and what goes wrong in one shape."""

import json
from typing import Any

import pytest
from django.test import Client

from a2p.models import A2pCampaign, Attempt
from a2p.services import campaign_row, save_brand, save_campaign
from tenants.accounts.models import User
from tenants.services import create_api_token
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.a2p.test_services import fields_of
from tests.support.browsing import signed_in

BASE = "/api/admin/a2p/campaigns"
Status = A2pCampaign.Status


@pytest.fixture
def ready(tenant) -> A2pCampaign:
    save_brand(None, fields_of(BRAND))
    return save_campaign(None, fields_of(CAMPAIGN))


def post(client: Client, campaign: A2pCampaign, verb: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = called(client, campaign.pk, verb, json.dumps(body) if body else "")
    return answer.status_code, answer.json()


def called(client: Client, registration_id: int, verb: str, body: str = "", **headers: str) -> Any:
    return client.post(f"{BASE}/{registration_id}/{verb}", body, content_type="application/json", headers=headers)


def stands(client: Client) -> dict[str, Any]:
    return client.get(BASE).json()["registrations"][0]


def followed(client: Client, campaign: A2pCampaign) -> dict[str, Any]:
    for _turn in range(4):
        _status, found = post(client, campaign, "refresh-status")
    return found


def test_nobody_has_begun(owner):
    assert owner.get(BASE).json() == {"registrations": []}
    assert not A2pCampaign.objects.exists()


def test_a_submission_keeps_the_sids_and_the_status(owner, ready, simulator):
    status, made = post(owner, ready, "submit")
    assert status == 200 and made["status"] == "SUBMITTED" and made["submittedAt"]
    found = followed(owner, ready)
    assert (found["status"], found["trusthubStatus"], found["identityStatus"]) == ("APPROVED", "approved", "VERIFIED")
    kept = campaign_row()
    assert found["twilioBrandSid"] == kept.twilio_brand_sid and kept.twilio_brand_sid.startswith("BN")
    assert found["twilioCampaignSid"] == kept.twilio_campaign_sid and kept.twilio_campaign_sid.startswith("QE")
    assert found["approvedAt"] and found["trusthubLastCheckedAt"] and found["trusthubLastError"] is None
    assert stands(owner) == found


def test_a_failed_submission_is_recorded_and_answered_in_the_one_shape(owner, ready, simulator):
    simulator.faults(api="twilio", call=".*", unauthorized=1)
    status, problem = post(owner, ready, "submit")
    assert status == 502 and problem["error"] == "A2P_TWILIO_ERROR" and problem["requestId"]
    found = stands(owner)
    assert (found["status"], found["trusthubStatus"], found["trusthubLastError"]) == ("ERROR", "error", problem["message"])
    simulator.behave()
    assert post(owner, ready, "resubmit")[1]["status"] == "SUBMITTED"
    assert list(Attempt.objects.order_by("number").values_list("verb", flat=True)) == ["submit", "resubmit"]


def test_a_refusal_names_code_fields_and_fix(owner, ready, simulator):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    post(owner, ready, "submit")
    found = followed(owner, ready)
    assert found["status"] == "REJECTED" and found["rejectedAt"]
    assert [(row["code"], row["fields"], row["isFinal"]) for row in found["rejections"]] == [(30896, ["message_flow"], False)]


def test_a_fee_has_to_be_agreed_to(owner, ready, simulator):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    post(owner, ready, "submit")
    followed(owner, ready)
    save_campaign(None, {"description": CAMPAIGN.description, "use_case": "MIXED"})
    status, problem = post(owner, ready, "resubmit")
    assert (status, problem["error"]) == (409, "A2P_NEEDS_CONFIRMATION")
    assert stands(owner)["status"] == "REJECTED"
    assert post(owner, ready, "resubmit", confirmedFee=True)[0] == 200


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (Status.DRAFT, "submit"),
        (Status.SUBMITTED, "submit"),
        (Status.APPROVED, "submit"),
        (Status.READY_TO_SUBMIT, "resubmit"),
        (Status.SUBMITTED, "resubmit"),
        (Status.DRAFT, "refresh-status"),
    ],
)
def test_what_the_status_does_not_allow_is_refused(owner, ready, status, verb):
    A2pCampaign.objects.update(status=status)
    code, problem = post(owner, ready, verb)
    assert (code, problem["error"]) == (409, "A2P_NOT_NOW")
    assert not Attempt.objects.exists()


def test_what_a_reviewer_would_refuse_is_named_by_field(owner, ready):
    save_brand(None, {"registration_number": ""})
    A2pCampaign.objects.update(status=Status.REJECTED)
    status, problem = post(owner, ready, "resubmit")
    assert (status, problem["error"]) == (400, "BAD_REGISTRATION")
    assert "registration_number" in json.dumps(problem["details"])


def test_a_registration_that_is_not_there_is_not_found(owner, ready):
    for verb in ("submit", "resubmit", "refresh-status"):
        answer = called(owner, ready.pk + 1000, verb)
        assert (answer.status_code, answer.json()["error"]) == (404, "UNKNOWN_REGISTRATION")


def test_colleagues_who_do_not_own_the_business_are_refused(ready, owner):
    User.objects.create_user("a2p-manager@shop.example", "a-long-password", is_staff=True, role="manager")
    assert signed_in("a2p-manager@shop.example").get(BASE).status_code == 403
    assert called(signed_in("a2p-manager@shop.example"), ready.pk, "submit").status_code == 403


def test_a_key_needs_the_scope(ready, owner):
    user = User.objects.get(email="owner@shop.example")
    for scope, expected in (("registration:read", (200, 403)), ("registration:write", (403, 409)), ("campaigns:write", (403, 403))):
        _token, text = create_api_token(actor=user, name=scope, scopes=[scope])
        program, headers = Client(HTTP_HOST="shop.localhost"), {"Authorization": f"Bearer {text}"}
        found = program.get(BASE, headers=headers).status_code, called(program, ready.pk, "resubmit", **headers).status_code
        assert found == expected, scope
