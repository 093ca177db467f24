"""The owner's page of the people whom lists brought, and what a person's page says of them."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer, ImportBatch, PersonalDataAccess
from customers.services import Upload, apply_import, confirm_import, merge_customers, plan_import, register_customer
from tenants.models import Tenant

PATH = "/admin/customers/imported/"
LIST = (
    "Name,Mobile,Phone 2,Email,Birthday,Notes,Tags,City\r\n"
    'Ana Ruiz,(512) 555-0142,512-555-0152,ana@example.com,1990-04-02,Likes wax,"vip, friday",Austin 512-555-0199\r\n'
    "Bo,512-555-0143,,,,,,\r\n"
)


def brought(text: str = LIST, name: str = "clients.csv") -> ImportBatch:
    batch = plan_import(Upload(text.encode(), name))
    confirm_import(batch, None)
    apply_import(batch)
    return batch


@pytest.fixture
def batch(tenant: Tenant) -> ImportBatch:
    return brought()


def shown(client: Client, question: str = "") -> str:
    answer = client.get(PATH + question)
    assert answer.status_code == 200
    return answer.content.decode()


def page_of(client: Client, name: str) -> str:
    return client.get(f"/admin/customers/customer/{Customer.objects.get(name=name).pk}/change/").content.decode()


def test_nobody_yet_says_what_to_do(owner: Client):
    assert "Nobody yet." in shown(owner)


def test_people_are_shown_masked_and_how_many_is_written_down(owner: Client, batch: ImportBatch):
    register_customer(name="Walk-in", region="US", phone_text="+15125550177")
    page = shown(owner)
    assert "2 people" in page and "+1512•••0142" in page and "+15125550142" not in page
    assert "Walk-in" not in page and "not invited yet (2)" in page
    look = PersonalDataAccess.objects.get()
    assert (look.action, look.how_many, look.subject) == ("view", 2, "imported customers")


@pytest.mark.parametrize(
    ("moments", "status", "label"),
    [
        ({"invited_at": 1}, "invited", "invited"),
        ({"invited_at": 2, "registered_at": 1}, "registered", "registered"),
        ({"invited_at": 9, "expired_at": 1}, "expired", "expired"),
    ],
)
def test_each_life_is_a_filter_with_its_count(owner: Client, batch: ImportBatch, moments: dict, status: str, label: str):
    since = {name: timezone.now() - datetime.timedelta(days=days) for name, days in moments.items()}
    Customer.objects.filter(name="Bo").update(**since)
    page = shown(owner, f"?status={status}")
    assert f"{label} (1)" in page and ">Bo<" in page and "Ana Ruiz" not in page
    assert f"{label} since" in page_of(owner, "Bo")


@pytest.mark.parametrize("search", ["ruiz", "ANA@example.com", "(512) 555-0142"])
def test_people_are_found_by_name_email_and_whole_phone(owner: Client, batch: ImportBatch, search: str):
    page = shown(owner, f"?search={search}")
    assert "Ana Ruiz" in page and ">Bo<" not in page


def test_one_list_alone_is_shown(owner: Client, batch: ImportBatch):
    later = brought("Name,Phone\r\nCleo,5125550144\r\n", "later.csv")
    page = shown(owner, f"?import={later.pk}&status=imported")
    assert "Cleo" in page and "Ana Ruiz" not in page and "not invited yet (1)" in page
    assert PersonalDataAccess.objects.get().subject == f"import:{later.pk}"


def test_nobody_matching_leads_back(owner: Client, batch: ImportBatch):
    assert "Nobody matches." in shown(owner, "?search=nobody")
    assert PersonalDataAccess.objects.count() == 0


def test_pages_follow_each_other_and_keep_the_question(owner: Client, tenant: Tenant):
    brought("Name,Phone\r\n" + "".join(f"Person {n},512555{2000 + n}\r\n" for n in range(60)))
    page = shown(owner, "?search=person&page=2")
    assert "page 2 of 3" in page and "?search=person&amp;page=1" in page and "?search=person&amp;page=3" in page
    assert "page 3 of 3" in shown(owner, "?page=999999")


@pytest.mark.parametrize("question", ["?page=x", "?page=0", "?page=%C2%B2", "?status=strange", "?import=x", "?search=%00"])
def test_an_address_that_makes_no_sense_shows_everybody(owner: Client, batch: ImportBatch, question: str):
    assert "2 people" in shown(owner, question)


def test_a_persons_page_says_what_the_list_said(owner: Client, batch: ImportBatch):
    page = page_of(owner, "Ana Ruiz")
    for said in ("1990-04-02", "Likes wax", "vip, friday", "+1512•••0152", "Austin", "not invited yet", "clients.csv"):
        assert said in page
    assert "555-0199" not in page and "+15125550152" not in page


def test_asking_for_the_phone_shows_the_others_too(owner: Client, batch: ImportBatch):
    ana = Customer.objects.get(name="Ana Ruiz")
    answer = owner.post(f"/admin/customers/customer/{ana.pk}/show-phone/", headers={"HX-Request": "true"}).content.decode()
    assert "+15125550142, +15125550152" in answer


def test_whom_no_list_brought_has_no_life(owner: Client, tenant: Tenant):
    register_customer(name="Walk-in", region="US", phone_text="+15125550177")
    assert "Brought by" not in page_of(owner, "Walk-in")


def test_tags_notes_and_birthday_can_be_changed(owner: Client, batch: ImportBatch):
    ana = Customer.objects.get(name="Ana Ruiz")
    form = {
        "name": "Ana Ruiz",
        "email": "ana@example.com",
        "source": "import",
        "sms_consent": "unknown",
        "gdpr_marketing_consent": "unknown",
        "birthday": "1991-05-03",
        "notes": "Likes foam",
        "tags": "vip, , gold ,vip",
    }
    assert owner.post(f"/admin/customers/customer/{ana.pk}/change/", form).status_code == 302
    ana.refresh_from_db()
    assert (ana.tags, ana.notes, ana.birthday) == (["vip", "gold"], "Likes foam", datetime.date(1991, 5, 3))


def test_the_admins_list_filters_by_life(owner: Client, batch: ImportBatch):
    register_customer(name="Walk-in", region="US", phone_text="+15125550177")
    page = owner.get("/admin/customers/customer/?life=imported").content.decode()
    assert ">Bo<" in page and "Walk-in" not in page


def test_all_customers_are_taken_along_as_a_list_and_that_is_written_down(owner: Client, batch: ImportBatch):
    assert owner.get("/admin/customers/import/export/").status_code == 405
    answer = owner.post("/admin/customers/import/export/")
    assert (answer.status_code, answer["Content-Disposition"]) == (200, 'attachment; filename="customers.csv"')
    look = PersonalDataAccess.objects.get()
    assert (look.action, look.how_many, look.subject) == ("export", 2, "customers")
    again = plan_import(Upload(answer.content, "customers.csv"))
    assert set(again.rows.values_list("outcome", flat=True)) == {"unchanged"}


def test_what_is_left_of_a_merged_record_is_not_taken_along(owner: Client, tenant: Tenant):
    kept = register_customer(name="Ana", region="US", phone_text=None, email="ana@example.com")
    gone = register_customer(name="Ana R", region="US", phone_text="+15125550142")
    merge_customers(kept, gone, actor=None)
    answer = owner.post("/admin/customers/import/export/")
    assert answer.content.decode().count("\r\n") == 2
