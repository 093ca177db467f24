"""What a signed-in customer opens: their own pages and their part of the API, nobody else's, and nothing of the owner's."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from campaigns.models import Campaign
from customers.models import Customer
from customers.services import Upload, plan_import
from tests.conformance.test_api_isolation import Call, bearer, client, endless, every_call, written_to_later
from tests.conformance.walk import Route, every_route, fingerprint
from tests.portal.conftest import client_of
from tests.portal.invited import invite, make_offer
from tests.portal.test_pages import give

__all__ = ["endless"]  # counts no requests while everything is walked
PORTAL = ("portal/", "book", "b/")
MARKS = (b"WELCOME-", b"Other Person", b"+15125550299", b"5550299", b"other@example.com", b"777")
OPEN_TO_GUESTS = {"book", "freeTimes"}  # needs nobody to be signed in; it shows nothing but what was just sent
ENDS_THE_SESSION = {"portal-sign-out", "portal-sign-out-everywhere"}
# Signing in and looking around notes when somebody was there.
SHOWS_WHAT_WAS_TYPED = {"portal-email", "portal-email-code", "portal-register-code"}
NOTED = ("portal_portalsession", "portal_signincode")


@pytest.fixture
def other(campaign: Campaign) -> Customer:
    """Somebody else, with everything that could leak."""
    made = Customer.objects.create(name="Other Person", phone="+15125550299", email="other@example.com")
    give(made, 777)
    invite(made, make_offer())
    plan_import(Upload(b"Name,Phone\nAna,+15125550199\n", "a.csv"))
    written_to_later()
    return made


@pytest.fixture
def myself(other: Customer) -> Customer:
    return Customer.objects.exclude(pk=other.pk).earliest("pk")


def portal_routes() -> list[Route]:
    return [route for route in every_route() if route.pattern.startswith(PORTAL)]


def customer_calls() -> Iterator[Call]:
    return (call for call in every_call() if call.is_for_customers)


def visit(visitor: Client, route: Route, other: Customer) -> Iterator[tuple[str, object]]:
    """Open a route every way, naming the other person wherever something may be named."""
    names = {"customer": other.pk, "customer_id": other.pk, "customerId": other.pk, "phone": other.phone, "email": other.email}
    for method in ("get", "head", "post"):
        yield f"{method} {route.path}", getattr(visitor, method)(route.path, names)


def test_no_page_shows_or_changes_anything_of_another_customer(other, myself, simulator):
    visitor, found = client_of(myself), []
    before = Customer.objects.filter(pk=other.pk).values().get()
    routes = portal_routes()
    assert len(routes) >= 12
    for route in sorted(routes, key=lambda route: route.name in ENDS_THE_SESSION):
        for what, answer in visit(visitor, route, other):
            shown = answer.getvalue() if hasattr(answer, "getvalue") else answer.content
            if any(mark in shown for mark in MARKS) and route.name not in SHOWS_WHAT_WAS_TYPED:
                found.append(what)
            if answer.status_code >= 500:
                found.append(f"{what}: {answer.status_code}")
    assert found == []
    assert Customer.objects.filter(pk=other.pk).values().get() == before


def test_no_operation_of_the_api_shows_anything_of_another_customer(other, myself):
    visitor, calls = client_of(myself), list(customer_calls())
    assert {call.name for call in calls} >= {"myPoints", "myPointsTransactions", "book"}
    for call in calls:
        for query in ("", f"?customerId={other.pk}&customer_id={other.pk}"):
            answer = visitor.generic(call.method, call.path + query, **call.body)
            assert answer.status_code < 500 and not any(mark in answer.content for mark in MARKS), call.name


def test_the_customers_api_is_for_customers_alone(other):
    before, stranger, owner = fingerprint("shop"), client("shop.localhost"), client("shop.localhost", "owner@shop.example")
    for call in customer_calls():
        if call.name in OPEN_TO_GUESTS:
            continue
        assert call.make(stranger) == call.make(owner) == 401, call.name
        assert call.make(stranger, **bearer("customers:read")) == 401, call.name
    kept = {table: checksum for table, checksum in fingerprint("shop").items() if not table.endswith(("apitoken", "auditentry", "user"))}
    assert {table for table in kept if kept[table] != before[table]} == set()


def test_a_customer_opens_nothing_of_the_owners(other, myself):
    visitor, opened = client_of(myself), {}
    before = fingerprint("shop")
    for call in every_call():
        if call.is_for_owners and (status := call.make(visitor)) != 401:
            opened[call.name] = status
    for route in every_route():
        if route.pattern.startswith("admin/") and route.name not in ("login", "logout", "jsi18n"):
            for method in ("get", "post"):
                answer = getattr(visitor, method)(route.path)
                is_refused = answer.status_code in (403, 404, 405) or "/login/" in answer.get("Location", "")
                if not is_refused:
                    opened[f"{method} {route.path}"] = answer.status_code
    assert opened == {}
    assert {table for table in before if fingerprint("shop")[table] != before[table] and not table.endswith(NOTED)} == set()


def test_looking_around_changes_nothing(other, myself):
    visitor = client_of(myself)
    before = fingerprint("shop")
    for route in portal_routes():
        for method in ("get", "head"):
            assert getattr(visitor, method)(route.path).status_code < 500, route.path
    for call in customer_calls():
        if call.method == "GET":
            assert call.make(visitor) == (400 if call.name in OPEN_TO_GUESTS else 200), call.name  # what it needs is not said
    after = fingerprint("shop")
    assert {table for table in before if after[table] != before[table]} == set()


def test_a_session_of_the_neighbour_opens_nothing_here(other, indian_tenant):
    with schema_context("salon"):
        theirs = client_of(Customer.objects.create(name="Meera", phone="+919812345678"), host="salon.localhost")
        assert theirs.get("/portal/").status_code == 200
    with schema_context("shop"):
        routes, calls = portal_routes(), list(customer_calls())
    for route in routes:
        answer = theirs.get(route.path, HTTP_HOST="shop.localhost")
        assert b"Meera" not in answer.content and b"Profile" not in answer.content, route.path
    for call in calls:
        refused = 400 if call.name in OPEN_TO_GUESTS else 401  # to a guest there the cookie is worth nothing
        assert theirs.generic(call.method, call.path, HTTP_HOST="shop.localhost", **call.body).status_code == refused


def test_a_page_of_another_site_cannot_act_for_a_customer(other, myself):
    lured = client_of(myself, enforce_csrf_checks=True)
    before = fingerprint("shop")
    for route in portal_routes():
        assert lured.post(route.path).status_code in (403, 405), route.path
    for call in customer_calls():
        if call.method not in ("GET", "HEAD"):
            assert call.make(lured) == 403, call.name
    assert fingerprint("shop") == before
