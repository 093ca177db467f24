"""Phones stay masked until somebody asks, and every look at a person is written down for good."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, PersonalDataAccess
from customers.services import record_access, register_customer
from tenants.accounts.models import User
from tenants.models import Tenant
from tests.support.browsing import signed_in

PHONE, OTHER = "+15125550142", "+15125550143"


@pytest.fixture
def ana(tenant: Tenant) -> Customer:
    return register_customer(name="Ana", phone_text=PHONE, email="ana@example.com")


@pytest.fixture(params=["manager", "staff"])
def colleague(tenant: Tenant, request: pytest.FixtureRequest) -> Iterator[Client]:
    email = f"{request.param}-look@shop.example"
    user = User.objects.create_user(email, role=request.param, is_staff=True)
    yield signed_in(email)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM shop.customers_personaldataaccess")
        cursor.execute("SET session_replication_role = DEFAULT")
    user.delete()


def address(customer: Customer, page: str = "change") -> str:
    return f"/admin/customers/customer/{customer.pk}/{page}/"


def looks() -> list[tuple[str, str, int, int | None]]:
    rows = PersonalDataAccess.objects.order_by("id").values_list("actor__email", "action", "how_many", "customer_id")
    return list(rows)


def test_the_list_and_the_page_show_the_phone_masked(owner: Client, ana: Customer):
    for page in (owner.get("/admin/customers/customer/"), owner.get(address(ana))):
        assert "+1512•••0142" in page.content.decode()
        assert PHONE not in page.content.decode() and "5550142" not in page.content.decode()


def test_looking_at_a_page_is_written_down_once(owner: Client, ana: Customer):
    owner.head("/admin/customers/customer/")
    owner.head(address(ana))
    assert looks() == []
    owner.get(address(ana))
    assert looks() == [("owner@shop.example", "view", 1, ana.pk)]


def test_looking_at_a_list_is_written_down_with_how_many_it_showed(owner: Client, ana: Customer):
    register_customer(name="Bo", phone_text=OTHER)
    owner.get("/admin/customers/customer/")
    owner.get("/admin/customers/customer/?q=Ana")
    owner.get("/admin/customers/customer/?q=nobody")
    assert looks() == [("owner@shop.example", "view", 2, None), ("owner@shop.example", "view", 1, None)]


def test_the_phone_is_shown_to_who_asks_and_the_question_is_written_down(owner: Client, ana: Customer):
    answer = owner.post(address(ana, "show-phone"), headers={"HX-Request": "true"})
    assert PHONE in answer.content.decode() and "<html" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert looks() == [("owner@shop.example", "show", 1, ana.pk)]


def test_without_scripts_the_phone_has_a_page_of_its_own(owner: Client, ana: Customer):
    answer = owner.post(address(ana, "show-phone"))
    assert PHONE in answer.content.decode() and address(ana) in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_asking_without_a_post_shows_and_writes_nothing(owner: Client, ana: Customer, method: str):
    answer = getattr(owner, method)(address(ana, "show-phone"))
    assert answer.status_code == 405 and PHONE not in answer.content.decode()
    assert looks() == []


def test_a_page_of_another_site_cannot_ask(ana: Customer):
    client = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="owner@shop.example"))
    assert client.post(address(ana, "show-phone")).status_code == 403
    assert looks() == []


def test_a_stranger_is_sent_to_sign_in(tenant: Tenant, ana: Customer):
    answer = Client(HTTP_HOST="shop.localhost").post(address(ana, "show-phone"))
    assert answer.status_code == 302 and "/login/" in answer["Location"]
    assert looks() == []


def test_a_customer_who_is_not_there_leaves_no_line(owner: Client):
    assert owner.post("/admin/customers/customer/999999/show-phone/").status_code == 404
    assert owner.get("/admin/customers/customer/999999/change/").status_code == 404
    assert looks() == []


def test_colleagues_may_ask_too_and_their_name_stands_there(colleague: Client, ana: Customer):
    assert colleague.get(address(ana)).status_code == 200
    assert PHONE in colleague.post(address(ana, "show-phone")).content.decode()
    assert [(action, who.endswith("-look@shop.example")) for who, action, _count, _customer in looks()] == [("view", True), ("show", True)]


def test_only_owners_read_the_log(owner: Client, ana: Customer, colleague: Client):
    colleague.get(address(ana))
    assert colleague.get("/admin/customers/personaldataaccess/").status_code == 403
    page = owner.get("/admin/customers/personaldataaccess/").content.decode()
    assert "-look@shop.example" in page and "looked at the page" in page
    assert PHONE not in page


def test_a_number_that_could_not_be_read_is_hidden_too(owner: Client):
    bad = register_customer(name="Bad", phone_text="555-ABC-99")
    page = owner.get(address(bad)).content.decode()
    assert "555-ABC-99" not in page and "could not be read" in page
    assert "555-ABC-99" in owner.post(address(bad, "show-phone")).content.decode()


def test_without_a_phone_there_is_nothing_to_show(owner: Client):
    page = owner.get(address(register_customer(name="Mail only", email="m@example.com"))).content.decode()
    assert "Show phone" not in page


FORM = {"name": "Ana", "source": "manual", "email": "ana@example.com", "sms_consent": "unknown", "gdpr_marketing_consent": "unknown"}


def test_saving_without_a_new_phone_keeps_the_one_there_is(owner: Client, ana: Customer):
    assert owner.post(address(ana), FORM | {"name": "Anna", "new_phone": ""}).status_code == 302
    ana.refresh_from_db()
    assert (ana.name, ana.phone) == ("Anna", PHONE)


def test_a_new_phone_replaces_it_however_it_is_typed(owner: Client, ana: Customer):
    assert owner.post(address(ana), FORM | {"new_phone": "(512) 555-0143"}).status_code == 302
    ana.refresh_from_db()
    assert ana.phone == OTHER


@pytest.mark.parametrize(("typed", "sentence"), [("555-HELP", "contains letters"), ("(512) 555-0143", "Ben has this number already.")])
def test_a_phone_that_cannot_be_taken_is_refused_in_words(owner: Client, ana: Customer, typed: str, sentence: str):
    register_customer(name="Ben", phone_text=OTHER)
    answer = owner.post(address(ana), FORM | {"new_phone": typed})
    assert answer.status_code == 200 and sentence in answer.content.decode()
    ana.refresh_from_db()
    assert ana.phone == PHONE


def test_a_customer_is_added_with_a_phone(owner: Client):
    form = FORM | {"new_phone": "512 555 0143", "email": "New@Example.com"}
    assert owner.post("/admin/customers/customer/add/", form).status_code == 302
    made = Customer.objects.get()
    assert (made.phone, made.email) == (OTHER, "new@example.com")


@pytest.mark.parametrize("statement", ["UPDATE {} SET how_many = 2", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_log_cannot_be_rewritten(ana: Customer, statement: str):
    record_access(actor=None, action="export", how_many=97, subject="campaign:1")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("customers_personaldataaccess"))


def test_a_list_of_nobody_leaves_no_line(tenant: Tenant):
    assert record_access(actor=None, action="export", how_many=0) is None
    assert looks() == []


def queries_of(client: Client, path: str) -> int:
    client.get(path)  # what a process asks once and keeps
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_lists_cost_the_same_with_10_and_1000_rows(owner: Client, tenant: Tenant):
    counts: dict[str, set[int]] = {"customer": set(), "personaldataaccess": set()}
    for wanted in (10, 1000):
        have = Customer.objects.count()
        made = [Customer(name=f"P{n}", phone=f"+1512556{n:04d}", source="manual") for n in range(have, wanted)]
        Customer.objects.bulk_create(made)
        user = User.objects.get(email="owner@shop.example")
        PersonalDataAccess.objects.bulk_create([PersonalDataAccess(actor=user, action="view", customer=each) for each in made])
        for page, seen in counts.items():
            seen.add(queries_of(owner, f"/admin/customers/{page}/"))
    assert {page: len(seen) for page, seen in counts.items()} == {"customer": 1, "personaldataaccess": 1}
