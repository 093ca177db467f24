"""The laws of giving people a record."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from customers.errors import BadCustomer
from customers.models import Customer
from customers.services import register_customer, register_missing_customers
from customers.types import NewCustomer
from tenants.models import Tenant

A, B = "+15125550142", "+15125550143"


@pytest.mark.parametrize("written", ["(512) 555-0142", "512.555.0142", "1 512 555 0142", A])
def test_one_number_is_one_customer_however_it_is_written(tenant: Tenant, written: str) -> None:
    first = register_customer(name="Ana", phone_text=A)
    assert register_customer(name="Somebody", phone_text=written).pk == first.pk
    assert Customer.objects.get().name == "Ana"


@pytest.mark.parametrize("written", ["12345", "555-CALL-NOW", "+1 512 555 014", "512 555 0142 ext 5", "+1 900 555 0142", "😀"])
def test_a_number_that_cannot_be_texted_is_kept_as_typed(tenant: Tenant, written: str) -> None:
    customer = register_customer(name="Ana", phone_text=written)
    customer.refresh_from_db()
    assert (customer.phone, customer.phone_raw) == (None, written)


def test_numbers_are_read_in_the_businesss_country(indian_tenant: Tenant) -> None:
    assert register_customer(name="Asha", phone_text="098765 43210").phone == "+919876543210"


def test_a_later_record_adds_refusals_and_never_permissions(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=A, sms_opt_out=True)
    customer = register_customer(name="Ana", phone_text=A, sms_opt_out=False, sms_consent=True, gdpr_marketing_consent=False)
    assert (customer.sms_opt_out, customer.sms_consent, customer.gdpr_marketing_consent) == (True, None, False)


def test_an_impossible_email_is_refused_in_words(tenant: Tenant) -> None:
    with pytest.raises(BadCustomer):
        register_customer(name="Ana", email="a" * 300 + "@example.com")


def test_missing_customers_are_made_once_and_ids_come_in_order(tenant: Tenant) -> None:
    known = register_customer(name="Ana", phone_text=A)
    mail = register_customer(name="Mail", email="mail@example.com")
    people = [
        NewCustomer("New", B, None, "port_recovery"),
        NewCustomer("Ana again", A, "other@example.com", "port_recovery"),
        NewCustomer("Same as first", B, None, "port_recovery"),
        NewCustomer("Mail", None, "MAIL@example.com", "port_recovery"),
        NewCustomer("Only a name", None, None, "port_recovery"),
        NewCustomer("Only a name", None, None, "port_recovery"),
    ]
    ids = register_missing_customers(people)
    assert ids[1] == known.pk
    assert ids[0] == ids[2]
    assert ids[3] == mail.pk
    assert len(set(ids)) == 5
    assert Customer.objects.get(pk=ids[0]).phone == B
    assert Customer.objects.get(pk=known.pk).name == "Ana"
    assert register_missing_customers(people)[:4] == ids[:4]
    assert register_missing_customers([]) == []


def test_two_workers_with_the_same_people_make_one_record_each(tenant: Tenant) -> None:
    people = [NewCustomer(f"P{n}", f"+1512555{n:04d}", None, "x") for n in range(100, 200)]

    def work(order: int) -> dict[str | None, int]:
        try:
            with tenant_context(tenant):
                chosen = people[::order]
                return dict(zip([person.phone for person in chosen], register_missing_customers(chosen), strict=True))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, [1, -1, 1, -1]))
    assert all(answer == answers[0] for answer in answers)
    assert Customer.objects.count() == 100
