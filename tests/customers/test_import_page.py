"""What the owner reads about a list, wherever it stands."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, ImportBatch
from customers.services import apply_import, confirm_import, fail_import

PATH = "/admin/customers/import/"
LIST = b"Name,Phone,Opted out\r\nAna,512-555-0142,\r\nBo,512-555-0143,yes\r\n,512-555-0144,\r\n"


def bring(client: Client, content: bytes = LIST) -> str:
    """Bring a list and return the address of its page."""
    answer = client.post(PATH, {"file": SimpleUploadedFile("clients.csv", content)})
    assert answer.status_code == 302
    return answer["Location"]


def words(client: Client, path: str) -> str:
    """Return what a page says, without its marks."""
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def write(path: str) -> ImportBatch:
    batch = ImportBatch.objects.get(pk=path.rstrip("/").rpartition("/")[2])
    confirm_import(batch, None)
    apply_import(batch)
    return batch


def test_the_same_file_again_is_said(owner: Client):
    path = bring(owner)
    assert "This file was imported" not in words(owner, path)
    write(path)
    assert "This file was imported on" in words(owner, bring(owner))


def test_past_imports_come_page_by_page_with_the_same_questions(owner: Client):
    for number in range(45):
        ImportBatch.objects.create(file_name=f"list {number}.csv", file_format="csv", status=ImportBatch.Status.READY)
    pages = [f"{PATH}?page={page}" for page in ("1", "2", "3", "99", "x")]
    shown = [re.findall(r"list (\d+)\.csv", words(owner, page)) for page in pages]
    assert [int(number) for number in (*shown[0], *shown[1], *shown[2])] == list(range(44, -1, -1))
    assert [len(numbers) for numbers in shown] == [20, 20, 5, 5, 20]
    assert ["Newer" in words(owner, page) for page in pages] == [False, True, True, True, False]
    assert ["Older" in words(owner, page) for page in pages] == [True, True, False, False, True]
    with CaptureQueriesContext(connection) as of_many:
        owner.get(PATH)
    ImportBatch.objects.filter(file_name__regex=r"list [1-9]").delete()
    with CaptureQueriesContext(connection) as of_one:
        assert "Page 1 of" not in words(owner, PATH)
    assert len(of_many) == len(of_one)


def test_opted_out_people_are_counted_before_and_after(owner: Client):
    path = bring(owner)
    assert "Opted out 1 stay that way" in words(owner, path)
    write(path)
    assert "Opted out 1 stay that way" in words(owner, path)


def test_undoing_says_what_stayed_and_why(owner: Client):
    path = bring(owner)
    write(path)
    ana = Customer.objects.get(name="Ana")
    ana.email = "ana@example.com"
    ana.save()
    owner.post(f"{path}undo/")
    page = words(owner, path)
    assert "1 person is gone again" in page and "1 row stayed, because something happened since" in page
    assert re.search(r"Row 2: \w+", page)
    assert "Undo this import" not in page
    owner.post(f"{path}undo/")
    assert Customer.objects.filter(name="Ana").exists()


def test_a_list_that_stopped_says_why_and_can_be_taken_back(owner: Client):
    path = bring(owner)
    batch = ImportBatch.objects.get()
    confirm_import(batch, None)
    fail_import(batch, "The list could not be written to its end.")
    page = words(owner, path)
    assert "The list could not be written to its end." in page and "What was written before it stopped" in page
    assert "Undo this import" in page


def test_a_list_that_was_thrown_away_says_so_and_leaves_the_list_of_lists(owner: Client):
    path = bring(owner)
    owner.post(f"{path}discard/")
    assert "Nothing of it was written" in words(owner, path)
    assert "clients.csv" not in words(owner, PATH)


def test_confirming_twice_is_said_and_writes_once(owner: Client):
    path = bring(owner)
    write(path)
    answer = owner.post(f"{path}confirm/", follow=True)
    assert list(answer.context["messages"]) != [] and Customer.objects.count() == 2


def test_the_sixth_list_within_an_hour_is_429_with_the_time_to_wait(owner: Client):
    for _turn in range(5):
        bring(owner)
    answer = owner.post(PATH, {"file": SimpleUploadedFile("clients.csv", LIST)})
    assert answer.status_code == 429 and 3_500 < int(answer["Retry-After"]) <= 3_600
    assert "The next is possible in" in answer.content.decode()


def test_after_an_import_the_owner_is_led_to_whom_it_brought(owner: Client):
    path = bring(owner)
    batch = write(path)
    page = owner.get(path).content.decode()
    link = re.search(r'href="([^"]+)">see the 2 people to invite', page)
    assert link and str(batch.pk) in link[1]
    assert "2 people" in words(owner, link[1].replace("&amp;", "&"))
