"""Who may open what: every route, every role, and the neighbour."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django_tenants.utils import schema_context

from bookings.selectors import slots_of_days, today_at
from campaigns.models import Campaign
from campaigns.services import create_invitation_campaign, create_port_recovery_campaign
from campaigns.types import Audience, InvitationDraft
from customers.models import Customer, ErasureCertificate
from customers.services import Upload, merge_customers, plan_import, propose_merge, record_access, register_customer
from customers.types import MergeClue
from loyalty.services import claim_offer, create_offer
from loyalty.types import OfferWish
from servicepro.dashboard import navigation
from tenants.accounts.models import User
from tenants.models import Domain, Tenant
from tenants.services import introduce_platform
from tests.bookings.conftest import make_shop
from tests.conformance.walk import Route, every_pattern, every_route, fill_in, fingerprint

OPEN_TO_ALL = {"offer", "unsubscribe", "preferences", "home", "login", "logout", "jsi18n", "book"}
OPEN_TO_ALL |= {"book-time", "book-details", "book-price"}
OPEN_TO_ALL |= {
    "appointment",
    "appointment-move",
    "appointment-services",
    "appointment-cancel",
    "appointment-calendar",
}  # behind a signed link of their own
OPEN_TO_ALL |= {"portal-sign-in", "portal-code", "portal-resend", "portal-sign-out"}
OPEN_TO_ALL |= {"invitation", "portal-register", "portal-register-code", "portal-register-resend"}
WEBHOOKS = {"twilio-status", "twilio-inbound", "sendgrid-events", "twilio-voice", "twilio-voice-menu", "twilio-voice-recorded"}
OWNER_ROUTES = (
    "admin/port-recovery/",
    "admin/api-keys/",
    "admin/customers/import/",
    "admin/customers/imported/",
    "admin/merges/",
    "admin/privacy/",
    "admin/welcome-offers/",
    "settings/a2p/",
    "admin/ivr-config/",
    "setup-wizard/",
    "admin/invitations/new/",
    "admin/invitations/parts/",
    *(f"admin/invitations/<int:campaign_id>/{page}/" for page in ("edit", "export", "<slug:action>")),
)
LOOKED_AT_BY_MANAGERS = ("invitations", "invitations-campaign", "invitations-progress", "invitations-targets")
WORK_ROUTES = (
    "admin/bookings/day/",
    "admin/bookings/week/",
    "admin/bookings/new/",
)  # everybody who works here, and nobody of another business
# Looking at a person or explaining a recipient is itself recorded: these logs are the one thing a look may add to.
RECORDED_LOOKS = ("accounts_auditentry", "customers_personaldataaccess")
SIGN_INS = ("/admin/login/", "/portal/sign-in")
THEIR_ID = 900_000_001  # no record of ours has it


def visitor(host: str, email: str = "") -> Client:
    """Return a browser on a business's host, signed in when an email is given."""
    client = Client(HTTP_HOST=host, raise_request_exception=False)
    if email:
        client.force_login(User.objects.get(email=email))
    return client


@pytest.fixture
def filled(tenant: Tenant, campaign: Campaign) -> Iterator[Campaign]:
    """A business with people, a draft, and one user of each role."""
    for role in ("manager", "staff"):
        User.objects.get_or_create(email=f"{role}@shop.example", defaults={"role": role, "is_staff": True})
    record_access(actor=None, action="view", customer=Customer.objects.earliest("pk"))
    first, second, third = Customer.objects.order_by("pk")[:3]
    propose_merge(first.pk, second.pk, [MergeClue("email", "customer", second.pk)])
    merge_customers(first, third, actor=None)
    ErasureCertificate.objects.create(reason="asked", record_ids=[], erased={}, kept={})
    plan_import(Upload(b"Name,Phone\nAna,+15125550199\n", "a.csv"))
    book_something(first)
    promise_something(second)
    draft = InvitationDraft(channel="sms", message_template="Hi {{customer_name}}: {{download_link}} Reply STOP to opt out.")
    create_invitation_campaign(actor=None, name="Spring", draft=draft, audience=Audience())
    yield campaign
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in RECORDED_LOOKS:
            cursor.execute(f"DELETE FROM shop.{table}")
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.filter(role__in=("manager", "staff")).delete()


def book_something(customer: Customer) -> None:
    """Have an appointment of somebody in the calendar."""
    shop = make_shop()
    days = slots_of_days(shop.place, today_at(shop.place), 10, shop.detail.duration_minutes)
    free = next(slot for slots in days.values() for slot in slots)
    shop.book(free.starts_at, customer_id=customer.pk, idempotency_key="walk")


def promise_something(customer: Customer) -> None:
    """Have a welcome offer that somebody claimed."""
    offer = create_offer(OfferWish("First visit", True, 10), actor=None)
    claim_offer(customer_id=customer.pk, offer_id=offer.id)


def owner_routes() -> list[Route]:
    return [route for route in every_route() if route.pattern.startswith(OWNER_ROUTES)]


def both_ways(client: Client, route: Route) -> dict[str, int]:
    return {method: getattr(client, method)(route.path).status_code for method in ("get", "head", "post")}


def test_every_route_is_walked(filled):
    assert len(every_route()) == len(every_pattern()) > 30
    assert {route.name for route in every_route()} >= WEBHOOKS | {"offer", "unsubscribe", "port-recovery", "port-recovery-act"}


def test_a_stranger_is_sent_to_sign_in_or_refused_and_changes_nothing(filled):
    before, client, answers = fingerprint("shop"), visitor("shop.localhost"), {}
    for route in every_route():
        if route.name not in OPEN_TO_ALL:
            for method in ("get", "head", "post"):
                answer = getattr(client, method)(route.path)
                is_login = answer.status_code in (301, 302) and answer["Location"].startswith(SIGN_INS)
                if not is_login and answer.status_code not in (403, 404, 405):
                    answers[f"{method} {route.path}"] = (answer.status_code, answer.get("Location"))
    assert answers == {}
    assert fingerprint("shop") == before


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_only_owners_open_owner_pages(filled, role):
    before, client = fingerprint("shop"), visitor("shop.localhost", f"{role}@shop.example")
    before["shop.accounts_user"] = fingerprint("shop")["shop.accounts_user"]  # signing in notes the time
    answers = {f"{method} {route.path}": code for route in owner_routes() for method, code in both_ways(client, route).items()}
    assert len(answers) >= 24
    assert {path: code for path, code in answers.items() if code != 403} == {}
    assert fingerprint("shop") == before


def test_managers_look_at_invitations_and_staff_do_not(filled):
    looks = [route for route in every_route() if route.name in LOOKED_AT_BY_MANAGERS]
    for role, allowed in (("manager", 200), ("staff", 403)):
        client = visitor("shop.localhost", f"{role}@shop.example")
        assert {route.name: client.get(route.path).status_code for route in looks} == dict.fromkeys(LOOKED_AT_BY_MANAGERS, allowed)


# Pages of the admin that belong to nobody's records; what they show depends on who asks.
COMMON_ADMIN = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n", "view_on_site", "app_list", "search", ""}
READING, CHANGING = ("get", "head"), ("post",)
# What the role table opens in the admin: names of routes, and the methods that are answered with more than a refusal.
APPOINTMENTS = {
    "bookings_booking_changelist": READING + CHANGING,
    "bookings_booking_history": READING + CHANGING,
    "bookings_booking_change": READING,
}
OPENED = {
    "manager": {
        "customers_customer_changelist": READING + CHANGING,
        "customers_customer_history": READING + CHANGING,
        "customers_customer_change": READING + CHANGING,
        "customers_customer_show_phone": CHANGING,
        "customers_customer_stop": CHANGING,
        "customers_customer_agree": CHANGING,
        **{
            f"bookings_{model}_{page}": READING + CHANGING
            for model in ("place", "service")
            for page in ("changelist", "add", "change", "history")
        },
        **APPOINTMENTS,
    },
    "staff": {
        "customers_customer_changelist": READING + CHANGING,
        "customers_customer_history": READING + CHANGING,
        "customers_customer_change": READING,
        "customers_customer_show_phone": CHANGING,
        "customers_customer_stop": CHANGING,
        **APPOINTMENTS,
    },
}


def record_routes() -> list[Route]:
    """Return every route of a model's own pages in the admin."""
    labels = tuple(f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry)
    return [route for route in every_route() if route.pattern.startswith(labels) and route.name not in COMMON_ADMIN]


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_the_role_table_decides_what_opens(filled, role):
    client, answers = visitor("shop.localhost", f"{role}@shop.example"), {}
    before = fingerprint("shop")
    for route in record_routes():
        for method, code in both_ways(client, route).items():
            is_open = method in OPENED[role].get(route.name, ())
            if code not in ((200, 302) if is_open else (403, 405)):
                answers[f"{method} {route.path} {route.name}"] = code
    assert answers == {}
    assert changed_tables(before, fingerprint("shop")) <= set(RECORDED_LOOKS)


@pytest.mark.parametrize("role", ["owner", "manager", "staff"])
def test_the_neighbours_records_are_not_found_by_any_role(filled, indian_tenant, role):
    with schema_context("salon"):
        Customer.objects.create(pk=THEIR_ID, name="Meera", phone="+919812345678")
    with schema_context("shop"):
        client = visitor("shop.localhost", f"{role}@shop.example")
        routes = [fill_in(route.pattern, route.name, record=str(THEIR_ID)) for route in record_routes() if "object_id" in route.needs]
    before, theirs, answers = fingerprint("shop"), fingerprint("salon"), {}
    for route in routes:
        for method in READING + CHANGING:
            answer = getattr(client, method)(route.path)
            assert b"Meera" not in answer.content
            may_look = role == "owner" or route.name in OPENED[role]
            is_look = method in READING and route.name.endswith(("_change", "_history"))
            if answer.status_code not in ((404,) if may_look and is_look else (403, 404, 405)):
                answers[f"{method} {route.path} {route.name}"] = answer.status_code
    assert answers == {}
    assert (fingerprint("shop"), fingerprint("salon")) == (before, theirs)


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_the_menu_offers_what_opens_and_nothing_else(filled, role):
    client = visitor("shop.localhost", f"{role}@shop.example")
    request = RequestFactory().get("/admin/", HTTP_HOST="shop.localhost")
    request.user = User.objects.get(email=f"{role}@shop.example")
    links = [item["link"] for group in navigation(request) for item in group["items"]]
    assert "/admin/customers/customer/" in links
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def changed_tables(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the names of the tables that differ, without their schema."""
    return {table.partition(".")[2] for table in before if before[table] != after[table]}


def test_looking_changes_nothing(filled):
    client = visitor("shop.localhost", "owner@shop.example")
    before, broken = fingerprint("shop"), {}
    for route in every_route():
        if route.name == "logout":
            continue
        for method in ("get", "head"):
            code = getattr(client, method)(route.path).status_code
            if code >= 500:
                broken[f"{method} {route.path}"] = code
    after = fingerprint("shop")
    assert broken == {}
    assert {table for table in before if before[table] != after[table] and not table.endswith(RECORDED_LOOKS)} == set()


def test_owners_open_every_page_of_theirs(filled):
    client = visitor("shop.localhost", "owner@shop.example")
    answers = {route.path: client.get(route.path).status_code for route in owner_routes()}
    assert set(answers.values()) <= {200, 405}
    assert list(answers.values()).count(200) >= 5


def test_the_neighbours_owner_finds_nothing_of_ours_and_changes_nothing(filled, indian_tenant):
    with schema_context("shop"):
        routes = [route for route in every_route() if route.needs and route.pattern.startswith(OWNER_ROUTES + WORK_ROUTES)]
        tokens = [route for route in every_route() if "token" in route.needs]
        assert str(filled.pk) in routes[0].path
    before = fingerprint("shop")
    with schema_context("salon"):
        client = visitor("salon.localhost", "owner@salon.example")
        theirs = fingerprint("salon")
    codes = {f"{method} {route.path}": code for route in routes for method, code in both_ways(client, route).items()}
    allowed = {404, 405}
    assert {path: code for path, code in codes.items() if code not in allowed} == {}
    assert any(code == 404 for code in codes.values())
    for route in tokens:
        answer = client.get(route.path)
        assert b"Person 0" not in answer.content and b"500 reward points" not in answer.content
        client.post(route.path)
    assert fingerprint("shop") == before
    assert fingerprint("salon") == theirs


def test_a_cookie_of_one_business_is_worth_nothing_at_another(filled, indian_tenant):
    with schema_context("shop"):
        client = visitor("shop.localhost", "owner@shop.example")
    assert client.get("/admin/port-recovery/").status_code == 200
    answer = client.get("/admin/port-recovery/", HTTP_HOST="salon.localhost")
    assert answer.status_code == 302 and "/admin/login/" in answer["Location"]


def test_two_businesses_with_the_same_ids_stay_apart(filled, indian_tenant):
    with schema_context("salon"):
        register_customer(name="Meera", region="IN", phone_text="+919812345678")
    before = fingerprint("shop")
    with schema_context("salon"):
        made = create_port_recovery_campaign(created_by=None, name="salon")
        client = visitor("salon.localhost", "owner@salon.example")
        page = client.get(f"/admin/port-recovery/{made.pk}/").content
        assert b"Meera" in page and b"Person" not in page
        client.post(f"/admin/port-recovery/{made.pk}/cancel/")
        made.refresh_from_db()
        assert made.status == "cancelled"
    assert fingerprint("shop") == before


def test_opening_an_unsubscribe_link_does_not_unsubscribe(filled):
    before, client = fingerprint("shop"), visitor("shop.localhost")
    path = next(route.path for route in every_route() if route.name == "unsubscribe")
    assert client.get(path).status_code == client.head(path).status_code == 200
    assert fingerprint("shop") == before
    assert client.post(path).status_code == 200
    after = fingerprint("shop")
    assert before != after
    assert client.post(path).status_code == 200
    assert fingerprint("shop") == after


@pytest.mark.parametrize("token", ["x", "AQ-" + "A" * 12, "%00", "é", "-" * 40, "a" * 3000])
def test_a_made_up_link_opens_nothing(filled, token):
    before, client = fingerprint("shop"), visitor("shop.localhost")
    for door in ("o", "u", "p"):
        for method in ("get", "post"):
            assert getattr(client, method)(f"/{door}/{token}").status_code < 500
    assert fingerprint("shop") == before


def test_an_unknown_host_touches_no_business(filled):
    before = fingerprint("shop")
    answer = Client().get("/admin/port-recovery/", HTTP_HOST="nobody.localhost")
    assert answer.status_code == 404 and b"No business answers" in answer.content
    assert fingerprint("shop") == before


def test_a_page_of_another_site_cannot_act_for_the_owner(filled):
    client = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="owner@shop.example"))
    before = fingerprint("shop")
    answers = {route.path: client.post(route.path).status_code for route in owner_routes()}
    assert set(answers.values()) == {403}
    assert fingerprint("shop") == before


@pytest.fixture
def platform(filled) -> Iterator[str]:
    """The platform's own host."""
    with schema_context("public"):
        introduce_platform(name="Platform", domain="platform.localhost")
    yield "platform.localhost"
    with schema_context("public"):
        Domain.objects.filter(domain="platform.localhost").delete()
        Tenant.objects.filter(schema_name="public").delete()


def test_a_business_owner_is_a_stranger_on_the_platform(filled, platform):
    with schema_context("shop"):
        client, paths = visitor("shop.localhost", "owner@shop.example"), [route.path for route in every_route()]
    before, answers = fingerprint("shop"), {}
    for path in paths:
        answer = client.get(path, HTTP_HOST=platform)
        if not (answer.status_code in (301, 302) and "/login/" in answer["Location"]) and answer.status_code != 404:
            answers[path] = answer.status_code
    assert {path: code for path, code in answers.items() if not path.endswith(("/login/", "/logout/", "/jsi18n/"))} == {}
    assert fingerprint("shop") == before


def test_a_new_parameter_needs_a_value_to_be_walked_with():
    with pytest.raises(AssertionError, match="needs a provider for “strange”"):
        fill_in("admin/new/<int:strange>/", "new")
