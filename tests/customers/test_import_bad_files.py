"""Every bad file through the page and through the API: a sentence, the right status, nothing written, and the next list is read."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer, ImportBatch, ImportRow
from tests.customers.corpus.bad import BAD_FILES

PAGE, API = "/admin/customers/import/", "/api/customers/import"
GOOD = b"Name,Phone\r\nAna,512-555-0142\r\n"


def bring(client: Client, door: str, content: bytes, name: str = "clients.csv") -> object:
    return client.post(door, {"file": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_words_at_both_doors_and_the_next_list_is_read(owner: Client, name: str):
    bad = BAD_FILES[name]
    content = bad.content()
    page, answer = bring(owner, PAGE, content), bring(owner, API, content)
    assert (page.status_code, answer.status_code) == (bad.status, bad.status)
    body = answer.json()
    if "details" in body:
        assert body["details"]["reason"] == bad.reason and body["message"].startswith(bad.sentence)
        assert body["message"] in html.unescape(page.content.decode())
    else:  # a request beyond all bounds is refused before anybody looks at the file
        assert body["error"] == "TOO_LARGE" and "5 MB" in body["message"]
        assert "too large" in page.content.decode()
    assert (ImportBatch.objects.count(), ImportRow.objects.count(), Customer.objects.count()) == (0, 0, 0)
    assert bring(owner, API, GOOD).json()["counts"]["new"] == 1


def rows_of(client: Client, content: bytes) -> dict:
    answer = bring(client, API, content)
    assert answer.status_code == 201, answer.content
    assert client.get(f"/admin/customers/import/{answer.json()['batchId']}/").status_code == 200
    return answer.json()


def test_a_list_without_a_phone_column_asks_at_the_page_and_is_refused_at_the_api(owner: Client):
    content = b"Who,Town\r\nAna,Austin\r\n"
    assert (answer := bring(owner, API, content)).status_code == 400 and "No column holds" in answer.json()["message"]
    assert ImportBatch.objects.count() == 0
    page = owner.get(bring(owner, PAGE, content)["Location"]).content.decode()
    assert "No column holds" in page and "/confirm/" not in page


def test_formulas_are_texts_here_and_in_the_report(owner: Client):
    body = rows_of(owner, b'Name,Phone\r\n"=HYPERLINK(""http://x"")",5550\r\n@SUM(1),512-555-0142\r\n')
    assert [row["outcome"] for row in body["preview"]] == ["refused", "new"]
    report = owner.get(f"{API}/{body['batchId']}/errors.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in report


def test_mixed_encodings_are_read_and_said(owner: Client):
    body = rows_of(owner, "Name,Phone\r\nJosé,512-555-0142\r\n".encode() + "Zoë,512-555-0143\r\n".encode("cp1252"))
    assert body["counts"]["new"] == 2 and body["notes"]


def test_headings_that_stand_twice_are_told_apart(owner: Client):
    body = rows_of(owner, b"Name,Phone,Phone,City,City\r\nAna,512-555-0142,512-555-0143,Austin,Waco\r\n")
    assert len({column["header"] for column in body["columns"]}) == 5 and body["counts"]["new"] == 1


@pytest.mark.parametrize(("name", "outcome"), [("A" * 300, "refused"), ("مريم العلي", "new"), ("Ana 💇‍♀️", "new"), ("\u202eAna", "new")])
def test_names_of_every_kind(owner: Client, name: str, outcome: str):
    body = rows_of(owner, f"Name,Phone\r\n{name},512-555-0142\r\n".encode())
    assert body["preview"][0]["outcome"] == outcome
    assert outcome == "new" or body["preview"][0]["reasons"] == ["Row exceeds maximum length"]


def test_a_list_of_which_every_row_is_refused_cannot_be_confirmed_into_anything(owner: Client):
    body = rows_of(owner, b"Name,Phone\r\n,512-555-0142\r\nBo,5550\r\nCleo,\r\n")
    assert (body["counts"]["refused"], body["imported"]) == (3, 0)
    page = owner.get(f"/admin/customers/import/{body['batchId']}/").content.decode()
    assert "No row of this list would change anything" in page and "Download the 3 rows" in page


def test_a_name_of_a_file_opens_nothing(owner: Client):
    body = bring(owner, API, GOOD, name="<script>alert(1)</script>\u202e.csv").json()
    page = owner.get(f"/admin/customers/import/{body['batchId']}/").content.decode()
    assert "<script>alert(1)" not in page
