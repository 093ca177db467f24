"""The customer's part of the API."""

import pytest

from customers.services import register_customer
from tests.portal.test_pages import give

SUMMARY, TRANSACTIONS = "/api/portal/loyalty/summary", "/api/portal/loyalty/transactions"


def test_the_summary_says_what_there_is_and_under_which_limits(ana, sign_in, browser):
    client = sign_in(browser())
    give(ana, 100, entries=5)
    answer = client.get(SUMMARY).json()
    assert (answer["pointsBalance"], answer["approximateValue"], answer["currency"]) == (500, "$50.00", "USD")
    assert answer["message"] == "You have 500 points available (about $50 in rewards)." and "$75" in answer["limits"]
    assert len(answer["recentTransactions"]) == 3
    assert set(answer["recentTransactions"][0]) == {"id", "createdAt", "type", "label", "points", "description"}


def test_entries_come_in_pages(ana, sign_in, browser):
    client = sign_in(browser())
    give(ana, 10, entries=45)
    answer = client.get(TRANSACTIONS, {"page": 2, "pageSize": 20}).json()
    assert (answer["page"], answer["pageSize"], answer["pages"], answer["total"], len(answer["transactions"])) == (2, 20, 3, 45, 20)


@pytest.mark.parametrize("query", [{"page": 0}, {"page": "x"}, {"pageSize": 0}, {"pageSize": 101}, {"page": 10**30}])
def test_a_strange_page_is_refused_in_the_apis_shape(ana, sign_in, browser, query):
    answer = sign_in(browser()).get(TRANSACTIONS, query)
    assert answer.status_code == 400 and answer.json()["error"] == "INVALID_INPUT"


def test_nobody_sees_another_persons_points(ana, sign_in, browser):
    ben = register_customer(name="Ben", phone_text="+15125550150")
    give(ben, 700)
    client = sign_in(browser())
    assert client.get(SUMMARY, {"customerId": ben.pk}).json()["pointsBalance"] == 0
    assert client.get(TRANSACTIONS, {"customer_id": ben.pk}).json()["total"] == 0


def test_strangers_and_owners_are_told_where_to_sign_in(ana, browser):
    from tenants.accounts.models import User

    owner = browser()
    owner.force_login(User.objects.get(email="owner@shop.example"))
    for client in (browser(), owner):
        answer = client.get(SUMMARY)
        assert answer.status_code == 401 and "/portal/sign-in" in answer.json()["message"]
