"""A customer list over the API, from the upload to the undo."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer, ImportBatch, PersonalDataAccess
from customers.services import apply_import, register_customer
from tenants.accounts.models import User
from tenants.services import create_api_token
from tenants.types import ApiScope

LIST = (
    "Name,Mobile,Email,City\r\n"
    "Ana Ruiz,(512) 555-0142,ana@example.com,Austin\r\n"
    "Bo,5550,bo@example.com,Waco\r\n"
    ",512-555-0143,,\r\n"
    "Cleo,512-555-0144,,\r\n"
    "Cleo again,+1 512 555 0144,,\r\n"
)


@pytest.fixture(autouse=True)
def valkey() -> redis.Redis:
    """The server that counts requests and hands lists to workers; empty, and no worker listens."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.flushdb()
    return client


@pytest.fixture
def owner(tenant: object) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def ask(owner: User) -> Callable[..., object]:
    _token, text = create_api_token(actor=owner, name="Till", scopes=[str(scope) for scope in ApiScope])
    client = Client(HTTP_HOST="shop.localhost", headers={"Authorization": f"Bearer {text}"})

    def call(method: str, path: str, **body: object) -> object:
        return getattr(client, method)(f"/api/customers/{path}", **body)

    return call


def bring(ask: Callable[..., object], text: str = LIST, name: str = "clients.csv", **more: object) -> object:
    return ask("post", "import", data={"file": SimpleUploadedFile(name, text.encode()), **more})


def test_a_list_is_shown_before_anything_is_written(ask):
    answer = bring(ask)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["totalRows"], body["imported"], body["failed"], body["duplicates"]) == (5, 2, 2, 1)
    assert body["counts"] == {
        "new": 2, "changed": 0, "merged": 0, "unchanged": 0, "duplicateInFile": 1, "refused": 2, "held": 0, "optedOut": 0,
    }  # fmt: skip
    assert [column["field"] for column in body["columns"]] == ["name", "phone", "email", "extra"]
    assert [row["outcome"] for row in body["preview"]] == ["new", "refused", "refused", "new", "duplicate_in_file"]
    assert Customer.objects.count() == 0


def test_phones_are_masked_and_what_cannot_be_read_is_shown(ask):
    rows = bring(ask).json()["preview"]
    assert rows[0]["phone"] == "+1512•••0142" and rows[0]["originalData"] == {}
    assert rows[1]["originalData"] == {"Name": "Bo", "Mobile": "5550", "Email": "bo@example.com", "City": "Waco"}
    assert rows[1]["reasons"][0].startswith("Invalid phone number format")
    assert rows[2]["reasons"] == ["Name is required"] and "555-0143" not in json.dumps(rows[2])
    assert rows[4]["reasons"][0].startswith("Duplicate phone number")


def test_confirming_says_honestly_that_a_worker_is_still_at_it(ask, valkey):
    batch_id = bring(ask).json()["batchId"]
    answer = ask("post", f"import/{batch_id}/confirm")
    assert (answer.status_code, answer.json()["status"], answer.json()["processed"]) == (202, "queued", 0)
    assert valkey.llen("celery") == 1
    assert ask("post", f"import/{batch_id}/confirm").status_code == 409
    apply_import(ImportBatch.objects.get(pk=batch_id))
    status = ask("get", f"import/{batch_id}/status").json()
    assert (status["status"], status["progress"]) == ("completed", {"processed": 5, "total": 5, "percent": 100})
    assert [error["row"] for error in status["errors"]] == [3, 4] and status["errorsTotal"] == 2
    assert Customer.objects.count() == 2


def test_the_same_file_again_is_recognised(ask):
    first = bring(ask).json()
    assert first["sameFileAt"] is None
    ask("post", f"import/{first['batchId']}/confirm")
    apply_import(ImportBatch.objects.get(pk=first["batchId"]))
    again = bring(ask).json()
    assert again["sameFileAt"] is not None and again["counts"]["unchanged"] == 2


def test_the_columns_can_be_named(ask):
    body = bring(ask, columns='{"City": "notes"}').json()
    assert [column["field"] for column in body["columns"]] == ["name", "phone", "email", "notes"]
    changed = ask("put", f"import/{body['batchId']}/columns", data={"columns": {"City": "tags"}}, content_type="application/json").json()
    assert [column["field"] for column in changed["columns"]] == ["name", "phone", "email", "tags"]


@pytest.mark.parametrize(
    ("columns", "part"),
    [('{"Town": "notes"}', "There is no column “Town”"), ('{"City": "shoe size"}', "columns"), ("[]", "columns"), ("{", "columns")],
)
def test_columns_that_make_no_sense_are_refused_in_words(ask, columns, part):
    answer = bring(ask, columns=columns)
    assert answer.status_code == 400 and part in answer.json()["message"]
    assert ImportBatch.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "name", "status"),
    [("", "empty.csv", 422), ("%PDF-1.7", "list.csv", 415), ("Name,Email\r\nAna,a@example.com\r\n", "x.csv", 400)],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(ask, text, name, status):
    answer = bring(ask, text, name)
    assert answer.status_code == status and answer.json()["message"].endswith((".", "?")) and answer.json()["error"] != "ERROR"


def test_a_file_of_more_than_5_mb_is_413(ask):
    answer = bring(ask, "Name,Phone\r\n" + "x" * (5 * 1024 * 1024))
    assert answer.status_code == 413 and "5 MB" in answer.json()["message"]


def test_a_request_without_a_file_says_what_is_missing(ask):
    answer = ask("post", "import", data={})
    assert answer.status_code == 400 and answer.json()["message"] == "file: This is required."


def test_the_sixth_list_within_an_hour_waits(ask):
    assert [bring(ask).status_code for _turn in range(6)] == [201] * 5 + [429]
    answer = bring(ask)
    assert 3_500 < int(answer["Retry-After"]) <= 3_600 and "minute" in answer.json()["message"]


def test_rows_come_in_pages_and_by_outcome(ask):
    batch_id = bring(ask).json()["batchId"]
    page = ask("get", f"import/{batch_id}/rows?outcome=refused&limit=1&page=2").json()
    assert (page["page"], page["limit"], page["total"], [row["row"] for row in page["rows"]]) == (2, 1, 2, [4])
    for wrong in ("outcome=strange", "limit=0", "limit=101", "page=0", "page=x"):
        assert ask("get", f"import/{batch_id}/rows?{wrong}").status_code == 400


def test_what_changes_is_shown_old_and_new(ask):
    register_customer(name="Ana Ruiz", region="US", phone_text="+15125550142")
    row = bring(ask).json()["preview"][0]
    assert row["outcome"] == "changed"
    assert {"label": "Email", "old": "nothing", "new": "ana@example.com"} in row["changes"]


def test_a_list_that_was_thrown_away_cannot_be_confirmed(ask):
    batch_id = bring(ask).json()["batchId"]
    assert ask("delete", f"import/{batch_id}").json()["status"] == "discarded"
    assert ask("post", f"import/{batch_id}/confirm").status_code == 409
    assert ask("get", "import").json() == {"imports": []}


def test_undoing_says_what_became_of_it(ask):
    batch_id = bring(ask).json()["batchId"]
    assert ask("post", f"import/{batch_id}/undo").status_code == 409
    ask("post", f"import/{batch_id}/confirm")
    apply_import(ImportBatch.objects.get(pk=batch_id))
    assert ask("post", f"import/{batch_id}/undo").json() == {
        "batchId": batch_id, "status": "undone", "restored": 0, "removed": 2, "kept": [],
    }  # fmt: skip
    assert Customer.objects.count() == 0


def test_the_rows_that_need_fixing_leave_as_csv_and_that_is_recorded(ask):
    batch_id = bring(ask).json()["batchId"]
    answer = ask("get", f"import/{batch_id}/errors.csv")
    assert answer["Content-Type"].startswith("text/csv") and "Bo,5550" in answer.content.decode("utf-8-sig")
    look = PersonalDataAccess.objects.get(action="export")
    assert (look.how_many, look.subject, look.actor.email) == (3, f"import:{batch_id}", "owner@shop.example")


def test_people_from_lists_are_listed_masked_and_unmasked_one_by_one(ask):
    batch_id = bring(ask).json()["batchId"]
    ask("post", f"import/{batch_id}/confirm")
    apply_import(ImportBatch.objects.get(pk=batch_id))
    register_customer(name="Walk-in", region="US", phone_text="+15125550199")
    found = ask("get", "imported?limit=1").json()
    assert (found["total"], found["limit"], len(found["customers"])) == (2, 1, 1)
    person = ask("get", "imported?search=ana").json()["customers"][0]
    assert (person["phone"], person["status"], person["batchId"]) == ("+1512•••0142", "imported", batch_id)
    assert ask("get", "imported?search=(512) 555-0142").json()["total"] == 1
    assert ask("get", "imported?status=registered").json()["total"] == 0
    assert ask("get", "imported?status=strange").status_code == 400
    assert ask("post", f"{person['id']}/phone").json() == {"id": person["id"], "phone": "+15125550142"}
    looks = PersonalDataAccess.objects.filter(action="show", customer_id=person["id"])
    assert looks.count() == 1


@pytest.mark.parametrize("method", ["get", "delete"])
def test_what_is_not_there_is_404(ask, method):
    assert ask(method, f"import/{uuid4()}").json()["error"] == "UNKNOWN_IMPORT"
    assert ask("post", "999999999/phone").json()["error"] == "UNKNOWN_CUSTOMER"
