"""What an app with somebody's token opens: its own few operations, for its own business, and nothing of anybody else."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from campaigns.models import Campaign
from customers.models import Customer
from customers.services import Upload, plan_import
from portal.models import PortalSession
from portal.selectors import hashed
from portal.services import AppSession
from servicepro.api import api
from tests.conformance.test_api_isolation import Call, bearer, client, endless, every_call, written_to_later
from tests.conformance.walk import fingerprint
from tests.portal.conftest import client_of
from tests.portal.invited import invite, make_offer

__all__ = ["endless"]  # counts no requests while everything is walked
OPEN_TO_ANY_APP = {"requestMobileCode", "verifyMobileCode"}  # what tells nothing, and gets a token by a code
MARKS = (b"Other Person", b"5550299", b"other@example.com")
QUIET = ("apitoken", "auditentry", "accounts_user", "portal_portalsession")


@pytest.fixture
def other(campaign: Campaign) -> Customer:
    """Somebody else, who was promised an offer."""
    made = Customer.objects.create(name="Other Person", phone="+15125550299", email="other@example.com")
    invite(made, make_offer())
    plan_import(Upload(b"Name,Phone\nAna,+15125550199\n", "a.csv"))
    written_to_later()
    return made


@pytest.fixture
def myself(other: Customer) -> Customer:
    return Customer.objects.exclude(pk=other.pk).earliest("pk")


def token_of(customer: Customer) -> dict[str, str]:
    """Return the header of an app somebody is signed in with."""
    text = f"app-of-{customer.pk}"
    now = timezone.now()
    PortalSession.objects.create(customer=customer, token_hash=hashed(text), is_app=True, created_at=now, last_seen_at=now)
    return {"Authorization": f"Bearer {text}"}


def app_calls() -> Iterator[Call]:
    return (call for call in every_call() if call.is_for_apps and call.name not in OPEN_TO_ANY_APP)


def kept(schema: str = "shop") -> dict[str, str]:
    return {table: checksum for table, checksum in fingerprint(schema).items() if not table.endswith(QUIET)}


def test_every_operation_of_the_app_is_guarded():
    guards = {
        operation.operation_id: operation.auth_callbacks[0]
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        if "Mobile" in (operation.tags or router.tags or ())
    }
    assert {name for name, guard in guards.items() if not isinstance(guard, AppSession)} == OPEN_TO_ANY_APP
    assert guards.keys() == {*OPEN_TO_ANY_APP, "checkImportedCustomer", "claimWelcomeOffer", "signOutOfApp"}


def test_the_apps_operations_are_for_apps_alone(other, myself):
    before, owner = kept(), client("shop.localhost", "owner@shop.example")
    for call in app_calls():
        assert call.make(client("shop.localhost")) == call.make(owner) == call.make(client_of(myself)) == 401, call.name
        assert call.make(client("shop.localhost"), **bearer("customers:read")) == 401, call.name
    assert kept() == before


def test_an_app_opens_nothing_else(other, myself):
    before, mine, app = kept(), token_of(myself), Client(HTTP_HOST="shop.localhost", raise_request_exception=False)
    opened = {call.name: status for call in every_call() if call.is_for_owners and (status := call.make(app, **mine)) != 401}
    assert opened == {}
    assert app.get("/portal/", headers=mine).status_code == 302 and app.get("/admin/", headers=mine).status_code == 302
    assert kept() == before


def test_an_app_sees_and_changes_nothing_of_another_customer(other, myself):
    before, mine, app = kept(), token_of(myself), Client(HTTP_HOST="shop.localhost")
    for call in app_calls():
        for query in ("", f"?customerId={other.pk}&phone={other.phone}"):
            answer = app.generic(call.method, call.path + query, headers=mine, **call.body)
            assert answer.status_code < 500 and not any(mark in answer.content for mark in MARKS), call.name
    after = kept()
    assert {table for table in before if after[table] != before[table]} <= {"shop.customers_customer"}
    assert Customer.objects.get(pk=other.pk).registered_at is None


def test_a_token_of_the_neighbour_opens_nothing_here(other, indian_tenant):
    with schema_context("salon"):
        theirs = token_of(Customer.objects.create(name="Meera", phone="+919812345678"))
    with schema_context("shop"):
        before, calls = kept(), list(app_calls())
        assert {call.name: status for call in calls if (status := call.make(client("shop.localhost"), **theirs)) != 401} == {}
        assert kept() == before


def test_looking_changes_nothing(other, myself):
    mine = token_of(myself)
    before, app = fingerprint("shop"), Client(HTTP_HOST="shop.localhost")
    for call in app_calls():
        if call.method == "GET":
            assert call.make(app, **mine) == 200, call.name
    assert fingerprint("shop") == before
